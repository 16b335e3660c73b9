public import Edge
import FHIR
import HTTPTypes
public import Hummingbird
import Logging
import NIOHTTP1

/// What stands before the door: whoever has no business here learns so before anything is read or looked up, and every
/// answer leaves with the headers that protect it.
public struct Porch<Inner: HTTPResponder>: HTTPResponder where Inner.Context == BasicRequestContext {
    /// What the edge knows of a request.
    public typealias Context = EdgeContext

    private let inner: Inner
    private let edge: EdgeOptions
    private let options: DoorOptions

    /// Stands before a responder.
    public init(_ inner: Inner, edge: EdgeOptions, options: DoorOptions) {
        self.inner = inner
        self.edge = edge
        self.options = options
    }

    /// Answers one request, or has it answered with ``Arrival/current`` telling where it came from.
    public func respond(to request: Request, context: EdgeContext) async throws -> Response {
        let target = request.head.path ?? ""
        let path = target.prefix { $0 != "?" }
        let (client, isSecure) = Arrival.read(
            request.headers, peer: context.peer, isTLS: edge.tls != nil, proxies: edge.proxies)
        let isForwarded = Arrival.isForwarded(request.head, peer: context.peer, proxies: edge.proxies)
        var arriving = Arrival(client: client, isSecure: isSecure, isForwarded: isForwarded, limits: edge.rates)
        // Nothing that comes from here is limited.
        if edge.rates != nil, !arriving.isFromHere { arriving.kind = RequestKind.of(request.method, target) }
        let arrival = arriving
        var response: Response
        do {
            try admit(request, target, path, arrival)
            response = try await Arrival.$current.withValue(arrival) {
                try await inner.respond(to: request, context: context.basic)
            }
        } catch let refusal as Refusal {
            response = refused(refusal, request, context.basic)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            context.basic.logger.error("request failed", metadata: ["error": "\(type(of: error))"])
            response = Response(status: .internalServerError)
        }
        if path.hasPrefix("/fhir/"), !path.hasPrefix("/fhir/.") {
            SecurityHeaders.append(to: &response.headers, isSecure: isSecure)
        } else {
            SecurityHeaders.add(to: &response.headers, isSecure: isSecure)
        }
        return response
    }

    /// A request that goes no further.
    private struct Refusal: Error {
        let reason: EdgeCounters.Reason
        let fault: Fault
    }

    private func admit(_ request: Request, _ target: String, _ path: Substring, _ arrival: Arrival) throws {
        if let host = request.headers[.host], host != request.head.authority {
            throw Refusal(reason: .name, fault: .twoNames)
        }
        guard edge.names.isNamed(by: request.head.authority) else {
            throw Refusal(reason: .name, fault: .foreignName(edge.names.names))
        }
        do {
            try RequestTarget.check(target)
        } catch {
            throw Refusal(reason: .target, fault: Fault(error))
        }
        if arrival.isFromHere { return }
        let isProbe = path == "/healthz" || path == "/readyz"
        guard arrival.isSecure || isProbe else { throw Refusal(reason: .insecure, fault: .insecure) }
        guard let client = arrival.client else { return }
        if path == "/metrics", !edge.monitors.contain(client) {
            throw Refusal(reason: .name, fault: .metricsElsewhere)
        }
        if let refusal = edge.rates?.admit(arrival.kind, address: client) {
            throw Refusal(reason: .rate, fault: .tooMany(refusal))
        }
    }

    private func refused(_ refusal: Refusal, _ request: Request, _ context: BasicRequestContext) -> Response {
        edge.counters.count(refusal.reason)
        let requestID = RequestName.of(request, context)
        context.logger.info(
            "request refused",
            metadata: [
                "request": "\(RequestName.logged(requestID, context))",
                "reason": "\(refusal.reason.rawValue)", "status": "\(refusal.fault.status.code)",
            ])
        return Dressing(request: request, call: nil, options: options, requestID: requestID)
            .response(Reply(refusal.fault))
    }
}

/// The faults that are found on the porch.
extension Fault {
    static func foreignName(_ names: [String]) -> Fault {
        let own = ["localhost", "127.0.0.1", "[::1]"] + names
        return Fault(
            .misdirectedRequest, .security,
            "This server answers only to its own names: \(own.joined(separator: ", ")). The request was for another.")
    }

    static let twoNames = Fault(.badRequest, .security, "The request names two hosts.")

    static let insecure = Fault(
        .forbidden, .security, "This server answers over https only. Nothing of the request was read.")

    static let metricsElsewhere = Fault(
        .forbidden, .security, "Metrics are for this machine, and for the addresses of --metrics-from.")

    /// Who asks too often; of an account, once it is known.
    static func tooMany(_ refusal: RateRefusal) -> Fault {
        var fault = Fault(
            .tooManyRequests, .throttled,
            "Too many requests of the kind \"\(refusal.kind.rawValue)\". Come again in \(refusal.retrySeconds) s. "
                + "请求过于频繁，请在 \(refusal.retrySeconds) 秒后再试。")
        fault.fields[.retryAfter] = String(refusal.retrySeconds)
        return fault
    }

    init(_ fault: RequestTarget.Fault) {
        var status = HTTPResponse.Status.badRequest
        if case .tooLong = fault { status = .uriTooLong }
        self.init(status, .invalid, fault.description)
    }
}
