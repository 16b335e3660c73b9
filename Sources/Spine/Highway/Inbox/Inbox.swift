import Dispatch
import Foundation
import SQL
import Synchronization

/// Makes deliveries durable; those that come at once share a commit.
final class Inbox: Sendable {
    /// At most this many deliveries, or so many bytes, in one commit.
    private static let groupMax = 512
    private static let groupBytesMax = 32 << 20
    /// At most this many wait for their commit.
    private static let pendingMax = 8192

    /// A delivery with all that could be found out about it without a lock.
    struct Arrival: Sendable {
        var delivery: Delivery
        var control: String?
        var digest: [UInt8]
        var content: [UInt8]
        /// By what the same content of the same sender, to be read the same way, is found.
        let contentMark: Int64
        /// By what the same control id of the same sender is found.
        let controlMark: Int64?

        init(_ delivery: Delivery) {
            self.delivery = delivery
            control = delivery.format == .hl7v2 ? ControlID.of(delivery.bytes) : nil
            digest = Digest.content(delivery.bytes)
            content = Packing.pack(delivery.bytes)
            contentMark = Digest.contentMark(
                digest, of: delivery.sender, format: delivery.format.text, charset: delivery.charset)
            controlMark = control.map { Digest.controlMark($0, of: delivery.sender) }
        }
    }

    private struct Pending: Sendable {
        var arrival: Arrival
        var done: @Sendable (Result<Acceptance, HighwayError>) -> Void
    }

    private struct State {
        /// Ours: from 600 a second on the disk is synced 50 times a second at most.
        var density = Density(thickRate: 600, pace: .milliseconds(20))
        var pending: [Pending] = []
        var isScheduled = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "highway.inbox", qos: .userInitiated)
    private let database: any SQLDatabase
    private let options: HighwayOptions
    private let arrived: @Sendable () -> Void

    init(_ database: any SQLDatabase, _ options: HighwayOptions, arrived: @escaping @Sendable () -> Void) {
        self.database = database
        self.options = options
        self.arrived = arrived
    }

    /// Takes deliveries in this order.
    func accept(_ deliveries: [Delivery]) async -> [Result<Acceptance, HighwayError>] {
        guard !deliveries.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let gathering = Gathering(deliveries.count) { continuation.resume(returning: $0) }
            for (place, delivery) in deliveries.enumerated() {
                do throws(HighwayError) {
                    submit(Pending(arrival: try arrival(delivery)) { gathering.put($0, at: place) })
                } catch {
                    gathering.put(.failure(error), at: place)
                }
            }
        }
    }

    private func arrival(_ delivery: Delivery) throws(HighwayError) -> Arrival {
        guard !delivery.sender.isEmpty, delivery.sender.utf8.count <= 200 else {
            throw .refused("A delivery needs a sender of 1 to 200 bytes.")
        }
        guard !delivery.bytes.isEmpty else { throw .refused("The delivery is empty.") }
        guard delivery.bytes.count <= Packing.bytesMax else {
            throw .refused("The delivery has \(delivery.bytes.count) bytes; \(Packing.bytesMax) is the most.")
        }
        return Arrival(delivery)
    }

    /// Refuses new ones, and returns when those that wait are done.
    func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            queue.async {
                while let group = self.nextGroup() { self.commit(group) }
                continuation.resume()
            }
        }
    }

    private func submit(_ pending: Pending) {
        let refusal: HighwayError? = state.withLock { state in
            if state.isClosed { return .unavailable("The highway is closing.") }
            if state.pending.count >= Self.pendingMax { return .busy(retrySeconds: 1) }
            state.pending.append(pending)
            if !state.isScheduled {
                state.isScheduled = true
                queue.async { self.work() }
            }
            return nil
        }
        if let refusal { pending.done(.failure(refusal)) }
    }

    private func work() {
        while let group = nextGroup() {
            let next = state.withLock { $0.density.took(group.count, isFull: group.count >= Self.groupMax) }
            commit(group)
            let pause = next.map { ContinuousClock.now.duration(to: $0) } ?? .zero
            if pause > .zero { Thread.sleep(forTimeInterval: pause / .seconds(1)) }
        }
    }

    private func nextGroup() -> [Pending]? {
        state.withLock { state in
            guard !state.pending.isEmpty else {
                state.isScheduled = false
                return nil
            }
            var bytes = 0
            let count = state.pending.prefix(Self.groupMax).prefix { pending in
                defer { bytes += pending.arrival.content.count }
                return bytes == 0 || bytes + pending.arrival.content.count <= Self.groupBytesMax
            }.count
            defer { state.pending.removeFirst(count) }
            return Array(state.pending[..<count])
        }
    }

    private func commit(_ group: [Pending]) {
        do {
            try options.probe(.beforeAccept)
            // What comes of a delivery is written behind it, so that the disk may have it while others write, and it is worked
            // on meanwhile.
            let results = try database.writeThenSync(
                { db in
                    var inbox = try InboxGroup(group.map(\.arrival), options, db)
                    let results = try inbox.write()
                    if db.kind == .postgreSQL { try db.notify(Highway.channel, "") }
                    return results
                }, seen: arrived)
            try options.probe(.afterAccept)
            for (pending, result) in zip(group, results) { pending.done(result) }
        } catch {
            let why = (error as? SQLError)?.message ?? "\(error)"
            for pending in group { pending.done(.failure(.unavailable(why))) }
        }
    }
}

/// The results of several deliveries, handed on when all are there.
private final class Gathering: Sendable {
    private let state: Mutex<(results: [Result<Acceptance, HighwayError>?], missing: Int)>
    private let done: @Sendable ([Result<Acceptance, HighwayError>]) -> Void

    init(_ count: Int, done: @escaping @Sendable ([Result<Acceptance, HighwayError>]) -> Void) {
        state = Mutex((Array(repeating: nil, count: count), count))
        self.done = done
    }

    func put(_ result: Result<Acceptance, HighwayError>, at place: Int) {
        let all: [Result<Acceptance, HighwayError>]? = state.withLock { state in
            state.results[place] = result
            state.missing -= 1
            return state.missing == 0 ? state.results.compactMap { $0 } : nil
        }
        if let all { done(all) }
    }
}

/// MSH-10 of a message whose header is read in no character set: delimiters and control ids are ASCII in all of those that
/// are in use.
enum ControlID {
    static func of(_ bytes: [UInt8]) -> String? {
        guard let start = bytes.prefix(64).firstIndex(of: UInt8(ascii: "M")), start + 4 < bytes.count,
            bytes[start + 1] == UInt8(ascii: "S"), bytes[start + 2] == UInt8(ascii: "H")
        else { return nil }
        let header = bytes[start...].prefix { $0 != 0x0D && $0 != 0x0A }
        let fields = header.split(separator: bytes[start + 3], maxSplits: 10, omittingEmptySubsequences: false)
        guard fields.count > 9 else { return nil }
        let text = String(decoding: fields[9], as: UTF8.self).trimmingPrefix { $0 == " " }
        return text.isEmpty ? nil : String(text.prefix(200))
    }
}
