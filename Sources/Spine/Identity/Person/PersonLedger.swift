/// Which record belongs to which person, as a fold of what was decided (交叉索引). Nothing is overwritten: a record keeps
/// the person it was put to, a merge only redirects one person to another, and taking it back leaves what was before.
public struct PersonLedger: Sendable, Equatable, Codable {
    /// Who decided. What a person decided, the machine does not change.
    public enum Author: Sendable, Equatable, Codable {
        case machine(model: String)
        case reviewer(String)
    }

    /// What can be decided.
    public enum Act: Sendable, Equatable, Codable {
        /// A record was put to a person, or moved to another.
        case placed(record: String, person: String)
        /// A person was found to be another one (合并).
        case merged(person: String, into: String)
        /// A merge was taken back (拆分). That the machine must not merge them again is said by ``different(record:other:)``.
        case unmerged(person: String)
        /// Two records are known to be about two persons.
        case different(record: String, other: String)
    }

    /// A decision and who took it.
    public struct Entry: Sendable, Equatable, Codable {
        /// What was decided.
        public var act: Act
        /// Who decided.
        public var author: Author
    }

    /// Why a decision can't be put in force.
    public enum Fault: Error, Equatable, CustomStringConvertible {
        case unknownRecord(String)
        case unknownPerson(String)
        case alreadyMerged(String, into: String)
        case notMerged(String)
        case sameSurvivor(String, String)
        case reviewersDecision(String)
        case knownDifferent(String, String)

        /// What is wrong, and what may be done.
        public var description: String {
            switch self {
            case .unknownRecord(let record): "record \(record) was never placed"
            case .unknownPerson(let person): "person \(person) has no record"
            case .alreadyMerged(let person, let other):
                "person \(person) is already merged into \(other); unmerge it first"
            case .notMerged(let person): "person \(person) is not merged into another"
            case .sameSurvivor(let a, let b): "\(a) and \(b) are one person already"
            case .reviewersDecision(let name): "a reviewer decided about \(name); only a reviewer may change it"
            case .knownDifferent(let a, let b): "records \(a) and \(b) are known to be about two persons"
            }
        }
    }

    /// What is in force now, without how it came about: equal states are equal in every byte of their encoding.
    public struct State: Sendable, Equatable, Codable {
        /// The person each record was put to.
        var homes: [String: String] = [:]
        /// The person that each merged person is redirected to.
        var redirects: [String: String] = [:]
        /// Records that a reviewer placed, and persons that a reviewer merged.
        var reviewed: Set<String> = []
        /// Pairs that are two persons, the smaller id first.
        var different: Set<[String]> = []
    }

    /// All decisions, oldest first.
    public private(set) var entries: [Entry] = []
    /// What is in force.
    public private(set) var state = State()
    /// Records by the person they were put to.
    private var records: [String: Set<String>] = [:]

    /// A ledger without records.
    public init() {}

    /// The person of a record now: where it was put, followed through merges.
    public func person(of record: String) -> String? { state.homes[record].map(survivor) }

    /// The person that stands for this one.
    public func survivor(of person: String) -> String {
        var person = person
        while let next = state.redirects[person] { person = next }
        return person
    }

    /// All records of a person and of those merged into it, in order.
    public func records(of person: String) -> [String] {
        var found: Set<String> = []
        var waiting = [person]
        while let next = waiting.popLast() {
            found.formUnion(records[next] ?? [])
            waiting += state.redirects.filter { $0.value == next }.map(\.key)
        }
        return found.sorted()
    }

    /// Writes down a decision and puts it in force.
    public mutating func apply(_ act: Act, by author: Author) throws(Fault) {
        var isReviewed = false
        if case .reviewer = author { isReviewed = true }
        switch act {
        case .placed(let record, let person):
            try place(record, person, isReviewed)
        case .merged(let person, let other):
            try merge(person, other, isReviewed)
        case .unmerged(let person):
            guard state.redirects[person] != nil else { throw .notMerged(person) }
            if !isReviewed, state.reviewed.contains(person) { throw .reviewersDecision(person) }
            state.redirects[person] = nil
            state.reviewed.remove(person)
        case .different(let record, let other):
            for name in [record, other] where state.homes[name] == nil { throw .unknownRecord(name) }
            state.different.insert([record, other].sorted())
        }
        entries.append(Entry(act: act, author: author))
    }

    private mutating func place(_ record: String, _ person: String, _ isReviewed: Bool) throws(Fault) {
        if !isReviewed, state.reviewed.contains(record) { throw .reviewersDecision(record) }
        let survivor = survivor(of: person)
        if !isReviewed { try check([record], records(of: survivor)) }
        if let old = state.homes[record] { records[old]?.remove(record) }
        state.homes[record] = person
        records[person, default: []].insert(record)
        if isReviewed { state.reviewed.insert(record) }
    }

    private mutating func merge(_ person: String, _ other: String, _ isReviewed: Bool) throws(Fault) {
        for name in [person, other] where records(of: name).isEmpty { throw .unknownPerson(name) }
        if let into = state.redirects[person] { throw .alreadyMerged(person, into: into) }
        let survivor = survivor(of: other)
        if survivor == person { throw .sameSurvivor(person, other) }
        if !isReviewed {
            if state.reviewed.contains(person) { throw .reviewersDecision(person) }
            try check(records(of: person), records(of: survivor))
        }
        state.redirects[person] = survivor
        if isReviewed { state.reviewed.insert(person) }
    }

    private func check(_ some: [String], _ others: [String]) throws(Fault) {
        if state.different.isEmpty { return }
        for a in some {
            for b in others where state.different.contains([a, b].sorted()) { throw .knownDifferent(a, b) }
        }
    }
}
