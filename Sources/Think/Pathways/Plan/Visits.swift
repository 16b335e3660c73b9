public import Calendar

/// Something that is due at a visit, for finding out what one visit can serve.
public struct VisitWindow: Sendable, Hashable {
    /// Names it.
    public var key: String
    /// The programme or pathway that asks for it.
    public var asker: String
    /// The first day on which it may be done.
    public var opens: CivilDay
    /// The last day.
    public var due: CivilDay
    /// 0 for stat, 3 for routine.
    public var rank: Int

    /// A window.
    public init(key: String, asker: String, opens: CivilDay, due: CivilDay, rank: Int = 3) {
        self.key = key
        self.asker = asker
        self.opens = opens
        self.due = due
        self.rank = rank
    }
}

/// One visit that serves several.
public struct CommonVisit: Sendable, Hashable {
    /// The earliest day on which all may be done.
    public var day: CivilDay
    /// What it serves; the first names it.
    public var keys: [String]

    /// How near visits lie that become one, in days. Ours, not a published rule (`domain/decisions.md`).
    public static let nearDays = 14

    /// Which visits become one: those of several askers whose windows meet and begin or end within ``nearDays`` of each other. Where
    /// windows don't meet, the more urgent keeps its own.
    public static func merging(_ windows: [VisitWindow], nearDays: Int = nearDays) -> [CommonVisit] {
        var groups: [(first: VisitWindow, opens: CivilDay, due: CivilDay, members: [VisitWindow])] = []
        let order = windows.filter { $0.opens <= $0.due }.sorted {
            ($0.rank, $0.due.number, $0.key) < ($1.rank, $1.due.number, $1.key)
        }
        for window in order {
            let place = groups.firstIndex { group in
                let gap = min(
                    abs(group.first.due.number - window.due.number), abs(group.first.opens.number - window.opens.number)
                )
                return gap <= nearDays && max(group.opens, window.opens) <= min(group.due, window.due)
            }
            if let place {
                groups[place].opens = max(groups[place].opens, window.opens)
                groups[place].due = min(groups[place].due, window.due)
                groups[place].members.append(window)
            } else {
                groups.append((window, window.opens, window.due, [window]))
            }
        }
        return groups.filter { Set($0.members.map(\.asker)).count > 1 }.map { group in
            CommonVisit(day: group.opens, keys: group.members.map(\.key))
        }
    }
}

extension CommonVisit {
    /// What of a plan may be done at a visit, by the name of the occurrence: `pathway/action/moment`.
    static func windows(_ pathway: Pathway, _ plan: PersonPlan) -> [VisitWindow] {
        var windows: [VisitWindow] = []
        for one in plan.occurrences where one.state.isAlive && one.state != .overdue {
            guard let part = pathway.part(one.part), part.kind == .activity, part.isVisit,
                let reach = part.role.flatMap({ pathway.setting.roles[$0]?.reach }),
                reach == .generalPractitioner || reach == .managingOrganization
            else { continue }
            let ranks = ["stat": 0, "asap": 1, "urgent": 2]
            windows.append(
                VisitWindow(
                    key: "\(pathway.id)/\(one.key)", asker: pathway.id, opens: CivilDay(milliseconds: one.opens),
                    due: CivilDay(milliseconds: one.due), rank: part.priority.flatMap { ranks[$0] } ?? 3))
        }
        return windows
    }

    /// The visits that serve several pathways, by the name of the occurrence.
    static func byKey(_ windows: [VisitWindow]) -> [String: CommonVisit] {
        var byKey: [String: CommonVisit] = [:]
        for visit in merging(windows) { for key in visit.keys { byKey[key] = visit } }
        return byKey
    }
}
