import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// How answers look.
enum Answer {
    /// JSON that nobody may keep.
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, keeping seconds: Int? = nil
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var headers = common
        headers[.contentType] = "application/json"
        headers[.cacheControl] = seconds.map { "public, max-age=\($0)" } ?? "no-store"
        // Apps in browsers read these answers from other origins; no cookie counts here.
        headers[.accessControlAllowOrigin] = "*"
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }

    /// The answer to a client that was refused (RFC 6749 §5.2).
    static func refusal(_ error: OAuthError, usedBasic: Bool = false) throws -> Response {
        var answer = try json(
            ErrorBody(error: error.code.rawValue, description: error.description), status: error.status)
        if usedBasic, error.code == .invalidClient { answer.headers[.wwwAuthenticate] = #"Basic realm="healthbrain""# }
        if error.code == .temporarilyUnavailable { answer.headers[.retryAfter] = "2" }
        return answer
    }

    private struct ErrorBody: Encodable {
        let error: String
        let description: String

        enum CodingKeys: String, CodingKey {
            case error
            case description = "error_description"
        }
    }

    /// A page. Its forms may lead nowhere but here and, by redirection, to the origins named.
    static func page(
        _ html: String, status: HTTPResponse.Status = .ok, formsMayLeadTo origins: [String] = []
    ) -> Response {
        var headers = common
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        headers[policy] = """
            default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
            form-action \((["'self'"] + origins).joined(separator: " "))
            """
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    /// A redirection by GET whatever the method was (RFC 9110 §15.4.4), as OAuth needs it.
    static func redirection(to address: String) -> Response {
        var headers = common
        headers[.location] = address
        headers[.cacheControl] = "no-store"
        return Response(status: .seeOther, headers: headers)
    }

    /// What a browser asks before it sends a form from another origin.
    static func preflight() -> Response {
        var headers = common
        headers[.accessControlAllowOrigin] = "*"
        headers[.accessControlAllowMethods] = "GET, POST"
        headers[.accessControlAllowHeaders] = "Authorization, Content-Type, Accept"
        headers[.accessControlMaxAge] = "600"
        return Response(status: .noContent, headers: headers)
    }

    private static let policy = constant("Content-Security-Policy")

    private static let common: HTTPFields = {
        var fields = HTTPFields()
        fields[.xContentTypeOptions] = "nosniff"
        fields[constant("Referrer-Policy")] = "no-referrer"
        fields[constant("X-Frame-Options")] = "DENY"
        return fields
    }()

    private static func constant(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no name of a header") }
        return name
    }
}

/// The cookies of a request.
enum Cookies {
    /// The value of a cookie; of several with the same name none, since one of them was planted.
    static func value(_ name: String, in request: Request) -> String? {
        var found: [String] = []
        for header in request.headers[values: .cookie] {
            for part in header.split(separator: ";") {
                let sides = part.split(separator: "=", maxSplits: 1)
                guard sides.count == 2, sides[0].trimmingCharacters(in: .whitespaces) == name else { continue }
                found.append(sides[1].trimmingCharacters(in: .whitespaces))
            }
        }
        return found.count == 1 ? found[0] : nil
    }

    /// A cookie that scripts don't see. It goes with navigations from elsewhere (Lax): a sign-in that begins in another
    /// program comes back so.
    static func field(_ name: String, _ value: String, isSecure: Bool, seconds: Int? = nil) -> String {
        "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
            + (seconds.map { "; Max-Age=\($0)" } ?? "")
    }
}
