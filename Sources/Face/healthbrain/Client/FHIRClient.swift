import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Speaks to a FHIR server over HTTP, and is patient with one that is busy or just starting.
struct FHIRClient: Sendable {
    /// What a server answered.
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        var isSuccess: Bool { (200..<300).contains(status) }
    }

    let server: ServerAddress
    /// What the requests are signed in with; nil for an open house.
    private let token: String?
    /// How long one answer may take, in seconds.
    var answerSecondsMax: Int64 = 300
    /// How often a request is sent again before it is given up.
    var triesMax = 8
    private static let answerBytesMax = 256 << 20

    /// One client for the whole run, never shut down: the process ends with it.
    private static let http = client(isOwnServer: false)
    /// A client of this process's own server, on a loopback port that this process holds: its certificate is for another
    /// name, and nobody else can answer there.
    private static let ownHTTP = client(isOwnServer: true)

    private static func client(isOwnServer: Bool) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        // Trying again is decided in one place, `execute`.
        configuration.connectionPool.retryConnectionEstablishment = false
        // The token is for this server alone: a redirection is an answer like any other.
        configuration.redirectConfiguration = .disallow
        if isOwnServer {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            configuration.tlsConfiguration = tls
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private let isOwnServer: Bool

    init(_ server: ServerAddress, token: String? = nil, isOwnServer: Bool = false) {
        self.server = server
        self.token = token
        self.isOwnServer = isOwnServer
    }

    private var refusal: String {
        token == nil
            ? "\(server.base) asks who is there: give --token-file, on its machine house.token of its data folder."
            : "\(server.base) does not take the token of --token-file: it is of another server, or no longer good."
    }

    /// Posts a Bundle to the server's door.
    func post(_ bundle: [UInt8]) async throws -> Answer {
        var request = HTTPClientRequest(url: server.base)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/fhir+json")
        request.headers.add(name: "accept", value: "application/fhir+json")
        request.headers.add(name: "prefer", value: "return=minimal")
        request.body = .bytes(ByteBuffer(bytes: bundle))
        return try await execute(request)
    }

    /// Gets an address of the server, such as `/metrics`.
    func get(_ url: String) async throws -> Answer {
        try await execute(HTTPClientRequest(url: url))
    }

    /// Posts to an address of the server. It may be sent twice: what is posted so is known again.
    func post(_ body: [UInt8], to url: String, contentType: String) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: contentType)
        request.body = .bytes(ByteBuffer(bytes: body))
        return try await execute(request)
    }

    /// Writes a new version of a resource over one that was read; what the server refuses as changed meanwhile stays.
    func put(_ body: [UInt8], to reference: String, over version: Int) async throws -> Answer {
        var request = HTTPClientRequest(url: "\(server.base)/\(reference)")
        request.method = .PUT
        request.headers.add(name: "content-type", value: "application/fhir+json")
        request.headers.add(name: "if-match", value: "W/\"\(version)\"")
        request.body = .bytes(ByteBuffer(bytes: body))
        return try await execute(request)
    }

    /// Sends a request once, and gives the answer while it still comes.
    func open(
        _ url: String, method: HTTPMethod = .GET, headers: [(String, String)] = []
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(contentsOf: HTTPHeaders(headers))
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        do {
            return try await (isOwnServer ? Self.ownHTTP : Self.http).execute(
                request, timeout: .seconds(answerSecondsMax))
        } catch {
            throw Failure("\(server.base) can't be reached: \(error)")
        }
    }

    /// Whether a resource exists.
    func exists(_ reference: String) async throws -> Bool {
        var request = HTTPClientRequest(url: "\(server.base)/\(reference)")
        request.method = .HEAD
        return try await execute(request).isSuccess
    }

    /// Sends a request; again, after a growing pause, while the server says 429 or 503 or can't be reached. Everything
    /// sent here may be sent twice: the work of `load` and `city` is idempotent.
    private func execute(_ unsigned: HTTPClientRequest) async throws -> Answer {
        var request = unsigned
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        var pause = Duration.milliseconds(100)
        var attempt = 1
        while true {
            do {
                let http = isOwnServer ? Self.ownHTTP : Self.http
                let response = try await http.execute(request, timeout: .seconds(answerSecondsMax))
                let body = try await response.body.collect(upTo: Self.answerBytesMax)
                let status = Int(response.status.code)
                guard status != 401 else { throw Failure(refusal) }
                let isBusy = status == 503 || status == 429
                guard isBusy, attempt < triesMax else {
                    return Answer(status: status, body: Array(body.readableBytesView))
                }
            } catch is CancellationError {
                throw CancellationError()
            } catch let failure as Failure {
                throw failure
            } catch {
                try Task.checkCancellation()
                guard attempt < triesMax else {
                    throw Failure("\(server.base) can't be reached: \(error)")
                }
            }
            attempt += 1
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
    }
}
