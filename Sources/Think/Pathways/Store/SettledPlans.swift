import Calendar
import JSON
import Records
import SQL

/// What was found when a person was last looked at, so that only those plans are made again that may be others since.
///
/// A plan is a function of what the pathway reads of the record, of its definition and of the time; between two looks time changes nothing.
/// So where nothing has changed of what a pathway reads, what stands in the record is what its plan wants, or what it has written
/// itself.
struct SettledPlans: Sendable, Equatable {
    /// One pathway's plan.
    struct Plan: Sendable, Equatable {
        /// When it changes by time alone.
        var nextLook: Int64?
        /// What of the record it was made from.
        var read: PlanReading
        /// What a visit may serve.
        var windows: [VisitWindow]
    }

    /// By what, but the record and the time, the plans were made.
    var basis: String
    /// When the person was looked at.
    var at: Int64
    /// The last change of the record that was seen.
    var seen: Int64
    /// The changes that the engine wrote after it, as first and last.
    var own: [ClosedRange<Int64>] = []
    /// The plans in the order of the pathways; nil: to be made again at every look.
    var plans: [Plan?]

    static let columns = "basis, at, seen, own, plans"

    init(basis: String, at: Int64, seen: Int64, plans: [Plan?]) {
        (self.basis, self.at, self.seen, self.plans) = (basis, at, seen, plans)
    }

    /// - Returns: nil where the row tells of other pathways than those.
    init?(_ row: SQLRow, _ pathways: [Pathway]) {
        self.init(basis: row.text(0), at: row.int(1), seen: row.int(2), plans: [])
        for part in row.text(3).split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int64($0) }
            guard ends.count == 2, ends[0] <= ends[1] else { return nil }
            own.append(ends[0]...ends[1])
        }
        let lines = row.text(4).utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count == pathways.count else { return nil }
        for (line, pathway) in zip(lines, pathways) {
            let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map {
                Substring($0)
            }
            if fields[0] == "?" {
                plans.append(nil)
                continue
            }
            guard fields.count > 1, let read = PlanReading(fields[1]),
                read.numbers.allSatisfy({ $0 < pathway.reading.all.count })
            else { return nil }
            var plan = Plan(nextLook: Int64(fields[0]), read: read, windows: [])
            for place in stride(from: 2, to: fields.count - 3, by: 4) {
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
        var text = ""
        for (place, plan) in plans.enumerated() {
            if place > 0 { text += "\n" }
            guard let plan, !plan.windows.contains(where: { $0.key.utf8.contains { $0 == 0x09 || $0 == 0x0A } }) else {
                text += "?"
                continue
            }
            if let nextLook = plan.nextLook { text += String(nextLook) }
            text += "\t"
            text += plan.read.text
            for window in plan.windows {
                text += "\t"
                text += window.key
                for number in [window.opens.number, window.due.number, window.rank] {
                    text += "\t"
                    text += String(number)
                }
            }
        }
        return text
    }

    /// - Parameter written: the changes that the engine writes beside it.
    func note(_ person: String, written: [Int64], _ db: SQLConnection) throws {
        var own: [ClosedRange<Int64>] = []
        for change in written.sorted() {
            if let last = own.last, last.upperBound == change - 1 {
                own[own.count - 1] = last.lowerBound...change
            } else {
                own.append(change...change)
            }
        }
        let changes = own.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
        try db.execute(
            "INSERT INTO pathway_settled (person, \(Self.columns)) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (person) DO UPDATE "
                + "SET basis = excluded.basis, at = excluded.at, seen = excluded.seen, own = excluded.own, "
                + "plans = excluded.plans",
            .text(person), .text(basis), .integer(at), .integer(seen), .text(changes), .text(text))
    }

    /// Whether a plan changes by time until an instant.
    func isDue(_ place: Int, _ now: Int64) -> Bool {
        guard let plan = plans[place] else { return true }
        return plan.nextLook.map { $0 <= now } ?? false
    }

    /// Whether a plan may be another at an instant, or since some resources have changed.
    func isOther(_ place: Int, _ pathway: Pathway, _ now: Int64, _ changed: [ChangedResource]) -> Bool {
        guard let plan = plans[place], !isDue(place, now) else { return true }
        return changed.contains { pathway.isConcerned(by: $0, plan.read) }
    }

    /// The resources that have changed since.
    func changed(
        _ versions: [(version: Version, document: JSONDocument)], _ person: String, made: Set<String>
    ) -> [ChangedResource] {
        versions.filter { $0.version.sequence > seen }.map { version, document in
            ChangedResource(
                document, isFirst: version.versionID == 1, person: person, made: made,
                isOwn: own.contains { $0.contains(version.sequence) })
        }
    }
}

extension PathwayDesk {
    /// Raised whenever the engine itself makes other plans of the same record and definition: whatever was found is found anew then.
    private static let engine = 3

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
