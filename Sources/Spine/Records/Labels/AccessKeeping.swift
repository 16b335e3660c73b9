import Access
import FHIR
import JSON
import SQL
import Synchronization

/// Whether a store keeps the tables of access, how far they are filled, and what is remembered of them.
final class AccessKeeping: Sendable {
    /// Reads the labels of resources.
    let reader: LabelReader
    private let held = Mutex(AccessTables.State.absent)
    private let book = Mutex(ConsentBook())
    private let numbers = Mutex<[ResourceKey: Int64]>([:])
    private let signal: AsyncStream<Void>.Continuation
    /// Says when there may be resources to be labelled; for ``LabelUpkeep`` alone.
    let signals: AsyncStream<Void>
    /// At most so many numbers of resources are remembered.
    private static let numbersMax = 50_000

    init(_ definitions: Definitions) {
        reader = LabelReader(definitions)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var state: AccessTables.State {
        get { held.withLock { $0 } }
        set {
            held.withLock { $0 = newValue }
            signal.yield()
        }
    }

    /// Whether writes write the tables.
    var isOn: Bool { state != .absent }

    /// Learns what another server has done to the database.
    func refresh(_ text: String?) {
        let found = AccessTables.State(text)
        if found != .absent, found != state { state = found }
    }

    /// Ends ``signals``.
    func close() { signal.finish() }

    /// The labels of a resource, where they are kept.
    func labels(of document: JSONDocument) -> ResourceLabels? { isOn ? reader.labels(of: document.root) : nil }

    /// The number of a resource, which once given never changes.
    func number(of key: ResourceKey, _ db: SQLConnection, _ parts: StoreParts) throws -> Int64? {
        if let known = numbers.withLock({ $0[key] }) { return known }
        guard let found = try parts.rid(db, key) else { return nil }
        // What a transaction has not committed may come to nothing.
        guard parts.isCommitted else { return found }
        numbers.withLock { numbers in
            if numbers.count >= Self.numbersMax { numbers.removeAll(keepingCapacity: true) }
            numbers[key] = found
        }
        return found
    }

    /// Every consent that denies something.
    func consents(_ db: SQLConnection, _ parts: StoreParts) throws -> [ConsentBook.Entry] {
        let type = parts.types.number(of: "Consent") ?? 0
        let newest: (sequence: Int64, merged: Int64) =
            try db.first(
                """
                SELECT (SELECT max(sequence) FROM version WHERE type = ?),
                (SELECT value FROM setting WHERE name = '\(StandIns.table)')
                """, [.integer(type)]
            ) { ($0.int(0), $0.textOrNil(1).flatMap { Int64($0) } ?? 0) } ?? (0, 0)
        let known = book.withLock { $0 }
        if known.sequence >= newest.sequence, known.merged >= newest.merged { return known.entries }
        let entries = try ConsentBook.read(db, parts)
        guard parts.isCommitted else { return entries }
        book.withLock { book in
            guard book.sequence <= newest.sequence, book.merged <= newest.merged else { return }
            book = ConsentBook(sequence: newest.sequence, merged: newest.merged, entries: entries)
        }
        return entries
    }
}

/// The consents that deny something, as of a place of the feed.
struct ConsentBook: Sendable {
    struct Entry: Sendable {
        /// The number of who stands for the patient.
        var person: Int64
        /// What was decided, by whoever stands for the patient now.
        var directive: ConsentDirective
    }

    var sequence: Int64 = 0
    /// The place of the feed before the last merge, or the taking back of one: whose a consent is may have changed.
    var merged: Int64 = 0
    var entries: [Entry] = []

    static func read(_ db: SQLConnection, _ parts: StoreParts) throws -> [Entry] {
        try db.query(
            """
            SELECT \(StoreParts.versionColumns), c.person, p.id FROM access_consent c JOIN resource r ON r.rid = c.rid
            JOIN version v ON v.sequence = r.sequence JOIN resource p ON p.rid = c.person WHERE r.alive = 1 ORDER BY c.rid
            """
        ) { row -> Entry? in
            let document = try parts.document(parts.version(row).stored.bytes)
            guard var directive = ConsentDirective(document.root) else { return nil }
            directive.patient = row.withBlob(11) { IDCode.decode($0) }
            return Entry(person: row.int(10), directive: directive)
        }.compactMap { $0 }
    }
}
