import Records
import SQL
import Synchronization

/// Removes messages that were worked on from the inbox once they are older than is kept.
///
/// What is waiting or on the shelf stays, whatever its age; so does the record. A message that is gone is no longer known
/// again: sent once more it is worked on as a new one, and changes nothing that counts more.
struct Retention {
    /// Between two searches for what is too old.
    static let pause = Duration.seconds(60)
    /// Between two steps, so that others write.
    static let stepPause = Duration.milliseconds(50)
    /// At most this many messages are looked at in one transaction.
    static let stepMax = 200

    private let before: Int64

    /// - Parameter before: what was received earlier goes; milliseconds since 1970 UTC.
    init(before: Int64) { self.before = before }

    private struct Old {
        var id: Int64
        var sender: String
        var format: String
        var charset: String?
        var control: String?
        var digest: [UInt8]
        var state: MessageState?
    }

    /// Takes a step.
    ///
    /// - Parameter place: the number of the last message that was looked at.
    /// - Returns: where to go on; nil at the end.
    func step(after place: Int64, _ db: SQLConnection) throws -> Int64? {
        let old = try db.query(
            """
            SELECT m.id, m.sender, m.format, m.charset, m.control, m.digest, e.state, m.received
            FROM highway_message m LEFT JOIN highway_end e ON e.id = m.id
            WHERE m.id > ? ORDER BY m.id LIMIT \(Self.stepMax)
            """, [.integer(place)]
        ) { row in
            (
                old: Old(
                    id: row.int(0), sender: row.text(1), format: row.text(2), charset: row.textOrNil(3),
                    control: row.textOrNil(4), digest: row.blob(5),
                    state: row.intOrNil(6).flatMap { MessageState(rawValue: Int($0)) }), received: row.int(7)
            )
        }
        // Numbers are given in the order of receipt.
        let all = old.prefix { $0.received < before }.map(\.old)
        try remove(all.filter { [.done, .replaced, .discarded].contains($0.state) }, db)
        return all.count == Self.stepMax ? all.last?.id : nil
    }

    private func remove(_ gone: [Old], _ db: SQLConnection) throws {
        let ids = gone.map(\.id)
        var marks: [(mark: Int64, id: Int64)] = []
        for message in gone {
            marks.append(
                (
                    Digest.contentMark(
                        message.digest, of: message.sender, format: message.format, charset: message.charset),
                    message.id
                ))
            if let control = message.control {
                marks.append((Digest.controlMark(control, of: message.sender), message.id))
            }
        }
        marks.sort { $0 < $1 }
        try db.delete(
            from: "highway_seen", columns: [.integers("mark", marks.map(\.mark)), .integers("id", marks.map(\.id))])
        for table in ["highway_message", "highway_end", "highway_discard"] {
            try db.delete(from: table, columns: [.integers("id", ids)])
        }
        try db.delete(from: "highway_unmapped_use", columns: [.integers("message", ids)])
    }
}

extension Highway {
    /// Removes what is too old, step by step, until the task is cancelled.
    func forget() async {
        guard let kept = options.keptMilliseconds else { return }
        while !Task.isCancelled {
            var place: Int64? = 0
            while let next = place, !Task.isCancelled, !isClosed.load(ordering: .acquiring) {
                let retention = Retention(before: options.now() - kept)
                let found = Place()
                do {
                    _ = try await store.write(
                        size: 1, beside: { db, _ in found.set(try retention.step(after: next, db)) },
                        deciding: { _ in [] })
                } catch { break }
                place = found.value
                try? await Task.sleep(for: Retention.stepPause)
            }
            try? await Task.sleep(for: Retention.pause)
        }
    }
}

/// Carries a place out of a transaction.
private final class Place: Sendable {
    private let place = Mutex<Int64?>(nil)
    var value: Int64? { place.withLock { $0 } }
    func set(_ value: Int64?) { place.withLock { $0 = value } }
}
