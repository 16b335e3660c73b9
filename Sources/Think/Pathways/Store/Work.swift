import JSON
import Records
import SQL

/// What is to be written for one person.
struct Work: Sendable {
    /// The rows of the tables.
    struct Rows: Sendable {
        let organization: String
        let district: String
        /// Those that were made.
        let plans: [PersonPlan]

        init(_ record: PersonRecord, _ plans: [PersonPlan]) {
            organization = record.patient["managingOrganization"]?["reference"]?.string ?? ""
            district = record.city
            self.plans = plans
        }
    }

    let person: String
    /// The change up to which the record was seen.
    let touched: Int64?
    /// Whether every plan was made.
    var isWhole = true
    /// Nil where no plan was made.
    var rows: Rows?
    /// What was found; nil of a person who has no plan.
    var settled: SettledPlans?
    var facts: [ReadyWrite] = []
    /// The versions that stood when the plan was made; 0 for none.
    var standing: [ResourceKey: Int] = [:]
    /// Of what is written, but for Tasks, that which a plan may read: the person is to be looked at again.
    var touching: Set<ResourceKey> = []
    /// Whether the same plans would be made again with what is written, as far as they don't read it.
    var isStable = false
    var faults: [String] = []

    init(person: String, touched: Int64?) {
        self.person = person
        self.touched = touched
    }

    var decided: DecidedWork {
        DecidedWork(
            size: facts.count, trace: nil, beside: { db, outcomes in try note(db, outcomes) },
            deciding: { desk in
                let numbers = try desk.numbers(of: standing.keys)
                for (key, seen) in standing where (numbers[key] ?? 0) != seen {
                    throw RecordsError(.conflict, "\(key) was changed meanwhile.")
                }
                return facts
            })
    }

    /// Writes the tables, beside the facts.
    func note(_ db: SQLConnection, _ outcomes: [WriteOutcome?]) throws {
        let written = outcomes.compactMap { $0 }.filter(\.changed).map(\.version)
        for version in written where !touching.contains(version.key) {
            try db.execute("INSERT INTO pathway_own (sequence) VALUES (?)", .integer(version.sequence))
        }
        if let touched {
            try db.execute(
                "DELETE FROM pathway_touched WHERE person = ? AND sequence <= ?", .text(person), .integer(touched))
        }
        guard let settled else {
            for table in ["looks", "settled", "states", "milestones"] {
                try db.execute("DELETE FROM pathway_\(table) WHERE person = ?", .text(person))
            }
            return
        }
        try settled.note(person, written: isStable ? written.map(\.sequence) : [], db)
        try db.execute(
            "INSERT INTO pathway_looks (person, at) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET at = excluded.at",
            .text(person), nextLook.map { .integer($0) } ?? .null)
        for table in ["states", "milestones"] {
            if isWhole {
                try db.execute("DELETE FROM pathway_\(table) WHERE person = ?", .text(person))
            } else {
                for plan in rows?.plans ?? [] {
                    try db.execute(
                        "DELETE FROM pathway_\(table) WHERE person = ? AND pathway = ?", .text(person),
                        .text(plan.pathway))
                }
            }
        }
        for plan in rows?.plans ?? [] { try note(plan, db) }
    }

    /// When anything changes by time alone.
    private var nextLook: Int64? {
        ((rows?.plans ?? []).map(\.nextLook) + (settled?.plans ?? []).map { $0?.nextLook }).compactMap { $0 }.min()
    }

    private func note(_ plan: PersonPlan, _ db: SQLConnection) throws {
        for milestone in plan.milestones where milestone.isReached {
            try db.execute(
                "INSERT INTO pathway_milestones (person, pathway, milestone, at) VALUES (?, ?, ?, ?)", .text(person),
                .text(plan.pathway), .text(milestone.part), milestone.at.map { .integer($0.milliseconds) } ?? .null)
        }
        guard let rows, let last = plan.enrolments.last else { return }
        func count(_ state: Occurrence.State) -> SQLValue { .int(plan.occurrences.count { $0.state == state }) }
        try db.execute(
            "INSERT INTO pathway_states (person, pathway, entered, ended, reason, stage, organization, district, open, "
                + "overdue) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .text(person), .text(plan.pathway), .integer(last.entered.milliseconds),
                last.left.map { .integer($0.milliseconds) } ?? .null, last.reason.map { .text($0) } ?? .null,
                plan.stage.map { .text($0) } ?? .null, .text(rows.organization), .text(rows.district),
                count(.open), count(.overdue),
            ])
    }
}
