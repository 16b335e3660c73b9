import Access
import FHIR
import Gate
import HTTPTypes

/// Why somebody was not let in, or may not do something.
extension Fault {
    private static let challenge = #"Bearer realm="Health Brain""#

    static let notSignedIn = unauthorized("Sign in first: with a session, or with a bearer token.", challenge)

    private static func unauthorized(_ text: String, _ challenge: String) -> Fault {
        var fault = Fault(.unauthorized, .login, text)
        fault.fields[.wwwAuthenticate] = challenge
        return fault
    }

    static func refused(_ refusal: Refusal) -> Fault {
        if refusal == .notSignedIn { return notSignedIn }
        return refusal.isAboutRecord
            ? Fault(.notFound, .notFound, refusal.publicText.en) : Fault(.forbidden, .forbidden, refusal.publicText.en)
    }

    init(_ error: GateError) {
        switch error {
        case .badToken: self = .unauthorized(error.message, Self.challenge + #", error="invalid_token""#)
        case .unavailable, .auditUnavailable:
            self.init(.serviceUnavailable, .transient, error.message)
            fields[.retryAfter] = "1"
        case .unknownPurpose: self.init(.badRequest, .value, error.message)
        case .forged, .notForRole: self.init(.forbidden, .forbidden, error.message)
        case .reasonTooShort: self.init(.unprocessableContent, .value, error.message)
        }
    }
}
