import Accounts
import Calendar
import HTTPTypes
import Hummingbird
import Pathways
import Records

extension Portal {
    /// `/bulk`: begins to do something to many tasks; `/bulk/ID`: how far it is, to be stopped, gone on with, and taken back.
    func addBulk(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: PathwayDesk) {
        let runner = BulkRunner(desk, now: parts.now)
        router.post("/bulk") { request, context in
            await cared(request, context, gate, desk, [.clinician]) { visit in try await begin(visit, runner) }
        }
        router.get("/bulk/:id") { request, context in
            await cared(request, context, gate, desk, [.clinician]) { visit in
                guard let job = try visit.job(context.parameters.get("id")) else {
                    return visit.guarded.unreached(patient: nil)
                }
                // What a restart has interrupted goes on for who asked for it.
                let isOwn = try job.state.moves && job.author.map { $0.reference } == visit.author()?.reference
                if isOwn, job.isLeft(at: visit.now) { start(job.id, visit, runner) }
                var page = visit.page(
                    "bulk", try BulkView(job, isRunning: runner.isRunning(job.id), visit),
                    title: visit.words["bulkPageTitle"], place: .today)
                if runner.isRunning(job.id) { page.refreshSeconds = 2 } else if isOwn { page.refreshSeconds = 20 }
                return page
            }
        }
        router.post("/bulk/:id") { request, context in
            await cared(request, context, gate, desk, [.clinician]) { visit in
                guard let job = try visit.job(context.parameters.get("id")) else {
                    return visit.guarded.unreached(patient: nil)
                }
                return try await change(job, visit, runner)
            }
        }
    }

    private func begin(_ visit: CareVisit, _ runner: BulkRunner) async throws -> Page {
        let form = visit.form
        /// The list as it was, with what was entered.
        func back(_ problem: String) throws -> Page {
            var again = visit
            again.guarded.visit.path = "/today"
            again.guarded.visit.query = Query.pairs(
                form["back"].split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init))
            return try today(
                again,
                typed: TodayView.Typed(
                    problem: visit.words["bulkProblem_" + problem], message: form["message"], reason: form["reason"],
                    until: form["until"], ticked: Set(form.all("tasks"))))
        }
        let kind: BulkJob.Kind = form["action"] == "defer" ? .putOff : .invite
        var tasks: [String] = []
        if form["action"] == "invite-all" {
            let query = Query.pairs(form["back"].split(separator: "?", maxSplits: 1).last.map(String.init))
            let choice = TodayModel.Choice { name in query.last { $0.name == name }?.value }
            tasks = try visit.work.open(owners: try visit.owners(), organizations: []).filter { task in
                task.isOpen(at: visit.now) && task.kind == nil && task.status != "in-progress"
                    && (choice.programme.map { $0 == task.pathway } ?? true)
                    && (choice.district.map { $0 == task.district } ?? true)
                    && visit.pathway(task.pathway)?.part(task.action)?.isInvitation == true
            }.map(\.task)
        } else {
            var seen: Set<String> = []
            tasks = form.all("tasks").flatMap { $0.split(separator: " ").map(String.init) }.filter {
                ResourceKey.isID($0) && seen.insert($0).inserted
            }
        }
        tasks = Array(tasks.prefix(BulkJob.most))
        if tasks.isEmpty { return try back("none") }
        var (text, until) = (form.given("message") ?? visit.words["bulkInviteText"], "")
        if kind == .putOff {
            guard let reason = form.given("reason"), let day = form.given("until").flatMap({ CivilDay($0) }),
                day > visit.visit.today, day <= visit.visit.today.advanced(by: 366)
            else { return try back("defer") }
            text = visit.words.text("workPutOffNote", ["date": visit.words.date(day), "reason": reason])
            until = day.isoText
        }
        guard let owner = try visit.guarded.someone().assignment?.organization else {
            return visit.visit.fault(.forbidden)
        }
        let job = BulkJob(
            kind, tasks, text: text, until: until, owner: owner, author: try visit.author(), now: visit.now)
        let made = try await visit.records().records.create(type: "Task", try job.document())
        start(made.version.key.id, visit, runner)
        return .elsewhere("/bulk/\(made.version.key.id)")
    }

    /// Stops, goes on, or takes back.
    private func change(_ job: BulkJob, _ visit: CareVisit, _ runner: BulkRunner) async throws -> Page {
        var changed = job
        switch visit.form["action"] {
        case "stop" where job.state == .running: changed.state = .stopped
        case "go-on" where job.state == .stopped || job.state.moves:
            if job.state == .stopped { changed.state = .running }
        case "undo" where job.state == .stopped || job.state == .done: changed.state = .undoing
        default: return .elsewhere("/bulk/\(job.id)")
        }
        if changed.state != job.state {
            do {
                _ = try await visit.records().records.update(
                    ResourceKey(type: "Task", id: job.id), try changed.document(), ifMatch: job.version)
            } catch let error as RecordsError where error.category == .preconditionFailed {
                // It has moved on meanwhile: its page shows how far, and asks again.
                guard let anew = try visit.job(job.id), changed.state == .stopped, anew.state == .running else {
                    return .elsewhere("/bulk/\(job.id)")
                }
                return try await change(anew, visit, runner)
            }
        }
        if changed.state.moves { start(job.id, visit, runner) }
        return .elsewhere("/bulk/\(job.id)")
    }

    private func start(_ id: String, _ visit: CareVisit, _ runner: BulkRunner) {
        guard let caller = visit.guarded.caller else { return }
        let (gate, number, pathways) = (visit.guarded.gate, visit.visit.requestID, visit.desk.pathways)
        runner.start(
            id,
            isInvitation: { task in
                pathways.first { $0.id == task.pathway }?.part(task.action)?.isInvitation == true && task.kind == nil
            }, open: { try gate.records(caller, requestID: number) })
    }
}

extension Portal.CareVisit {
    /// A bulk job of the reader's institution.
    func job(_ id: String?) throws -> BulkJob? { try read("Task", id).flatMap { try BulkJob($0) } }
}

/// How far a bulk job is, as the template reads it.
struct BulkView {
    struct Row {
        let href: String
        let title: String
        let result: String
        let tone: String
    }

    let answer: String
    let state: String
    let text: String
    let done: Int
    let total: Int
    let figures: [Figure]
    let isRunning: Bool
    let canStop: Bool
    let canGoOn: Bool
    let canUndo: Bool
    let address: String
    let form: String
    let rows: [Row]
    let hasRows: Bool

    struct Figure {
        let name: String
        let value: String
    }

    /// Rows on the page.
    private static let rowsMax = 200

    init(_ job: BulkJob, isRunning: Bool, _ visit: Portal.CareVisit) throws {
        let words = visit.words
        address = "/bulk/\(job.id)"
        form = visit.token
        self.isRunning = isRunning
        text = job.text
        total = job.tasks.count
        let undoing = job.state == .undoing || job.state == .undone
        done = undoing ? job.count(.undone) + job.count(.kept) : job.results.count
        let all = undoing ? job.count(.undone) + job.count(.kept) + job.count(.done) : total
        answer = words.text(
            "bulkAnswer_\(job.kind.rawValue)",
            ["done": words.number(done), "of": words.number(all)])
        state =
            words[
                job.state.moves && !isRunning ? "bulkState_waiting" : "bulkState_\(job.state.rawValue)"]
        figures = [BulkJob.Result.done, .skipped, .failed, .undone, .kept].compactMap { result in
            let count = job.count(result)
            return count == 0 ? nil : Figure(name: words["bulkResult_\(result.rawValue)"], value: words.number(count))
        }
        canStop = job.state == .running && isRunning
        canGoOn = job.state == .stopped || (job.state.moves && !isRunning)
        canUndo = (job.state == .stopped || job.state == .done) && job.count(.done) > 0
        let shown = Array(job.tasks.prefix(Self.rowsMax))
        let tasks = try visit.read("Task", shown).compactMapValues { try CareTask($0) }
        let people = try visit.read("Patient", tasks.values.map(\.person)).mapValues {
            Person(try Portal.CareVisit.root($0))
        }
        rows = shown.compactMap { id in
            guard let task = tasks[id] else { return nil }
            let result = job.results[id]?.result
            let name = people[task.person].map { $0.name } ?? words["nameUnknown"]
            return Row(
                href: "/tasks/\(id)", title: name + words["comma"] + words.form(task.title),
                result: words["bulkResult_\(result?.rawValue ?? "waiting")"],
                tone: result == .failed ? "act" : result == .done ? "good" : "")
        }
        hasRows = !rows.isEmpty
    }
}
