import Foundation
public import Identity
public import Records
public import SQL
import Synchronization

/// Which records are about one person, kept for a whole city and asked in real time.
///
/// The store must have been opened with the projection ``PersonIndex``.
public final class Persons: Sendable {
    /// What may be chosen.
    public struct Options: Sendable {
        /// Trust in each source by its name: 1 is the best; ``rankOfOthers`` where it is not named.
        public var ranks: [String: Int] = [:]
        /// Trust in a source that has no rank of its own.
        public var rankOfOthers = 5
        /// A merge that would rewrite more resources is refused: it must be one transaction.
        public var rewrittenMax = 5_000
        /// Whether what is certain is joined; else all is for reviewers.
        public var joinsCertain = true
        /// When the last word on a Patient was said, in milliseconds since 1970 UTC; nil for when it was written.
        public var saidAt: @Sendable (_ patient: String, SQLConnection) throws -> Int64? = { _, _ in nil }

        /// The defaults.
        public init() {}

        func rank(of source: String) -> Int { ranks[source] ?? rankOfOthers }
    }

    /// The records.
    public let store: RecordStore
    /// What was chosen.
    public let options: Options
    let crowded = CrowdedKeys()
    /// How many records the index had when nothing could be learned from it.
    let untelling = Mutex(0)
    private let matcherNow: Mutex<(number: Int64, matcher: Matcher)>

    /// Opens the index with the model that was learned last; with what is assumed of any city where none was.
    public init(_ store: RecordStore, _ options: Options = Options()) throws {
        self.store = store
        self.options = options
        matcherNow = Mutex((0, Matcher(LearnedModel(assumingRecords: 1_000_000))))
        try refreshModel()
    }

    /// What decides now.
    public var matcher: Matcher { matcherNow.withLock { $0.matcher } }

    /// Takes the model that was learned last, here or by another server.
    public func refreshModel() throws {
        let known = matcherNow.withLock { $0.number }
        let newest = try store.readSQL { db in
            try db.first("SELECT id, model FROM person_model WHERE id > ? ORDER BY id DESC LIMIT 1", [.integer(known)])
            { ($0.int(0), $0.text(1)) }
        }
        guard let (number, text) = newest else { return }
        let model = try JSONDecoder().decode(LearnedModel.self, from: Data(text.utf8))
        matcherNow.withLock { $0 = (number, Matcher(model)) }
    }

    /// The persons that a record may be about, the likeliest first.
    ///
    /// - Parameters:
    ///   - fields: what the record says.
    ///   - person: a person that is left out, such as the record's own.
    public func matches(_ fields: [ColumnRole: String], but person: String? = nil) throws -> [PersonMatch] {
        let matcher = matcher
        let keys = matcher.keys(of: fields)
        let candidates = try store.readSQL { db in
            let index = IndexTable(db: db)
            return try index.records(index.records(sharing: keys, crowded))
        }
        return matcher.match(fields, among: candidates.filter { $0.person != person })
    }

    /// The person that stands for a Patient now, by ids; the same where it was never merged.
    public func survivor(of patient: String) throws -> String {
        try store.readSQL { db in try Redirects(db).survivor(of: patient) }
    }

    /// Every person that was merged into others, and who stands for them; empty where none was.
    public func redirects(limit: Int = 100_000) throws -> [String: String] {
        try store.readSQL { db in
            let rows = try db.query("SELECT person, survivor FROM person_redirect LIMIT ?", [.int(limit)]) {
                ($0.text(0), $0.text(1))
            }
            return Dictionary(uniqueKeysWithValues: rows)
        }
    }
}
