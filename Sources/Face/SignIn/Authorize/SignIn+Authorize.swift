import Access
import Accounts
import Foundation
import Hummingbird

extension SignIn {
    /// How many patients the page offers at once.
    private static let patientsMax = 20
    /// How many grants an account keeps for one client; a new one ends the oldest.
    private static let grantsMax = 10

    func addAuthorization(to router: Router<BasicRequestContext>) {
        router.get("/auth/authorize") { [self] request, context in
            await showing(request, context) {
                let fields = try FormFields(request.uri.query ?? "")
                return try await forClient(fields) { asked in try await authorize(asked, request) }
            }
        }
        // A form from elsewhere comes without the session's cookie (SameSite=Lax), a navigation with it.
        router.post("/auth/authorize") { [self] request, context in
            await showing(request, context) {
                Answer.redirection(to: "/auth/authorize?" + (try await FormFields.body(of: request)).text)
            }
        }
        router.post("/auth/authorize/decision") { [self] request, context in
            await showing(request, context) { try await decide(request) }
        }
    }

    /// Reads a request; what is wrong with it goes to the client once it is sure that the address is the client's own.
    private func forClient(
        _ fields: FormFields, _ body: (AuthorizationRequest) async throws -> Response
    ) async throws -> Response {
        let back = try AuthorizationRequest.Return(fields, clients)
        do {
            return try await body(AuthorizationRequest(fields, back, fhirBase: options.fhirBase, labels))
        } catch {
            let refusal = OAuthError(error)
            try tell(
                refusal.code == .accessDenied ? .denied : .refused, client: back.client.id, reason: refusal.description)
            return Answer.redirection(to: back.address(refusal, issuer: options.origin))
        }
    }

    private func authorize(_ asked: AuthorizationRequest, _ request: Request) async throws -> Response {
        guard let (token, signedIn) = try await session(request),
            !asked.needsSignIn(began: signedIn.session.created, at: now)
        else {
            guard !asked.prompts.contains("none") else {
                throw OAuthError(.loginRequired, "Nobody is signed in, or not lately enough.")
            }
            return toSignIn(asked)
        }
        guard !asked.prompts.contains("none") else {
            throw OAuthError(.interactionRequired, "People are asked each time.")
        }
        return try await ask(asked, request, token, signedIn, AuthorizationChoice())
    }

    private func toSignIn(_ asked: AuthorizationRequest) -> Response {
        Answer.redirection(to: URLText.adding([("next", "/auth/authorize?" + asked.text)], to: options.signInPath))
    }

    // MARK: - The page

    /// In which role, and within which launch.
    private func situation(
        _ asked: AuthorizationRequest, _ signedIn: SignedIn, _ choice: AuthorizationChoice
    ) throws -> (roles: [RoleAssignment], role: RoleAssignment, launch: Launch?) {
        let roles = signedIn.account.assignments(at: now)
        if let text = asked.launch {
            guard let token = OpaqueToken(text, .launch),
                let launch = try store.read({ db in try Launch.find(db, token, at: now) }),
                launch.client == asked.client.id, launch.account == signedIn.account.id,
                let role = roles.first(where: { Grant.key(of: $0) == launch.assignment })
            else { throw OAuthError(.invalidRequest, "launch is not good any more: start the program again.") }
            return ([role], role, launch)
        }
        guard roles.indices.contains(choice.role) else {
            throw OAuthError(.accessDenied, "The account has no such role.")
        }
        return (roles, roles[choice.role], nil)
    }

    private func ask(
        _ asked: AuthorizationRequest, _ request: Request, _ token: String, _ signedIn: SignedIn,
        _ choice: AuthorizationChoice, notice: ConsentView.Notice? = nil
    ) async throws -> Response {
        let account = signedIn.account
        let (roles, role, launch) = try situation(asked, signedIn, choice)
        var patients: [PatientChoice] = []
        if let id = launch?.patient {
            guard let patient = try await directory.patient(id, for: account, as: role) else {
                throw OAuthError(.accessDenied, "The patient is not reached any more.")
            }
            patients = [patient]
        } else if asked.needsPatient {
            patients = try await directory.patients(
                of: account, as: role, matching: choice.search, limit: Self.patientsMax)
        }
        let isChinese = asked.isChinese ?? options.readsChinese(request) ?? account.isChinese
        var roleWords: [String] = []
        for role in roles {
            let place = await directory.name(ofOrganization: role.organization ?? "")
            roleWords.append(RoleWords.text(role, at: place, isChinese: isChinese))
        }
        let view = ConsentView(
            client: asked.client.name, host: RedirectURI.source(asked.back.redirectURI) ?? "",
            person: account.displayName, roles: roleWords,
            role: roles.firstIndex(of: role) ?? 0, needsPatient: asked.needsPatient, patients: patients,
            patient: choice.patient ?? (patients.count == 1 ? patients[0].id : nil),
            maySearch: asked.needsPatient && launch?.patient == nil && role.role.isStaff, search: choice.search,
            questions: asked.offer.questions.map { scope in
                ConsentView.Question(
                    scope: scope, words: ScopeWords.text(scope, labels, isChinese: isChinese),
                    isChosen: choice.scopes?.contains(scope) ?? true)
            },
            request: asked.text, form: try accounts.formToken(for: token), isChinese: isChinese,
            cookies: request.headers[.cookie], notice: notice)
        return Answer.page(
            pages.consent(view), formsMayLeadTo: [RedirectURI.source(asked.back.redirectURI)].compactMap { $0 })
    }

    // MARK: - The decision

    private func decide(_ request: Request) async throws -> Response {
        let fields = try await FormFields.body(of: request)
        guard let text = fields["request"] else { throw OAuthError(.invalidRequest, "The form is incomplete.") }
        let session = try await session(request)
        if let session {
            guard let form = fields["form"], accounts.isGood(formToken: form, for: session.token) else {
                throw OAuthError(.invalidRequest, "The form is too old, or none of ours. Start again from the program.")
            }
        }
        return try await forClient(FormFields(text)) { asked in
            guard let session else { return toSignIn(asked) }
            let choice = AuthorizationChoice(fields)
            switch fields["decision"] {
            case "deny": throw OAuthError(.accessDenied, "The person did not agree.")
            case "allow": return try await allow(asked, request, session.token, session.signedIn, choice)
            default: return try await ask(asked, request, session.token, session.signedIn, choice)
            }
        }
    }

    private func allow(
        _ asked: AuthorizationRequest, _ request: Request, _ token: String, _ signedIn: SignedIn,
        _ choice: AuthorizationChoice
    ) async throws -> Response {
        let account = signedIn.account
        let (_, role, launch) = try situation(asked, signedIn, choice)
        let granted = asked.offer.granted((choice.scopes ?? []).filter(asked.offer.questions.contains))
        guard granted.contains(where: { asked.offer.questions.contains($0) }) else {
            throw OAuthError(.accessDenied, "The person agreed to nothing.")
        }
        var patient = launch?.patient
        if patient == nil, asked.needsPatient {
            guard let id = choice.patient else {
                return try await ask(asked, request, token, signedIn, choice, notice: .patientMissing)
            }
            patient = id
        }
        if let id = patient {
            guard isFHIRID(id), try await directory.patient(id, for: account, as: role) != nil else {
                throw OAuthError(.accessDenied, "The patient is not reached by this person.")
            }
        }
        let time = now
        let isOffline = granted.contains("offline_access")
        var grant = Grant(
            client: asked.client.id, account: account.id, assignment: Grant.key(of: role),
            session: isOffline ? nil : signedIn.session.id, scopes: granted.joined(separator: " "), patient: patient,
            encounter: launch?.encounter, intent: launch?.intent, began: signedIn.session.created, created: time,
            // Until the code is brought back; then as long as it may be.
            expires: time + Int64(options.codeSeconds) * 1_000)
        grant.id = UUID().uuidString
        let code = OpaqueToken(.code, random: random)
        guard try await keep(grant, code, asked) else {
            throw OAuthError(.invalidRequest, "launch was used before: start the program again.")
        }
        try tell(.granted, client: asked.client.id, account: account.id, patient: patient)
        return Answer.redirection(to: asked.back.address([("code", code.text)], issuer: options.origin))
    }

    /// Keeps a grant with its code, and takes the launch; false when that was taken before.
    private func keep(_ grant: Grant, _ code: OpaqueToken, _ asked: AuthorizationRequest) async throws -> Bool {
        let time = now
        return try await store.write { db in
            try Schema.sweep(db, at: time)
            if let launch = asked.launch.flatMap({ OpaqueToken($0, .launch) }) {
                guard try Launch.find(db, launch, at: time) != nil else { return false }
                try Launch.remove(db, launch)
            }
            if let account = grant.account {
                let earlier = try Grant.list(db, of: account).filter { $0.client == grant.client }
                for old in earlier.dropFirst(Self.grantsMax - 1) { try Grant.end(db, old.id) }
            }
            try grant.insert(db)
            try StoredCode.insert(db, code, of: grant, asked)
            return true
        }
    }
}

/// What somebody has chosen on the page.
struct AuthorizationChoice: Sendable {
    /// The place of the role among those held now.
    var role = 0
    var patient: String?
    var search = ""
    /// Nil before the page was sent.
    var scopes: [String]?

    init() {}

    init(_ fields: FormFields) {
        role = fields["role"].map { Int($0) ?? -1 } ?? 0
        patient = fields["patient"]
        search = String((fields["search"] ?? "").prefix(100))
        scopes = fields.all("scope")
    }
}
