/// The records of a whole index in memory, to learn from and to score anew.
public struct PersonBatch {
    private var roster = Roster()
    private var persons: [String] = []
    private var seen: Set<[String]> = []
    /// How many records have the resident number, or the name and the birth date, of one that was added before.
    public private(set) var repeated = 0

    /// Two persons of the index that may be one.
    public struct Pair: Sendable, Equatable {
        /// The persons' ids, the smaller first.
        public var one: String
        /// The other one.
        public var other: String
        /// Log2 of the odds that they are one person.
        public var weight: Double
        /// The records that agree best.
        public var records: (Int, Int)

        /// Whether everything but the records is equal.
        public static func == (left: Pair, right: Pair) -> Bool {
            left.one == right.one && left.other == right.other && left.weight == right.weight
        }
    }

    /// A pair of records that a reviewer has decided about.
    public struct Decision: Sendable {
        /// What the records say.
        public var one: [ColumnRole: String]
        /// What the other one says.
        public var other: [ColumnRole: String]
        /// Whether they are about one person.
        public var isSame: Bool

        /// A decision about two records.
        public init(one: [ColumnRole: String], other: [ColumnRole: String], isSame: Bool) {
            self.one = one
            self.other = other
            self.isSame = isSame
        }
    }

    /// A batch without records.
    public init() {}

    /// Whether enough records are about persons who stand twice that it can be learned how such records differ: one in twenty
    /// (ours). Where nearly everybody stands once, as in a register, EM takes relatives and namesakes for one person.
    public var isTelling: Bool { repeated * 20 >= count }

    /// How many records there are.
    public var count: Int { persons.count }

    /// Adds a record.
    public mutating func add(_ fields: [ColumnRole: String], person: String) {
        roster.append(fields)
        persons.append(person)
        var isNew = true
        for key in [[fields[.idNumber]], [fields[.name], fields[.birthDate]]] {
            let key = key.compactMap { $0 }.filter { !$0.isEmpty }
            if key.isEmpty || (key.count == 1 && ResidentNumber(key[0]) == nil) { continue }
            isNew = seen.insert(key).inserted && isNew
        }
        if !isNew { repeated += 1 }
    }

    /// Learns from the records, without labels, and from what reviewers have decided.
    public func learned(from decisions: [Decision] = []) -> LearnedModel {
        LearnedModel(
            Comparison(roster),
            decided: decisions.map { decision in
                var pair = Roster()
                pair.append(decision.one)
                pair.append(decision.other)
                return Learning.Decided(pattern: Comparison(pair).pattern(0, 1), isSame: decision.isSame)
            })
    }

    /// Pairs of persons that score at least so many bits, the likeliest first.
    public func pairs(_ model: LearnedModel, from bits: Double) -> [Pair] {
        let comparison = Comparison(roster)
        var blocking = Blocking(comparison)
        let scoring = Scoring(comparison, model.model, Frequencies(comparison, known: model.known))
        var best: [[String]: (weight: Float, i: Int, j: Int)] = [:]
        blocking.forEachPair { i, j in
            guard persons[i] != persons[j] else { return }
            let weight = scoring.weight(i, j)
            guard Double(weight) >= bits else { return }
            let pair = persons[i] < persons[j] ? [persons[i], persons[j]] : [persons[j], persons[i]]
            if best[pair].map({ $0.weight < weight }) ?? true { best[pair] = (weight, i, j) }
        }
        if best.isEmpty { return [] }
        var members: [String: [Int]] = [:]
        let wanted = Set(best.keys.joined())
        for (record, person) in persons.enumerated() where wanted.contains(person) {
            members[person, default: []].append(record)
        }
        let pairs = best.compactMap { names, found -> Pair? in
            let (ones, others) = (members[names[0]] ?? [], members[names[1]] ?? [])
            var weights: [Float] = []
            for i in ones { for j in others { weights.append(scoring.weight(i, j)) } }
            let score = Double(Persons.score(weights))
            guard score >= bits else { return nil }
            return Pair(one: names[0], other: names[1], weight: score, records: (found.i, found.j))
        }
        return pairs.sorted { ($1.weight, $0.one, $0.other) < ($0.weight, $1.one, $1.other) }
    }
}
