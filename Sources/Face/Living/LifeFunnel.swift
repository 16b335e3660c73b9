public import Pathways
import Records
import SQL

/// How many people have reached each step of a pathway.
public struct LifeFunnel: Sendable, Hashable {
    /// The pathway's id.
    public let pathway: String
    /// The pathway's name.
    public let title: String
    /// People who ever entered, and who are on it now.
    public let entered: Int
    /// Who is on it now.
    public let current: Int
    /// The milestones in the order of the file, and how many reached them.
    public let steps: [Step]

    /// A milestone.
    public struct Step: Sendable, Hashable {
        /// The action's id.
        public let id: String
        /// Its name.
        public let title: String
        /// How many people reached it.
        public let count: Int
    }

    /// One line.
    public var text: String {
        "\(title) (\(pathway)): entered \(entered), now \(current); "
            + steps.map { "\($0.title) \($0.count)" }.joined(separator: " → ")
    }

    /// The funnels of all followed pathways, from the tables that the manager's page reads.
    public static func all(_ desk: PathwayDesk) throws -> [LifeFunnel] {
        try desk.store.readSQL { db in
            try desk.pathways.map { pathway in
                func count(_ sql: String, _ values: [SQLValue]) throws -> Int {
                    try db.first("SELECT COUNT(*) FROM \(sql)", values) { Int($0.int(0)) } ?? 0
                }
                let id = SQLValue.text(pathway.id)
                let steps = try pathway.parts.filter { $0.kind == .milestone }.map { part in
                    Step(
                        id: part.id, title: part.title.zh,
                        count: try count(
                            "pathway_milestones WHERE pathway = ? AND milestone = ?", [id, .text(part.id)]))
                }
                return LifeFunnel(
                    pathway: pathway.id, title: pathway.title.zh,
                    entered: try count("pathway_states WHERE pathway = ?", [id]),
                    current: try count("pathway_states WHERE pathway = ? AND ended IS NULL", [id]), steps: steps)
            }
        }
    }
}

/// How many of the things that had to be done were closed: done, declined with a reason, or answered as impossible.
public struct LifeLoops: Sendable, Hashable {
    /// Tasks that are settled.
    public let closed: Int
    /// Tasks whose window is over and that nobody has settled.
    public let overdue: Int

    /// Of both, the closed ones in percent.
    public var percent: Int { closed + overdue == 0 ? 100 : closed * 100 / (closed + overdue) }

    /// Counts those of a store.
    public init(_ desk: PathwayDesk) throws {
        func count(_ parameters: [(String, String)]) throws -> Int {
            try desk.store.search(type: "Task", parameters: parameters + [("_summary", "count")]).total ?? 0
        }
        closed = try count([("status", "completed,rejected,failed")])
        overdue = try count([
            ("business-status", "overdue"), ("status", "draft,requested,received,accepted,ready,in-progress,on-hold"),
        ])
    }
}
