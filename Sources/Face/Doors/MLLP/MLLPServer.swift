import Crypto
import Edge
import Foundation
import HL7v2
public import Logging
public import NIOCore
import NIOPosix
import NIOSSL
public import ServiceLifecycle
import Synchronization

/// The MLLP door: HL7 v2 messages over TCP, in the clear or by TLS.
public struct MLLPServer: Service {
    private let listeners: [MLLPListener]
    private let callers: MLLPCallers
    private let limits: MLLPLimits
    private let inbox: any InboxDoor
    private let logger: Logger
    private let onRunning: @Sendable ([SocketAddress]) async -> Void
    /// What the door has done.
    public let counters: MLLPCounters

    /// Makes a door before an inbox.
    /// - Parameter onRunning: called with the addresses of the listeners, in their order, once they answer.
    public init(
        _ listeners: [MLLPListener], inbox: any InboxDoor, callers: MLLPCallers = MLLPCallers(),
        limits: MLLPLimits = MLLPLimits(), counters: MLLPCounters = MLLPCounters(), logger: Logger,
        onRunning: @escaping @Sendable ([SocketAddress]) async -> Void = { _ in }
    ) {
        self.listeners = listeners
        self.inbox = inbox
        self.callers = callers
        self.limits = limits
        self.counters = counters
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Listens until the service is to stop; then what was read is answered, and every connection is closed.
    public func run() async throws {
        let budget = MLLPBudget(limits, counters)
        // One job of each connection at a time waits here, so that the stream has a bound: the number of connections.
        let (jobs, feed) = AsyncStream.makeStream(of: MLLPHandler.Work.self)
        let desk = desk()
        var bound: [any Channel] = []
        do {
            for listener in listeners { bound.append(try await bind(listener, desk, budget, feed)) }
        } catch {
            for channel in bound { try? await channel.close() }
            throw error
        }
        await onRunning(bound.compactMap(\.localAddress))
        await withDiscardingTaskGroup { [bound] group in
            group.addTask {
                await withTaskCancellationHandler {
                    try? await gracefulShutdown()
                    for channel in bound { try? await channel.close() }
                    await drain(budget)
                } onCancel: {
                    budget.closeAll()
                }
                feed.finish()
            }
            for await job in jobs { group.addTask { await job() } }
        }
    }

    /// Has what was read answered, and the connections closed.
    private func drain(_ budget: MLLPBudget) async {
        while !Task.isCancelled, !budget.channels.isEmpty {
            for channel in budget.channels {
                channel.pipeline.fireUserInboundEventTriggered(MLLPHandler.Drain.now)
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        budget.closeAll()
    }

    private func desk() -> MLLPDesk {
        let replies = ReplyNumbers(first: String(UInt64.random(in: 0..<(1 << 40)), radix: 36, uppercase: true))
        var limits = V2Limits()
        limits.messageBytesMax = self.limits.frameBytesMax
        limits.inputBytesMax = self.limits.frameBytesMax
        return MLLPDesk(inbox: inbox, callers: callers, counters: counters, limits: limits) { replies.next() }
    }

    private func bind(
        _ listener: MLLPListener, _ desk: MLLPDesk, _ budget: MLLPBudget,
        _ feed: AsyncStream<MLLPHandler.Work>.Continuation
    ) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try self.prepare(channel, listener, desk, budget, feed)
                }
            }
            .bind(host: listener.host, port: listener.port).get()
    }

    private func prepare(
        _ channel: any Channel, _ listener: MLLPListener, _ desk: MLLPDesk, _ budget: MLLPBudget,
        _ feed: AsyncStream<MLLPHandler.Work>.Continuation
    ) throws {
        let peer = NetworkAddress(channel.remoteAddress)
        guard callers.admits(peer) else {
            counters.count(.address)
            logger.notice("connection refused", metadata: ["peer": "\(peer?.description ?? "")"])
            return channel.close(promise: nil)
        }
        guard budget.admit(channel, peer) else { return channel.close(promise: nil) }
        if let tls = listener.tls {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
        }
        let handler = MLLPHandler(
            desk, limits, budget, isTLS: listener.tls != nil,
            identify: { [callers] context in
                let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
                let digest = (try? certificate?.toDERBytes()).map { Array(SHA256.hash(data: $0)) }
                return MLLPDesk.Caller(
                    peer: peer?.description ?? "", name: callers.name(peer, certificate: digest))
            },
            start: { feed.yield($0) })
        try channel.pipeline.syncOperations.addHandler(handler)
    }
}

/// Numbers replies, and tells the time of each in that of China.
private final class ReplyNumbers: Sendable {
    private let first: String
    private let number = Atomic<UInt64>(0)

    init(first: String) { self.first = first }

    func next() -> Acknowledgment.Occasion {
        let number = number.add(1, ordering: .relaxed).newValue
        return Acknowledgment.Occasion(time: Self.time(Date()), controlID: "\(first)-\(number)")
    }

    private static func time(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970) + 8 * 3_600
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let fields = [parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec]
        let digits = fields.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
        return "\(parts.tm_year + 1_900)\(digits)+0800"
    }
}
