import Access
import Accounts
import AuditLog
import Gate
import HTTPTypes
import Hummingbird
import Records

extension Portal {
    /// One request to a portal that knows who is there.
    struct GuardedVisit {
        var visit: Visit
        let gate: PortalGate
        let caller: PortalCaller?
        /// The fields that were sent; none for a page that was asked for.
        let form: FormBody
        let origin: AccountRequest
        let fields: HTTPFields
        let reached = Reached()

        /// The records that the page has asked for, once.
        final class Reached {
            var records: SeenPage?
        }

        var words: Words { visit.words }
        var cookies: GateCookies { gate.cookies }
        /// The session's token as the browser sent it.
        var token: String? { cookies.value(cookies.sessionName, in: fields) }

        /// The caller, where the route asks for one.
        func someone() throws -> PortalCaller {
            guard let caller else { throw AccountsError.notSignedIn }
            return caller
        }

        /// What the caller reaches of the records; the same for the whole page.
        func records() throws -> SeenPage {
            if let records = reached.records { return records }
            let records = try gate.records(try someone(), requestID: visit.requestID)
            reached.records = records
            return records
        }

        /// What the caller reaches by the emergency access that they opened, to a patient or to any, and from then on
        /// the page's records; nil when none is open.
        func emergencyRecords(patient: String? = nil) throws -> SeenPage? {
            let records = try gate.emergencyRecords(try someone(), patient: patient, requestID: visit.requestID)
            if let records { reached.records = records }
            return records
        }

        /// Notes what the caller did.
        func note(
            _ action: AuditAction, outcome: AuditOutcome = .success, reason: String = "", patients: [String] = [],
            entities: [AuditEntity] = []
        ) throws {
            try gate.gate.note(
                action, by: try someone().caller, outcome: outcome, reason: reason, patients: patients,
                entities: entities, request: visit.requestID)
        }

        /// The value of the last parameter with a name in the address.
        func asked(_ name: String) -> String? { visit.query.last { $0.name == name }?.value }

        func page(
            _ template: String, _ view: Any, title: String, place: RailPlace = .none,
            status: HTTPResponse.Status = .ok
        ) -> Page {
            visit.page(template, view, title: title, place: place, status: status)
        }
    }

    /// Who may ask for a page.
    enum Admission {
        /// Everybody: the pages of the sign-in.
        case everybody
        /// Whoever is signed in.
        case anyone
        /// Those in one of these roles.
        case roles(Set<AccountRole>)
        /// Those who may do what is about no record.
        case action(Action)

        func admits(_ caller: PortalCaller, _ gate: PortalGate) -> Bool {
            switch self {
            case .everybody, .anyone: true
            case .roles(let roles): caller.assignment.map { roles.contains($0.role) } ?? false
            case .action(let action): gate.may(caller, action)
            }
        }
    }

    /// Answers a request in a portal that knows who is there.
    func guarded(
        _ request: Request, _ context: BasicRequestContext, _ gate: PortalGate, _ admission: Admission,
        _ make: (GuardedVisit) async throws -> Page
    ) async -> Response {
        var visit = visit(request, context)
        visit.isGuarded = true
        let page: Page
        do {
            let caller = try await gate.caller(request)
            if let caller { visit.who = try Shell.Who(caller, gate, visit) }
            let isSent = request.method == .post
            let guarded = GuardedVisit(
                visit: visit, gate: gate, caller: caller, form: isSent ? try await FormBody(request) : FormBody(),
                origin: gate.origin(of: request), fields: request.headers)
            page = try await admitted(guarded, request, admission, make)
        } catch {
            page = visit.fault(error)
        }
        return response(page, request, visit)
    }

    private func admitted(
        _ guarded: GuardedVisit, _ request: Request, _ admission: Admission,
        _ make: (GuardedVisit) async throws -> Page
    ) async throws -> Page {
        let isSent = request.method == .post
        if isSent, !SameOrigin.isKept(by: request) { return try guarded.refusedForm() }
        if case .everybody = admission { return try await make(guarded) }
        guard let caller = guarded.caller else {
            if isSent { return guarded.visit.fault(.notSignedIn) }
            return .elsewhere(guarded.signInHref)
        }
        if isSent, !guarded.gate.accounts.isGood(formToken: guarded.form["form"], for: caller.token) {
            return try guarded.refusedForm()
        }
        guard admission.admits(caller, guarded.gate) else {
            try guarded.note(.refusal, outcome: .refused, reason: "role", entities: [])
            return guarded.visit.fault(.forbidden)
        }
        let page: Page
        do {
            // What the caller does to accounts is the caller's doing in the audit log.
            page = try await AccountAudit.$actor.withValue(caller.caller.agent) { try await make(guarded) }
        } catch {
            // What was reached before the error is told too.
            try guarded.reached.records?.finish()
            throw error
        }
        try guarded.reached.records?.finish()
        return page
    }
}

extension Portal.GuardedVisit {
    /// A form that was none of this session's pages; of somebody who is signed in, the log is told.
    func refusedForm() throws -> Portal.Page {
        if caller != nil { try note(.refusal, outcome: .refused, reason: "form") }
        return visit.fault(.formExpired)
    }

    /// The sign-in page, which leads back here.
    var signInHref: String {
        let query = visit.query.filter { $0.name != "lang" && $0.name != "type" }.map { ($0.name, Optional($0.value)) }
        let here = Address.make(visit.path, query)
        return Address.make("/sign-in", [("next", here == "/" ? nil : here)])
    }

    /// The page to go to after signing in: the one asked for first, when it is one of ours.
    static func next(_ text: String) -> String {
        let bytes = Array(text.utf8.prefix(2_000))
        let isOurs =
            bytes.first == UInt8(ascii: "/") && bytes.dropFirst().first != UInt8(ascii: "/")
            && bytes.count == text.utf8.count
            && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        return isOurs && !text.hasPrefix("/sign-") ? text : "/"
    }
}

extension Portal.Page {
    /// Leads to another page (303, so that going back does not send a form again).
    static func elsewhere(_ href: String) -> Portal.Page {
        Portal.Page(html: "", status: .seeOther, location: href)
    }

    /// The same page with cookies to set.
    func setting(_ cookies: HTTPField...) -> Portal.Page {
        var page = self
        page.cookies += cookies
        return page
    }
}
