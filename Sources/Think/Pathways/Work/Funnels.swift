public import Records
import SQL

/// How many people have reached which step of a pathway, by institution and district.
public struct Funnel: Sendable {
    /// One count.
    public struct Cell: Sendable, Hashable {
        /// The step: the id of a milestone; `on` for those who are on the pathway now.
        public let milestone: String
        /// `Organization/…`; empty where none looks after them.
        public let organization: String
        /// The GB/T 2260 code of the district; empty where it isn't known.
        public let district: String
        /// People.
        public let count: Int
    }

    /// The step of those who are on the pathway now, whatever milestones it has.
    public static let present = "on"

    /// All counts.
    public let cells: [Cell]

    /// Counts of a pathway.
    /// - Parameter store: one that runs ``PathwayTables`` and ``WorkTables``.
    public init(_ store: RecordStore, pathway: String) throws {
        cells = try store.readSQL { db in
            let reached = try db.query(
                "SELECT m.milestone, COALESCE(p.organization, ''), COALESCE(p.district, ''), COUNT(*) FROM pathway_milestones m "
                    + "LEFT JOIN work_persons p ON p.person = m.person WHERE m.pathway = ? GROUP BY 1, 2, 3",
                [.text(pathway)]
            ) { Cell(milestone: $0.text(0), organization: $0.text(1), district: $0.text(2), count: Int($0.int(3))) }
            let present = try db.query(
                "SELECT COALESCE(p.organization, ''), COALESCE(p.district, ''), COUNT(*) FROM pathway_states s "
                    + "LEFT JOIN work_persons p ON p.person = s.person WHERE s.pathway = ? AND s.ended IS NULL GROUP BY 1, 2",
                [.text(pathway)]
            ) {
                Cell(milestone: Self.present, organization: $0.text(0), district: $0.text(1), count: Int($0.int(2)))
            }
            return reached + present
        }
    }

    /// People at a step.
    public func count(_ milestone: String, where isCounted: (Cell) -> Bool = { _ in true }) -> Int {
        cells.reduce(0) { $0 + ($1.milestone == milestone && isCounted($1) ? $1.count : 0) }
    }
}

/// Where loops of a pathway stick: what of an activity is open.
public struct OpenLoop: Sendable, Hashable {
    /// The action's id.
    public let action: String
    /// To be done now, those that are late among them.
    public let open: Int
    /// Late.
    public let overdue: Int
    /// With a step of escalation that isn't answered.
    public let escalated: Int
    /// Half of the open ones were asked for longer ago, in days.
    public let medianDays: Int

    /// Of open Tasks of one pathway, as ``WorkTasks/open(pathway:)`` gives them, those that are late most first.
    public static func of(_ tasks: [WorkTask], now: Int64) -> [OpenLoop] {
        let escalated = Set(tasks.filter { $0.kind != nil }.map(\.main))
        let byAction = Dictionary(grouping: tasks.filter { $0.kind == nil && $0.isOpen(at: now) }, by: \.action)
        return byAction.map { action, tasks in
            let ages = tasks.map { max(0, now - $0.opens) / 86_400_000 }.sorted()
            return OpenLoop(
                action: action, open: tasks.count, overdue: tasks.count { $0.isLate(at: now) },
                escalated: tasks.count { escalated.contains($0.task) }, medianDays: Int(ages[ages.count / 2]))
        }.sorted { ($1.overdue, $1.open, $0.action) < ($0.overdue, $0.open, $1.action) }
    }
}
