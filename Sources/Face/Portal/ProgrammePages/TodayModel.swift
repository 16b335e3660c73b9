import Calendar
import Pathways

/// The open work of somebody, in the order in which it is to be done.
struct TodayModel {
    /// What is shown of it.
    struct Choice: Equatable {
        enum Scope: String, CaseIterable {
            /// What I or my institution have to do.
            case mine
            /// All that is open for the people of my institution, whoever has to do it.
            case team
        }

        enum Kind: String, CaseIterable {
            case late
            case escalated
            case visit
            case form
            case invitation
        }

        var scope = Scope.mine
        var programme: String?
        var district: String?
        var kind: Kind?
        var page = 1

        /// Reads what the address asks for; what is not understood is left out.
        init(_ asked: (String) -> String?) {
            scope = asked("show").flatMap { Scope(rawValue: $0) } ?? .mine
            programme = asked("programme")
            district = asked("area")
            kind = asked("kind").flatMap { Kind(rawValue: $0) }
            page = max(1, min(asked("page").flatMap { Int($0) } ?? 1, 10_000))
        }

        func href(_ path: String = "/today", page: Int? = nil) -> String {
            Address.make(
                path,
                [
                    ("show", scope == .mine ? nil : scope.rawValue), ("programme", programme), ("area", district),
                    ("kind", kind?.rawValue), ("page", page.map(String.init)),
                ])
        }
    }

    /// What is done at once for one person: one task, those of a common visit, or those of one programme that are due on one day.
    struct Line {
        /// The most urgent first.
        var tasks: [WorkTask]
        var level: EscalationRule.Kind?
        let isLate: Bool
        var isVisit: Bool
        var lead: WorkTask { tasks[0] }
    }

    static let perPage = 20

    let choice: Choice
    /// All that fits the choice.
    let lines: [Line]
    /// Open tasks before the choice of a programme, an area or a kind.
    let total: Int
    let late: Int
    let escalated: Int
    let people: Int
    let programmes: [String]
    let districts: [String]
    let isCut: Bool

    var shown: ArraySlice<Line> {
        let start = min((choice.page - 1) * Self.perPage, lines.count)
        return lines[start..<min(start + Self.perPage, lines.count)]
    }
    var pages: Int { max(1, (lines.count + Self.perPage - 1) / Self.perPage) }

    /// - Parameters:
    ///   - tasks: what is open, steps of escalation among it.
    ///   - steps: all steps that aren't answered, by the task they are about.
    ///   - part: an action of a pathway.
    init(
        _ tasks: [WorkTask], steps: [String: [WorkTask]], choice: Choice, now: Int64,
        part: (String, String) -> PathwayPart?
    ) {
        self.choice = choice
        isCut = tasks.count >= WorkTasks.most
        let mains = tasks.filter { $0.kind == nil && $0.isOpen(at: now) }
        let known = Set(mains.map(\.task))
        // A step about a task that somebody else has to do is work of its own.
        let alone = tasks.filter { $0.kind != nil && !known.contains($0.main) && $0.isOpen(at: now) }
        let all = mains + alone
        func level(_ task: WorkTask) -> EscalationRule.Kind? {
            task.kind ?? steps[task.task]?.compactMap(\.kind).min { Self.rank($0) < Self.rank($1) }
        }
        total = all.count
        late = all.count { $0.isLate(at: now) }
        escalated = all.count { level($0) != nil }
        people = Set(all.map(\.person)).count
        programmes = Set(all.map(\.pathway)).sorted()
        districts = Set(all.map(\.district)).subtracting([""]).sorted()
        func fits(_ task: WorkTask) -> Bool {
            guard choice.programme.map({ $0 == task.pathway }) ?? true,
                choice.district.map({ $0 == task.district }) ?? true
            else { return false }
            let part = part(task.pathway, task.action)
            switch choice.kind {
            case nil: return true
            case .late: return task.isLate(at: now)
            case .escalated: return level(task) != nil
            case .visit: return part?.isVisit == true && part?.isInvitation != true && task.kind == nil
            case .form: return part?.questionnaire != nil
            case .invitation: return part?.isInvitation == true
            }
        }
        var lines: [String: Line] = [:]
        func key(_ task: WorkTask) -> (Int, Int, Int, Int64, String) {
            let level = level(task)
            return (
                task.isLate(at: now) || level != nil ? 0 : 1, Self.rank(level), task.urgency, task.due, task.task
            )
        }
        for task in all where fits(task) {
            let day = CivilDay(milliseconds: task.due).number
            let name =
                task.kind != nil || part(task.pathway, task.action)?.isInvitation == true
                ? task.task
                : task.visit.isEmpty
                    ? "\(task.person)|\(task.pathway)|\(day)|\(task.isLate(at: now))" : "\(task.person)|\(task.visit)"
            if lines[name] == nil {
                lines[name] = Line(
                    tasks: [task], level: level(task), isLate: task.isLate(at: now), isVisit: !task.visit.isEmpty)
            } else {
                lines[name]?.tasks.append(task)
                if let level = level(task), Self.rank(level) < Self.rank(lines[name]?.level) {
                    lines[name]?.level = level
                }
            }
        }
        self.lines = lines.values.map { line in
            var line = line
            line.tasks.sort { key($0) < key($1) }
            line.isVisit = line.isVisit && line.tasks.count > 1
            return line
        }.sorted { key($0.lead) < key($1.lead) }
    }

    /// The further it was escalated, the less.
    static func rank(_ level: EscalationRule.Kind?) -> Int {
        switch level {
        case .supervision: 0
        case .prompt: 1
        case .reminder: 2
        case nil: 3
        }
    }
}
