import FHIR
import Foundation
public import HL7v2
public import Mapping
public import Persons
public import Records
public import SQL
import Synchronization

/// Where a test can stop the highway, as a crash would.
public enum ProbePoint: String, Sendable, CaseIterable {
    /// Before a group of deliveries is written.
    case beforeAccept
    /// It is durable, and nobody knows.
    case afterAccept
    /// Messages were taken from the inbox.
    case taken
    /// They are mapped and checked.
    case prepared
    /// Their writes stand, and the transaction is open.
    case insideCommit
    /// It is committed, and nobody knows.
    case afterCommit
}

/// How the highway works.
public struct HighwayOptions: Sendable {
    /// At most this many messages of one sender wait; beyond it the sender is told to come again.
    public var waitingMax: Int64 = 100_000
    /// After how many seconds.
    public var retrySeconds = 5
    /// For how long the same content without a control id is taken for the same delivery, in milliseconds.
    public var duplicateHorizon: Int64 = 7 * 86_400_000
    /// For how long messages that were worked on are kept in the inbox, in milliseconds; nil: for ever.
    public var keptMilliseconds: Int64?
    /// At most so many messages, of all senders together, are worked on at once.
    public var batchMax = 512
    /// At most so many bytes of them.
    public var batchBytesMax = 512 << 10
    /// At most so many messages of one sender are decided in one piece.
    public var wagonMax = 64
    /// How often a message that the store fails on, while others go through, is tried before it goes to the shelf.
    public var attemptsMax = 12
    /// At most this many findings of one sender, day and rule are kept line by line; all are counted.
    public var findingsMax = 1000
    /// Knows which Patients were put together, and who stands for them; nil where none ever were.
    public var persons: Persons?
    /// The clock, in milliseconds since 1970 UTC.
    public var now: @Sendable () -> Int64 = { WallClock.milliseconds() }
    /// Called on the way; where it throws, the highway ends as if the machine had.
    public var probe: @Sendable (ProbePoint) throws -> Void = { _ in }

    /// The usual.
    public init() {}
}

/// The data highway 健康数据高铁: every institution sends what it already has; it is taken at once, and nothing is lost.
///
/// A delivery is durable in the inbox before it is acknowledged. Then it is mapped, checked, identified and committed, with
/// the mark that it is done in the same transaction; what can't be goes to the shelf of dead letters with the reason.
public final class Highway: Sendable {
    static let channel = "highway"

    let store: RecordStore
    let options: HighwayOptions
    let inbox: Inbox
    let rules: QualityRules
    let mappings: Mutex<Mapping>
    let ranks = RankMemory()
    let foreign = ForeignWrites()
    let lags = Lags()
    private let wakes: AsyncStream<Void>
    let waker: AsyncStream<Void>.Continuation
    let isClosed = Atomic(false)
    /// Whether writes are noted in the audit log: a store that nobody sees by the rules keeps none.
    let isNoted: Bool

    /// Opens the inbox beside the records.
    ///
    /// - Parameters:
    ///   - store: where records and inbox are.
    ///   - mapping: from HL7 v2 to FHIR.
    public init(_ store: RecordStore, mapping: Mapping, options: HighwayOptions = HighwayOptions()) throws {
        self.store = store
        self.options = options
        mappings = Mutex(mapping)
        rules = try QualityRules.house()
        isNoted = try store.status().labelledRatio != nil
        let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wakes = wakes
        self.waker = waker
        inbox = Inbox(store.auditDatabase, options) { waker.yield() }
        try store.auditDatabase.write { db in try HighwayTables.create(db) }
    }

    /// When what stands of a Patient was said, in milliseconds since 1970 UTC; nil where the highway has not written it.
    public static func saidAt(_ patient: String, _ db: SQLConnection) throws -> Int64? {
        let key = ResourceKey(type: "Patient", id: patient)
        return try RankTable.read([key], in: db)[key]?.rank.at
    }

    /// Takes a delivery; returns when it is durable. Many at once share a commit.
    ///
    /// - Throws: ``HighwayError``; nothing was taken then, and the sender is to send again.
    public func accept(_ delivery: Delivery) async throws(HighwayError) -> Acceptance {
        guard let result = await inbox.accept([delivery]).first else { throw .unavailable("It was lost.") }
        return try result.get()
    }

    /// Takes deliveries in this order; returns when those that are taken are durable. One that is refused holds up no other.
    public func accept(_ deliveries: [Delivery]) async -> [Result<Acceptance, HighwayError>] {
        await inbox.accept(deliveries)
    }

    /// What keeps a message from being mapped, as far as that can be told before: see ``Mapping/faults(before:_:)``.
    public func faults(before message: Message, _ header: MessageHeader) -> [Fault] {
        mapping.faults(before: message, header)
    }

    /// From now on messages are mapped so.
    var mapping: Mapping { mappings.withLock { $0 } }

    /// Works until ``close()``, or until the task is cancelled. Of several servers on a database one works, all accept.
    public func run() async {
        let lock = store.leaderLock("highway")
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [waker] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(1))
                    waker.yield()
                }
            }
            group.addTask { [store, waker] in
                for await _ in store.auditDatabase.notifications(Self.channel) { waker.yield() }
            }
            group.addTask { [lags, store, options] in await lags.follow(store, now: options.now) }
            group.addTask { await self.forget() }
            await work(lock)
            group.cancelAll()
        }
        lock.release()
    }

    private func work(_ lock: any SQLLeaderLock) async {
        var isLeading = false
        // Ours: from 300 messages a second on they are committed ten times a second.
        var density = Density(thickRate: 300, pace: .milliseconds(100))
        waker.yield()
        for await _ in wakes {
            if isClosed.load(ordering: .acquiring) || Task.isCancelled { return }
            guard lock.hold() else {
                isLeading = false
                continue
            }
            if !isLeading {
                // Another server may have written since.
                ranks.forget()
                foreign.begin(head: store.feed.head)
                isLeading = true
            }
            do {
                if try await !drain(&density, while: { lock.hold() }) { isLeading = false }
            } catch is Stopped { return } catch {
                // The store can't be read now; nothing was begun.
                try? await Task.sleep(for: .milliseconds(200))
                waker.yield()
            }
        }
    }

    /// Stops working after what is under way, and takes nothing more.
    public func close() async {
        isClosed.store(true, ordering: .releasing)
        waker.yield()
        waker.finish()
        await inbox.close()
    }
}

/// The highway ends here.
struct Stopped: Error {}
