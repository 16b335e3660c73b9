import FHIR
import SQL

/// Marks messages as done or dead, in the transaction that writes what they say.
struct Ending {
    private let sender: String
    private let messages: [PreparedMessage]
    private let decided: Wagon.Decided
    private let highway: Highway
    private let now: Int64

    init(_ sender: String, _ messages: [PreparedMessage], _ decided: Wagon.Decided, _ highway: Highway) {
        self.sender = sender
        self.messages = messages
        self.decided = decided
        self.highway = highway
        now = highway.options.now()
    }

    func write(_ db: SQLConnection) throws {
        let ids = messages.map(\.message.id)
        try db.delete(
            from: "highway_waiting", columns: [.texts("sender", ids.map { _ in sender }), .integers("id", ids)])
        let states = messages.map { $0.isDead ? MessageState.dead : .done }
        let events = messages.map { $0.items.compactMap(\.item.event).max() }
        try db.insert(
            into: "highway_end",
            columns: [
                .integers("id", ids), .integers("state", states.map { Int64($0.rawValue) }),
                .integers("at", ids.map { _ in now }),
                SQLColumn("event", .integers(events.map { $0 ?? 0 }), isNull: events.map { $0 == nil }),
                .texts("kind", messages.map { $0.kind }),
                .integers("written", ids.map { Int64(decided.written[$0] ?? 0) }),
                .integers("attempts", messages.map { Int64($0.attempts + 1) }),
                SQLColumn("other", .integers(ids.map { _ in 0 }), isNull: ids.map { _ in true }),
            ])
        var counts = Counts()
        counts.add(sender, "waiting", -Int64(messages.count))
        for state in states { counts.add(sender, state.name, 1) }
        try bury(db)
        try replace(states, &counts, db)
        try noteUnmapped(db)
        try QualityTables(highway.options.findingsMax).write(sender, messages, decided.changedElsewhere, db)
        try counts.write(db)
    }

    /// Puts what can't be worked on onto the shelf.
    private func bury(_ db: SQLConnection) throws {
        for message in messages {
            for item in message.items.map(\.item) {
                guard let first = item.refusals.first else { continue }
                try db.execute(
                    """
                    INSERT INTO highway_dead
                    (message, item, sender, step, reason, place, what, hint, kind, at, faults)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """, .integer(message.message.id), .integer(Int64(item.number)), .text(sender),
                    .text(first.step.rawValue), .text(first.rule), .text(first.place), .text(first.what),
                    .text(first.hint), .text(item.kind), .integer(now), .text(RefusalText.encode(item.refusals)))
            }
        }
    }

    /// A message that went well takes the place of a dead one with the same control id: where both say one thing, of the
    /// same type and about the same patient, and the one came soon after the other. Control ids come again.
    private func replace(_ states: [MessageState], _ counts: inout Counts, _ db: SQLConnection) throws {
        for (message, state) in zip(messages, states) where state == .done && message.items.count == 1 {
            guard let earlier = message.message.earlier, try isReplaced(earlier, by: message, db) else { continue }
            try db.execute(
                "UPDATE highway_end SET state = ?, other = ? WHERE id = ?",
                .integer(Int64(MessageState.replaced.rawValue)), .integer(message.message.id), .integer(earlier))
            try db.execute("DELETE FROM highway_dead WHERE message = ?", .integer(earlier))
            counts.add(sender, MessageState.dead.name, -1)
            counts.add(sender, MessageState.replaced.name, 1)
        }
    }

    private func isReplaced(_ earlier: Int64, by message: PreparedMessage, _ db: SQLConnection) throws -> Bool {
        let dead = try db.first(
            """
            SELECT e.kind FROM highway_end e WHERE e.id = ? AND e.state = ? AND e.written = 0
            AND (SELECT count(*) FROM highway_dead d WHERE d.message = e.id) = 1
            """, [.integer(earlier), .integer(Int64(MessageState.dead.rawValue))]
        ) { $0.text(0).split(separator: "^").first }
        // The event may be what was wrong, or nothing could be read of it.
        guard let dead, dead.map({ $0 == "hl7v2" || message.kind.hasPrefix($0) }) ?? true,
            let found = try StoredMessage.read([earlier], in: db).first,
            message.message.received - found.received <= highway.options.duplicateHorizon,
            let before = found.bytes, let now = message.message.bytes
        else { return false }
        return PatientID.of(before) == PatientID.of(now)
    }

    /// Notes codes that no table knows, for the work list.
    private func noteUnmapped(_ db: SQLConnection) throws {
        var amounts: [Unmapped: Int64] = [:]
        for message in messages {
            let codes = message.items.flatMap(\.item.unmapped)
            guard !codes.isEmpty else { continue }
            for code in codes { amounts[code, default: 0] += 1 }
            try db.insert(
                into: "highway_unmapped_use",
                columns: [.integers("message", [message.message.id]), .texts("sender", [sender])])
        }
        for (code, amount) in amounts.sorted(by: { ($0.key.system, $0.key.code) < ($1.key.system, $1.key.code) }) {
            try db.execute(
                """
                INSERT INTO highway_unmapped (sender, system, code, text, place, first, last, amount)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sender, system, code) DO UPDATE SET
                last = excluded.last, amount = highway_unmapped.amount + excluded.amount
                """, .text(sender), .text(code.system), .text(code.code), .text(code.text), .text(code.place),
                .integer(now), .integer(now), .integer(amount))
        }
    }
}

extension PreparedMessage {
    var isDead: Bool { items.contains { !$0.item.refusals.isEmpty } }

    /// `ADT^A01`, or the first kind of several.
    var kind: String { items.first?.item.kind ?? message.format.text }
}
