public import SQL

/// Fills an empty store with the feed of another store or an archive: every version with its id, place, number and instant.
/// Index rows are derived anew.
///
/// A copy that was interrupted goes on where it stood. Until it has been verified, the store is marked as a begun copy, and
/// only a copy opens it.
public enum FeedCopy {
    /// The setting that marks a begun copy.
    static let mark = "copy"
    /// Versions of one commit.
    static let commitMax = 8000

    /// How far a copy is.
    public enum Stage: Sendable {
        /// Versions that were there already are read again at the source, for the digest.
        case resuming
        case copying
        /// The copy is read back, for the digest.
        case verifying
    }

    /// Copies, verifies, and takes the mark away.
    ///
    /// - Parameter store: opened with ``RecordStoreOptions/acceptsCopy``, without projections: they follow the feed when a
    ///   server opens it.
    /// - Returns: the place up to which was copied, and the digest of both.
    /// - Throws: ``RecordsError`` of category `conflict` when the store holds something else, or the digests differ.
    public static func copy(
        _ source: some FeedSource, into store: RecordStore,
        progress: (_ stage: Stage, _ done: Int64, _ of: Int64) -> Void = { _, _, _ in }
    ) async throws(RecordsError) -> FeedArchive.Summary {
        do {
            let head = try source.head()
            let begun = try await begin(store, head)
            var digest = FeedDigest()
            var last: FeedVersion?
            try scan(source, from: 0, through: min(begun, head)) { page in
                digest.add(page)
                last = page.last
                progress(.resuming, Int64(digest.count), begun)
            }
            if begun > 0 { try check(last, isEndOf: store, begun) }
            var place = begun
            while place < head {
                let page = try source.versions(after: place, through: head)
                guard let end = page.last?.sequence else {
                    throw RecordsError(.internal, "The source's feed ends at \(place), before \(head).")
                }
                digest.add(page)
                var start = 0
                while start < page.count {
                    let part = page[start..<min(page.count, start + commitMax)]
                    try await store.replay(Array(part))
                    start = part.endIndex
                }
                place = end
                progress(.copying, place, head)
            }
            let summary = FeedArchive.Summary(sequence: head, digest: digest.finish())
            try verify(store, summary, progress)
            await store.settleParameters()
            try await store.writer.perform { db in
                try db.execute("DELETE FROM setting WHERE name = ?", .text(mark))
            }
            return summary
        } catch {
            throw RecordsError(translating: error)
        }
    }

    /// Marks an empty store, or finds the place of a begun copy. One that was stopped after its last step is whole, and is
    /// only verified, unmarked: it may be any store with as many versions.
    private static func begin(_ store: RecordStore, _ sourceHead: Int64) async throws -> Int64 {
        try await store.writer.perform { db in
            let head = try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0
            let isBegun = try isBegun(in: db)
            if !isBegun, head > 0 {
                guard head == sourceHead else {
                    throw RecordsError(
                        .conflict, "The store to be filled holds \(head) versions already. Give an empty one.")
                }
                return head
            }
            try db.execute(
                "INSERT INTO setting (name, value) VALUES (?, 'begun') ON CONFLICT DO NOTHING", .text(mark))
            return head
        }
    }

    /// Whether the filling of a store was begun and is not finished.
    public static func isBegun(in db: SQLConnection) throws -> Bool {
        try db.first("SELECT 1 FROM setting WHERE name = ?", [.text(mark)], map: { $0.int(0) }) != nil
    }

    /// Refuses a store whose filling was interrupted.
    static func refuseBegun(_ db: SQLConnection) throws {
        guard try isBegun(in: db) else { return }
        throw RecordsError(
            .unavailable,
            "This store is being filled from another one, or from a backup, and that is not finished. Run the same "
                + "healthbrain database command again; it goes on where it stood.")
    }

    private static func check(_ last: FeedVersion?, isEndOf store: RecordStore, _ begun: Int64) throws {
        let feed = StoreFeed(of: store)
        guard let last, last.sequence == begun, try feed.versions(after: begun - 1, through: begun) == [last] else {
            throw RecordsError(.conflict, "The store to be filled is a copy begun from another source.")
        }
    }

    private static func verify(
        _ store: RecordStore, _ summary: FeedArchive.Summary, _ progress: (Stage, Int64, Int64) -> Void
    ) throws {
        let feed = StoreFeed(of: store)
        var digest = FeedDigest()
        try scan(feed, from: 0, through: summary.sequence) { page in
            digest.add(page)
            progress(.verifying, Int64(digest.count), summary.sequence)
        }
        let found = digest.finish()
        guard try feed.head() == summary.sequence, found == summary.digest else {
            throw RecordsError(
                .conflict, "The copy differs from its source: SHA-256 \(found) instead of \(summary.digest).")
        }
    }

    private static func scan(
        _ source: some FeedSource, from start: Int64, through end: Int64, _ each: ([FeedVersion]) throws -> Void
    ) throws {
        var place = start
        while place < end {
            let page = try source.versions(after: place, through: end)
            guard let last = page.last else { throw RecordsError(.internal, "The feed ends at \(place).") }
            try each(page)
            place = last.sequence
        }
    }
}
