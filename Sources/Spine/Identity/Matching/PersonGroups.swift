/// Which records are one person: decided from what the records say and what reviewers have decided, and from nothing else.
/// Neither the order of the records nor what was decided before counts, so the order of arrival can't.
public struct PersonGroups: Sendable, Equatable {
    /// A record.
    public struct Member: Sendable {
        /// Its id.
        public var id: String
        /// What it says.
        public var fields: [ColumnRole: String]
        /// Whether only a reviewer may join it to another.
        public var isHeld: Bool

        /// A record.
        public init(id: String, fields: [ColumnRole: String], isHeld: Bool = false) {
            self.id = id
            self.fields = fields
            self.isHeld = isHeld
        }
    }

    /// What a reviewer has decided about two records.
    public struct Decided: Sendable, Hashable {
        /// One record's id.
        public var one: String
        /// The other one's.
        public var other: String
        /// Whether they are about one person.
        public var isSame: Bool

        /// A decision.
        public init(_ one: String, _ other: String, isSame: Bool) {
            self.one = one
            self.other = other
            self.isSame = isSame
        }
    }

    /// Two persons that may be one, for a reviewer.
    public struct Doubt: Sendable, Equatable {
        /// The first record of the one.
        public var one: String
        /// The first record of the other.
        public var other: String
        /// Log2 of the odds.
        public var weight: Double

        /// A pair in doubt.
        public init(one: String, other: String, weight: Double) {
            self.one = one
            self.other = other
            self.weight = weight
        }
    }

    /// The ids of each person's records, sorted; the persons by their first.
    public private(set) var persons: [[String]] = []
    /// Sorted by records.
    public private(set) var doubts: [Doubt] = []

    /// Decides.
    ///
    /// - Parameter matcher: weighs pairs, and says from how many bits on they count.
    public init(_ members: [Member], decided: [Decided] = [], matcher: Matcher) {
        let members = members.sorted { $0.id < $1.id }
        let pairs = Pairs(members, decided, matcher)
        var groups = members.indices.map { [$0] }
        var groupOf = Array(members.indices)
        func unite(_ a: Int, _ b: Int) {
            for member in groups[b] { groupOf[member] = a }
            groups[a] = (groups[a] + groups[b]).sorted()
            groups[b] = []
        }
        for (i, j) in pairs.same where groupOf[i] != groupOf[j] { unite(groupOf[i], groupOf[j]) }
        for (i, j) in pairs.certain(members) where groupOf[i] != groupOf[j] {
            let (a, b) = (groupOf[i], groupOf[j])
            guard !pairs.areApart(groups[a], groups[b]),
                Double(pairs.score(groups[a], groups[b])) >= matcher.certainBits,
                !pairs.haveRival(a, b, pairs.weight(i, j), groups)
            else { continue }
            unite(a, b)
        }
        let standing = groups.filter { !$0.isEmpty }.sorted { $0[0] < $1[0] }
        persons = standing.map { $0.map { members[$0].id } }
        for (place, one) in standing.enumerated() {
            for other in standing[(place + 1)...] where !pairs.areSettled(one, other) {
                let weight = Double(pairs.score(one, other))
                guard weight >= matcher.probableBits else { continue }
                doubts.append(Doubt(one: members[one[0]].id, other: members[other[0]].id, weight: weight))
            }
        }
    }
}

/// Every pair of some records.
private struct Pairs {
    private let count: Int
    private var weights: [Float]
    private var rules: [PairRule]
    private var different: Set<[Int]> = []
    private let matcher: Matcher
    private(set) var same: [(Int, Int)] = []

    init(_ members: [PersonGroups.Member], _ decided: [PersonGroups.Decided], _ matcher: Matcher) {
        self.matcher = matcher
        count = members.count
        var roster = Roster()
        for member in members { roster.append(member.fields) }
        let comparison = Comparison(roster)
        let scoring = matcher.scoring(comparison)
        weights = Array(repeating: 0, count: count * count)
        rules = Array(repeating: .free, count: count * count)
        for i in 0..<count {
            for j in 0..<i {
                let pattern = comparison.pattern(j, i)
                weights[j * count + i] = scoring.weight(j, i, pattern)
                rules[j * count + i] = PairRule(comparison.features[j], comparison.features[i], pattern)
            }
        }
        let places = Dictionary(members.enumerated().map { ($1.id, $0) }) { one, _ in one }
        for decision in decided {
            guard let i = places[decision.one], let j = places[decision.other], i != j else { continue }
            if decision.isSame {
                same.append((min(i, j), max(i, j)))
            } else {
                different.insert([min(i, j), max(i, j)])
            }
        }
        same.sort { $0 < $1 }
    }

    private func at(_ i: Int, _ j: Int) -> Int { min(i, j) * count + max(i, j) }
    func weight(_ i: Int, _ j: Int) -> Float { weights[at(i, j)] }
    private func isDifferent(_ i: Int, _ j: Int) -> Bool { different.contains([min(i, j), max(i, j)]) }

    /// Pairs that may be joined without a reviewer, the strongest first.
    func certain(_ members: [PersonGroups.Member]) -> [(Int, Int)] {
        var links: [(Int, Int)] = []
        for i in 0..<count where !members[i].isHeld {
            for j in (i + 1)..<max(count, i + 1) where !members[j].isHeld {
                guard rules[at(i, j)] == .free, Double(weight(i, j)) >= matcher.certainBits else { continue }
                links.append((i, j))
            }
        }
        return links.sorted { one, other in
            (-weight(one.0, one.1), one.0, one.1) < (-weight(other.0, other.1), other.0, other.1)
        }
    }

    private func contains(_ one: [Int], _ other: [Int], where test: (Int, Int) -> Bool) -> Bool {
        one.contains { i in other.contains { j in test(i, j) } }
    }

    /// Whether they are two persons, or only a reviewer may say that they are one.
    func areApart(_ one: [Int], _ other: [Int]) -> Bool {
        contains(one, other) { rules[at($0, $1)] <= .heldApart || isDifferent($0, $1) }
    }

    /// Whether nobody needs to be asked.
    func areSettled(_ one: [Int], _ other: [Int]) -> Bool {
        contains(one, other) { rules[at($0, $1)] == .never || isDifferent($0, $1) }
    }

    func score(_ one: [Int], _ other: [Int]) -> Float {
        Persons.score(one.flatMap { i in other.map { j in weight(i, j) } })
    }

    /// Whether a third person, who can't be one with the first, fits the second nearly as well: then nobody knows which of
    /// the two it is.
    func haveRival(_ a: Int, _ b: Int, _ weight: Float, _ groups: [[Int]]) -> Bool {
        let bits = Float(max(matcher.probableBits, Double(weight) - matcher.certainBits))
        func rivals(_ one: Int, for other: Int) -> Bool {
            groups.indices.contains { third in
                third != a && third != b && !groups[third].isEmpty && areApart(groups[third], groups[one])
                    && contains(groups[third], groups[other]) { i, j in
                        rules[at(i, j)] > .never && self.weight(i, j) >= bits
                    }
            }
        }
        return rivals(a, for: b) || rivals(b, for: a)
    }
}

extension Matcher {
    /// Which of the candidates may be about the person of a record: those that must be decided together with it.
    public func neighbours(_ fields: [ColumnRole: String], among candidates: [IdentityRecord]) -> [IdentityRecord] {
        if candidates.isEmpty { return [] }
        var roster = Roster()
        roster.append(fields)
        for candidate in candidates { roster.append(candidate.fields) }
        let comparison = Comparison(roster)
        let scoring = scoring(comparison)
        return candidates.enumerated().filter { at, _ in
            let pattern = comparison.pattern(0, at + 1)
            return Double(scoring.weight(0, at + 1, pattern)) >= probableBits
                && PairRule(comparison.features[0], comparison.features[at + 1], pattern) != .never
        }.map(\.element)
    }
}
