import Access
import Accounts
import Calendar
import HTTPTypes
import Hummingbird
import JSON
import Pathways
import Records

extension Portal {
    /// `/tasks/ID`: one task of a programme: why it is there, and what can be done with it.
    func addTasks(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: PathwayDesk) {
        router.get("/tasks/:id") { request, context in
            await cared(request, context, gate, desk, [.clinician, .resident]) { visit in
                guard let task = try visit.task(context.parameters.get("id")) else {
                    return visit.guarded.unreached(patient: nil)
                }
                return try show(task, visit, problem: nil)
            }
        }
        router.post("/tasks/:id") { request, context in
            await cared(request, context, gate, desk, [.clinician, .resident]) { visit in
                guard let task = try visit.task(context.parameters.get("id")) else {
                    return visit.guarded.unreached(patient: nil)
                }
                return try await act(on: task, visit)
            }
        }
    }

    private func show(_ task: CareTask, _ visit: CareVisit, problem: TaskProblem?) throws -> Page {
        guard let person = try visit.person(task.person) else { return visit.guarded.unreached(patient: nil) }
        let view = try TaskView(task, person, visit, problem: problem)
        return visit.page(
            "task", view, title: view.title, place: visit.isResident ? .programmes : .today,
            status: problem == nil ? .ok : .unprocessableContent)
    }

    /// Does what a button asks for.
    private func act(on task: CareTask, _ visit: CareVisit) async throws -> Page {
        guard let action = TaskAction(rawValue: visit.form["action"]),
            TaskAction.offered(for: task, visit).contains(action)
        else {
            // What was answered meanwhile is shown as it stands.
            return visit.form["action"].isEmpty
                ? visit.visit.fault(.malformed) : try show(task, visit, problem: .gone)
        }
        do {
            let made = try await TaskActs(task: task, visit: visit).take(action)
            let back = visit.form["back"]
            if back == "my" {
                let own = try visit.guarded.someone().ownPatient
                return .elsewhere(
                    Address.make(
                        "/my/programmes",
                        [
                            ("patient", task.person == own ? nil : task.person), ("done", action.rawValue),
                            ("task", task.id),
                        ]))
            }
            return .elsewhere(Address.make("/tasks/\(task.id)", [("done", action.rawValue), ("made", made)]))
        } catch let problem as TaskProblem {
            return try show(task, visit, problem: problem)
        } catch let error as RecordsError where error.category == .preconditionFailed || error.category == .conflict {
            return try show(try visit.task(task.id) ?? task, visit, problem: .changed)
        } catch let error as RecordsError where error.category == .forbidden || error.category == .notFound {
            return try show(task, visit, problem: .refused)
        }
    }
}

/// Why an action wasn't done.
enum TaskProblem: String, Error {
    /// A reason is wanted.
    case reason
    /// A day after today, within a year, is wanted.
    case day
    /// An institution is wanted.
    case performer
    /// A text is wanted.
    case message
    /// It was changed by somebody else meanwhile.
    case changed
    /// It can no longer be done.
    case gone
    /// Something has followed the answer.
    case followed
    /// The rules of access don't let the reader.
    case refused

    /// The field that is to be mended.
    var field: String? {
        switch self {
        case .reason: "reason"
        case .day: "until"
        case .performer: "performer"
        case .message: "message"
        default: nil
        }
    }
}

/// What can be done with a task.
enum TaskAction: String, CaseIterable {
    case done
    case accept
    case decline
    case notPossible = "not-possible"
    case putOff = "defer"
    case resume
    case message
    case refer
    case undo
    case takeBack = "take-back"

    /// Those that the reader may take now.
    static func offered(for task: CareTask, _ visit: Portal.CareVisit) -> [TaskAction] {
        let isInvitation = visit.pathway(task.pathway)?.part(task.action)?.isInvitation == true && task.kind == nil
        if visit.isResident {
            // Residents answer what is theirs: their own tasks, and whether they want to take part.
            let isOwn = task.owner.hasPrefix("Patient/")
            guard isOwn || isInvitation else { return [] }
            if task.isAlive { return isInvitation ? [.accept, .decline] : [.done, .decline] }
            return task.isAnswered ? [.undo] : []
        }
        if task.isAlive {
            var found: [TaskAction] = isInvitation ? [.accept, .decline] : [.done, .decline, .notPossible]
            if isInvitation { found.append(.notPossible) }
            found.append(task.deferred > visit.now ? .resume : .putOff)
            return found + [.message, .refer, .takeBack]
        }
        return (task.isAnswered ? [.undo] : []) + [.message, .refer, .takeBack]
    }
}

/// Takes an action: writes what follows through the reader's eyes, so that the rules decide and the log tells.
struct TaskActs {
    let task: CareTask
    let visit: Portal.CareVisit
    private static let referralSystem = "http://snomed.info/sct"

    /// - Returns: the reference of what was made besides, such as a message.
    func take(_ action: TaskAction) async throws -> String? {
        let reason = visit.form.given("reason") ?? ""
        let now = visit.now
        switch action {
        case .done:
            // Where a form tells what was done, a task done without it says why.
            if reason.isEmpty, !visit.isResident { throw TaskProblem.reason }
            try await write(try PathwayDesk.answered(task.root, .completed, reason: reason, at: now))
        case .accept:
            try await write(try PathwayDesk.answered(task.root, .completed, reason: reason, at: now))
        case .decline:
            if reason.isEmpty { throw TaskProblem.reason }
            try await write(try PathwayDesk.answered(task.root, .declined, reason: reason, at: now))
        case .notPossible:
            if reason.isEmpty { throw TaskProblem.reason }
            try await write(try PathwayDesk.answered(task.root, .notPossible, reason: reason, at: now))
        case .putOff:
            let today = visit.visit.today
            guard let until = visit.form.given("until").flatMap({ CivilDay($0) }), until > today,
                until <= today.advanced(by: 366)
            else { throw TaskProblem.day }
            if reason.isEmpty { throw TaskProblem.reason }
            let text = visit.words.text("workPutOffNote", ["date": visit.words.date(until), "reason": reason])
            try await write(
                try TaskAnswer.deferred(
                    task.root, until: until.startMilliseconds, note: text, by: try visit.author(), at: now))
        case .resume:
            try await write(
                try TaskAnswer.deferred(
                    task.root, until: nil, note: visit.words["workResumedNote"], by: try visit.author(), at: now))
        case .undo:
            guard let work = try visit.work.task(task.id) else { throw TaskProblem.gone }
            if let ended = task.ended, try visit.work.hasFollowed(work, since: ended) { throw TaskProblem.followed }
            try await write(try TaskAnswer.withdrawn(task.root, at: now))
        case .message: return try await message()
        case .refer: return try await refer(reason)
        case .takeBack: try await takeBack()
        }
        return nil
    }

    private func write(_ document: JSONDocument) async throws {
        _ = try await visit.records().records.update(
            ResourceKey(type: "Task", id: task.id), document, ifMatch: task.version)
    }

    /// A message to the resident, about the task.
    private func message() async throws -> String? {
        guard let text = visit.form.given("message") else { throw TaskProblem.message }
        let author = try visit.author()
        let institution = try visit.institutions().sorted().first
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Communication")
        writer.member("status", string: "completed")
        writer.reference("subject", "Patient/\(task.person)")
        writer.references("about", "Task/\(task.id)")
        writer.member("sent", string: ReportTimes.text(visit.now))
        writer.references("recipient", "Patient/\(task.person)")
        if let sender = author?.reference ?? institution {
            writer.reference("sender", sender, display: author?.name)
        }
        writer.single("payload") { $0.member("contentString", string: text) }
        writer.endObject()
        let made = try await visit.records().records.create(
            type: "Communication", try JSONDocument(parsing: writer.bytes))
        return made.version.key.description
    }

    /// A referral order, which the pathway of referrals follows where it is in force.
    private func refer(_ reason: String) async throws -> String? {
        guard let performer = visit.form.given("performer"),
            let key = ResourceKey(reference: performer), key.type == "Organization",
            let version = try visit.read("Organization", key.id)
        else { throw TaskProblem.performer }
        if reason.isEmpty { throw TaskProblem.reason }
        let name = try JSONDocument(parsing: version.json()).root["name"]?.string
        let author = try visit.author()
        // The institution that refers answers for the request, beside the one that receives.
        let own = try visit.guarded.someone().assignment?.organization ?? author?.reference ?? ""
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "ServiceRequest")
        writer.member("status", string: "active")
        writer.member("intent", string: "order")
        writer.single("category") { writer in
            writer.key("coding")
            writer.beginArray()
            writer.beginObject()
            writer.member("system", string: Self.referralSystem)
            writer.member("code", string: "3457005")
            writer.member("display", string: "Patient referral")
            writer.endObject()
            writer.endArray()
            writer.member("text", string: "转诊")
        }
        writer.member("priority", string: visit.form["urgent"] == "1" ? "urgent" : "routine")
        writer.key("code")
        writer.beginObject()
        writer.member("text", string: "转诊")
        writer.endObject()
        writer.reference("subject", "Patient/\(task.person)")
        writer.member("authoredOn", string: ReportTimes.text(visit.now))
        writer.reference("requester", own, display: author?.name)
        writer.references("performer", performer, display: name)
        writer.single("reasonCode") { $0.member("text", string: reason) }
        writer.references("supportingInfo", "Task/\(task.id)")
        writer.endObject()
        let made = try await visit.records().records.create(
            type: "ServiceRequest", try JSONDocument(parsing: writer.bytes))
        return made.version.key.description
    }

    /// Takes a message or a referral back that was made with this task.
    private func takeBack() async throws {
        guard let key = visit.form.given("made").flatMap({ ResourceKey(reference: $0) }),
            key.type == "Communication" || key.type == "ServiceRequest",
            let version = try visit.read(key.type, key.id)
        else { throw TaskProblem.gone }
        let root = try JSONDocument(parsing: version.json()).root
        let about = key.type == "Communication" ? root["about"] : root["supportingInfo"]
        guard about?[0]?["reference"]?.equals("Task/\(task.id)") == true,
            ["completed", "active"].contains(root["status"]?.string ?? "")
        else { throw TaskProblem.gone }
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in root.members {
            guard let name = name.string, name != "meta" else { continue }
            if name == "status" {
                writer.member("status", string: key.type == "Communication" ? "entered-in-error" : "revoked")
            } else {
                writer.member(name, node: value)
            }
        }
        writer.endObject()
        _ = try await visit.records().records.update(
            key, try JSONDocument(parsing: writer.bytes), ifMatch: version.versionID)
    }
}
