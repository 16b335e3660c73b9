import Hummingbird

/// What clients read first: `smart-configuration` (SMART App Launch 2.2, Conformance) and `openid-configuration` (OpenID
/// Connect Discovery 1.0 §3). Both tell the same.
enum DiscoveryDocument {
    static func fields(_ options: SignInOptions) -> [String: PlainJSON] {
        let root = options.origin
        return [
            "issuer": .text(root), "jwks_uri": .text(root + "/auth/jwks"),
            "authorization_endpoint": .text(root + "/auth/authorize"), "token_endpoint": .text(root + "/auth/token"),
            "revocation_endpoint": .text(root + "/auth/revoke"),
            "introspection_endpoint": .text(root + "/auth/introspect"),
            "grant_types_supported": .list(["authorization_code", "refresh_token", "client_credentials"]),
            "response_types_supported": .list(["code"]), "response_modes_supported": .list(["query"]),
            "code_challenge_methods_supported": .list(["S256"]), "subject_types_supported": .list(["public"]),
            "id_token_signing_alg_values_supported": .list(["RS256"]),
            "token_endpoint_auth_methods_supported": .list(["none", "client_secret_basic", "private_key_jwt"]),
            "token_endpoint_auth_signing_alg_values_supported": .list(["ES384", "RS384"]),
            "claims_supported": .list(["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "fhirUser"]),
            "authorization_response_iss_parameter_supported": .flag(true), "request_parameter_supported": .flag(false),
            "request_uri_parameter_supported": .flag(false), "scopes_supported": .list(scopes),
            "capabilities": .list(capabilities),
        ]
    }

    private static let scopes =
        ScopeOffer.others.sorted() + [
            "patient/*.cruds", "user/*.cruds", "system/*.cruds", "patient/*.read", "user/*.read",
        ]
    private static let capabilities = [
        "authorize-post", "client-confidential-asymmetric", "client-confidential-symmetric", "client-public",
        "context-ehr-encounter", "context-ehr-patient", "context-standalone-patient", "launch-ehr", "launch-standalone",
        "permission-offline", "permission-online", "permission-patient", "permission-user", "permission-v1",
        "permission-v2", "sso-openid-connect",
    ]
}

extension SignIn {
    /// For how long clients may keep the documents, in seconds.
    private static let keptSeconds = 3_600

    func addDiscovery(to router: Router<BasicRequestContext>) {
        let document = DiscoveryDocument.fields(options)
        for path in ["/fhir/.well-known/smart-configuration", "/.well-known/openid-configuration"] {
            router.get(RouterPath(path)) { _, _ in try Answer.json(document, keeping: Self.keptSeconds) }
        }
        router.get("/auth/jwks") { [self] _, context in
            await answering(context) { try Answer.json(try await self.keys.published(), keeping: Self.keptSeconds) }
        }
    }
}
