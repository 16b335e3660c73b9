import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// The platform over HTTPS: `POST /highway/SENDER`.
final class PlatformRoute: AgentRoute {
    /// Answers that say that the same bytes will never be taken.
    private static let forGood: Set<UInt> = [409, 413, 422]
    /// Answers that say so when the platform itself gives them, in JSON, and not a proxy or some other server.
    private static let forGoodInJSON: Set<UInt> = [400, 415]
    private static let answerBytesMax = 64 << 10

    private let server: String
    private let http: HTTPClient
    private let tokens: AgentTokens

    init(_ server: String, _ way: AgentConfiguration.TokenWay?, authority: String?) throws {
        self.server = server
        tokens = try AgentTokens(way, server: server)
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(10)
        configuration.httpVersion = .http1Only
        // Trying again is decided in one place, the forwarder.
        configuration.connectionPool.retryConnectionEstablishment = false
        // The token is for this server alone.
        configuration.redirectConfiguration = .disallow
        if let authority {
            var tls = TLSConfiguration.makeClientConfiguration()
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(authority) else {
                throw AgentMisuse("to.authority: \(authority) holds no certificate in PEM.")
            }
            tls.trustRoots = .certificates(certificates)
            configuration.tlsConfiguration = tls
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func close() async { try? await http.shutdown() }

    func send(_ item: AgentQueue.Item) async -> AgentAnswer {
        do {
            var request = HTTPClientRequest(url: address(item))
            request.method = .POST
            request.headers.add(name: "content-type", value: item.content.mediaType)
            if let token = try await tokens.token(http) {
                request.headers.add(name: "authorization", value: "Bearer \(token)")
            }
            request.body = .bytes(ByteBuffer(bytes: item.body))
            let response = try await http.execute(request, timeout: .seconds(120))
            let status = response.status
            if (200..<300).contains(status.code) {
                _ = try? await response.body.collect(upTo: Self.answerBytesMax)
                return .taken
            }
            let text = (try? await response.body.collect(upTo: Self.answerBytesMax)).map { String(buffer: $0) } ?? ""
            let type = response.headers.first(name: "content-type") ?? ""
            let words = type.contains("html") ? "" : " \(text.prefix(2_000))"
            let reason = "\(status.code) \(status.reasonPhrase)\(words)"
            if Self.forGood.contains(status.code) || Self.forGoodInJSON.contains(status.code) && type.contains("json") {
                return .refused(reason)
            }
            if status.code == 401 { await tokens.forget() }
            return .later(reason, afterSeconds: Self.retryAfter(response.headers))
        } catch let trouble as AgentTrouble {
            return .later(trouble.description, afterSeconds: nil)
        } catch {
            return .later("\(server) can't be reached: \(error)", afterSeconds: nil)
        }
    }

    private func address(_ item: AgentQueue.Item) -> String {
        var unreserved = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\0"..."~"))
        unreserved.insert(charactersIn: "-._~")
        func encoded(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
        }
        let address = "\(server)/highway/\(encoded(item.sender))"
        if case .table(let name) = item.content { return "\(address)?table=\(encoded(name))" }
        return address
    }

    /// `Retry-After` (RFC 9110 §10.2.3), in seconds or as a date, which counts from the answer's own `Date`, since the
    /// clock here may be wrong.
    static func retryAfter(_ headers: HTTPHeaders) -> Double? {
        guard let text = headers.first(name: "retry-after") else { return nil }
        let longest = 3_600.0
        if let seconds = Double(text), seconds.isFinite { return min(max(seconds, 0), longest) }
        guard let date = HTTPDate.read(text) else { return nil }
        let now = headers.first(name: "date").flatMap(HTTPDate.read) ?? Date()
        return min(max(date.timeIntervalSince(now), 0), longest)
    }
}

/// What keeps an item from being sent now.
struct AgentTrouble: Error, CustomStringConvertible {
    let description: String
}

/// Dates in headers: `Sun, 22 Nov 2026 12:00:00 GMT` (RFC 9110 §5.6.7).
enum HTTPDate {
    static func read(_ text: String) -> Date? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text)
    }
}
