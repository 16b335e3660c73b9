/// Decides which records are one person: as persons, not by chaining pairs.
struct Persons {
    /// A pair with the log2 odds that it is one person.
    struct Link {
        var i: Int32
        var j: Int32
        var weight: Float
    }

    /// Bits that a link needs to be made without a reviewer.
    static let certainBits: Float = 1
    /// Pairs between two persons that are looked at, at most.
    private static let pairsMax = 150

    private let scoring: Scoring
    private var personOf: [Int32]
    private var members: [[Int32]]
    private var numbers: [UInt64]
    /// Which of twins each person is: 1 the elder, 2 the younger, 0 not known.
    private var twinOrders: [UInt8]
    /// Log2 of the odds that each record is put right: joined, by the link that joined it; alone, against the best link
    /// that was not made.
    private(set) var certaintyBits: [Float]

    /// - Parameter twins: what is known of each record's place among twins.
    init(_ scoring: Scoring, twins: Twins) {
        self.scoring = scoring
        let features = scoring.comparison.features
        personOf = features.indices.map { Int32($0) }
        members = features.indices.map { [Int32($0)] }
        numbers = features.map { $0.number.kind == .resident ? $0.number.code : 0 }
        twinOrders = twins.orders
        certaintyBits = Array(repeating: 100, count: features.count)
    }

    /// Joins persons along the links, the strongest first.
    mutating func join(_ links: [Link]) {
        for link in links {
            let (a, b) = (personOf[Int(link.i)], personOf[Int(link.j)])
            if a == b { continue }
            let score = mayJoin(Int(a), Int(b)) ? self.score(Int(a), Int(b), best: link.weight) : -100
            let isJoined = score >= Self.certainBits
            for person in [Int(a), Int(b)] where members[person].count == 1 {
                let record = Int(members[person][0])
                certaintyBits[record] = isJoined ? score : min(certaintyBits[record], -score)
            }
            if isJoined { unite(Int(a), Int(b)) }
        }
    }

    /// No person holds two valid resident numbers; the elder and the younger of twins are two.
    private func mayJoin(_ a: Int, _ b: Int) -> Bool {
        if numbers[a] != 0, numbers[b] != 0, numbers[a] != numbers[b] { return false }
        return twinOrders[a] == 0 || twinOrders[b] == 0 || twinOrders[a] == twinOrders[b]
    }

    /// The score of two persons being one.
    private func score(_ a: Int, _ b: Int, best: Float) -> Float {
        let count = members[a].count * members[b].count
        if count == 1 || count > Self.pairsMax { return best }
        var weights: [Float] = []
        weights.reserveCapacity(count)
        for x in members[a] { for y in members[b] { weights.append(scoring.weight(Int(x), Int(y))) } }
        return Self.score(weights)
    }

    /// The best pair, held back by what the other pairs say. No person holds two valid resident numbers.
    static func score(_ weights: [Float]) -> Float {
        guard let best = weights.max(), !weights.contains(Scoring.twoPersons) else { return Scoring.twoPersons }
        let mean = weights.reduce(0) { $0 + min(max($1, -20), 20) } / Float(weights.count)
        return best + 0.5 * min(0, mean)
    }

    private mutating func unite(_ a: Int, _ b: Int) {
        let (into, from) = members[a].count >= members[b].count ? (a, b) : (b, a)
        for record in members[from] { personOf[Int(record)] = Int32(into) }
        members[into] += members[from]
        members[from] = []
        if numbers[into] == 0 { numbers[into] = numbers[from] }
        if twinOrders[into] == 0 { twinOrders[into] = twinOrders[from] }
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
