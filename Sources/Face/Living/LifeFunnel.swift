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

/// What became of the things that had to be done. Reminders and the like are counted apart.
public struct LifeLoops: Sendable, Hashable {
    /// Done.
    public let done: Int
    /// Declined, with a reason.
    public let declined: Int
    /// Answered as impossible, with a reason.
    public let impossible: Int
    /// Taken back, because nothing is to be done any more.
    public let cancelled: Int
    /// To be done, and there is time.
    public let waiting: Int
    /// Tasks whose window is over and that nobody has settled.
    public let overdue: Int
    /// Steps of escalation that were ever taken, and those that wait for an answer, from reminders to supervisions.
    public let escalations: [Escalation]

    /// A kind of step.
    public struct Escalation: Sendable, Hashable {
        /// `reminder`, `prompt` or `supervision`.
        public let kind: String
        /// How many were ever sent.
        public let sent: Int
        /// How many wait.
        public let open: Int
    }

    /// Settled by somebody: done, declined or impossible.
    public var closed: Int { done + declined + impossible }

    /// Of those that somebody settled or whose window is over, the settled ones in percent.
    public var percent: Int { closed + overdue == 0 ? 100 : closed * 100 / (closed + overdue) }

    /// Some lines.
    public var text: String {
        """
        Loops closed: \(closed) of \(closed + overdue) (\(percent) %): done \(done), declined \(declined), impossible \(impossible)
        Open: overdue \(overdue), with time left \(waiting); taken back \(cancelled)
        \(escalations.map { "\($0.kind)s sent \($0.sent), open \($0.open)" }.joined(separator: "; "))
        """
    }

    /// Counts those of a store.
    public init(_ desk: PathwayDesk) throws {
        let kinds: [EscalationRule.Kind] = [.reminder, .prompt, .supervision]
        let open = "draft,requested,received,accepted,ready,in-progress,on-hold"
        func all(_ parameters: [(String, String)]) throws -> Int {
            try desk.store.search(type: "Task", parameters: parameters + [("_summary", "count")]).total ?? 0
        }
        func main(_ parameters: [(String, String)]) throws -> Int {
            try all(parameters) - all(parameters + [("code", kinds.map(\.rawValue).joined(separator: ","))])
        }
        done = try main([("status", "completed")])
        declined = try main([("status", "rejected")])
        impossible = try main([("status", "failed")])
        cancelled = try main([("status", "cancelled")])
        overdue = try main([("business-status", "overdue"), ("status", open)])
        waiting = try main([("status", open)]) - overdue
        escalations = try kinds.map { kind in
            Escalation(
                kind: kind.rawValue, sent: try all([("code", kind.rawValue)]),
                open: try all([("code", kind.rawValue), ("status", open)]))
        }
    }
}
