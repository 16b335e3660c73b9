import Hummingbird

/// What clients read first: `smart-configuration` (SMART App Launch 2.2, Conformance) and `openid-configuration` (OpenID
/// Connect Discovery 1.0 §3). Both tell the same.
struct DiscoveryDocument: Encodable {
    let issuer: String
    let jwks_uri: String
    let authorization_endpoint: String
    let token_endpoint: String
    let revocation_endpoint: String
    let introspection_endpoint: String
    var grant_types_supported = ["authorization_code", "refresh_token", "client_credentials"]
    var response_types_supported = ["code"]
    var response_modes_supported = ["query"]
    var code_challenge_methods_supported = ["S256"]
    var subject_types_supported = ["public"]
    var id_token_signing_alg_values_supported = ["RS256"]
    var token_endpoint_auth_methods_supported = ["none", "client_secret_basic", "private_key_jwt"]
    var token_endpoint_auth_signing_alg_values_supported = ["ES384", "RS384"]
    var claims_supported = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "fhirUser"]
    var authorization_response_iss_parameter_supported = true
    var request_parameter_supported = false
    var request_uri_parameter_supported = false
    var scopes_supported =
        ScopeOffer.others.sorted() + [
            "patient/*.cruds", "user/*.cruds", "system/*.cruds", "patient/*.read", "user/*.read",
        ]
    var capabilities = [
        "authorize-post", "client-confidential-asymmetric", "client-confidential-symmetric", "client-public",
        "context-ehr-encounter", "context-ehr-patient", "context-standalone-patient", "launch-ehr", "launch-standalone",
        "permission-offline", "permission-online", "permission-patient", "permission-user", "permission-v1",
        "permission-v2", "sso-openid-connect",
    ]

    init(_ options: SignInOptions) {
        issuer = options.origin
        jwks_uri = options.origin + "/auth/jwks"
        authorization_endpoint = options.origin + "/auth/authorize"
        token_endpoint = options.origin + "/auth/token"
        revocation_endpoint = options.origin + "/auth/revoke"
        introspection_endpoint = options.origin + "/auth/introspect"
    }
}

extension SignIn {
    /// For how long clients may keep the documents, in seconds.
    private static let keptSeconds = 3_600

    func addDiscovery(to router: Router<BasicRequestContext>) {
        let document = DiscoveryDocument(options)
        for path in ["/fhir/.well-known/smart-configuration", "/.well-known/openid-configuration"] {
            router.get(RouterPath(path)) { _, _ in try Answer.json(document, keeping: Self.keptSeconds) }
        }
        router.get("/auth/jwks") { [self] _, context in
            await answering(context) { try Answer.json(try await self.keys.published(), keeping: Self.keptSeconds) }
        }
    }
}
