import Edge
import Foundation
public import Logging
public import NIOCore
import SQL
public import ServiceLifecycle

/// The agent 前置机: beside a hospital's system it takes what that lays down, gives away or sends, and brings it to the
/// platform, through outages and kills, in order for each source and at least once.
public final class Agent: Service {
    private let configuration: AgentConfiguration
    private let queue: AgentQueue
    private let listeners: [String: (MLLPListener, MLLPCallers)]
    private let health: AgentHealth?
    private let logger: Logger
    private let lock: AgentLock
    private let onListening: @Sendable (String, SocketAddress) async -> Void

    /// Opens the queue, which no other agent may be using.
    /// - Parameters:
    ///   - onListening: called with each MLLP source and its address once it answers.
    ///   - looking: is shown what comes in, before any of it leaves.
    /// - Throws: ``AgentMisuse`` when something that the configuration names can't be used.
    public init(
        _ configuration: AgentConfiguration, logger: Logger,
        onListening: @escaping @Sendable (String, SocketAddress) async -> Void = { _, _ in },
        looking: (@Sendable (AgentPiece) -> Void)? = nil
    ) throws {
        self.configuration = configuration
        self.logger = logger
        self.onListening = onListening
        do {
            try FileManager.default.createDirectory(
                atPath: configuration.data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw AgentMisuse("data: the folder \(configuration.data) can't be made.")
        }
        lock = try AgentLock(folder: configuration.data)
        var listeners: [String: (MLLPListener, MLLPCallers)] = [:]
        for source in configuration.sources {
            switch source.kind {
            case .mllp(let address, let from):
                do {
                    let callers = MLLPCallers(
                        from: try from?.map { try AddressRange($0) }, collective: source.sender)
                    listeners[source.name] = (try MLLPListener(address, callers), callers)
                } catch {
                    throw AgentMisuse("\(source.name): \(error)")
                }
            case .folder(let path, _, _):
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                    throw AgentMisuse("\(source.name): there is no folder \(path).")
                }
            case .query(let plan):
                do { _ = try ForeignDatabase(plan.database) } catch {
                    throw AgentMisuse("\(source.name): \(error)")
                }
            }
        }
        self.listeners = listeners
        let bounds = AgentQueue.Bounds(bytesMax: configuration.queueBytesMax, freeBytesMin: configuration.freeBytesMin)
        let queue = try AgentQueue(configuration.data, bounds, looking: looking) {
            Int64(Date().timeIntervalSince1970 * 1_000)
        }
        self.queue = queue
        health = try configuration.health.map { try AgentHealth(queue, $0) }
    }

    private func makeRoute() throws -> any AgentRoute {
        switch configuration.destination {
        case .platform(let server, let token, let authority): try PlatformRoute(server, token, authority: authority)
        case .mllp(let host, let port, let tls): try MLLPRoute(host, port, tls)
        }
    }

    /// Works until the service is to stop.
    /// - Throws: ``AgentMisuse`` when the way to the platform can't be used as it is configured.
    public func run() async throws {
        let route = try makeRoute()
        var names = try queue.sources()
        names += configuration.sources.map(\.name).filter { !names.contains($0) }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in names {
                    let forwarder = AgentForwarder(
                        queue: queue, route: route, source: name, pauseSecondsMax: configuration.pauseSecondsMax,
                        random: { Double.random(in: 0...1) })
                    group.addTask { await cancelWhenGracefulShutdown { await forwarder.run() } }
                }
                for source in configuration.sources { read(source, &group) }
                if let health { group.addTask { try await cancelWhenGracefulShutdown { try await health.run() } } }
                try await group.waitForAll()
            }
        } catch is CancellationError {
        } catch {
            await end(route)
            throw error
        }
        await end(route)
    }

    private func end(_ route: any AgentRoute) async {
        await route.close()
        queue.close()
    }

    private func read(_ source: AgentConfiguration.Source, _ group: inout ThrowingTaskGroup<Void, any Error>) {
        switch source.kind {
        case .folder(let path, let table, let seconds):
            let folder = FolderSource(
                queue: queue, source: source.name, sender: source.sender, folder: path, table: table,
                settleSeconds: seconds, itemBytesMax: configuration.itemBytesMax)
            group.addTask { await cancelWhenGracefulShutdown { await folder.run() } }
        case .query(let plan):
            let query = QuerySource(
                queue: queue, source: source.name, sender: source.sender, plan: plan,
                itemBytesMax: configuration.itemBytesMax)
            group.addTask { await cancelWhenGracefulShutdown { await query.run() } }
        case .mllp:
            guard let (listener, callers) = listeners[source.name] else { return }
            var limits = MLLPLimits()
            limits.frameBytesMax = configuration.itemBytesMax
            let inbox = AgentInbox(queue: queue, source: source.name)
            let server = MLLPServer(
                [listener], inbox: inbox, callers: callers, limits: limits, logger: logger
            ) { [onListening] addresses in
                for address in addresses { await onListening(source.name, address) }
            }
            group.addTask { try await server.run() }
        }
    }
}
