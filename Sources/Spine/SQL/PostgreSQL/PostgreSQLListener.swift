import CPQ
import Foundation
import Synchronization

/// Listens on one channel, on a connection and a thread of its own.
final class PostgreSQLListener: Sendable {
    /// How long the thread waits for news before it looks whether it should end, in milliseconds.
    private static let waitMilliseconds: Int32 = 250
    /// How long it waits before it connects again, in seconds.
    private static let retrySeconds = 0.5

    private let address: PostgreSQLAddress
    private let channel: String
    private let continuation: AsyncStream<String>.Continuation
    private let isStopped = Atomic(false)

    init(_ address: PostgreSQLAddress, channel: String, _ continuation: AsyncStream<String>.Continuation) {
        self.address = address
        self.channel = channel
        self.continuation = continuation
    }

    func start() {
        continuation.onTermination = { [weak self] _ in self?.stop() }
        let thread = Thread { [self] in run() }
        thread.name = "postgresql.listener"
        thread.start()
    }

    func stop() { isStopped.store(true, ordering: .releasing) }

    private var goesOn: Bool { !isStopped.load(ordering: .acquiring) }

    private func run() {
        var isFirst = true
        while goesOn {
            do {
                let session = try PostgreSQLSession(
                    address, setting: "LISTEN \(quotedIdentifier("\(address.schema)/\(channel)"))")
                // What came before, or in between, was missed.
                if !isFirst { continuation.yield("") }
                isFirst = false
                follow(session)
            } catch {
                Thread.sleep(forTimeInterval: Self.retrySeconds)
            }
        }
        continuation.finish()
    }

    private func follow(_ session: PostgreSQLSession) {
        while goesOn, !session.isBroken {
            var waiting = pollfd(fd: session.socket, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Self.waitMilliseconds) != 0 else { continue }
            guard PQconsumeInput(session.raw) == 1 else { return }
            while let notice = PQnotifies(session.raw) {
                if let payload = notice.pointee.extra { continuation.yield(String(cString: payload)) }
                PQfreemem(notice)
            }
        }
    }
}
