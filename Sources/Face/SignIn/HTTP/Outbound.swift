import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// What this server asks of other servers: keys of clients, and other providers of identities.
public protocol Outbound: Sendable {
    /// Gets a document. Redirections are not followed.
    func get(_ address: String, bytesMax: Int) async throws -> OutboundAnswer
    /// Sends a form.
    func post(_ form: String, to address: String, authorization: String?, bytesMax: Int) async throws -> OutboundAnswer
}

/// What came back.
public struct OutboundAnswer: Sendable {
    /// The status.
    public let status: Int
    /// The body.
    public let body: [UInt8]

    /// An answer.
    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Addresses that this server may ask: only those that an operator has configured come here, and of those only these.
enum OutboundAddress {
    /// The rule that an address breaks; nil when it keeps all.
    static func fault(_ text: String) -> String? {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.fragment == nil, text.utf8.count <= 2_000
        else { return "An address looks like https://program.example/jwks.json." }
        guard parts.scheme == "https" || parts.scheme == "http" && RedirectURI.isLoopback(host) else {
            return "An address begins with https://; http:// is for this machine alone."
        }
        return nil
    }
}

/// Outbound over HTTPS with a limit of time and size for each answer.
public final class HTTPSOutbound: Outbound {
    private static let timeout = TimeAmount.seconds(5)
    private let client: HTTPClient

    /// A client that is in use until ``shutdown()``.
    public init() {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: Self.timeout, read: Self.timeout))
        configuration.decompression = .disabled
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes the connections.
    public func shutdown() async throws { try await client.shutdown() }

    /// Gets a document.
    public func get(_ address: String, bytesMax: Int) async throws -> OutboundAnswer {
        try await send(HTTPClientRequest(url: address), address, bytesMax)
    }

    /// Sends a form.
    public func post(
        _ form: String, to address: String, authorization: String?, bytesMax: Int
    ) async throws -> OutboundAnswer {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        request.body = .bytes(ByteBuffer(string: form))
        return try await send(request, address, bytesMax)
    }

    private func send(_ request: HTTPClientRequest, _ address: String, _ bytesMax: Int) async throws -> OutboundAnswer {
        if let rule = OutboundAddress.fault(address) { throw SignInFailure(message: "\(address): \(rule)") }
        var request = request
        request.headers.add(name: "Accept", value: "application/json")
        do {
            let answer = try await client.execute(request, timeout: Self.timeout)
            let body = try await answer.body.collect(upTo: bytesMax)
            return OutboundAnswer(status: Int(answer.status.code), body: Array(buffer: body))
        } catch {
            // The cause may name addresses and parameters; the address alone is enough for the log.
            throw SignInFailure(message: "\(address) does not answer (\(type(of: error))).")
        }
    }
}
