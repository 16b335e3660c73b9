import Calendar
import Records
import SQL

/// What was found when a person was last looked at, so that only those plans are made again that may be others since.
///
/// A plan is a function of what the pathway reads of the record, of its definition and of the time; between two looks time changes nothing.
/// So where nothing has changed of what a pathway reads, what stands in the record is what its plan wants, or what it has written
/// itself: this counts as a change of its own.
struct SettledPlans: Sendable, Equatable {
    /// One pathway's plan.
    struct Plan: Sendable, Equatable {
        /// When it changes by time alone.
        var nextLook: Int64?
        /// What a visit may serve.
        var windows: [VisitWindow]
    }

    /// By what, but the record and the time, the plans were made.
    var basis: String
    /// When the person was looked at.
    var at: Int64
    /// The last change of the record that was seen.
    var seen: Int64
    /// The plans in the order of the pathways; nil: to be made again at every look.
    var plans: [Plan?]

    static let columns = "basis, at, seen, plans"

    init(basis: String, at: Int64, seen: Int64, plans: [Plan?]) {
        (self.basis, self.at, self.seen, self.plans) = (basis, at, seen, plans)
    }

    /// - Returns: nil where the row tells of other pathways than those.
    init?(_ row: SQLRow, _ pathways: [Pathway]) {
        self.init(basis: row.text(0), at: row.int(1), seen: row.int(2), plans: [])
        let lines = row.text(3).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == pathways.count else { return nil }
        for (line, pathway) in zip(lines, pathways) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            if fields[0] == "?" {
                plans.append(nil)
                continue
            }
            var plan = Plan(nextLook: Int64(fields[0]), windows: [])
            for place in stride(from: 1, to: fields.count - 3, by: 4) {
                guard let opens = Int(fields[place + 1]), let due = Int(fields[place + 2]),
                    let rank = Int(fields[place + 3])
                else { return nil }
                plan.windows.append(
                    VisitWindow(
                        key: String(fields[place]), asker: pathway.id, opens: CivilDay(number: opens),
                        due: CivilDay(number: due),
                        rank: rank))
            }
            plans.append(plan)
        }
    }

    /// The plans as a row holds them.
    var text: String {
        plans.map { plan in
            guard let plan, !plan.windows.contains(where: { $0.key.contains { $0 == "\t" || $0.isNewline } }) else {
                return "?"
            }
            return
                ([plan.nextLook.map { "\($0)" } ?? ""]
                + plan.windows.map { "\($0.key)\t\($0.opens.number)\t\($0.due.number)\t\($0.rank)" })
                .joined(separator: "\t")
        }.joined(separator: "\n")
    }

    func note(_ person: String, _ db: SQLConnection) throws {
        try db.execute(
            "INSERT INTO pathway_settled (person, \(Self.columns)) VALUES (?, ?, ?, ?, ?) ON CONFLICT (person) DO UPDATE "
                + "SET basis = excluded.basis, at = excluded.at, seen = excluded.seen, plans = excluded.plans",
            .text(person), .text(basis), .integer(at), .integer(seen), .text(text))
    }

    /// Whether a plan changes by time until an instant.
    func isDue(_ place: Int, _ now: Int64) -> Bool {
        guard let plan = plans[place] else { return true }
        return plan.nextLook.map { $0 <= now } ?? false
    }
}

extension PathwayDesk {
    /// Raised whenever the engine itself makes other plans of the same record and definition: whatever was found is found anew then.
    private static let engine = 1

    /// By what plans are made, but the record and the time: definitions, since when they are followed, the parameters' values of the day,
    /// who holds the roles.
    func basis(_ owners: OwnerDirectory, _ following: Following?, now: Int64) -> String {
        let today = CivilDay(milliseconds: now)
        let own = pathways.map { pathway in
            let parameters = pathway.setting.parameters.sorted { $0.key < $1.key }.map { name, parameter in
                let values = parameter.values.filter { $0.from.map { $0 <= today } ?? true }.map(\.english)
                return "\(name) \(parameter.title.zh) \(parameter.title.en)=\(values.joined(separator: ","))"
            }
            let roles = pathway.setting.roles.sorted { $0.key < $1.key }.map { name, role in
                "\(name) \(role.title.zh)=\(role.reach.rawValue)"
            }
            return ([pathway.id, pathway.fingerprint] + parameters + roles).joined(separator: "\t")
        }
        let days = (following?.starts ?? []).map { "\($0.programme) \($0.area) \($0.since.isoText)" }.sorted()
        return FactID.of(
            "\(Self.engine)", own.joined(separator: "\n"), days.joined(separator: "\n"), owners.fingerprint)
    }
}
