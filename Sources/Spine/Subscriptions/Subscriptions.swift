public import FHIR
import Foundation
public import JSON
public import Records
import SQL
import Synchronization

/// How notifications are sent.
public struct SubscriptionsOptions: Sendable {
    /// The address of the server, `https://…/fhir`.
    public var base = "http://127.0.0.1/fhir"
    /// By which secrets are made: 32 random bytes that outlive the process.
    public var key: [UInt8]
    /// After so many failures one after the other a subscription is in error, and waits for the operator.
    public var attemptsMax: Int64 = 300
    /// The longest pause between two attempts, in seconds. With ``attemptsMax`` a receiver may be away for two days.
    public var pauseSecondsMax = 600.0
    /// At most so many receivers are sent to at once.
    public var sendersMax = 32
    /// At most so many events are in one notification.
    public var eventsMax = SeenRecords.takeMax
    /// A notification ends when its events come to this many bytes.
    public var bytesMax = 1 << 20
    /// The clock, in milliseconds since 1970 UTC.
    public var now: @Sendable () -> Int64 = { WallClock.milliseconds() }
    /// From 0 to 1, for the pauses.
    public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    /// The usual.
    public init(key: [UInt8]) { self.key = key }
}

/// Records on their way out (数据共享 出): each Subscription is followed through the change feed from a place of its own, and
/// what its receiver may have is sent, in order, until the receiver has taken it.
///
/// The place moves when the receiver has answered, in one transaction with what it holds since: a crash sends something
/// twice and loses nothing. What leaves is in the audit log before it does.
public final class Subscriptions: Sendable {
    let store: RecordStore
    let definitions: Definitions
    let house: any SubscriptionHouse
    let door: any NotificationDoor
    /// How it works.
    public let options: SubscriptionsOptions
    let signature: Signature
    /// Whether what leaves is told to the audit log.
    let isNoted: Bool
    let memory = Mutex(Memory())
    private let isClosed = Atomic(false)

    /// What is known without asking the database.
    struct Memory {
        struct Known {
            var version: Int
            /// The terms; nil where the version breaks a rule.
            var terms: SubscriptionTerms?
        }

        var known: [String: Known] = [:]
        /// Up to which place each has looked without finding anything, beyond the place that is kept.
        var looked: [String: (kept: Int64, place: Int64)] = [:]
        var busy: Set<String> = []
        /// The place of the feed at which each had nothing more.
        var done: [String: Int64] = [:]
        var retry: [String: Int64] = [:]
        var list: [String] = []
        var listedAt: Int64 = -1
        /// When all were last looked at.
        var sweptAt: Int64 = 0
        /// Counts what operators do.
        var wakes: [String: Int] = [:]

        mutating func wake(_ id: String) {
            wakes[id, default: 0] += 1
            (done[id], retry[id], looked[id]) = (nil, nil, nil)
        }
    }

    /// Opens what is kept beside the records.
    public init(
        _ store: RecordStore, _ definitions: Definitions, house: any SubscriptionHouse, door: any NotificationDoor,
        options: SubscriptionsOptions
    ) throws {
        self.store = store
        self.definitions = definitions
        self.house = house
        self.door = door
        self.options = options
        signature = Signature(key: options.key)
        isNoted = !house.isOpen
        try store.auditDatabase.write { db in try OutTables.create(db) }
    }

    /// What is wrong with a Subscription that somebody wants to write; empty when nothing is.
    ///
    /// - Parameters:
    ///   - resource: the Subscription.
    ///   - asker: the program that asks, where it is one of an institution.
    public func faults(of resource: JSONNode, asker: String?) -> [Issue] {
        var reader = TermsReader(resource, context(asker))
        _ = reader.terms()
        var issues = reader.issues
        if let status = resource["status"]?.string, status != "requested", status != "off" {
            issues.append(
                Issue(
                    severity: .error, code: .value,
                    diagnostics:
                        "Ask with status requested, or switch it off with off; “\(status.prefix(20))” is set by the server.",
                    expression: "Subscription.status"))
        }
        return issues
    }

    func context(_ asker: String? = nil) -> SubscriptionContext {
        SubscriptionContext(definitions: definitions, house: house, door: door, asker: asker)
    }

    // MARK: Running

    private static let lookMilliseconds = 200
    /// A new Subscription is noticed within this time.
    private static let listMilliseconds: Int64 = 500
    private static let sweepMilliseconds: Int64 = 30_000

    /// Sends until ``close()``, or until the task is cancelled. Of several servers on a database one sends.
    public func run() async {
        // Reads that wait for the database hold no thread that requests need.
        await withTaskExecutorPreference(store.readingThreads) { await send() }
    }

    private func send() async {
        let lock = store.leaderLock("subscriptions")
        await withDiscardingTaskGroup { group in
            var wasLeading = false
            while !Task.isCancelled, !isClosed.load(ordering: .acquiring) {
                let isLeading = lock.hold()
                if isLeading, !wasLeading { memory.withLock { $0 = Memory() } }
                wasLeading = isLeading
                if isLeading {
                    if isSweepDue() { try? await forgetDeleted() }
                    for id in due() { group.addTask { await self.attend(id) } }
                }
                try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
            }
            group.cancelAll()
        }
        lock.release()
    }

    /// Ends after what is under way.
    public func close() { isClosed.store(true, ordering: .releasing) }

    /// Those that have something to look at, marked as busy.
    private func due() -> [String] {
        let (head, now) = (store.feed.head, options.now())
        let isOld = memory.withLock { memory in
            memory.listedAt < 0 || (now - memory.listedAt >= Self.listMilliseconds)
        }
        if isOld, let list = try? ids() {
            memory.withLock { memory in
                memory.list = list
                memory.listedAt = now
            }
        }
        return memory.withLock { memory in
            var free = options.sendersMax - memory.busy.count
            return memory.list.filter { id in
                guard free > 0, !memory.busy.contains(id), memory.done[id] != head,
                    memory.retry[id] ?? 0 <= now
                else { return false }
                free -= 1
                memory.busy.insert(id)
                return true
            }
        }
    }

    /// Whether all are to be looked at, whether or not the feed has grown: some end by the clock.
    private func isSweepDue() -> Bool {
        let now = options.now()
        return memory.withLock { memory in
            guard now - memory.sweptAt >= Self.sweepMilliseconds else { return false }
            memory.sweptAt = now
            memory.done = [:]
            return true
        }
    }

    private func ids() throws(RecordsError) -> [String] {
        var (last, found) = (Int64(0), [String]())
        while true {
            let page = try store.scan(type: "Subscription", after: last, limit: 500)
            found += page.filter { ["requested", "active"].contains($0.document.root["status"]?.string ?? "") }.map {
                $0.version.key.id
            }
            guard page.count == 500, let end = page.last?.rid else { return found }
            last = end
        }
    }

    private func attend(_ id: String) async {
        let head = store.feed.head
        let wakes = memory.withLock { $0.wakes[id] ?? 0 }
        var isDone = false
        do { isDone = try await work(id) } catch {
            // The store can't now: soon again.
            memory.withLock { $0.retry[id] = options.now() + 1_000 }
        }
        memory.withLock { memory in
            memory.busy.remove(id)
            memory.done[id] = isDone && memory.wakes[id] ?? 0 == wakes ? head : nil
        }
    }
}
