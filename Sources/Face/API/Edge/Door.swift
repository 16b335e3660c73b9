import Access
public import Edge
public import Export
public import FHIR
import Foundation
public import Gate
import HTTPTypes
public import HealthCode
public import Hummingbird
import Logging
import NIOCore
public import Pathways
public import Persons
public import Records

/// The edge of the server: FHIR under `/fhir`, the operators' doors `/healthz`, `/readyz` and `/metrics`, and
/// everything else to the pages.
///
/// It stands before the router rather than in it: a read by id is matched by its path alone, without a trie, a
/// parameter table or a chain of middleware. Each request is named, timed, counted and logged here, once. The log
/// holds interaction, type, status, bytes and time: never an id, a query value or anything from a body.
public struct Door<Pages: HTTPResponder>: HTTPResponder where Pages.Context == BasicRequestContext {
    /// What handlers are told about a request.
    public typealias Context = BasicRequestContext

    private let service: FHIRService
    private let gate: Gate?
    private let sessions: SessionDoor?
    private let log: LogDoor?
    private let highway: HighwayDoor?
    private let reviews: ReviewDoor?
    private let advice: AdviceDoor
    private let crossOrigin: CrossOrigin?
    private let monitors: [AddressRange]
    private let pages: Pages
    private let metrics: Metrics
    private let health: Health
    private let metricsPage: MetricsPage
    private let options: DoorOptions
    private let readingThreads: (any TaskExecutor)?

    /// Makes the door of a store.
    /// - Parameters:
    ///   - store: the records it serves.
    ///   - definitions: the R4 tables that the store works by.
    ///   - pages: answers every path that is none of its own.
    ///   - gate: says who asks and what they reach; nil for an open house, in which everybody does everything.
    ///   - options: limits and names.
    ///   - edge: how the server meets the network.
    ///   - exports: does bulk exports; nil where the server has no folder for them.
    ///   - highway: takes what institutions send; nil where it does not.
    ///   - persons: the index of persons; nil where the server keeps none.
    ///   - healthCodes: resolves health codes; nil where the server has none.
    ///   - pathways: the pathways of programmes; nil where none is followed.
    public init(
        store: RecordStore, definitions: Definitions, pages: Pages, gate: Gate? = nil,
        options: DoorOptions = DoorOptions(), edge: EdgeOptions = EdgeOptions(), exports: ExportDesk? = nil,
        highway: HighwayService? = nil, persons: Persons? = nil, healthCodes: HealthCodeDesk? = nil,
        pathways: PathwayDesk? = nil
    ) {
        self.gate = gate
        sessions = gate.map { SessionDoor(gate: $0, options: options) }
        log = gate.map { LogDoor(gate: $0) }
        self.highway = highway.map { HighwayDoor(service: $0, gate: gate, options: options) }
        reviews =
            if let gate, let persons {
                ReviewDoor(gate: gate, persons: persons, options: options)
            } else {
                nil
            }
        monitors = edge.monitors
        crossOrigin = CrossOrigin(options)
        let metrics = Metrics(options.load)
        service = FHIRService(
            store: store, definitions: definitions, options: options, metrics: metrics, isGuarded: gate != nil,
            exports: exports, persons: persons, healthCodes: healthCodes,
            subscriptions: highway?.subscriptions, pathways: pathways)
        advice = AdviceDoor(service: service, gate: gate, options: options)
        self.pages = pages
        readingThreads = store.readingThreads
        self.metrics = metrics
        self.options = options
        health = Health(store: store)
        metricsPage = MetricsPage(
            metrics: metrics, store: store, edge: edge, highway: highway?.highway,
            startSeconds: Date().timeIntervalSince1970)
    }

    /// Answers one request. One that reads may wait for a database elsewhere, and does so on threads that may wait; one that
    /// writes leaves the waiting to the writer, and never stands behind those that read.
    public func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        guard reads(request), let threads = readingThreads else { return try await answer(request, context) }
        return try await withTaskExecutorPreference(threads) { try await answer(request, context) }
    }

    private func reads(_ request: Request) -> Bool {
        guard let path = request.head.path, !path.hasPrefix("/healthz") else { return false }
        if request.method == .get || request.method == .head { return true }
        return request.method == .post
            && (path.contains("/_search") || path.contains("/$") || path.hasPrefix("/cds-services"))
    }

    private func answer(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let start = ContinuousClock.now
        metrics.began()
        var interaction = Interaction.unknown
        let requestID = RequestName.of(request, context)
        let response: Response
        do {
            let target = request.head.path ?? "/"
            let path: Substring
            let query: Substring?
            if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
                path = target[..<mark]
                query = target[target.utf8.index(after: mark)...]
            } else {
                path = target[...]
                query = nil
            }
            if path == "/fhir" || path.hasPrefix("/fhir/"), !path.hasPrefix("/fhir/.well-known/") {
                if let answer = crossOrigin?.preflight(request) {
                    response = answer
                } else {
                    var answer = await fhir(request, path.dropFirst(5), query, context, requestID, &interaction)
                    crossOrigin?.permit(request, &answer)
                    response = answer
                }
            } else {
                response = try await other(request, path, query, context, requestID, &interaction)
            }
        } catch {
            // Pages throw only what their router can't put into words.
            metrics.ended(interaction, status: 500, seconds: start.duration(to: .now).seconds)
            throw error
        }
        let seconds = start.duration(to: .now).seconds
        metrics.ended(interaction, status: response.status.code, seconds: seconds)
        log(context, request, interaction, response, requestID, seconds)
        return response
    }

    private func fhir(
        _ request: Request, _ path: Substring, _ query: Substring?, _ context: BasicRequestContext,
        _ requestID: String, _ interaction: inout Interaction
    ) async -> Response {
        var call: Call?
        var visitor: Visitor?
        var reply: Reply
        do {
            if let gate, path != "/metadata" {
                visitor =
                    if let known = gate.remembered(request.head) {
                        try Visitor.enter(gate, known, request.head, requestID: requestID)
                    } else {
                        try await Visitor.enter(gate, request.head, requestID: requestID)
                    }
            }
            let made = try Call(
                request, query: query, options, records: visitor?.records ?? service.everything, visitor: visitor)
            call = made
            let route = try Route(path, service.definitions)
            if let rows = made.rowFormat {
                switch route {
                case .operation(_, "viewdefinition-run"), .export: break
                default: throw Fault.notAcceptable(rows)
                }
            }
            reply = try await service.reply(to: made, at: route, &interaction)
        } catch {
            reply = failed(error, context, requestID)
        }
        do { try visitor?.finish() } catch { reply = failed(error, context, requestID) }
        return Dressing(request: request, call: call, options: options, requestID: requestID).response(reply)
    }

    private func failed(_ error: any Error, _ context: BasicRequestContext, _ requestID: String) -> Reply {
        let fault = Fault(error)
        if fault.status.code >= 500 {
            let reason = (error as? RecordsError).map { "\($0.category)" } ?? "\(error)"
            context.logger.error(
                "request failed",
                metadata: ["error": "\(reason)", "request": "\(RequestName.logged(requestID, context))"])
        }
        return Reply(fault)
    }

    private func other(
        _ request: Request, _ path: Substring, _ query: Substring?, _ context: BasicRequestContext,
        _ requestID: String, _ interaction: inout Interaction
    ) async throws -> Response {
        let isRetrieval = request.method == .get || request.method == .head
        switch path {
        case "/healthz" where isRetrieval:
            interaction = .health
            return plain(.ok, "ok\n", request, requestID)
        case "/readyz" where isRetrieval:
            interaction = .health
            if let fault = await transportFault(request, requestID) { return plain(fault, request, requestID) }
            let (isReady, reason) = await health.readiness()
            return plain(isReady ? .ok : .serviceUnavailable, reason + "\n", request, requestID)
        case "/metrics" where isRetrieval:
            interaction = .metrics
            if let fault = await transportFault(request, requestID) { return plain(fault, request, requestID) }
            let text = metricsPage.text() + (options.moreMetrics?() ?? "")
            return plain(.ok, text, request, requestID, type: "text/plain; version=0.0.4; charset=utf-8")
        default:
            if let sessions, path == "/session" || path.hasPrefix("/session/") {
                interaction = .session
                return await sessions.respond(to: request, path: path, requestID: requestID)
            }
            if let reviews, path == "/identity/reviews" || path.hasPrefix("/identity/reviews/") {
                interaction = .operation
                return await reviews.respond(to: request, path: path, query: query, requestID: requestID)
            }
            if path == "/cds-services" || path.hasPrefix("/cds-services/") {
                interaction = .advice
                if let answer = crossOrigin?.preflight(request) { return answer }
                var response = await advice.respond(to: request, path: path, requestID: requestID)
                crossOrigin?.permit(request, &response)
                return response
            }
            if let log, path.hasPrefix("/audit/") {
                interaction = .auditLog
                return await log.respond(to: request, path: path, query: query, requestID: requestID)
            }
            if let highway, path == "/highway" || path.hasPrefix("/highway/") {
                interaction = .highway
                return await highway.respond(to: request, path: path, query: query, requestID: requestID)
            }
            interaction = .page
            var response = try await pages.respond(to: request, context: context)
            response.headers[.requestID] = requestID
            return response
        }
    }

    /// Why somebody may not see how the server fares; nil when they may: from this machine itself, and operators with the
    /// system duty.
    private func transportFault(_ request: Request, _ requestID: String) async -> Fault? {
        guard let gate else { return nil }
        if let client = Arrival.current.client, monitors.contain(client) { return nil }
        if PeerAddress.isLoopback(PeerAddress.current), request.headers[.forwarded] == nil,
            request.headers[.forwardedFor] == nil
        {
            return nil
        }
        do {
            let caller = try await gate.caller(request.head)
            if caller.isAnonymous { return .notSignedIn }
            return try gate.decide(caller, .transportRead, request: requestID).refusal.map(Fault.refused)
        } catch {
            return Fault(error)
        }
    }

    private func plain(_ fault: Fault, _ request: Request, _ requestID: String) -> Response {
        var response = plain(
            fault.status, (fault.issues.first?.diagnostics ?? "") + "\n", request, requestID)
        for field in fault.fields { response.headers.append(field) }
        return response
    }

    private func plain(
        _ status: HTTPResponse.Status, _ text: String, _ request: Request, _ requestID: String,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        let fields: HTTPFields = [.contentType: type, .cacheControl: "no-store", .requestID: requestID]
        let response = Response(status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(string: text)))
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// A method that HTTP knows; any other word may be anything.
    private static func known(_ method: HTTPRequest.Method) -> String {
        let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
        return known.contains(method) ? method.rawValue : "other"
    }

    private func log(
        _ context: BasicRequestContext, _ request: Request, _ interaction: Interaction, _ response: Response,
        _ requestID: String, _ seconds: Double
    ) {
        let level: Logger.Level = response.status.code >= 500 ? .warning : .info
        guard context.logger.logLevel <= level else { return }
        context.logger.log(
            level: level, "request",
            metadata: [
                "request": "\(RequestName.logged(requestID, context))",
                "method": "\(Self.known(request.method))",
                "interaction": "\(interaction.code)",
                "status": "\(response.status.code)",
                "bytes": "\(response.body.contentLength ?? -1)",
                "milliseconds": "\((seconds * 1_000_000).rounded() / 1000)",
            ])
    }
}
