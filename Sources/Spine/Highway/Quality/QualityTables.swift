import Records
import SQL

/// Keeps what the rules of quality say, by day, sender, kind and rule, and line by line.
struct QualityTables {
    /// Of Beijing's clock: days are those of the institutions.
    static let zoneMilliseconds: Int64 = 8 * 3_600_000
    private let findingsMax: Int

    init(_ findingsMax: Int) { self.findingsMax = findingsMax }

    /// Days since 1970-01-01 by Beijing's clock.
    static func day(_ milliseconds: Int64) -> Int64 {
        let shifted = milliseconds + zoneMilliseconds
        return (shifted >= 0 ? shifted : shifted - 86_399_999) / 86_400_000
    }

    private struct Key: Hashable {
        var day: Int64
        var kind: String
        var rule: String
    }

    func write(
        _ sender: String, _ messages: [PreparedMessage],
        _ changedElsewhere: [(message: Int64, key: ResourceKey)], _ db: SQLConnection
    ) throws {
        var sums: [Key: (checked: Int64, failed: Int64)] = [:]
        var findings: [(day: Int64, rule: String, message: StoredMessage, kind: String, Verdict.Failure)] = []
        for message in messages {
            // What was worked on before was counted then.
            guard message.attempts == 0 else { continue }
            let day = Self.day(message.message.received)
            for item in message.items {
                for verdict in item.verdicts {
                    var failures = verdict.failures
                    if verdict.rule == "undisturbed" {
                        failures += changedElsewhere.filter { $0.message == message.message.id }.map {
                            .init(
                                place: $0.key.type, what: "somebody else has changed the \($0.key.type) since",
                                hint: "find out who else writes this record")
                        }
                    }
                    let key = Key(day: day, kind: item.item.kind, rule: verdict.rule)
                    sums[key, default: (0, 0)].checked += Int64(verdict.checked)
                    sums[key, default: (0, 0)].failed += Int64(min(failures.count, verdict.checked))
                    findings += failures.map { (day, verdict.rule, message.message, item.item.kind, $0) }
                }
            }
        }
        try write(sums, sender, db)
        try write(findings, sender, db)
    }

    private func write(
        _ sums: [Key: (checked: Int64, failed: Int64)], _ sender: String, _ db: SQLConnection
    ) throws {
        let rows = sums.sorted { ($0.key.day, $0.key.kind, $0.key.rule) < ($1.key.day, $1.key.kind, $1.key.rule) }
        for (key, sum) in rows {
            try db.execute(
                """
                INSERT INTO highway_quality (day, sender, kind, rule, checked, failed) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (day, sender, kind, rule) DO UPDATE SET
                checked = highway_quality.checked + excluded.checked, failed = highway_quality.failed + excluded.failed
                """, .integer(key.day), .text(sender), .text(key.kind), .text(key.rule), .integer(sum.checked),
                .integer(sum.failed))
        }
    }

    private func write(
        _ findings: [(day: Int64, rule: String, message: StoredMessage, kind: String, Verdict.Failure)],
        _ sender: String, _ db: SQLConnection
    ) throws {
        var room: [Key: Int] = [:]
        var lines: [Int64: Int64] = [:]
        for (day, rule, message, kind, failure) in findings {
            let key = Key(day: day, kind: "", rule: rule)
            if room[key] == nil {
                let count =
                    try db.first(
                        "SELECT count(*) FROM highway_finding WHERE sender = ? AND day = ? AND rule = ?",
                        [.text(sender), .integer(day), .text(rule)]
                    ) { Int($0.int(0)) } ?? 0
                room[key] = findingsMax - count
            }
            guard let left = room[key], left > 0 else { continue }
            room[key] = left - 1
            let line = lines[message.id, default: 0]
            lines[message.id] = line + 1
            try db.insert(
                into: "highway_finding",
                columns: [
                    .texts("sender", [sender]), .integers("day", [day]), .texts("rule", [rule]),
                    .integers("message", [message.id]), .integers("line", [line]), .texts("kind", [kind]),
                    .texts("control", [message.control ?? ""]), .texts("place", [failure.place]),
                    .texts("what", [failure.what]), .texts("hint", [failure.hint]),
                ])
        }
    }
}
