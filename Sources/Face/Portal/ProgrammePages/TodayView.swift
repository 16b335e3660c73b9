import Calendar
import JSON
import Pathways
import Records

/// The work list as its template reads it.
struct TodayView {
    /// What was entered to be done to many, and why it was refused.
    struct Typed {
        let problem: String
        let message: String
        let reason: String
        let until: String
        /// The values of the boxes that were ticked.
        let ticked: Set<String>
    }

    struct Part {
        let href: String
        let text: String
        let due: String
    }

    struct Row {
        let tasks: String
        /// Whether it can be selected: a step of escalation can't.
        let isTickable: Bool
        var isTicked = false
        let personHref: String
        let name: String
        let about: String
        let href: String
        let title: String
        let programme: String
        let due: String
        let tone: String
        let level: String?
        let levelTone: String
        let reasons: [String]
        let owner: String?
        let isVisit: Bool
        let parts: [Part]
        let hasParts: Bool
        let partsText: String
        let formHref: String?
        let label: String
    }

    struct Option {
        let value: String
        let text: String
        let isChosen: Bool
    }

    struct Tab {
        let href: String
        let text: String
        let isCurrent: Bool
    }

    let answer: String
    let problem: String?
    let tabs: [Tab]
    let programmes: [Option]
    let districts: [Option]
    let hasDistricts: Bool
    let kinds: [Option]
    let scope: String
    let isFiltered: Bool
    let clearHref: String
    let rows: [Row]
    let hasRows: Bool
    let nothing: String
    let hidden: String?
    let cut: String?
    let hasPager: Bool
    let previousHref: String?
    let nextHref: String?
    let pageText: String
    let form: String
    let message: String
    let reason: String
    let until: String
    let isRefused: Bool
    let here: String

    init(_ model: TodayModel, _ visit: Portal.CareVisit, typed: Typed?) throws {
        let (words, now) = (visit.words, visit.now)
        let choice = model.choice
        form = visit.token
        problem = typed?.problem
        message = typed?.message ?? ""
        reason = typed?.reason ?? ""
        until = typed?.until ?? CivilDay(milliseconds: now).advanced(by: 1).isoText
        isRefused = typed != nil
        here = choice.href(page: choice.page == 1 ? nil : choice.page)
        answer =
            model.total == 0
            ? words["todayNone"]
            : words.text(
                "todayAnswer",
                [
                    "people": words.number(model.people), "n": words.number(model.total),
                    "late": words.number(model.late), "escalated": words.number(model.escalated),
                ])
        tabs =
            TodayModel.Choice.Scope.allCases.map { scope in
                var other = choice
                other.scope = scope
                return Tab(
                    href: other.href(), text: words["todayScope_\(scope.rawValue)"], isCurrent: scope == choice.scope)
            } + [Tab(href: "/today/load", text: words["todayLoad"], isCurrent: false)]
        let all = words["todayAll"]
        programmes =
            [Option(value: "", text: all, isChosen: choice.programme == nil)]
            + model.programmes.map { Option(value: $0, text: visit.title($0), isChosen: $0 == choice.programme) }
        districts =
            [Option(value: "", text: all, isChosen: choice.district == nil)]
            + model.districts.map { code in
                Option(
                    value: code, text: visit.visit.parts.place.name(Int(code) ?? 0, words),
                    isChosen: code == choice.district)
            }
        hasDistricts = model.districts.count > 1
        kinds =
            [Option(value: "", text: all, isChosen: choice.kind == nil)]
            + TodayModel.Choice.Kind.allCases.map {
                Option(value: $0.rawValue, text: words["todayKind_\($0.rawValue)"], isChosen: $0 == choice.kind)
            }
        scope = choice.scope.rawValue
        isFiltered = choice.programme != nil || choice.district != nil || choice.kind != nil
        clearHref = choice.scope == .mine ? "/today" : "/today?show=\(choice.scope.rawValue)"
        let shown = Array(model.shown)
        let tasks = try visit.read("Task", shown.map(\.lead.task)).compactMapValues { try CareTask($0) }
        let people = try visit.read("Patient", shown.map(\.lead.person)).mapValues {
            Person(try JSONDocument(parsing: $0.json()).root)
        }
        let own = try visit.owners()
        rows = shown.compactMap { line in
            guard let task = tasks[line.lead.task], let person = people[line.lead.person] else { return nil }
            var row = Row(line, task, person, own, visit)
            row.isTicked = typed?.ticked.contains(row.tasks) ?? false
            return row
        }
        hasRows = !rows.isEmpty
        nothing =
            words[
                model.total == 0
                    ? "todayNothing" : model.lines.isEmpty ? "todayNothingFits" : "todayNothingSeen"]
        let unseen = shown.count - rows.count
        hidden = unseen == 0 ? nil : words.counted("todayHidden", unseen)
        cut = model.isCut ? words.counted("todayCut", WorkTasks.most) : nil
        hasPager = model.pages > 1
        previousHref = choice.page > 1 ? choice.href(page: choice.page == 2 ? nil : choice.page - 1) : nil
        nextHref = choice.page < model.pages ? choice.href(page: choice.page + 1) : nil
        pageText = words.text("todayPage", ["page": words.number(choice.page), "of": words.number(model.pages)])
    }
}

extension TodayView.Row {
    init(
        _ line: TodayModel.Line, _ task: CareTask, _ person: Person, _ own: Set<String>, _ visit: Portal.CareVisit
    ) {
        let words = visit.words
        tasks = line.tasks.filter { $0.kind == nil }.map(\.task).joined(separator: " ")
        isTickable = !tasks.isEmpty
        personHref = Address.resident(person.id) + "/care"
        name = person.name.isEmpty ? words["nameUnknown"] : person.name
        about = words.sexAndAge(person, on: visit.visit.today)
        href = "/tasks/\(task.id)"
        let count = line.tasks.count
        let single = words.form(task.title)
        title =
            count == 1
            ? single : line.isVisit ? words.counted("todayVisit", count) : words.counted("todaySeveral", count)
        var seen: Set<String> = []
        programme = line.tasks.map(\.pathway).filter { seen.insert($0).inserted }.map(visit.title).joined(
            separator: words["comma"])
        due = words.dueText(line.lead.due, now: visit.now)
        tone = line.isLate ? "act" : CivilDay(milliseconds: line.lead.due) <= visit.visit.today ? "watch" : "quiet"
        level = words.level(line.level)
        levelTone = line.level == .supervision || line.level == .prompt ? "act" : "watch"
        reasons = Array(words.reasons(task.why).prefix(2))
        owner = own.contains(task.owner) ? nil : words.text("workOwner", ["name": visit.name(of: task.owner)])
        isVisit = line.isVisit
        parts =
            count == 1
            ? []
            : line.tasks.map {
                TodayView.Part(
                    href: "/tasks/\($0.task)", text: visit.title($0.pathway, $0.action),
                    due: words.dueText($0.due, now: visit.now))
            }
        hasParts = !parts.isEmpty
        partsText = words.counted("todayParts", count)
        formHref = count == 1 ? visit.formHref(task) : nil
        label = words.text("todaySelect", ["name": name, "what": title])
    }
}

extension Portal.CareVisit {
    /// Where the form of a task is filled; nil where it has none or isn't to be done any more.
    func formHref(_ task: CareTask) -> String? {
        guard task.isAlive, let form = task.form else { return nil }
        return Address.make("/forms/\(form)", [("patient", task.person)])
    }
}
