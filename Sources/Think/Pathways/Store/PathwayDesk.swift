import Calendar
import FHIR
public import JSON
public import Records
import SQL

/// Works out where persons stand and writes what follows, in one transaction each. It may be repeated at any time: what stands
/// already isn't written again.
public struct PathwayDesk: Sendable {
    /// What a run has done.
    public struct Report: Sendable, Hashable {
        /// Persons looked at.
        public var persons = 0
        /// Resources written.
        public var written = 0
        /// Persons who are looked at again, because somebody else wrote at the same time.
        public var postponed = 0
        /// What couldn't be worked out.
        public var faults: Set<String> = []

        /// Nothing yet.
        public init() {}

        mutating func add(_ other: Report) {
            persons += other.persons
            written += other.written
            postponed += other.postponed
            faults.formUnion(other.faults)
        }
    }

    /// A person's plans, and the record from which they were made.
    public struct Look: Sendable {
        /// What stood in the record, of the types at which the pathways look.
        public let record: PersonRecord
        /// The plan of each pathway.
        public let plans: [PersonPlan]
        /// The earliest instant at which anything changes by time alone.
        public var nextLook: Int64? { plans.compactMap(\.nextLook).min() }
    }

    /// The store.
    public let store: RecordStore
    /// The pathways that are followed.
    public let pathways: [Pathway]
    let memberOf: ValueSetMembership?

    /// The types of resources that are read; nil: every one.
    let types: Set<String>?
    let following: FollowingMemory
    /// Whether every plan is made at every look.
    let looksAtWhole: Bool
    /// The types of what pathways write.
    let made: Set<String>

    /// - Parameters:
    ///   - store: one that runs ``PathwayTables``.
    ///   - memberOf: answers `memberOf()` of value sets.
    ///   - following: since when programmes are followed; nil: as the store says (``adopt()``).
    ///   - looksAtWhole: whether every plan is made at every look, those too that can't be others than they were. What is written is
    ///     the same.
    public init(
        _ store: RecordStore, _ pathways: [Pathway], memberOf: ValueSetMembership? = nil, following: Following? = nil,
        looksAtWhole: Bool = false
    ) {
        self.looksAtWhole = looksAtWhole
        made = Set(["Task", "CarePlan", "RiskAssessment"] + pathways.flatMap { $0.parts.flatMap(\.outputs) })
        self.following = FollowingMemory(following)
        self.store = store
        self.pathways = pathways
        types = Pathway.types(pathways)
        self.memberOf = memberOf
    }

    /// Where a person stands; nil where there is no such Patient. Writes nothing.
    public func look(_ person: String, now: Int64) throws -> Look? {
        let documents = try store.record(ofPerson: person, types: types).map { try JSONDocument(parsing: $0.json()) }
        // Who was merged into another Patient is planned for as that one, over all that was rewritten to it.
        guard let record = try PersonRecord(documents, told: firstTold), !record.isReplaced else { return nil }
        let following = try following.value(store)
        return Look(
            record: record,
            plans: pathways.map { $0.plan(record, now: now, memberOf: memberOf, following: following) })
    }

    /// Persons to look at: whose record has changed, or for whom the time has come.
    public func waiting(now: Int64, limit: Int = 200) throws -> [String] {
        try store.readSQL { db in
            var found = try db.query(
                "SELECT person FROM pathway_touched ORDER BY sequence LIMIT ?", [.int(limit)]
            ) { $0.text(0) }
            if found.count < limit {
                let known = Set(found)
                found += try db.query(
                    "SELECT person FROM pathway_looks WHERE at <= ? ORDER BY at LIMIT ?",
                    [.integer(now), .int(limit)]
                ) { $0.text(0) }.filter { !known.contains($0) }
            }
            return found
        }
    }

    /// Persons whose records are read at once.
    private static let readTogether = 10

    /// Looks at persons and writes what follows.
    ///
    /// - Parameters:
    ///   - persons: ids of Patients.
    ///   - now: milliseconds since 1970 UTC.
    public func step(_ persons: [String], now: Int64) async throws -> Report {
        try await write(try await workOut(persons, now: now))
    }

    /// What is to be written for persons.
    private func workOut(_ persons: [String], now: Int64) async throws -> [Work] {
        let owners = try OwnerDirectory(store)
        let following = try following.value(store)
        let glance = Glance(owners, following, basis(owners, following, now: now), now: now)
        return try await withThrowingTaskGroup(of: [(Int, Work)].self) { group in
            let lanes = min(2, persons.count)
            for lane in 0..<lanes {
                group.addTask {
                    let own = Array(stride(from: lane, to: persons.count, by: lanes))
                    var works: [(Int, Work)] = []
                    for first in stride(from: 0, to: own.count, by: Self.readTogether) {
                        var part = Array(own[first..<min(own.count, first + Self.readTogether)])
                        var before = try before(part.map { persons[$0] })
                        let quiet = try quiet(part.map { persons[$0] }, glance, &before)
                        works += part.compactMap { index in quiet[persons[index]].map { (index, $0) } }
                        part.removeAll { quiet[persons[$0]] != nil }
                        let records = try store.records(ofPersons: part.map { persons[$0] }, types: types)
                        for (index, versions) in zip(part, records) {
                            let person = persons[index]
                            works.append((index, try work(person, versions, glance, before[person] ?? Before())))
                        }
                    }
                    return works
                }
            }
            var all: [(Int, Work)] = []
            for try await part in group { all += part }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func write(_ results: [Work]) async throws -> Report {
        var report = Report()
        // Persons for whom nothing is to be written share one transaction.
        let quiet = results.filter(\.facts.isEmpty)
        let busy = results.filter { !$0.facts.isEmpty }
        var works = busy.map(\.decided)
        if !quiet.isEmpty {
            works.append(
                DecidedWork(
                    size: 0, trace: nil,
                    beside: { db, _ in for work in quiet { try work.note(db, []) } }, deciding: { _ in [] }))
        }
        for (index, result) in await store.write(inOrder: works).enumerated() {
            switch result {
            case .success(let outcomes): report.written += outcomes.count { $0?.changed == true }
            case .failure(let error):
                guard error.category == .conflict || error.category == .preconditionFailed else { throw error }
                report.postponed += index < busy.count ? 1 : quiet.count
            }
        }
        report.persons = results.count
        report.faults = Set(results.flatMap(\.faults))
        return report
    }

    /// Looks at everybody who waits, until nobody does.
    /// - Parameter batch: persons whose changes are written together.
    public func run(now: Int64, batch: Int = 200) async throws -> Report {
        try await run(batch: batch, now: { now }, waiting: waiting) { _ in true }
    }

    /// Looks at those who wait, until nobody does. While what follows for some is written, it is worked out for the next ones.
    ///
    /// - Parameters:
    ///   - batch: persons whose changes are written together.
    ///   - now: milliseconds since 1970 UTC.
    ///   - waiting: no more than so many of those who wait at a time.
    ///   - between: is told what has been written since it was asked last; whether to go on.
    public func run(
        batch: Int, now: () -> Int64, waiting: (_ now: Int64, _ limit: Int) throws -> [String],
        between: (Report) async throws -> Bool
    ) async throws -> Report {
        try await withThrowingTaskGroup(of: Report.self) { group in
            var report = Report()
            var written: Set<String> = []
            while true {
                let now = now()
                // Who is being written for still waits.
                let next = try waiting(now, batch + written.count).filter { !written.contains($0) }.prefix(batch)
                let works = next.isEmpty ? [] : try await workOut(Array(next), now: now)
                if let one = try await group.next() {
                    report.add(one)
                    guard one.postponed < one.persons, try await between(one) else { return report }
                } else if works.isEmpty {
                    return report
                }
                written = Set(next)
                if !works.isEmpty { group.addTask { try await write(works) } }
            }
        }
    }

    // MARK: - Answers

    /// How a person answers a Task.
    public enum Answer: String, Sendable {
        /// Done.
        case completed
        /// Declined, with a reason.
        case declined
        /// It couldn't be done, with a reason.
        case notPossible = "not-possible"

        var status: String {
            switch self {
            case .completed: "completed"
            case .declined: "rejected"
            case .notPossible: "failed"
            }
        }
    }

    /// The resource of a Task as it stands when somebody has answered it.
    ///
    /// - Parameters:
    ///   - task: the Task as it stands.
    ///   - reason: why it was declined or couldn't be done.
    ///   - at: when, in milliseconds since 1970 UTC.
    public static func answered(_ task: JSONNode, _ answer: Answer, reason: String, at: Int64) throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        let instant = Moment(milliseconds: at).instantText
        for (key, value) in task.members {
            guard let name = key.string,
                !["meta", "status", "statusReason", "executionPeriod", "lastModified"].contains(name)
            else { continue }
            writer.member(name, node: value)
        }
        writer.member("status", string: answer.status)
        if !reason.isEmpty {
            writer.key("statusReason")
            writer.text(reason)
        }
        writer.key("executionPeriod")
        writer.beginObject()
        writer.member("end", string: instant)
        writer.endObject()
        writer.member("lastModified", string: instant)
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }
}
