import HTTPTypes
import Hummingbird

/// What pages of other origins may read (<https://fetch.spec.whatwg.org/#http-cors-protocol>): apps of people that were
/// registered, by their bearer token alone. A request with a cookie is never answered so, and none is ever asked for.
struct CrossOrigin: Sendable {
    private let allows: @Sendable (String) -> Bool

    /// How long a browser may remember the answer to its question, in seconds.
    private static let rememberedSeconds = 600
    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let requestFields =
        "Authorization, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-Modified-Since, If-None-Exist, "
        + "X-Purpose-Of-Use, X-Request-Id"
    private static let answerFields =
        "ETag, Last-Modified, Location, Content-Location, Retry-After, WWW-Authenticate, X-Request-Id"

    /// Nil where no origin may read anything.
    init?(_ options: DoorOptions) {
        guard let allows = options.allowsOrigin else { return nil }
        self.allows = allows
    }

    private func origin(of request: Request) -> String? {
        let told = request.headers[values: .origin]
        guard told.count == 1, request.headers[.cookie] == nil, allows(told[0]) else { return nil }
        return told[0]
    }

    /// The answer to what a browser asks before it sends a request (`OPTIONS`); nil when this is no such question.
    ///
    /// An origin that may read nothing gets an answer without permission, which tells the page no more than that.
    func preflight(_ request: Request) -> Response? {
        guard request.method == .options, request.headers[.origin] != nil,
            request.headers[.accessControlRequestMethod] != nil
        else { return nil }
        var fields: HTTPFields = [.vary: "Origin"]
        if let origin = origin(of: request) {
            fields[.accessControlAllowOrigin] = origin
            fields[.accessControlAllowMethods] = Self.methods
            fields[.accessControlAllowHeaders] = Self.requestFields
            fields[.accessControlMaxAge] = "\(Self.rememberedSeconds)"
        }
        return Response(status: .noContent, headers: fields)
    }

    /// Lets the page that asked read the answer.
    func permit(_ request: Request, _ response: inout Response) {
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin = origin(of: request) else { return }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = Self.answerFields
    }
}
