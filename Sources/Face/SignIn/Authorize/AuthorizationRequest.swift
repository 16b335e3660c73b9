import Access
import Accounts
import Crypto

/// What a client asks for at the authorization endpoint, checked (RFC 6749 §4.1.1, RFC 7636, RFC 9700, SMART App Launch 2.2).
struct AuthorizationRequest: Sendable {
    /// Parameters of which each may be given once.
    static let names = [
        "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "aud", "resource", "launch",
        "nonce",
        "prompt", "max_age", "code_challenge", "code_challenge_method", "request", "request_uri", "ui_locales",
    ]
    private static let stateBytesMax = 2_048

    /// Where an answer may go: known before anything else is looked at.
    struct Return: Sendable {
        let client: Client
        let redirectURI: String
        let state: String?

        /// - Throws: ``OAuthError`` for a page: nothing is sent to an address that is not registered.
        init(_ fields: FormFields, _ clients: ClientRegistry) throws {
            guard fields.repeated(among: ["client_id", "redirect_uri"]) == nil, let id = fields["client_id"],
                let client = try clients.client(id), client.isEnabled
            else { throw OAuthError(.invalidRequest, "The program is not known here.") }
            guard client.kind != .backend else {
                throw OAuthError(.unauthorizedClient, "This program acts without people; it has no page to ask on.")
            }
            guard let address = fields["redirect_uri"],
                client.redirectURIs.contains(where: { $0.utf8.elementsEqual(address.utf8) })
            else {
                throw OAuthError(
                    .invalidRequest, "The address for the answer is none that this program has registered.")
            }
            self.client = client
            redirectURI = address
            let states = fields.all("state")
            state = states.count == 1 && states[0].utf8.count <= AuthorizationRequest.stateBytesMax ? states[0] : nil
        }

        /// The address with an answer, and with who answers (RFC 9207).
        func address(_ pairs: [(String, String?)], issuer: String) -> String {
            URLText.adding(pairs + [("state", state), ("iss", issuer)], to: redirectURI)
        }

        func address(_ error: OAuthError, issuer: String) -> String {
            address([("error", error.code.rawValue), ("error_description", error.description)], issuer: issuer)
        }
    }

    let back: Return
    let offer: ScopeOffer
    let challenge: String
    let launch: String?
    let nonce: String?
    let prompts: Set<String>
    let maxAgeSeconds: Int?
    let isChinese: Bool?
    /// The parameters, to be sent again with the page's form.
    let text: String

    var client: Client { back.client }

    /// - Throws: ``OAuthError``, for the client.
    init(_ fields: FormFields, _ back: Return, fhirBase: String, _ labels: LabelReader) throws(OAuthError) {
        self.back = back
        text = fields.text
        if let name = fields.repeated(among: Self.names) {
            throw OAuthError(.invalidRequest, "\(name) was given more than once.")
        }
        guard fields["request"] == nil else {
            throw OAuthError(.requestNotSupported, "request is not supported: send the parameters themselves.")
        }
        guard fields["request_uri"] == nil else {
            throw OAuthError(.requestURINotSupported, "request_uri is not supported: send the parameters themselves.")
        }
        guard fields["response_type"] == "code" else {
            throw OAuthError(.unsupportedResponseType, "response_type must be code.")
        }
        guard fields["response_mode"] ?? "query" == "query" else {
            throw OAuthError(.invalidRequest, "response_mode must be query.")
        }
        guard back.state != nil else {
            throw OAuthError(
                .invalidRequest, "state is needed: a value that nobody can guess, \(Self.stateBytesMax) bytes at most.")
        }
        guard fields["code_challenge_method"] == "S256", let challenge = fields["code_challenge"],
            Base64URL.decode(challenge)?.count == 32
        else {
            throw OAuthError(
                .invalidRequest, "PKCE is needed: code_challenge of 43 characters, code_challenge_method S256.")
        }
        self.challenge = challenge
        guard let audience = fields["aud"] ?? fields["resource"], audience == fhirBase || audience == fhirBase + "/"
        else {
            throw OAuthError(.invalidRequest, "aud must be the address of this FHIR server, \(fhirBase).")
        }
        launch = fields["launch"]
        nonce = fields["nonce"]
        guard (nonce?.utf8.count ?? 0) <= 512, (launch?.utf8.count ?? 0) <= 512 else {
            throw OAuthError(.invalidRequest, "nonce and launch have 512 bytes at most.")
        }
        prompts = Set((fields["prompt"] ?? "").split(separator: " ").map(String.init))
        guard !prompts.contains("none") || prompts.count == 1 else {
            throw OAuthError(.invalidRequest, "prompt=none stands alone.")
        }
        if let age = fields["max_age"] {
            guard let seconds = Int(age), seconds >= 0 else {
                throw OAuthError(.invalidRequest, "max_age is a number of seconds.")
            }
            maxAgeSeconds = seconds
        } else {
            maxAgeSeconds = nil
        }
        isChinese = fields["ui_locales"].map { $0.lowercased().hasPrefix("zh") }
        guard let scope = fields["scope"] else { throw OAuthError(.invalidScope, "scope is needed.") }
        offer = try ScopeOffer(scope, allowed: back.client.scopes, contexts: [.patient, .user], labels)
        guard launch == nil || offer.lines.contains("launch") else {
            throw OAuthError(.invalidScope, "A launch needs the scope launch.")
        }
        guard launch != nil || !offer.lines.contains("launch") else {
            throw OAuthError(
                .invalidRequest, "The scope launch needs the parameter launch, which a start from the platform gives.")
        }
    }

    /// Whether somebody has to sign in anew, having begun the session then.
    func needsSignIn(began: Int64, at now: Int64) -> Bool {
        // Whoever has just signed in because of prompt=login comes back within this time.
        let age = [maxAgeSeconds, prompts.contains("login") ? 120 : nil].compactMap { $0 }.min()
        return age.map { now - began > Int64($0) * 1_000 } ?? false
    }

    /// Whether a patient has to be in context.
    var needsPatient: Bool {
        offer.lines.contains { $0 == "launch/patient" || $0.hasPrefix("patient/") }
    }
}
