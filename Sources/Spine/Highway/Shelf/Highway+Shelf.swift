import FHIR
import HL7v2
public import Mapping
public import Records
import SQL
import Synchronization

extension Highway {
    /// A page of the shelf, the newest first.
    ///
    /// - Parameters:
    ///   - sender: of whom; nil: of all.
    ///   - reason: `step` or `step/rule`; nil: whatever the reason.
    ///   - count: at most so many.
    ///   - before: only letters of deliveries before this number, to page on.
    public func deadLetters(
        sender: String? = nil, reason: String? = nil, count: Int = 50, before: Int64 = .max
    ) throws(RecordsError) -> [DeadLetter] {
        var (conditions, values) = Self.condition(sender: sender, reason: reason)
        conditions.append("d.message < ?")
        values.append(.integer(before))
        return try store.readSQL { db in
            try Self.letters(
                "WHERE \(conditions.joined(separator: " AND ")) ORDER BY d.message DESC, d.item LIMIT \(max(1, min(count, 1000)))",
                values, db)
        }
    }

    /// The letters of one delivery.
    public func deadLetters(of message: Int64) throws(RecordsError) -> [DeadLetter] {
        try store.readSQL { db in try Self.letters("WHERE d.message = ? ORDER BY d.item", [.integer(message)], db) }
    }

    /// A message as it was received, in UTF-8; nil when there is no such delivery.
    ///
    /// - Parameter isMasked: whether values are hidden, and the structure alone is shown.
    public func content(of message: Int64, isMasked: Bool) throws(RecordsError) -> String? {
        let stored = try store.readSQL { db in try StoredMessage.read([message], in: db).first }
        guard let stored, let bytes = stored.bytes else { return nil }
        let decoded = TextDecoding(assumed: stored.charset.flatMap { Charset($0) }).decode(bytes)
        let text = String(decoding: decoded.text, as: UTF8.self)
        return isMasked ? Mask.message(text, stored.format) : text
    }

    /// Puts letters back into the inbox; they are worked on again by the mapping of now.
    ///
    /// - Returns: how many deliveries.
    /// - Throws: ``HighwayError``.
    @discardableResult
    public func replay(_ letters: DeadLetters) async throws(HighwayError) -> Int {
        let now = options.now()
        let count = try await change { db in
            let ids = try Self.messages(of: letters, db)
            try Self.requeue(ids, db, at: now)
            return ids.count
        }
        if case .message(let id) = letters, count == 0 { throw .notFound("dead letter \(id)") }
        waker.yield()
        return count
    }

    /// Takes letters off the shelf for good; the deliveries stay in the inbox, with the reason.
    ///
    /// - Parameter reason: why, in a few words.
    /// - Returns: how many deliveries.
    @discardableResult
    public func discard(_ letters: DeadLetters, reason: String) async throws(HighwayError) -> Int {
        guard reason.count >= 4 else { throw .refused("Say in a few words why the letter is discarded.") }
        let now = options.now()
        let count = try await change { db in
            let ids = try Self.messages(of: letters, db)
            var counts = Counts()
            for id in ids {
                try db.execute(
                    """
                    INSERT INTO highway_discard (id, at, reason) VALUES (?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET at = excluded.at, reason = excluded.reason
                    """, .integer(id), .integer(now), .text(reason))
                try db.execute(
                    "UPDATE highway_end SET state = ? WHERE id = ?",
                    .integer(Int64(MessageState.discarded.rawValue)), .integer(id))
                let sender = try Self.sender(of: id, db)
                counts.add(sender, MessageState.dead.name, -1)
                counts.add(sender, MessageState.discarded.name, 1)
            }
            try db.delete(from: "highway_dead", columns: [.integers("message", ids)])
            try counts.write(db)
            return ids.count
        }
        if case .message(let id) = letters, count == 0 { throw .notFound("dead letter \(id)") }
        return count
    }

    /// Maps by other files from now on, and works again on what they concern: letters that could not be mapped or checked,
    /// and messages with codes that no table knew.
    ///
    /// - Returns: how many deliveries are worked on again.
    @discardableResult
    public func reload(_ mapping: Mapping) async throws(HighwayError) -> Int {
        mappings.withLock { $0 = mapping }
        let now = options.now()
        let count = try await change { db in
            let dead = try db.query(
                "SELECT DISTINCT message FROM highway_dead WHERE step IN ('read', 'map', 'check') ORDER BY message"
            ) { $0.int(0) }
            let unmapped = try db.query("SELECT message FROM highway_unmapped_use ORDER BY message") { $0.int(0) }
            try db.execute("DELETE FROM highway_unmapped")
            try db.execute("DELETE FROM highway_unmapped_use")
            let ids = Set(dead + unmapped).sorted()
            try Self.requeue(ids, db, at: now)
            return ids.count
        }
        waker.yield()
        return count
    }

    // MARK: Parts

    /// Writes in a transaction with the records' writer, which is the one that writes the highway's marks.
    private func change(
        _ body: @escaping @Sendable (SQLConnection) throws -> Int
    ) async throws(HighwayError) -> Int {
        let box = Changed()
        do {
            _ = try await store.write(size: 1, beside: { db, _ in box.count = try body(db) }, deciding: { _ in [] })
        } catch { throw .unavailable(error.issues.first?.diagnostics ?? "") }
        return box.count
    }

    private static func messages(of letters: DeadLetters, _ db: SQLConnection) throws -> [Int64] {
        let (conditions, values): ([String], [SQLValue]) =
            switch letters {
            case .message(let id): (["d.message = ?"], [.integer(id)])
            case .sender(let sender): condition(sender: sender, reason: nil)
            case .reason(let reason): condition(sender: nil, reason: reason)
            case .all: ([], [])
            }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try db.query("SELECT DISTINCT d.message FROM highway_dead d \(filter) ORDER BY d.message", values) {
            $0.int(0)
        }
    }

    private static func condition(sender: String?, reason: String?) -> ([String], [SQLValue]) {
        var conditions: [String] = []
        var values: [SQLValue] = []
        if let sender {
            conditions.append("d.sender = ?")
            values.append(.text(sender))
        }
        if let reason {
            let parts = reason.split(separator: "/", maxSplits: 1).map(String.init)
            conditions.append("d.step = ?")
            values.append(.text(parts.first ?? ""))
            if parts.count > 1 {
                conditions.append("d.reason = ?")
                values.append(.text(parts[1]))
            }
        }
        return (conditions, values)
    }

    private static func letters(_ rest: String, _ values: [SQLValue], _ db: SQLConnection) throws -> [DeadLetter] {
        try db.query(
            """
            SELECT d.message, d.item, d.sender, d.kind, m.control, m.received, d.at, d.faults
            FROM highway_dead d JOIN highway_message m ON m.id = d.message \(rest)
            """, values
        ) { row in
            DeadLetter(
                message: row.int(0), item: Int(row.int(1)), sender: row.text(2), kind: row.text(3),
                // A delivery has the id of its first message.
                control: row.int(1) == 0 ? row.textOrNil(4) : nil, receivedAt: row.int(5), at: row.int(6),
                reasons: RefusalText.decode(row.text(7)).map { DeadLetter.Reason($0) })
        }
    }

    private static func sender(of id: Int64, _ db: SQLConnection) throws -> String {
        try db.first("SELECT sender FROM highway_message WHERE id = ?", [.integer(id)]) { $0.text(0) } ?? ""
    }

    private static func requeue(_ ids: [Int64], _ db: SQLConnection, at now: Int64) throws {
        var counts = Counts()
        var rows: [(sender: String, id: Int64, size: Int64)] = []
        try db.rows(
            """
            SELECT m.sender, m.id, m.size, e.state FROM highway_message m JOIN highway_end e ON e.id = m.id
            WHERE m.id = ?
            """, ofEach: ids
        ) { row in
            rows.append((row.text(0), row.int(1), row.int(2)))
            counts.add(row.text(0), "waiting", 1)
            counts.add(row.text(0), (MessageState(rawValue: Int(row.int(3))) ?? .done).name, -1)
        }
        rows.sort { ($0.sender, $0.id) < ($1.sender, $1.id) }
        let found = rows.map(\.id)
        try db.insert(
            into: "highway_waiting",
            columns: [
                .texts("sender", rows.map(\.sender)), .integers("id", found), .integers("size", rows.map(\.size)),
                .integers("attempts", rows.map { _ in 1 }),
            ])
        try db.delete(from: "highway_end", columns: [.integers("id", found)])
        try db.delete(from: "highway_dead", columns: [.integers("message", found)])
        try counts.write(db)
    }
}

/// Carries a number out of a transaction.
private final class Changed: Sendable {
    private let value = Mutex(0)
    var count: Int {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
