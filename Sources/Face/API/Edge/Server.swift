public import FHIR
public import Gate
public import Hummingbird
public import Logging
public import NIOCore
public import Records

/// What answers the requests of a server.
public typealias ServerResponder<Pages: HTTPResponder> = Doorstep<Door<Pages>>
where Pages.Context == BasicRequestContext

/// Makes the application that serves a store: the door before the pages, on a loopback address.
/// - Parameters:
///   - store: the records.
///   - definitions: the R4 tables that the store works by.
///   - pages: answers every path that isn't the door's.
///   - address: where to listen.
///   - port: the TCP port; 0 lets the system choose.
///   - gate: says who asks and what they reach; nil for an open house.
///   - options: limits and names.
///   - logger: where the edge logs.
///   - onRunning: called with the listening channel once requests are answered.
/// - Returns: an application that runs until its service group stops; running requests are finished first.
public func serverApplication<Pages: HTTPResponder>(
    store: RecordStore, definitions: Definitions, pages: Pages, address: LoopbackAddress, port: Int,
    gate: Gate? = nil, options: DoorOptions = DoorOptions(), logger: Logger,
    onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
) -> Application<ServerResponder<Pages>> where Pages.Context == BasicRequestContext {
    Application(
        responder: Doorstep(
            Door(store: store, definitions: definitions, pages: pages, gate: gate, options: options),
            tellsAddress: gate != nil),
        server: .http1(configuration: .init(idleTimeout: .seconds(75))),
        configuration: ApplicationConfiguration(
            address: .hostname(address.host, port: port), serverName: "HealthBrain", backlog: 1024),
        onServerRunning: onRunning,
        logger: logger)
}
