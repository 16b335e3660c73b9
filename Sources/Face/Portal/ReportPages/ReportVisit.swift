import Access
import Accounts
import AuditLog
import Calendar
import Gate
import HTTPTypes
import Hummingbird
import JSON
import Records
import Reporting

extension Portal {
    /// One request to the pages of report cards: of a clinician, of an epidemiologist, or of anybody in an open house.
    struct ReportVisit {
        let visit: Visit
        let form: FormBody
        /// The token of the page's forms; empty in an open house.
        let token: String
        let desk: ReportDesk
        fileprivate let guarded: GuardedVisit?

        var words: Words { visit.words }

        /// Whether the reader works at a centre for disease control; nil in an open house, where anybody does everything.
        var isCentre: Bool? { guarded.map { $0.caller?.assignment?.role == .epidemiologist } }

        /// The value of the last parameter with a name in the address; nil when it is empty.
        func asked(_ name: String) -> String? {
            visit.query.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
        }

        /// Who acts, by name; empty in an open house.
        var actor: String { guarded?.caller?.signedIn.account.displayName ?? "" }

        private func records() throws -> any PortalRecords {
            try guarded?.records() ?? OpenRecords(store: desk.store)
        }

        /// The cards that the reader may see, those prepared last first.
        func cards(
            _ stages: [ReportStage], days: ClosedRange<CivilDay>? = nil, limit: Int = ReportsView.rowsMax
        ) throws -> [ReportCard] {
            var found: [ReportCard] = []
            var cursor: String?
            repeat {
                let page = try records().search(
                    type: "Task",
                    parameters: ReportCard.search(stages, days: days, count: min(limit, 200))
                        + (cursor.map { [("_cursor", $0)] } ?? []))
                found += try page.entries.compactMap { try ReportCard($0.version, desk.list) }
                cursor = page.next
            } while cursor != nil && found.count < limit
            return found
        }

        /// A card that the reader may see.
        func card(_ id: String?) throws -> ReportCard? {
            guard let id, ResourceKey.isID(id) else { return nil }
            do { return try ReportCard(records().read(ResourceKey(type: "Task", id: id)), desk.list) } catch let error
                as RecordsError
                where error.category == .notFound || error.category == .gone
            { return nil }
        }

        /// Writes a step of a card. The rules of access decide whether the reader may.
        func write(_ card: ReportCard) async throws {
            let key = ResourceKey(type: "Task", id: card.id)
            let task = try card.task(desk.form)
            if let guarded {
                _ = try await guarded.records().records.update(key, task, ifMatch: card.version)
            } else {
                _ = try await desk.store.update(key, task, ifMatch: card.version)
            }
        }

        /// Notes that a list of persons was taken along.
        func note(_ place: String) throws { try guarded?.note(.operation, entities: [.query(Array(place.utf8))]) }

        func page(_ template: String, _ view: Any, title: String, status: HTTPResponse.Status = .ok) -> Page {
            visit.page(template, view, title: title, place: .reports, status: status)
        }
    }

    /// Answers a request for a page of report cards.
    func reported(
        _ request: Request, _ context: BasicRequestContext, _ desk: ReportDesk,
        _ make: (ReportVisit) async throws -> Page
    ) async -> Response {
        if let gate = parts.gate {
            return await guarded(request, context, gate, .roles([.clinician, .epidemiologist])) { visit in
                try await make(
                    ReportVisit(
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
                page = try await make(ReportVisit(visit: visit, form: form, token: "", desk: desk, guarded: nil))
            }
        } catch {
            page = visit.fault(error)
        }
        return response(page, request, visit)
    }
}
