import Foundation
import HL7v2
import NIOCore
import NIOPosix
import NIOSSL

/// A server that takes HL7 v2 by MLLP: on a line for each source, one message at a time, each answered before the next.
actor MLLPRoute: AgentRoute {
    private static let answerSeconds: Int64 = 60

    private let host: String
    private let port: Int
    private let context: NIOSSLContext?
    private var lines: [String: MLLPLine] = [:]

    init(_ host: String, _ port: Int, _ papers: AgentConfiguration.Papers?) throws {
        self.host = host
        self.port = port
        guard let papers else {
            context = nil
            return
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        do {
            if let authority = papers.authority {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
            }
            if let certificate = papers.certificate, let key = papers.key {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
                let pem = try SecretFile.read(key)
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(pem.utf8), format: .pem))
            }
            context = try NIOSSLContext(configuration: tls)
        } catch {
            throw AgentMisuse("to: the files for TLS can't be used: \(error)")
        }
    }

    func close() async {
        for line in lines.values { await line.close() }
        lines = [:]
    }

    func send(_ item: AgentQueue.Item) async -> AgentAnswer {
        guard item.content == .hl7v2 else { return .refused("an MLLP address takes HL7 v2 alone") }
        let reading = Reading(item.body)
        if let fault = reading.faults.first(where: { $0.severity == .error }) { return .refused("\(fault)") }
        // A batch is sent message by message, which every server takes.
        let messages =
            reading.items.count == 1
            ? [item.body]
            : reading.items.compactMap { $0.message.map { reading.charset.encode($0.bytes + [0x0D]) ?? $0.bytes } }
        var refusals: [String] = []
        for (number, message) in messages.enumerated() {
            do {
                switch Self.read(try await ask(message, on: item.source)) {
                case .taken: break
                case .refused(let reason): refusals.append(messages.count == 1 ? reason : "\(number + 1): \(reason)")
                case .later(let reason, let seconds): return .later(reason, afterSeconds: seconds)
                }
            } catch {
                await lines.removeValue(forKey: item.source)?.close()
                return .later("\(host):\(port) does not answer: \(error)", afterSeconds: nil)
            }
        }
        return refusals.isEmpty ? .taken : .refused(refusals.joined(separator: "; "))
    }

    private func ask(_ message: [UInt8], on source: String) async throws -> [UInt8] {
        let control = Reading(message).items.first?.message?.text("MSH", 10)
        if let line = lines[source], line.isOpen { return try await line.ask(message, control) }
        let line = try await MLLPLine.connect(host, port, context, Self.answerSeconds)
        lines[source] = line
        return try await line.ask(message, control)
    }

    /// What a reply says. An error is for good unless it says that the server could not work (HL7 table 0357, 207).
    static func read(_ bytes: [UInt8]) -> AgentAnswer {
        guard let message = Reading(bytes).items.first?.message, let code = message.text("MSA", 1) else {
            return .later("the reply is no acknowledgment", afterSeconds: nil)
        }
        let said = "\(code) \(message.text("MSA", 3) ?? "") \(message.text("ERR", 8) ?? "")"
        let conditions = [message.text("ERR", 3), message.text("ERR", 1, component: 4)]
        let canNotWork = conditions.contains("207") || said.contains("error 207")
        switch code {
        case "AA", "CA": return .taken
        case "AE", "CE": return canNotWork ? .later(said, afterSeconds: nil) : .refused(said)
        case "AR", "CR": return .refused(said)
        default: return .later("the reply says \(code)", afterSeconds: nil)
        }
    }
}

/// One connection to an MLLP server.
private final class MLLPLine: Sendable {
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var frames = MLLPFrames(messageBytesMax: 1 << 20)
        private let feed: AsyncStream<[UInt8]>.Continuation

        init(_ feed: AsyncStream<[UInt8]>.Continuation) { self.feed = feed }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for case .message(let bytes) in frames.receive(unwrapInboundIn(data).readableBytesView) {
                feed.yield(bytes)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            feed.finish()
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            feed.finish()
            context.close(promise: nil)
        }
    }

    private let channel: any Channel
    private let replies: AsyncStream<[UInt8]>
    private let seconds: Int64

    private init(_ channel: any Channel, _ replies: AsyncStream<[UInt8]>, _ seconds: Int64) {
        self.channel = channel
        self.replies = replies
        self.seconds = seconds
    }

    static func connect(
        _ host: String, _ port: Int, _ context: NIOSSLContext?, _ seconds: Int64
    ) async throws -> MLLPLine {
        let (replies, feed) = AsyncStream.makeStream(of: [UInt8].self)
        let name: String? = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." } ? nil : host
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: name))
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(feed))
                }
            }
            .connect(host: host, port: port).get()
        return MLLPLine(channel, replies, seconds)
    }

    var isOpen: Bool { channel.isActive }

    func close() async { try? await channel.close() }

    /// Sends a message and waits for its reply; a server that says nothing is hung up on. A reply to another message
    /// (MSA-2), such as a second acknowledgment of the one before, is passed over.
    func ask(_ message: [UInt8], _ control: String?) async throws -> [UInt8] {
        let limit = channel.eventLoop.scheduleTask(in: .seconds(seconds)) { [channel] in channel.close(promise: nil) }
        defer { limit.cancel() }
        try await channel.writeAndFlush(ByteBuffer(bytes: MLLPFrames.framed(message)))
        for await reply in replies {
            let answered = Reading(reply).items.first?.message?.text("MSA", 2)
            if answered == nil || control == nil || answered == control { return reply }
        }
        throw AgentTrouble(description: "the connection ended without a reply")
    }
}
