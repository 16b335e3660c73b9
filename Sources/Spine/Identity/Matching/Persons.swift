/// Decides which records are one person: as persons, not by chaining pairs.
struct Persons {
    /// A pair with the log2 odds that it is one person.
    struct Link {
        var i: Int32
        var j: Int32
        var weight: Float
    }

    /// Bits that a link needs to be made without a reviewer.
    static let certainBits: Float = 4
    /// Pairs between two persons that are looked at, at most.
    private static let pairsMax = 150

    private let scoring: Scoring
    private var personOf: [Int32]
    private var members: [[Int32]]
    private var numbers: [UInt64]
    /// The weight with which each record came to its person; for one alone, of the best link that was not made.
    private(set) var weights: [Float]

    init(_ scoring: Scoring) {
        self.scoring = scoring
        let features = scoring.comparison.features
        personOf = features.indices.map { Int32($0) }
        members = features.indices.map { [Int32($0)] }
        numbers = features.map { $0.number.kind == .resident ? $0.number.code : 0 }
        weights = Array(repeating: -100, count: features.count)
    }

    /// Joins persons along the links, the strongest first.
    mutating func join(_ links: [Link]) {
        for link in links {
            let (a, b) = (personOf[Int(link.i)], personOf[Int(link.j)])
            if a == b { continue }
            let score = mayJoin(Int(a), Int(b)) ? self.score(Int(a), Int(b), best: link.weight) : -100
            if score >= Self.certainBits {
                for record in members[Int(a)].count == 1 ? members[Int(a)] : [] { weights[Int(record)] = score }
                for record in members[Int(b)].count == 1 ? members[Int(b)] : [] { weights[Int(record)] = score }
                unite(Int(a), Int(b))
            } else {
                for person in [a, b] where members[Int(person)].count == 1 {
                    weights[Int(members[Int(person)][0])] = max(weights[Int(members[Int(person)][0])], score)
                }
            }
        }
    }

    /// No person holds two valid resident numbers; the elder and the younger of twins are two.
    private func mayJoin(_ a: Int, _ b: Int) -> Bool {
        if numbers[a] != 0, numbers[b] != 0, numbers[a] != numbers[b] { return false }
        let features = scoring.comparison.features
        for x in members[a] where features[Int(x)].birthOrder > 0 {
            for y in members[b] where features[Int(y)].birthOrder > 0 {
                if features[Int(x)].birthOrder != features[Int(y)].birthOrder { return false }
            }
        }
        return true
    }

    /// The score of two persons being one: the best pair, held back by what the other pairs say.
    private func score(_ a: Int, _ b: Int, best: Float) -> Float {
        let count = members[a].count * members[b].count
        if count == 1 || count > Self.pairsMax { return best }
        var top = best
        var sum: Float = 0
        for x in members[a] {
            for y in members[b] {
                let weight = scoring.weight(Int(x), Int(y))
                top = max(top, weight)
                sum += min(max(weight, -20), 20)
            }
        }
        let mean = sum / Float(count)
        return top + 0.5 * min(0, mean)
    }

    private mutating func unite(_ a: Int, _ b: Int) {
        let (into, from) = members[a].count >= members[b].count ? (a, b) : (b, a)
        for record in members[from] { personOf[Int(record)] = Int32(into) }
        members[into] += members[from]
        members[from] = []
        if numbers[into] == 0 { numbers[into] = numbers[from] }
    }

    /// The person of each record, numbered 1, 2 … by first record.
    func numbered() -> [Int] {
        var next = 0
        var numberOf: [Int32: Int] = [:]
        return personOf.map { person in
            if let number = numberOf[person] { return number }
            next += 1
            numberOf[person] = next
            return next
        }
    }
}
