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
    private let twins: Twins
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
        self.twins = twins
        twinOrders = twins.orders
        certaintyBits = Array(repeating: 100, count: features.count)
    }

    /// Joins persons along the links, the strongest first.
    mutating func join(_ links: [Link]) {
        for link in links {
            let (a, b) = (personOf[Int(link.i)], personOf[Int(link.j)])
            if a == b { continue }
            let mayJoin = mayJoin(Int(a), Int(b)) && isOwn(link, Int(a), Int(b))
            let score = mayJoin ? self.score(Int(a), Int(b), best: link.weight) : -100
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

    /// Whether what agrees is the person's own, and not only what a family shares: phone, home, guardian, surname.
    ///
    /// A newborn has no name of its own yet, so that its birth date has to say it, and the mother whose name it carries is
    /// somebody else. A number beside another name may be a relative's where no birth date is stated. Of twins only what
    /// tells them apart counts: the name, the order of birth, the sex.
    private func isOwn(_ link: Link, _ a: Int, _ b: Int) -> Bool {
        let (i, j) = (Int(link.i), Int(link.j))
        let comparison = scoring.comparison
        let (one, other) = (comparison.features[i], comparison.features[j])
        let pattern = comparison.pattern(i, j)
        let name = Slot.name.level(in: pattern)
        let proofs: [Slot] = [.identifier, .socialCard, .card]
        if proofs.contains(where: { $0.level(in: pattern) == 1 }) { return true }
        if Slot.number.level(in: pattern) == 1 {
            return one.isBirthStated && other.isBirthStated || name < Names.Agreement.sameSurname.rawValue
        }
        let sexes = twins.sexes(i) ?? twins.sexes(j)
        guard one.isNewborn || other.isNewborn else {
            return sexes == nil || name <= Names.Agreement.sameSound.rawValue
        }
        if !(1...Int(BirthLevel.firstOfJanuary)).contains(Slot.birth.level(in: pattern)) { return false }
        if isMother(one, of: other) || isMother(other, of: one) { return false }
        guard let sexes else { return true }
        if one.sex != 0, other.sex != 0, one.sex != other.sex { return false }
        return sexes == 3 || (twinOrders[a] != 0 && twinOrders[a] == twinOrders[b])
    }

    private func isMother(_ one: Features, of other: Features) -> Bool {
        guard other.isNewborn, one.name >= 0 else { return false }
        return [.same, .sameSound].contains(scoring.comparison.names.agreement(one.name, other.guardian))
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
