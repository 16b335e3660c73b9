import Access
import AuditLog
import Gate
import HTTPTypes
import Hummingbird

extension Portal {
    /// One request to the pages of the highway: of an operator with the system duty, or of anybody in an open house.
    struct OperatorVisit {
        let visit: Visit
        /// The fields that were sent; none for a page that was asked for.
        let form: FormBody
        /// The token of the page's forms; empty in an open house, whose forms are known by their origin alone.
        let token: String
        fileprivate let guarded: GuardedVisit?

        var words: Words { visit.words }

        /// The value of the last parameter with a name in the address; nil when it is empty.
        func asked(_ name: String) -> String? {
            visit.query.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
        }

        func page(_ template: String, _ view: Any, title: String, status: HTTPResponse.Status = .ok) -> Page {
            visit.page(template, view, title: title, place: .highway, status: status)
        }

        /// Notes what the operator did, before it is done.
        func note(_ action: AuditAction, reason: String, _ place: String) throws {
            guard let guarded else { return }
            try guarded.gate.gate.note(
                action, by: guarded.someone().caller.on(.system), reason: reason,
                entities: [.query(Array(place.utf8))], request: visit.requestID)
        }
    }

    /// Answers a request for a page of the operators.
    func operated(
        _ request: Request, _ context: BasicRequestContext, _ make: (OperatorVisit) async throws -> Page
    ) async -> Response {
        if let gate = parts.gate {
            return await guarded(request, context, gate, .action(.transportRead)) { visit in
                try await make(
                    OperatorVisit(
                        visit: visit.visit, form: visit.form, token: try visit.formToken(), guarded: visit))
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
                page = try await make(OperatorVisit(visit: visit, form: form, token: "", guarded: nil))
            }
        } catch {
            page = visit.fault(error)
        }
        return response(page, request, visit)
    }
}
