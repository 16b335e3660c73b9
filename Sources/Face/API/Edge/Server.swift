public import Edge
public import Export
public import FHIR
public import Gate
public import HealthCode
public import Hummingbird
public import Logging
public import NIOCore
public import Pathways
public import Persons
public import Records

/// What answers the requests of a server.
public typealias ServerResponder<Pages: HTTPResponder> = Porch<Door<Pages>>
where Pages.Context == BasicRequestContext

/// Makes the application that serves a store: the porch before the door before the pages.
/// - Parameters:
///   - store: the records.
///   - definitions: the R4 tables that the store works by.
///   - pages: answers every path that isn't the door's.
///   - gate: says who asks and what they reach; nil for an open house.
///   - edge: where and how it meets the network.
///   - options: limits and names.
///   - exports: does bulk exports while the application runs; nil where the server has no folder for them.
///   - highway: takes what institutions send; nil where it does not.
///   - persons: the index of persons; nil where the server keeps none.
///   - healthCodes: resolves health codes; nil where the server has none.
///   - pathways: the pathways of programmes; nil where none is followed.
///   - logger: where the edge logs.
///   - onRunning: called with the listening channel once requests are answered.
/// - Returns: an application that runs until its service group stops; running requests are finished first.
public func serverApplication<Pages: HTTPResponder>(
    store: RecordStore, definitions: Definitions, pages: Pages, edge: EdgeOptions, gate: Gate? = nil,
    options: DoorOptions = DoorOptions(), exports: ExportDesk? = nil, highway: HighwayService? = nil,
    persons: Persons? = nil, healthCodes: HealthCodeDesk? = nil, pathways: PathwayDesk? = nil, logger: Logger,
    onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
) -> Application<ServerResponder<Pages>> where Pages.Context == BasicRequestContext {
    let door = Door(
        store: store, definitions: definitions, pages: pages, gate: gate, options: options, edge: edge,
        exports: exports, highway: highway, persons: persons, healthCodes: healthCodes, pathways: pathways)
    return Application(
        responder: Porch(door, edge: edge, options: options),
        server: .edge(edge),
        configuration: ApplicationConfiguration(
            address: .hostname(edge.host, port: edge.port), serverName: nil, backlog: 1024),
        services: exports.map { [ExportService(desk: $0, threads: store.readingThreads)] } ?? [],
        onServerRunning: onRunning,
        logger: logger)
}

/// Makes the application that serves a store on a loopback address, in the clear.
public func serverApplication<Pages: HTTPResponder>(
    store: RecordStore, definitions: Definitions, pages: Pages, address: LoopbackAddress, port: Int,
    gate: Gate? = nil, options: DoorOptions = DoorOptions(), exports: ExportDesk? = nil,
    highway: HighwayService? = nil, persons: Persons? = nil, healthCodes: HealthCodeDesk? = nil,
    pathways: PathwayDesk? = nil, logger: Logger,
    onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
) -> Application<ServerResponder<Pages>> where Pages.Context == BasicRequestContext {
    serverApplication(
        store: store, definitions: definitions, pages: pages, edge: EdgeOptions(host: address.host, port: port),
        gate: gate, options: options, exports: exports, highway: highway, persons: persons, healthCodes: healthCodes,
        pathways: pathways, logger: logger, onRunning: onRunning)
}
