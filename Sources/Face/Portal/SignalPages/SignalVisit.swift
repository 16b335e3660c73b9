import Access
import Accounts
import AuditLog
import Containment
import Gate
import HTTPTypes
import Hummingbird
import JSON
import Records
import Signals

extension Portal {
    /// One request to the pages of signals: of an epidemiologist, or of anybody in an open house.
    struct SignalVisit {
        let visit: Visit
        let form: FormBody
        /// The token of the page's forms; empty in an open house.
        let token: String
        let desk: SignalDesk
        fileprivate let guarded: GuardedVisit?

        var words: Words { visit.words }

        /// The value of the last parameter with a name in the address; nil when it is empty.
        func asked(_ name: String) -> String? {
            visit.query.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
        }

        /// What the reader reaches of the records.
        func records() throws -> any PortalRecords {
            try guarded?.records() ?? OpenRecords(store: desk.store)
        }

        /// Who acts, by name; empty in an open house.
        var actor: String { guarded?.caller?.signedIn.account.displayName ?? "" }

        /// The signals that the reader may see, open or ended, the latest changed first; up to ``SignalsView/signalsMax``.
        func signals(open: Bool) throws -> [Signal] {
            let records = try records()
            var found: [Signal] = []
            var cursor: String?
            repeat {
                let page = try records.search(
                    type: "Task",
                    parameters: Signal.search(open: open, count: 200) + (cursor.map { [("_cursor", $0)] } ?? []))
                found += try page.entries.compactMap { try Signal($0.version, desk.list) }.filter {
                    $0.stage.isOpen == open
                }
                cursor = page.next
            } while cursor != nil && found.count < SignalsView.signalsMax
            return found
        }

        /// A signal that the reader may see.
        func signal(_ id: String?) throws -> Signal? {
            guard let id, ResourceKey.isID(id) else { return nil }
            do { return try Signal(records().read(ResourceKey(type: "Task", id: id)), desk.list) } catch let error
                as RecordsError
                where error.category == .notFound || error.category == .gone
            { return nil }
        }

        /// Writes a step of a signal. The rules of access decide whether the reader may.
        func write(_ signal: Signal) async throws {
            try await update(signal.id, signal.task(), version: signal.version)
        }

        /// Writes a new version of a Task, where nobody was faster.
        func update(_ id: String, _ task: JSONDocument, version: Int) async throws {
            let key = ResourceKey(type: "Task", id: id)
            if let guarded {
                _ = try await guarded.records().records.update(key, task, ifMatch: version)
            } else {
                _ = try await desk.store.update(key, task, ifMatch: version)
            }
        }

        /// Writes a new Task, unless a search finds one among what the reader sees.
        /// - Returns: its id, and whether it is new.
        func create(_ task: JSONDocument, unless query: String? = nil) async throws -> (id: String, isNew: Bool) {
            let outcome =
                if let guarded {
                    try await guarded.records().records.create(type: "Task", task, ifNoneExist: query)
                } else {
                    try await desk.store.create(type: "Task", task, ifNoneExist: query)
                }
            return (outcome.version.key.id, outcome.created)
        }

        /// Writes a notice. It is the house that writes it, on the caller's account, as approval is asked by the pages alone: no rule
        /// of access lets an epidemiologist write a Communication.
        func write(_ notice: Notice) async throws {
            let document = try notice.communication()
            if notice.id.isEmpty {
                _ = try await house().create(type: "Communication", document)
            } else {
                let key = ResourceKey(type: "Communication", id: notice.id)
                _ = try await house().update(key, document, ifMatch: notice.version)
            }
        }

        /// The records as the house reaches them, on the caller's account.
        func house() throws -> SeenRecords {
            guard let guarded else { return desk.store.seen(by: nil, trace: AccessTrace(AccessTrace.Who())) }
            return try guarded.gate.gate.ownRecords(guarded.records().records.trace)
        }

        /// The division that the reader answers for, by GB/T 2260; nil in an open house.
        var division: Int? { guarded.map { $0.caller?.assignment?.district.flatMap { Int($0) } ?? 0 } }

        /// Who acts, as approval tells persons apart.
        var author: Notice.Author {
            let account = guarded?.caller?.signedIn.account
            return Notice.Author(
                account: account.map { "\($0.id)" } ?? "", name: account?.displayName ?? form.given("by") ?? "")
        }

        /// Whether nobody signs in here, so that names are asked.
        var isOpenHouse: Bool { guarded == nil }

        /// What reads a Task of what a search finds, page by page, up to a number.
        func tasks<T>(
            _ parameters: [(String, String)], limit: Int, _ read: (Version) throws -> T?
        ) throws -> [T] {
            var found: [T] = []
            var cursor: String?
            repeat {
                let page = try records().search(
                    type: "Task", parameters: parameters + (cursor.map { [("_cursor", $0)] } ?? []))
                found += try page.entries.compactMap { try read($0.version) }
                cursor = page.next
            } while cursor != nil && found.count < limit
            return found
        }

        /// Notes that a list of persons was taken along.
        func note(_ action: AuditAction, _ place: String) throws {
            try guarded?.note(action, entities: [.query(Array(place.utf8))])
        }

        func page(_ template: String, _ view: Any, title: String, status: HTTPResponse.Status = .ok) -> Page {
            visit.page(template, view, title: title, place: .signals, status: status)
        }
    }

    /// Answers a request for a page of signals.
    func watched(
        _ request: Request, _ context: BasicRequestContext, _ desk: SignalDesk,
        _ make: (SignalVisit) async throws -> Page
    ) async -> Response {
        if let gate = parts.gate {
            return await guarded(request, context, gate, .roles([.epidemiologist])) { visit in
                try await make(
                    SignalVisit(
                        visit: visit.visit, form: visit.form, token: try visit.formToken(), desk: desk, guarded: visit))
            }
        }
        let visit = visit(request, context)
        let isSent = request.method == .post
        let page: Page
        do {
            if isSent, !SameOrigin.isKept(by: request) {
                page = visit.fault(.formExpired)
            } else {
                let form = isSent ? try await FormBody(request) : FormBody()
                page = try await make(SignalVisit(visit: visit, form: form, token: "", desk: desk, guarded: nil))
            }
        } catch {
            page = visit.fault(error)
        }
        return response(page, request, visit)
    }
}
