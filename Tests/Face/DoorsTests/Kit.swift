import Doors
import HL7v2
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// An inbox in memory, which can be shut.
final class MemoryInbox: InboxDoor {
    private struct State {
        var arrivals: [DoorArrival] = []
        var refusal: DoorRefusal?
        var faults: [Fault] = []
        var isHeld = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var asked = 0
    }

    private let state = Mutex(State())

    var arrivals: [DoorArrival] { state.withLock { $0.arrivals } }
    /// How often it was asked to keep something, answered or not.
    var asked: Int { state.withLock { $0.asked } }
    func refuse(_ refusal: DoorRefusal?) { state.withLock { $0.refusal = refusal } }
    /// From now on every message is hindered by these.
    func hinder(_ faults: [Fault]) { state.withLock { $0.faults = faults } }
    func faults(of message: Message, _ header: MessageHeader) -> [Fault] { state.withLock { $0.faults } }

    /// Lets callers wait until ``release()``.
    func hold() { state.withLock { $0.isHeld = true } }
    func release() {
        let waiting = state.withLock { state in
            state.isHeld = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    func accept(_ arrivals: [DoorArrival]) async -> [DoorRefusal?] {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                state.asked += 1
                if state.isHeld { state.waiting.append(continuation) }
                return state.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        return state.withLock { state in
            if state.refusal == nil { state.arrivals += arrivals }
            return arrivals.map { _ in state.refusal }
        }
    }
}

/// A connection to a door.
final class DoorClient: Sendable {
    private let channel: any Channel
    private let events: AsyncStream<MLLPFrames.Event>

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var frames = MLLPFrames()
        let feed: AsyncStream<MLLPFrames.Event>.Continuation
        init(_ feed: AsyncStream<MLLPFrames.Event>.Continuation) { self.feed = feed }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for event in frames.receive(unwrapInboundIn(data).readableBytesView) { feed.yield(event) }
        }
        func channelInactive(context: ChannelHandlerContext) { feed.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            feed.finish()
            context.close(promise: nil)
        }
    }

    init(_ address: SocketAddress, tls: TLSConfiguration? = nil) async throws {
        let (events, feed) = AsyncStream.makeStream(of: MLLPFrames.Event.self)
        self.events = events
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(feed))
                }
            }
            .connect(to: address).get()
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func send(_ message: String) async throws { try await send(MLLPFrames.framed(Array(message.utf8))) }

    func endSending() async throws { try await channel.close(mode: .output) }
    func close() async { try? await channel.close() }
    var isOpen: Bool { channel.isActive }

    /// The next reply; nil when the connection ends.
    func reply() async -> String? {
        for await case .message(let bytes) in events { return String(decoding: bytes, as: UTF8.self) }
        return nil
    }

    func replyBytes() async -> [UInt8]? {
        for await case .message(let bytes) in events { return bytes }
        return nil
    }

    /// Sends a message and waits for its reply.
    func ask(_ message: String) async throws -> String? {
        try await send(message)
        return await reply()
    }
}

extension MLLPLimits {
    /// A loaded machine is no slow sender.
    static var unhurried: MLLPLimits {
        var limits = MLLPLimits()
        limits.frameSeconds = 3_600
        limits.replySeconds = 3_600
        return limits
    }
}

/// Runs a door while `body` runs, and stops it in good order.
func withDoor(
    _ inbox: MemoryInbox, callers: MLLPCallers = MLLPCallers(), limits: MLLPLimits = .unhurried,
    counters: MLLPCounters = MLLPCounters(), listeners: [MLLPListener]? = nil,
    _ body: @Sendable @escaping ([SocketAddress], ServiceGroup) async throws -> Void
) async throws {
    let (addresses, feed) = AsyncStream.makeStream(of: [SocketAddress].self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = try MLLPServer(
        listeners ?? [MLLPListener("127.0.0.1:0", callers)], inbox: inbox, callers: callers, limits: limits,
        counters: counters, logger: logger
    ) {
        feed.yield($0)
        feed.finish()
    }
    let services = ServiceGroup(services: [server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        group.addTask {
            guard let bound = await addresses.first(where: { _ in true }) else { return }
            do { try await body(bound, services) } catch {
                await services.triggerGracefulShutdown()
                throw error
            }
            inbox.release()
            await services.triggerGracefulShutdown()
        }
        try await group.waitForAll()
    }
}

/// Waits until something is so.
func until(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<2_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw Late()
}

struct Late: Error {}

/// A message of a facility.
func message(
    _ id: String, facility: String = "330106001", version: String = "2.4", accept: String = "",
    application: String = "",
    charset: String = "", type: String = "ADT^A01"
) -> String {
    "MSH|^~\\&|HIS|\(facility)|HB|CITY|20261122120000||\(type)|\(id)|P|\(version)|||\(accept)|\(application)||\(charset)\r"
        + "PID|1||\(id)^^^HIS||王^小明\r"
}

/// MSA-1 and MSA-2 of each reply in a frame.
func codes(_ reply: String?) -> [String] {
    (reply ?? "").split(separator: "\r").filter { $0.hasPrefix("MSA") }.map { line in
        line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().prefix(2).joined(separator: " ")
    }
}
