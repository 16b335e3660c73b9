import Foundation

/// A record of the index: its id, its person, and its fields as text.
public struct IdentityRecord: Sendable, Equatable {
    /// The record's own id.
    public var id: String
    /// The person that it was put to.
    public var person: String
    /// What it says, as text.
    public var fields: [ColumnRole: String]

    /// A record of the index.
    public init(id: String, person: String, fields: [ColumnRole: String]) {
        self.id = id
        self.person = person
        self.fields = fields
    }
}

/// How sure a match is (FHIR R4, value set match-grade).
public enum MatchGrade: String, Sendable {
    /// May be linked without a reviewer.
    case certain
    /// For a reviewer.
    case probable
    case possible
    case certainlyNot = "certainly-not"
}

/// A person that a record may be about.
public struct PersonMatch: Sendable, Equatable {
    /// The person's id.
    public var person: String
    /// Log2 of the odds.
    public var weight: Double
    /// How sure it is.
    public var grade: MatchGrade

    /// Probability, from 0 to 1.
    public var score: Double { 1 / (1 + exp2(-weight)) }
}

/// A key of the index: records that share one are compared.
public struct IdentityKey: Hashable, Sendable {
    /// The rule's number; stable across versions.
    public var rule: Int
    /// A hash of what the rule asks for.
    public var value: UInt32
}

/// Where the index keeps records: in memory (``MemoryIdentityStore``) or in a database.
public protocol IdentityStore {
    /// Records that share at least one of the keys. A key that more than ``Matcher/keyRecordsMax`` records share is left out.
    func candidates(sharing keys: [IdentityKey]) throws -> [IdentityRecord]
}

/// Finds the persons that one record may be about, in real time (`Patient/$match`), by a model that was learned in batch.
public struct Matcher: Sendable {
    /// What weights are made of.
    public let model: LearnedModel
    /// Bits from which a match is certain, provided that no other person comes near.
    public var certainBits = 8.0
    /// Bits from which a reviewer should look.
    public var probableBits = 0.0
    /// Bits under which a match is certainly none.
    public var possibleBits = -8.0
    /// How many people a record that arrives may be about: the prior of each of them is 1 in so many, however few the index
    /// knows yet.
    public var population = 1_000_000.0

    /// More records than this under one key say that the key is a filler or a shared line.
    public static let keyRecordsMax = Blocking.bucketRecordsMax

    /// A matcher with a model learned in batch.
    public init(_ model: LearnedModel) { self.model = model }

    /// The keys under which a record is found.
    public func keys(of fields: [ColumnRole: String]) -> [IdentityKey] {
        var roster = Roster()
        roster.append(fields)
        return Blocking.Rule.allCases.compactMap { rule in
            let value = Blocking.key(rule, roster.features[0], roster.names, roster.words)
            return value == 0 ? nil : IdentityKey(rule: rule.rawValue, value: value)
        }
    }

    /// The persons that the record may be about, the likeliest first.
    public func match(_ fields: [ColumnRole: String], in store: some IdentityStore) throws -> [PersonMatch] {
        match(fields, among: try store.candidates(sharing: keys(of: fields)))
    }

    /// The same among given records. A person is judged by all of its records that are given: the best one, held back by
    /// what the others say, and never against two valid resident numbers.
    public func match(_ fields: [ColumnRole: String], among candidates: [IdentityRecord]) -> [PersonMatch] {
        var roster = Roster()
        roster.append(fields)
        for candidate in candidates { roster.append(candidate.fields) }
        let comparison = Comparison(roster)
        let scoring = scoring(comparison)
        var found: [String: (weights: [Float], rules: [PairRule])] = [:]
        for (at, candidate) in candidates.enumerated() {
            let pattern = comparison.pattern(0, at + 1)
            found[candidate.person, default: ([], [])].weights.append(scoring.weight(0, at + 1, pattern))
            found[candidate.person, default: ([], [])].rules.append(
                PairRule(comparison.features[0], comparison.features[at + 1], pattern))
        }
        let matches = found.map { person, pairs in
            let isNever = pairs.rules.contains(.never)
            return (
                match: PersonMatch(
                    person: person, weight: Double(isNever ? Scoring.twoPersons : Persons.score(pairs.weights)),
                    grade: .possible),
                mayBeCertain: !pairs.rules.contains(.heldApart) && pairs.rules.contains(.free)
            )
        }
        return graded(
            matches.sorted { ($1.match.weight, $0.match.person) < ($0.match.weight, $1.match.person) })
    }

    /// Weights among the records of a comparison.
    func scoring(_ comparison: Comparison) -> Scoring {
        Scoring(comparison, model.model, Frequencies(comparison, known: model.known), population: population)
    }

    private func graded(_ matches: [(match: PersonMatch, mayBeCertain: Bool)]) -> [PersonMatch] {
        let rival = matches.dropFirst().first?.match.weight ?? -1000
        return matches.enumerated().map { at, found in
            var match = found.match
            let isAlone = at == 0 && match.weight - rival >= certainBits
            switch match.weight {
            case certainBits...: match.grade = isAlone && found.mayBeCertain ? .certain : .probable
            case probableBits...: match.grade = .probable
            case possibleBits...: match.grade = .possible
            default: match.grade = .certainlyNot
            }
            return match
        }
    }
}

/// The index in memory, for tests and small cities.
public struct MemoryIdentityStore: IdentityStore, Sendable {
    private var records: [IdentityRecord] = []
    private var byKey: [IdentityKey: [Int]] = [:]

    /// An index without records.
    public init() {}

    /// Adds a record under its keys.
    public mutating func add(_ record: IdentityRecord, keys: [IdentityKey]) {
        for key in keys { byKey[key, default: []].append(records.count) }
        records.append(record)
    }

    /// See ``IdentityStore``.
    public func candidates(sharing keys: [IdentityKey]) -> [IdentityRecord] {
        var found: Set<Int> = []
        for key in keys {
            guard let records = byKey[key], records.count <= Matcher.keyRecordsMax else { continue }
            found.formUnion(records)
        }
        return found.sorted().map { records[$0] }
    }
}
