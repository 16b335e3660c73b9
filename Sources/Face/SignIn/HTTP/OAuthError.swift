import Accounts
import HTTPTypes

/// A refusal in the words of OAuth 2.0 (RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6).
struct OAuthError: Error, Hashable {
    /// The codes that are used.
    enum Code: String {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidScope = "invalid_scope"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case unsupportedResponseType = "unsupported_response_type"
        case accessDenied = "access_denied"
        case requestNotSupported = "request_not_supported"
        case requestURINotSupported = "request_uri_not_supported"
        case loginRequired = "login_required"
        case interactionRequired = "interaction_required"
        case temporarilyUnavailable = "temporarily_unavailable"
        case serverError = "server_error"
    }

    let code: Code
    /// What is wrong and what to do: ASCII, no quotation marks (RFC 6749 §5.2), and nothing secret.
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = String(
            decoding: description.utf8.prefix(400).map { byte in
                (0x20...0x7E).contains(byte) && byte != 0x22 && byte != 0x5C ? byte : UInt8(ascii: "'")
            }, as: UTF8.self)
    }

    /// The status of an answer that is not a redirection.
    var status: HTTPResponse.Status {
        switch code {
        case .invalidClient: .unauthorized
        case .temporarilyUnavailable: .serviceUnavailable
        case .serverError: .internalServerError
        default: .badRequest
        }
    }

    /// What an error of the accounts or of a store means to a client.
    init(_ error: any Error) {
        switch error {
        case let own as OAuthError: self = own
        case AccountsError.unavailable, AccountsError.busy, is SignInFailure:
            self.init(.temporarilyUnavailable, "The server can't answer now. Try again.")
        default: self.init(.serverError, "The server could not answer.")
        }
    }
}

/// The database of the sign-in can't be used, or a program outside does not answer.
struct SignInFailure: Error {
    /// What went wrong, for the log.
    let message: String
}
