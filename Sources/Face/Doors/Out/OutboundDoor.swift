import AsyncHTTPClient
public import Edge
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// What came of a request that this server has sent.
public enum OutboundResult: Sendable, Equatable {
    /// 2xx.
    case taken
    /// Anything else, with a reason for the operator in which no secret stands.
    case later(String, afterSeconds: Double?)
    /// 410.
    case unwanted
}

/// Posts to others, within the ``OutboundRules``: the name is looked up here, the addresses are held against the rules, and the
/// one that was is connected to, so that a name can't come to mean another address in between (DNS rebinding). Redirections
/// are not followed, proxies of the environment not asked.
public final class OutboundDoor: Sendable {
    private static let answerBytesMax = 64 << 10
    private static let clientsMax = 256

    /// The rules.
    public let rules: OutboundRules
    private let tls: TLSConfiguration
    private let timeout: TimeAmount
    private let resolve: @Sendable (String) async throws -> [NetworkAddress]
    private let clients = Mutex<[String: HTTPClient]>([:])

    /// - Parameters:
    ///   - rules: where may be sent to.
    ///   - authority: a file of certificates in PEM that receivers' certificates are signed by; nil for those of the system.
    ///   - seconds: how long a request may take as a whole.
    ///   - resolve: the addresses of a name; nil for those that the system gives.
    /// - Throws: when the file holds no certificate.
    public init(
        rules: OutboundRules, authority: String? = nil, seconds: Int64 = 30,
        resolve: (@Sendable (String) async throws -> [NetworkAddress])? = nil
    ) throws {
        self.rules = rules
        var tls = TLSConfiguration.makeClientConfiguration()
        if let authority {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(authority), !certificates.isEmpty else {
                throw OutboundMisuse(description: "\(authority) holds no certificate in PEM.")
            }
            tls.trustRoots = .certificates(certificates)
        }
        tls.minimumTLSVersion = .tlsv12
        self.tls = tls
        timeout = .seconds(seconds)
        self.resolve = resolve ?? Self.systemAddresses
    }

    /// The rule that an endpoint breaks, by its text alone; nil when it keeps all.
    public func fault(of endpoint: String) -> String? { rules.fault(of: endpoint) }

    /// The rule that a field of a request breaks; nil when it keeps all.
    public func fault(ofHeader name: String, _ value: String) -> String? { rules.fault(ofHeader: name, value) }

    /// Closes the connections.
    public func shutdown() async {
        let all = clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in all { try? await client.shutdown() }
    }

    /// Posts; `{NAME}` in the values of fields is filled with the secrets.
    public func post(_ body: [UInt8], to endpoint: String, fields: [(name: String, value: String)]) async
        -> OutboundResult
    {
        if let rule = fault(of: endpoint) { return .later(rule, afterSeconds: nil) }
        guard let host = URLComponents(string: endpoint)?.host else { return .later("No host.", afterSeconds: nil) }
        let client: HTTPClient
        switch await address(of: OutboundRules.bare(host)) {
        case .failure(let misuse): return .later(misuse.description, afterSeconds: nil)
        case .success(let address): client = await self.client(for: host, at: address)
        }
        var request = HTTPClientRequest(url: endpoint)
        request.method = .POST
        for (name, value) in fields { request.headers.add(name: name, value: rules.filled(value)) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let answer = try await client.execute(request, deadline: .now() + timeout)
            // What it says beyond the status is nobody's, and must not fill the memory.
            _ = try? await answer.body.collect(upTo: Self.answerBytesMax)
            switch answer.status.code {
            case 200..<300: return .taken
            case 410: return .unwanted
            case let code:
                return .later("The receiver answered \(code).", afterSeconds: PlatformRoute.retryAfter(answer.headers))
            }
        } catch {
            // The cause may hold the address with its parameters.
            return .later("The receiver does not answer (\(Self.kind(error))).", afterSeconds: nil)
        }
    }

    private static func kind(_ error: any Error) -> String {
        if let error = error as? HTTPClientError { return "\(error.shortDescription)" }
        return error is NIOConnectionError ? "no connection" : "\(type(of: error))"
    }

    // MARK: Addresses

    /// The address to connect to. A name of which one address is closed is not asked at all.
    private func address(of host: String) async -> Result<NetworkAddress, OutboundMisuse> {
        let found: [NetworkAddress]
        if let literal = NetworkAddress(host) {
            found = [literal]
        } else {
            guard let addresses = try? await resolve(host), !addresses.isEmpty else {
                return .failure(OutboundMisuse(description: "The name \(host) has no address."))
            }
            found = addresses
        }
        if let closed = found.first(where: { !rules.permits($0) }) {
            return .failure(
                OutboundMisuse(
                    description: "\(host) leads to \(closed), which the operator has not opened (serve --out-to)."))
        }
        return .success(found[0])
    }

    private static let systemAddresses: @Sendable (String) async throws -> [NetworkAddress] = { host in
        try await NIOThreadPool.singleton.runIfActive {
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var first: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
            defer { freeaddrinfo(first) }
            var found: [NetworkAddress] = []
            var next = first
            while let entry = next {
                var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                let result = getnameinfo(
                    entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                    NI_NUMERICHOST)
                let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                if result == 0, let address = NetworkAddress(name) { found.append(address) }
                next = entry.pointee.ai_next
            }
            return found
        }
    }

    /// A client that connects to this address for this name; certificates are held against the name.
    private func client(for host: String, at address: NetworkAddress) async -> HTTPClient {
        let key = "\(host) \(address)"
        let (known, old) = clients.withLock { clients -> (HTTPClient?, [HTTPClient]) in
            if let known = clients[key] { return (known, []) }
            guard clients.count >= Self.clientsMax else { return (nil, []) }
            defer { clients = [:] }
            return (nil, Array(clients.values))
        }
        if let known { return known }
        for client in old { Task { try? await client.shutdown() } }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(10), read: timeout)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.decompression = .disabled
        if NetworkAddress(OutboundRules.bare(host)) == nil { configuration.dnsOverride = [host: "\(address)"] }
        let made = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let kept = clients.withLock { clients -> HTTPClient in
            if let other = clients[key] { return other }
            clients[key] = made
            return made
        }
        if kept !== made { try? await made.shutdown() }
        return kept
    }
}

/// Why nothing is sent.
public struct OutboundMisuse: Error, CustomStringConvertible {
    /// What to do.
    public let description: String
}
