public import Records
import SQL

/// A Task of a pathway in a list of work.
public struct WorkTask: Sendable, Hashable {
    /// The URL of the extension of a Task that puts it off (a dateTime).
    public static let deferredUntil = "https://healthbrain.dev/fhir/StructureDefinition/deferred-until"
    /// The statuses of Tasks that are still to be answered.
    public static let alive: Set<String> = [
        "draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold",
    ]

    /// The Task's id.
    public let task: String
    /// The Patient's id.
    public let person: String
    /// The pathway's id.
    public let pathway: String
    /// The action's id in the pathway.
    public let action: String
    /// The id of the Task that it is a step of escalation of; empty for one that is none.
    public let main: String
    /// What a step of escalation is.
    public let kind: EscalationRule.Kind?
    /// `Task.status`
    public let status: String
    /// When its window opens, in milliseconds.
    public let opens: Int64
    /// Until when it is to be done, in milliseconds.
    public let due: Int64
    /// Until when somebody has put it off, in milliseconds; 0 for one that nobody has.
    public let deferred: Int64
    /// The owner's reference; empty for none.
    public let owner: String
    /// 0 for what is to be done at once (stat), 3 for routine.
    public let urgency: Int
    /// Names the visit that serves it and others; empty for none.
    public let visit: String
    /// When it was first asked for, in milliseconds.
    public let authored: Int64
    /// When it was answered or withdrawn, in milliseconds; nil while it is open.
    public let ended: Int64?
    /// `Organization/…` of the institution that looks after the person; empty where none does.
    public let organization: String
    /// The GB/T 2260 code of the person's district; empty where it isn't known.
    public let district: String

    /// Whether its time has gone by.
    public func isLate(at now: Int64) -> Bool { due < now }

    /// Whether it is to be answered now: its window is open, and nobody has put it off.
    public func isOpen(at now: Int64) -> Bool {
        Self.alive.contains(status) && status != "draft" && opens <= now && deferred <= now
    }

    static let columns =
        "t.task, t.person, t.pathway, t.action, t.main, t.kind, t.status, t.opens, t.due, t.deferred, t.owner, t.urgency, "
        + "t.visit, t.authored, t.ended, COALESCE(p.organization, ''), COALESCE(p.district, '')"
    static let tables = "work_tasks t LEFT JOIN work_persons p ON p.person = t.person"

    init(_ row: SQLRow) {
        task = row.text(0)
        person = row.text(1)
        pathway = row.text(2)
        action = row.text(3)
        main = row.text(4)
        kind = EscalationRule.Kind(rawValue: row.text(5))
        status = row.text(6)
        opens = row.int(7)
        due = row.int(8)
        deferred = row.int(9)
        owner = row.text(10)
        urgency = Int(row.int(11))
        visit = row.text(12)
        authored = row.int(13)
        ended = row.intOrNil(14)
        organization = row.text(15)
        district = row.text(16)
    }
}

/// Reads ``WorkTables``.
public struct WorkTasks: Sendable {
    /// Tasks at most in one list; one that reaches it is cut, and its page says so.
    public static let most = 20_000

    private let store: RecordStore
    private static let alive =
        "t.status IN ('requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold')"

    /// - Parameter store: one that runs ``WorkTables``.
    public init(_ store: RecordStore) { self.store = store }

    private func tasks(_ condition: String, _ values: [SQLValue], limit: Int = most) throws -> [WorkTask] {
        try store.readSQL { db in
            try db.query(
                "SELECT \(WorkTask.columns) FROM \(WorkTask.tables) WHERE \(condition) ORDER BY t.due, t.task LIMIT ?",
                values + [.int(limit)]
            ) { WorkTask($0) }
        }
    }

    /// Tasks that aren't answered, of owners or of the people of institutions, the earliest due first. Those that wait for their day
    /// are not among them.
    ///
    /// - Parameters:
    ///   - owners: references of owners.
    ///   - organizations: references of institutions whose people count too.
    public func open(owners: Set<String>, organizations: Set<String>) throws -> [WorkTask] {
        func marks(_ set: Set<String>) -> String { set.map { _ in "?" }.joined(separator: ", ") }
        var (conditions, values): ([String], [SQLValue]) = ([], [])
        if !owners.isEmpty {
            conditions.append("t.owner IN (\(marks(owners)))")
            values += owners.sorted().map { .text($0) }
        }
        if !organizations.isEmpty {
            conditions.append("p.organization IN (\(marks(organizations)))")
            values += organizations.sorted().map { .text($0) }
        }
        guard !conditions.isEmpty else { return [] }
        return try tasks("\(Self.alive) AND (\(conditions.joined(separator: " OR ")))", values)
    }

    /// The steps of escalation that aren't answered, by the Task that they are about.
    public func steps(of tasks: some Collection<String>) throws -> [String: [WorkTask]] {
        var found: [WorkTask] = []
        let all = Set(tasks).sorted()
        for start in stride(from: 0, to: all.count, by: 500) {
            let part = all[start..<min(start + 500, all.count)]
            found += try self.tasks(
                "\(Self.alive) AND t.main IN (\(part.map { _ in "?" }.joined(separator: ", ")))", part.map { .text($0) }
            )
        }
        return Dictionary(grouping: found, by: \.main)
    }

    /// All Tasks of a person, those that wait or have ended among them.
    public func all(of person: String) throws -> [WorkTask] { try tasks("t.person = ?", [.text(person)]) }

    /// One Task.
    public func task(_ id: String) throws -> WorkTask? { try tasks("t.task = ?", [.text(id)], limit: 1).first }

    /// Open Tasks of a pathway, with the institution and the district of their people, for tables of counts.
    public func open(pathway: String) throws -> [WorkTask] {
        try tasks("\(Self.alive) AND t.pathway = ?", [.text(pathway)], limit: 1_000_000)
    }

    /// How many Tasks of each action of a pathway are to be done now, and how many of these are late; those that are late most first.
    public func counts(pathway: String, now: Int64) throws -> [(action: String, open: Int, late: Int)] {
        try store.readSQL { db in
            try db.query(
                "SELECT t.action, COUNT(*), COUNT(CASE WHEN t.due < ? THEN 1 END) FROM work_tasks t WHERE \(Self.alive) "
                    + "AND t.pathway = ? AND t.main = '' AND t.opens <= ? AND t.deferred <= ? GROUP BY t.action",
                [.integer(now), .text(pathway), .integer(now), .integer(now)]
            ) { ($0.text(0), Int($0.int(1)), Int($0.int(2))) }
        }.sorted { ($1.late, $1.open, $0.action) < ($0.late, $0.open, $1.action) }
    }

    /// Whether anything of a pathway was asked for of a person after a time, other than one Task: then its answer has had
    /// consequences.
    public func hasFollowed(_ task: WorkTask, since: Int64) throws -> Bool {
        let count = try store.readSQL { db in
            try db.first(
                "SELECT COUNT(*) FROM work_tasks WHERE person = ? AND pathway = ? AND task <> ? AND authored > ?",
                [.text(task.person), .text(task.pathway), .text(task.task), .integer(since)]
            ) { $0.int(0) }
        }
        return (count ?? 0) > 0
    }
}
