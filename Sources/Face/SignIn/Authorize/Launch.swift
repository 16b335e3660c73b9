public import Accounts
import Foundation
import Hummingbird
import SQL

/// What an app that was started from a page of the platform finds (EHR launch).
struct Launch: Sendable {
    let client: String
    let account: UUID
    let assignment: String
    let patient: String?
    let encounter: String?
    let intent: String?

    /// The launch of a token, which is good for one client, one account and once.
    static func find(_ db: SQLConnection, _ token: OpaqueToken, at now: Int64) throws -> Launch? {
        try db.first(
            """
            SELECT client, account, assignment, patient, encounter, intent FROM sign_in_launch
            WHERE digest = ? AND expires > ?
            """, [.blob(token.digest), .integer(now)]
        ) { row in
            UUID(uuidString: row.text(1)).map {
                Launch(
                    client: row.text(0), account: $0, assignment: row.text(2), patient: row.textOrNil(3),
                    encounter: row.textOrNil(4), intent: row.textOrNil(5))
            }
        } ?? nil
    }

    static func remove(_ db: SQLConnection, _ token: OpaqueToken) throws {
        try db.execute("DELETE FROM sign_in_launch WHERE digest = ?", .blob(token.digest))
    }

    func insert(_ db: SQLConnection, _ token: OpaqueToken, expires: Int64) throws {
        try db.execute(
            """
            INSERT INTO sign_in_launch (digest, client, account, assignment, patient, encounter, intent, expires)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, .blob(token.digest), .text(client), .text(account.uuidString), .text(assignment), .optional(patient),
            .optional(encounter), .optional(intent), .integer(expires))
    }
}

extension SignIn {
    func addLaunch(to router: Router<BasicRequestContext>) {
        router.post("/auth/launch") { [self] request, context in
            await showing(request, context) { try await launch(request) }
        }
    }

    /// Starts an app for a patient from a page of the platform: `client`, `patient`, `encounter`, `intent`, `role` (by
    /// ``SignIn/roleKey(_:)``; the first that is held now, where none is named), `form` (the form's token).
    private func launch(_ request: Request) async throws -> Response {
        let fields = try await FormFields.body(of: request)
        guard let (token, signedIn) = try await session(request) else {
            throw OAuthError(.loginRequired, "Sign in first.")
        }
        guard let form = fields["form"], accounts.isGood(formToken: form, for: token) else {
            throw OAuthError(.invalidRequest, "The form is too old, or none of ours. Open the page again.")
        }
        let roles = signedIn.account.assignments(at: now)
        let wanted = fields["role"]
        guard let role = roles.first(where: { wanted == nil || Self.roleKey($0) == wanted }) else {
            throw OAuthError(.accessDenied, "The account does not hold this role.")
        }
        let address = try await launchAddress(
            client: fields["client"] ?? "", signedIn.account, role, patient: fields["patient"],
            encounter: fields["encounter"], intent: fields["intent"])
        return Answer.page(pages.onward(onward(address, request, isChinese: signedIn.account.isChinese)))
    }

    /// What names a role in the form that starts an app, whatever other roles the account holds by then.
    public static func roleKey(_ assignment: RoleAssignment) -> String { Grant.key(of: assignment) }

    /// The address that starts an app for a patient (SMART App Launch 2.2, EHR launch).
    ///
    /// - Throws: when the client can't be started, or the person does not reach the patient.
    public func launchAddress(
        client id: String, _ account: Account, _ assignment: RoleAssignment, patient: String?, encounter: String? = nil,
        intent: String? = nil
    ) async throws -> String {
        guard let client = try clients.client(id), client.isEnabled, let address = client.launchURI else {
            throw OAuthError(.invalidRequest, "The program is not known here, or can't be started from a page.")
        }
        for id in [patient, encounter].compactMap({ $0 }) where !isFHIRID(id) {
            throw OAuthError(.invalidRequest, "patient and encounter are ids.")
        }
        guard (intent?.utf8.count ?? 0) <= 100 else { throw OAuthError(.invalidRequest, "intent is too long.") }
        if let patient, try await directory.patient(patient, for: account, as: assignment) == nil {
            throw OAuthError(.accessDenied, "There is no such patient, or you do not reach it.")
        }
        let token = OpaqueToken(.launch, random: random)
        let launch = Launch(
            client: id, account: account.id, assignment: Grant.key(of: assignment), patient: patient,
            encounter: encounter, intent: intent)
        let time = now
        let expires = time + Int64(options.launchSeconds) * 1_000
        try await store.write { db in
            try Schema.sweep(db, at: time)
            try launch.insert(db, token, expires: expires)
        }
        try tell(.launched, client: id, account: account.id, patient: patient)
        return URLText.adding([("iss", options.fhirBase), ("launch", token.text)], to: address)
    }
}

extension Account {
    /// Whether the person reads Chinese first.
    var isChinese: Bool { locale.lowercased().hasPrefix("zh") }
}
