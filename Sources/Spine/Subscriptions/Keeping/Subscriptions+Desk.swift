import FHIR
import JSON
public import Records
import SQL
import Synchronization

extension Subscriptions {
    /// A subscription and how it fares.
    public struct Overview: Sendable {
        /// The Subscription's id.
        public var id: String
        /// `requested`, `active`, `error`, `off`.
        public var status: String
        /// Why, in the words of who asked for it.
        public var reason: String
        /// What is wrong: of the Subscription, or of the last attempt.
        public var fault: String
        /// The id of the Organization that receives.
        public var receiver: String
        /// The program with whose rights things are chosen.
        public var program: String
        /// A code of PurposeOfUse.
        public var purpose: String
        /// The search.
        public var criteria: String
        /// What may be sent.
        public var fields: [String]
        /// `none` or `masked`.
        public var masking: String
        /// The agreement by which it is shared; empty where none is named.
        public var agreement: String
        /// For how long the receiver may keep it, such as `1 a`; empty where nothing is said.
        public var retention: String
        /// How long it is between notifications, such as `1 d`; empty: at once.
        public var frequency: String
        /// The host that it is sent to.
        public var host: String
        /// When it ends, as it is written; empty: never.
        public var end: String
        /// How many events the receiver has.
        public var events: Int64
        /// When the receiver last took something, in milliseconds since 1970 UTC; 0: never.
        public var deliveredAt: Int64
        /// How often in a row it has failed.
        public var failures: Int64
        /// When it is tried again, in milliseconds since 1970 UTC; 0 where it is not waiting.
        public var retryAt: Int64
        /// How many changes of the feed are still to be looked at.
        public var behind: Int64
        /// For how long the first of them has waited, in milliseconds.
        public var lag: Int64
    }

    /// All of them, by id.
    public func overviews() throws(RecordsError) -> [Overview] {
        let standings = Dictionary(
            try store.readSQL { db in try Standing.read(in: db) }.map { ($0.id, $0) },
            uniquingKeysWith: { one, _ in one })
        let (head, now) = (store.feed.head, options.now())
        let looked = memory.withLock { $0.looked }
        var (last, found) = (Int64(0), [Overview]())
        while true {
            let page = try store.scan(type: "Subscription", after: last, limit: 500)
            for each in page {
                found.append(
                    try overview(each.document.root, standings[each.version.key.id], looked, head: head, now: now))
            }
            guard page.count == 500, let end = page.last?.rid else { break }
            last = end
        }
        return found.sorted { $0.id < $1.id }
    }

    private func overview(
        _ resource: JSONNode, _ standing: Standing?, _ looked: [String: (kept: Int64, place: Int64)], head: Int64,
        now: Int64
    ) throws(RecordsError) -> Overview {
        let id = resource["id"]?.string ?? ""
        func values(_ wanted: SubscriptionExtension) -> [JSONNode] {
            resource["extension"]?.elements.filter { $0["url"]?.equals(wanted.url) == true } ?? []
        }
        var place = standing?.place ?? head
        if let looked = looked[id], looked.kept == place { place = looked.place }
        var lag: Int64 = 0
        if place < head { lag = max(0, now - (try store.time(ofPlace: place + 1) ?? now)) }
        func span(_ wanted: SubscriptionExtension) -> String {
            guard let duration = values(wanted).first?["valueDuration"], let value = duration["value"]?.numberText
            else {
                return ""
            }
            return "\(value) \(duration["code"]?.string ?? "")"
        }
        let receiver = values(.receiver).first?["valueReference"]?["reference"]?.string ?? ""
        let fault = resource["error"]?.string ?? ""
        return Overview(
            id: id, status: resource["status"]?.string ?? "", reason: resource["reason"]?.string ?? "",
            fault: fault.isEmpty ? standing?.error ?? "" : fault,
            receiver: String(receiver.split(separator: "/").last ?? ""),
            program: values(.program).first?["valueString"]?.string ?? "",
            purpose: values(.purpose).first?["valueCoding"]?["code"]?.string ?? "",
            criteria: resource["criteria"]?.string ?? "",
            fields: values(.element).compactMap { $0["valueString"]?.string },
            masking: values(.masking).first?["valueCode"]?.string ?? "masked",
            agreement: values(.agreement).first?["valueString"]?.string ?? "", retention: span(.retention),
            frequency: span(.frequency),
            host: Self.host(resource["channel"]?["endpoint"]?.string ?? ""), end: resource["end"]?.string ?? "",
            events: standing?.events ?? 0, deliveredAt: standing?.delivered ?? 0, failures: standing?.failures ?? 0,
            retryAt: standing?.retry ?? 0, behind: max(0, head - place), lag: lag)
    }

    // MARK: What operators do

    /// Sends nothing more until ``resume(_:)``.
    public func pause(_ id: String) async throws(RecordsError) {
        try await changing(id) { try await set(id, .off, "") }
    }

    /// Greets the receiver anew, and goes on where it was.
    public func resume(_ id: String) async throws(RecordsError) {
        try await changing(id) {
            let place = try store.read(ResourceKey(type: "Subscription", id: id)).sequence
            _ = try await store.writeSQL { db in
                try Standing.change(id, from: place, in: db) { standing in
                    (standing.failures, standing.retry, standing.error) = (0, 0, "")
                }
            }
            try await set(id, .requested, "")
        }
    }

    /// Sends again everything from a moment on; of each resource the newest version.
    ///
    /// - Parameter moment: milliseconds since 1970 UTC.
    /// - Returns: how many changes of the feed are looked at again.
    public func replay(_ id: String, from moment: Int64) async throws(RecordsError) -> Int64 {
        let (place, head) = (try store.place(before: moment), store.feed.head)
        try await changing(id) {
            _ = try await store.writeSQL { db in
                try Standing.change(id, from: place, in: db) { standing in
                    (standing.place, standing.announced, standing.mark) = (place, 0, "")
                    (standing.failures, standing.retry, standing.error) = (0, 0, "")
                }
            }
        }
        return max(0, head - place)
    }

    /// A new secret in place of the one before: nobody is ever shown it again.
    public func newSecret(_ id: String) async throws(RecordsError) -> String {
        let head = try store.read(ResourceKey(type: "Subscription", id: id)).sequence
        var number: Int64 = 0
        try await changing(id) {
            number = try await store.writeSQL { db in
                try Standing.change(id, from: head, in: db) { $0.secret += 1 }.secret
            }
        }
        return signature.secret(of: id, number: number)
    }

    /// The program that a Subscription is sent with the rights of; nil where it names none.
    public func program(of id: String) throws(RecordsError) -> String? {
        try overviews().first { $0.id == id }.flatMap { $0.program.isEmpty ? nil : $0.program }
    }

    /// Forgets what is kept of Subscriptions that are deleted.
    func forgetDeleted() async throws {
        for id in try store.readSQL({ db in try Standing.read(in: db).map(\.id) }) {
            do throws(RecordsError) { _ = try store.read(ResourceKey(type: "Subscription", id: id)) } catch {
                guard error.category == .gone || error.category == .notFound else { throw error }
                try await store.writeSQL { db in
                    try db.execute("DELETE FROM subscription_out WHERE id = ?", .text(id))
                    try db.execute("DELETE FROM subscription_sent WHERE id = ?", .text(id))
                }
            }
        }
    }

    private func changing(_ id: String, _ body: () async throws -> Void) async throws(RecordsError) {
        _ = try store.read(ResourceKey(type: "Subscription", id: id))
        do { try await body() } catch let error as RecordsError {
            throw error
        } catch {
            throw RecordsError(.internal, "The subscription can't be changed: \(type(of: error)).")
        }
        memory.withLock { $0.wake(id) }
    }
}
