import Foundation
import JWTKit

/// The answer of the token endpoint (RFC 6749 §5.1, SMART App Launch 2.2).
struct TokenAnswer: Encodable {
    let accessToken: String
    let tokenType = "Bearer"
    let expiresIn: Int
    let scope: String
    var refreshToken: String?
    var idToken: String?
    var patient: String?
    var encounter: String?
    var intent: String?
    var needsBanner: Bool?

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
        case scope
        case refreshToken = "refresh_token"
        case idToken = "id_token"
        case patient, encounter, intent
        case needsBanner = "need_patient_banner"
    }
}

/// Who somebody is, for the client (OpenID Connect Core §2, SMART `fhirUser`). Instants are seconds since 1970 UTC.
struct IdentityClaims: JWTPayload {
    let iss: String
    let sub: String
    let aud: String
    let iat: Int
    let exp: Int
    let authTime: Int
    let nonce: String?
    /// How the person signed in (RFC 8176), where a second factor was given.
    let amr: [String]?
    let fhirUser: String?

    enum CodingKeys: String, CodingKey {
        case iss, sub, aud, iat, exp, nonce, amr, fhirUser
        case authTime = "auth_time"
    }

    func verify(using algorithm: some JWTAlgorithm) {}
}
