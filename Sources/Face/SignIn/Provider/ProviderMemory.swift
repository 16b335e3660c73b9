import Foundation
import Synchronization

/// What a provider tells of itself, kept for an hour.
struct ProviderMetadata: Decodable, Sendable {
    let issuer: String
    let authorizationEndpoint: String
    let tokenEndpoint: String
    let keysAddress: String
    let tellsIssuer: Bool?
    let tokenMethods: [String]?
    let algorithms: [String]?

    enum CodingKeys: String, CodingKey {
        case issuer
        case authorizationEndpoint = "authorization_endpoint"
        case tokenEndpoint = "token_endpoint"
        case keysAddress = "jwks_uri"
        case tellsIssuer = "authorization_response_iss_parameter_supported"
        case tokenMethods = "token_endpoint_auth_methods_supported"
        case algorithms = "id_token_signing_alg_values_supported"
    }
}

/// A provider and what it last told of itself.
final class ProviderMemory: Sendable {
    private static let keptMilliseconds: Int64 = 3_600_000
    private static let bytesMax = 256 << 10

    let configuration: ProviderConfiguration
    private let outbound: any Outbound
    private let now: @Sendable () -> Int64
    private let kept = Mutex<(metadata: ProviderMetadata?, at: Int64)>((nil, 0))

    init(_ configuration: ProviderConfiguration, _ outbound: any Outbound, now: @escaping @Sendable () -> Int64) {
        self.configuration = configuration
        self.outbound = outbound
        self.now = now
    }

    /// OpenID Connect Discovery 1.0 §4: what is told must come from, and be about, the issuer that is configured.
    func metadata() async throws -> ProviderMetadata {
        let (known, at) = kept.withLock { ($0.metadata, $0.at) }
        let time = now()
        if let known, (0..<Self.keptMilliseconds).contains(time - at) { return known }
        let base = configuration.issuer.hasSuffix("/") ? String(configuration.issuer.dropLast()) : configuration.issuer
        let answer = try await outbound.get(base + "/.well-known/openid-configuration", bytesMax: Self.bytesMax)
        guard answer.status == 200,
            let found = try? JSONDecoder().decode(ProviderMetadata.self, from: Data(answer.body))
        else { throw SignInFailure(message: "The provider \(configuration.name) does not tell its configuration.") }
        guard found.issuer == configuration.issuer else {
            throw SignInFailure(
                message: "The provider \(configuration.name) calls itself by another issuer than configured.")
        }
        for address in [found.authorizationEndpoint, found.tokenEndpoint, found.keysAddress] {
            guard OutboundAddress.fault(address) == nil else {
                throw SignInFailure(message: "The provider \(configuration.name) has an endpoint that is not https.")
            }
        }
        kept.withLock { $0 = (found, time) }
        return found
    }
}
