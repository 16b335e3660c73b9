import Calendar
import Forms
import JSON
import Pathways
import Records

/// A task as its template reads it.
struct TaskView {
    struct Step {
        let href: String
        let text: String
        let owner: String
        let due: String
        let state: String
    }

    struct Note {
        let when: String
        let text: String
    }

    struct Source {
        let href: String
        let text: String
    }

    struct Option {
        let value: String
        let text: String
        let isChosen: Bool
    }

    /// One form that takes an action.
    struct Act {
        let action: String
        let title: String
        let hint: String
        let isOpen: Bool
        let asksReason: Bool
        let needsReason: Bool
        let asksDay: Bool
        let asksPerformer: Bool
        let asksMessage: Bool
        let isPlain: Bool
        let reason: String
        let message: String
        let until: String
        let least: String
        let most: String
        let performers: [Option]
        let isUrgent: Bool
        let problem: String?
    }

    let title: String
    let programme: String
    let personHref: String
    let person: String
    let about: String
    let backHref: String
    let backText: String
    let notice: String?
    let problem: String?
    let problemHref: String?
    let undoText: String?
    /// The action of the button that takes the last step back.
    let undoAction: String
    let made: String?
    let state: String
    let tone: String
    let due: String
    let dueTone: String
    let owner: String
    let deferred: String?
    let answered: String?
    let level: String?
    let visit: String?
    let formHref: String?
    let reasons: [String]
    let sources: [Source]
    let hasSources: Bool
    let steps: [Step]
    let hasSteps: Bool
    let notes: [Note]
    let hasNotes: Bool
    let messages: [Note]
    let hasMessages: Bool
    let acts: [Act]
    let hasActs: Bool
    let address: String
    let form: String

    init(_ task: CareTask, _ person: Person, _ visit: Portal.CareVisit, problem: TaskProblem?) throws {
        let (words, now) = (visit.words, visit.now)
        title = words.form(task.title)
        programme = visit.title(task.pathway)
        self.person = person.name.isEmpty ? words["nameUnknown"] : person.name
        about = words.sexAndAge(person, on: visit.visit.today)
        let own = try visit.guarded.someone().ownPatient
        let mine = Address.make("/my/programmes", [("patient", person.id == own ? nil : person.id)])
        personHref = visit.isResident ? mine : Address.resident(person.id) + "/care"
        backHref = visit.isResident ? mine : "/today"
        backText = words[visit.isResident ? "ownProgrammesBack" : "todayBack"]
        address = "/tasks/\(task.id)"
        form = visit.token
        let action = problem == nil ? visit.asked("done").flatMap { TaskAction(rawValue: $0) } : nil
        notice = action.flatMap { words.table["workDone_\($0.rawValue)"] }
        made = action == .message || action == .refer ? visit.asked("made") : nil
        let offered = TaskAction.offered(for: task, visit)
        undoText =
            offered.contains(.undo)
            ? words["workUndo"]
            : offered.contains(.resume) ? words["workResume"] : made == nil ? nil : words["workTakeBack"]
        let told = problem.map { words["workProblem_\($0.rawValue)"] }
        self.problem = told
        undoAction = offered.contains(.undo) ? "undo" : offered.contains(.resume) ? "resume" : "take-back"
        let failed = problem == nil ? nil : visit.form.given("action")
        problemHref = problem?.field.map { "#\($0)-\(failed ?? "")" }
        state = words.state(task, now: now)
        tone = task.isAlive ? (task.isLate(at: now) ? "act" : "watch") : "good"
        due = words.dueText(task.due, now: now)
        dueTone = task.isLate(at: now) ? "act" : ""
        owner =
            task.owner.isEmpty
            ? words["workNobody"]
            : task.owner.hasPrefix("Patient/") && visit.isResident ? words["workYou"] : visit.name(of: task.owner)
        deferred =
            task.isAlive && task.deferred > now
            ? words.text("workDeferredUntil", ["date": words.date(CivilDay(milliseconds: task.deferred))]) : nil
        answered =
            task.isAlive
            ? nil
            : [task.ended.map { words.dateTime(milliseconds: $0) }, task.reason.isEmpty ? nil : task.reason].compactMap
            {
                $0
            }.joined(separator: words["colon"])
        self.visit =
            task.visit == nil
            ? nil
            : words.text("workVisit", ["date": task.visitDay.map { words.date($0) } ?? words["none"]])
        formHref = visit.formHref(task)
        reasons = words.reasons(task.why)
        sources = task.basis.compactMap { reference in
            ResourceKey(reference: reference).map {
                Source(
                    href: Address.source(type: $0.type, id: $0.id),
                    text: words.table["type_\($0.type)"] ?? $0.type)
            }
        }
        hasSources = !sources.isEmpty
        let partOf = try visit.search(
            "Task", [("part-of", "Task/\(task.main ?? task.id)"), ("patient", "Patient/\(task.person)")], limit: 20
        ).compactMap { try CareTask($0) }
        level = words.level(
            task.kind
                ?? partOf.filter(\.isAlive).compactMap(\.kind).min { TodayModel.rank($0) < TodayModel.rank($1) })
        steps = partOf.sorted { $0.opens < $1.opens }.map { step in
            Step(
                href: "/tasks/\(step.id)", text: words.level(step.kind) ?? words.form(step.title),
                owner: visit.name(of: step.owner), due: words.dueText(step.due, now: now),
                state: words.state(step, now: now))
        }
        hasSteps = !steps.isEmpty
        notes = task.notes.map { Note(when: words.dateTime(milliseconds: $0.at), text: $0.text) }
        hasNotes = !notes.isEmpty
        messages = try visit.messages(of: task.person).filter { $0.about == "Task/\(task.id)" }.map {
            Note(when: words.dateTime(milliseconds: $0.at), text: $0.text)
        }
        hasMessages = !messages.isEmpty
        let performers = offered.contains(.refer) ? try visit.hospitals() : []
        let plain: Set<TaskAction> = [.undo, .resume, .takeBack]
        let hasForm = formHref != nil
        acts = offered.filter { !plain.contains($0) }.enumerated().map { place, action in
            let isFailed = failed == action.rawValue
            let isOpen = isFailed || (problem == nil && place == 0 && !hasForm)
            let key = action == .done && hasForm ? "doneWithoutForm" : action.rawValue
            return Act(
                action: action.rawValue, title: words["workAct_\(key)"], hint: words["workHint_\(key)"], isOpen: isOpen,
                asksReason: action != .message,
                needsReason: action != .accept && !(action == .done && visit.isResident),
                asksDay: action == .putOff, asksPerformer: action == .refer, asksMessage: action == .message,
                isPlain: false, reason: isFailed ? visit.form["reason"] : "",
                message: isFailed ? visit.form["message"] : "",
                until: isFailed ? visit.form["until"] : visit.visit.today.advanced(by: 7).isoText,
                least: visit.visit.today.advanced(by: 1).isoText, most: visit.visit.today.advanced(by: 366).isoText,
                performers: performers.map {
                    Option(value: $0.reference, text: $0.name, isChosen: visit.form["performer"] == $0.reference)
                }, isUrgent: isFailed && visit.form["urgent"] == "1",
                problem: isFailed && problem?.field != nil ? told : nil)
        }
        hasActs = !acts.isEmpty
    }
}

extension Words {
    /// How far a task is.
    func state(_ task: CareTask, now: Int64) -> String {
        if task.isAlive {
            if task.deferred > now { return self["workState_deferred"] }
            if task.status == "draft" || task.opens > now { return self["workState_waiting"] }
            if task.status == "in-progress" { return self["workState_begun"] }
            return self[task.isLate(at: now) ? "workState_late" : "workState_open"]
        }
        return switch task.status {
        case "completed": self["workState_done"]
        case "rejected": self["workState_declined"]
        case "failed": self["workState_failed"]
        default: self["workState_cancelled"]
        }
    }
}

extension Portal.CareVisit {
    /// What was written to a resident, the newest first.
    func messages(of person: String) throws -> [(at: Int64, text: String, from: String, about: String)] {
        try search("Communication", [("subject", "Patient/\(person)"), ("status", "completed")], limit: 200).compactMap
        {
            version in
            let root = try JSONDocument(parsing: version.json()).root
            guard let text = root["payload"]?[0]?["contentString"]?.string else { return nil }
            return (
                root["sent"]?.string.flatMap { InstantText.milliseconds($0) } ?? version.lastUpdated, text,
                root["sender"]?["display"]?.string ?? "", root["about"]?[0]?["reference"]?.string ?? ""
            )
        }.sorted { $0.at > $1.at }
    }

    /// Hospitals to which may be referred, by name.
    func hospitals() throws -> [(reference: String, name: String)] {
        try search("Organization", [("type", "hospital")], limit: 400).compactMap { version in
            let root = try JSONDocument(parsing: version.json()).root
            return root["name"]?.string.map { (version.key.description, $0) }
        }.sorted { $0.1 < $1.1 }
    }
}
