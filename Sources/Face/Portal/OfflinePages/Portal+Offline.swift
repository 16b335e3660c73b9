import Accounts
import AuditLog
import Calendar
import Forms
import HTTPTypes
import Hummingbird
import JSON
import Pathways
import Records

extension Portal {
    /// `/offline`: forms that were taken along, on the device and by its script alone; the page itself holds nobody's data. Beside it
    /// what its script asks for.
    func addOffline(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/offline") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                // It is kept on the device, so that nobody's name may stand on it.
                var bare = visit.visit
                bare.who = nil
                let view = OfflineView(words: visit.words, script: parts.assets.href("offline.js"))
                return bare.page("offline", view, title: visit.words["offlineTitle"], place: .none)
            }
        }
        router.get("/offline/session") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                guard let caller = visit.caller else { return .json(JSONWriter(), .unauthorized) }
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("account", string: "\(caller.signedIn.account.id)")
                writer.member("form", string: try visit.formToken())
                writer.endObject()
                return .json(writer)
            }
        }
        router.get("/offline-worker.js") { request, context in
            var headers = StrictHeaders.common
            headers[.contentType] = "text/javascript; charset=utf-8"
            headers[.cacheControl] = "no-cache"
            return Response(
                status: .ok, headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: parts.assets.bytes("offline-worker.js"))))
        }
    }

    /// A form as it is taken along: whom it is about, what it is for, and its fields with what stands in them.
    func pack(_ filling: Filling, _ visit: FormVisit) throws -> Page {
        guard visit.canTake, let account = visit.account else { return visit.visit.fault(.forbidden) }
        let words = visit.words
        let sheet = OfflineSheet(items: FormItemView.all(filling.state, [:], words, isOffline: true))
        var entity = "Patient/\(filling.patient.id)"
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("account", string: account)
        writer.member("title", string: words.form(filling.state.form.title))
        writer.member("person", string: filling.person.name.isEmpty ? words["nameUnknown"] : filling.person.name)
        if let id = visit.asked("task"), ResourceKey.isID(id),
            let task = try visit.read(ResourceKey(type: "Task", id: id)).flatMap({ try CareTask($0) }),
            task.person == filling.patient.id
        {
            writer.member("task", string: words.form(task.title))
            writer.member("due", string: words.dueText(task.due, now: visit.visit.now))
        }
        writer.member("address", string: filling.address)
        writer.member("patient", string: filling.patient.id)
        if let key = filling.key, let version = filling.version {
            writer.member("version", integer: version)
            entity = key.description
        }
        writer.member("amend", bool: filling.isSigned)
        writer.member("hours", integer: OfflineRules.keptHours)
        writer.member("html", string: visit.page("offline-sheet", sheet, title: "").html)
        writer.endObject()
        try visit.note("take-along", patient: filling.patient, entities: [.resource(entity)])
        return .json(writer)
    }

    /// `/take-along`: tasks with forms, to be chosen.
    func addTakeAlong(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: PathwayDesk) {
        router.get("/take-along") { request, context in
            await cared(request, context, gate, desk, [.clinician]) { visit in
                let view = try TakeAlongView(visit)
                return visit.page("take-along", view, title: visit.words["takeTitle"], place: .today)
            }
        }
    }
}

/// The page of forms on the device as its template reads it.
struct OfflineView {
    let script: String
    let keeps: String
    let language: String

    init(words: Words, script: String) {
        self.script = script
        keeps = words.counted("offlineKeeps", OfflineRules.keptHours)
        language = words.language.tag
    }
}

/// The fields of a form that is taken along.
struct OfflineSheet {
    let items: [FormItemView]
}

/// Tasks with forms as the template reads them.
struct TakeAlongView {
    struct Row {
        let address: String
        let name: String
        let about: String
        let title: String
        let due: String
        let tone: String
    }

    let rows: [Row]
    let hasRows: Bool
    let keeps: String
    let cut: String?

    init(_ visit: Portal.CareVisit) throws {
        let (words, now) = (visit.words, visit.now)
        let open = try visit.work.open(owners: try visit.owners(), organizations: []).filter {
            $0.kind == nil && $0.isOpen(at: now) && visit.pathway($0.pathway)?.part($0.action)?.questionnaire != nil
        }.sorted { ($0.isLate(at: now) ? 0 : 1, $0.due, $0.task) < ($1.isLate(at: now) ? 0 : 1, $1.due, $1.task) }
        let first = Array(open.prefix(OfflineRules.offeredMax))
        let tasks = try visit.read("Task", first.map(\.task)).compactMapValues { try CareTask($0) }
        let people = try visit.read("Patient", first.map(\.person)).mapValues {
            Person(try JSONDocument(parsing: $0.json()).root)
        }
        rows = first.compactMap { one in
            guard let task = tasks[one.task], let person = people[one.person], let form = task.form, task.isAlive else {
                return nil
            }
            return Row(
                address: Address.make("/forms/\(form)", [("patient", person.id), ("task", task.id)]),
                name: person.name.isEmpty ? words["nameUnknown"] : person.name,
                about: words.sexAndAge(person, on: visit.visit.today), title: words.form(task.title),
                due: words.dueText(one.due, now: now), tone: one.isLate(at: now) ? "act" : "quiet")
        }
        hasRows = !rows.isEmpty
        keeps = words.counted("offlineKeeps", OfflineRules.keptHours)
        cut = open.count > first.count ? words.counted("takeCut", OfflineRules.offeredMax) : nil
    }
}
