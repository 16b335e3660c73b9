public import Records
import SQL
import Synchronization

/// What can be asked of the highway, as plain values.
public enum HighwayReport {
    /// What became of a delivery.
    public struct Receipt: Sendable {
        /// Its number.
        public var id: Int64
        /// Who sent it.
        public var sender: String
        /// How it came in.
        public var door: Door
        /// `hl7v2`, `fhir`, `ndjson`, `table:NAME`.
        public var format: String
        /// What the sender calls it.
        public var control: String?
        /// When it came, in milliseconds since 1970 UTC.
        public var receivedAt: Int64
        /// How large it was, in bytes.
        public var bytes: Int64
        /// What became of it.
        public var state: MessageState
        /// When it was worked on; nil while it waits.
        public var endedAt: Int64?
        /// How many resources it wrote.
        public var written: Int64
        /// The delivery that took its place.
        public var replacedBy: Int64?
        /// Why somebody took it off the shelf for good.
        public var discardReason: String?
        /// Why parts of it are on the shelf.
        public var reasons: [DeadLetter.Reason]
    }

    /// A connection.
    public struct Sender: Sendable {
        /// Its name.
        public var name: String
        /// The door of its last delivery.
        public var door: String
        /// The format of its last delivery.
        public var format: String
        /// When its last delivery came, in milliseconds since 1970 UTC.
        public var lastAt: Int64
        /// `waiting`, `taken`, `done`, `dead`, `replaced`, `discarded`, `duplicate`, `refused`: how many.
        public var counts: [String: Int64]
        /// The share of what was asked by the rules of quality that was well, from 0 to 1, of the last seven days; nil when
        /// nothing was asked.
        public var qualityScore: Double?

        /// How many have this name.
        public func count(_ name: String) -> Int64 { counts[name] ?? 0 }
    }

    /// A code that no table knows.
    public struct UnmappedCode: Sendable {
        /// Who sends it.
        public var sender: String
        /// The table or concept map that lacks it.
        public var system: String
        /// The code.
        public var code: String
        /// Its text, where one came.
        public var text: String
        /// Where it stood the first time.
        public var place: String
        /// How often it came.
        public var count: Int64
        /// When it came first, in milliseconds since 1970 UTC.
        public var firstAt: Int64
        /// When it came last.
        public var lastAt: Int64
    }

    /// How a sender keeps to a rule on a day.
    public struct Score: Sendable {
        /// Days since 1970-01-01, by Beijing's clock.
        public var day: Int64
        /// Whose.
        public var sender: String
        /// The kind of message.
        public var kind: String
        /// The rule.
        public var rule: QualityRule
        /// How often it was asked.
        public var checked: Int64
        /// How often it was broken.
        public var failed: Int64

        /// The share that was well, from 0 to 1.
        public var score: Double { checked == 0 ? 1 : 1 - Double(failed) / Double(checked) }
    }

    /// A place where a rule was broken.
    public struct Finding: Sendable {
        /// Days since 1970-01-01, by Beijing's clock.
        public var day: Int64
        /// Whose.
        public var sender: String
        /// The rule's id.
        public var rule: String
        /// The delivery.
        public var message: Int64
        /// What the sender calls it.
        public var control: String
        /// The kind of message.
        public var kind: String
        /// Where.
        public var place: String
        /// What was found.
        public var what: String
        /// What to do.
        public var hint: String
    }

    /// How long it takes, since the server started.
    public struct Lag: Sendable {
        /// A sender's, in milliseconds.
        public struct OfSender: Sendable {
            /// Its name.
            public var name: String
            /// From what happened to the record.
            public var fromEvent: LagHistogram
            /// From receipt to the record.
            public var fromReceipt: LagHistogram
        }

        /// Senders by name.
        public var senders: [OfSender]
        /// A projection's, in milliseconds.
        public struct OfProjection: Sendable {
            /// Its name.
            public var name: String
            /// From the record to the projection.
            public var fromRecord: LagHistogram
            /// From what happened to the projection.
            public var fromEvent: LagHistogram
        }

        /// Projections by name.
        public var projections: [OfProjection]
        /// From the receipt of a message until it is taken from the inbox to be worked on.
        public var toTaken: LagHistogram
        /// From there until it is mapped, checked and ready to be written.
        public var toReady: LagHistogram
        /// From there to the record.
        public var toRecord: LagHistogram
    }

    /// The highway as a whole.
    public struct Status: Sendable {
        /// How many deliveries wait.
        public var waiting: Int64
        /// How many are on the shelf.
        public var dead: Int64
        /// How many were taken.
        public var taken: Int64
        /// How many connections there are.
        public var senders: Int
        /// For how long messages that were worked on are kept, in milliseconds; nil: for ever.
        public var keptMilliseconds: Int64?
        /// When the oldest message of the inbox came, in milliseconds since 1970 UTC; nil when there is none.
        public var oldestAt: Int64?
    }
}

extension Highway {
    /// What became of a delivery; nil when there is none of this number.
    public func receipt(_ id: Int64) throws(RecordsError) -> HighwayReport.Receipt? {
        try store.readSQL { db in
            let found = try db.first(
                """
                SELECT m.sender, m.door, m.format, m.control, m.received, m.size, e.state, e.at, e.written, e.other,
                CASE WHEN e.state = \(MessageState.discarded.rawValue) THEN d.reason END
                FROM highway_message m LEFT JOIN highway_end e ON e.id = m.id
                LEFT JOIN highway_discard d ON d.id = m.id WHERE m.id = ?
                """, [.integer(id)]
            ) { row in
                HighwayReport.Receipt(
                    id: id, sender: row.text(0), door: Door(rawValue: row.text(1)) ?? .http, format: row.text(2),
                    control: row.textOrNil(3), receivedAt: row.int(4), bytes: row.int(5),
                    state: row.intOrNil(6).flatMap { MessageState(rawValue: Int($0)) } ?? .waiting,
                    endedAt: row.intOrNil(7), written: row.int(8), replacedBy: row.intOrNil(9),
                    discardReason: row.textOrNil(10),
                    reasons: [])
            }
            guard var receipt = found else { return nil }
            try db.rows("SELECT faults FROM highway_dead WHERE message = ? ORDER BY item", [.integer(id)]) { row in
                receipt.reasons += RefusalText.decode(row.text(0)).map { DeadLetter.Reason($0) }
            }
            return receipt
        }
    }

    /// Every connection, by name.
    public func senders() throws(RecordsError) -> [HighwayReport.Sender] {
        let since = QualityTables.day(options.now()) - 6
        return try store.readSQL { db in
            var counts: [String: [String: Int64]] = [:]
            try db.rows("SELECT sender, name, amount FROM highway_count") { row in
                counts[row.text(0), default: [:]][row.text(1)] = row.int(2)
            }
            var scores: [String: (Int64, Int64)] = [:]
            try db.rows(
                "SELECT sender, sum(checked), sum(failed) FROM highway_quality WHERE day >= ? GROUP BY sender",
                [.integer(since)]
            ) { row in scores[row.text(0)] = (row.int(1), row.int(2)) }
            return try db.query("SELECT name, door, format, last FROM highway_sender ORDER BY name") { row in
                let name = row.text(0)
                let score = scores[name].flatMap { $0.0 > 0 ? 1 - Double($0.1) / Double($0.0) : nil }
                return HighwayReport.Sender(
                    name: name, door: row.text(1), format: row.text(2), lastAt: row.int(3), counts: counts[name] ?? [:],
                    qualityScore: score)
            }
        }
    }

    /// The highway as a whole.
    public func status() throws(RecordsError) -> HighwayReport.Status {
        try store.readSQL { db in
            var sums: [String: Int64] = [:]
            try db.rows("SELECT name, sum(amount) FROM highway_count GROUP BY name") { sums[$0.text(0)] = $0.int(1) }
            let senders = try db.first("SELECT count(*) FROM highway_sender") { Int($0.int(0)) } ?? 0
            let oldest = try db.first("SELECT received FROM highway_message ORDER BY id LIMIT 1") { $0.int(0) }
            return HighwayReport.Status(
                waiting: sums["waiting"] ?? 0, dead: sums["dead"] ?? 0, taken: sums["taken"] ?? 0, senders: senders,
                keptMilliseconds: options.keptMilliseconds, oldestAt: oldest)
        }
    }

    /// The work list of codes, the most frequent first.
    ///
    /// - Parameter sender: of whom; nil: of all.
    public func unmappedCodes(
        sender: String? = nil, count: Int = 500
    ) throws(RecordsError) -> [HighwayReport.UnmappedCode] {
        try store.readSQL { db in
            try db.query(
                """
                SELECT sender, system, code, text, place, amount, first, last FROM highway_unmapped
                \(sender == nil ? "" : "WHERE sender = ?") ORDER BY amount DESC, sender, system, code
                LIMIT \(max(1, min(count, 10_000)))
                """, sender.map { [.text($0)] } ?? []
            ) { row in
                HighwayReport.UnmappedCode(
                    sender: row.text(0), system: row.text(1), code: row.text(2), text: row.text(3), place: row.text(4),
                    count: row.int(5), firstAt: row.int(6), lastAt: row.int(7))
            }
        }
    }

    /// How senders keep to the rules of quality.
    ///
    /// - Parameters:
    ///   - sender: whose; nil: of all.
    ///   - days: which, since 1970-01-01 by Beijing's clock.
    public func quality(
        sender: String? = nil, days: ClosedRange<Int64>
    ) throws(RecordsError) -> [HighwayReport.Score] {
        let byID = Dictionary(rules.rules.map { ($0.id, $0) }) { one, _ in one }
        return try store.readSQL { db in
            try db.query(
                """
                SELECT day, sender, kind, rule, checked, failed FROM highway_quality
                WHERE day BETWEEN ? AND ? \(sender == nil ? "" : "AND sender = ?") ORDER BY day, sender, kind, rule
                """,
                [.integer(days.lowerBound), .integer(days.upperBound)] + (sender.map { [.text($0)] } ?? [])
            ) { row -> HighwayReport.Score? in
                byID[row.text(3)].map {
                    HighwayReport.Score(
                        day: row.int(0), sender: row.text(1), kind: row.text(2), rule: $0, checked: row.int(4),
                        failed: row.int(5))
                }
            }.compactMap { $0 }
        }
    }

    /// Where a sender broke rules, line by line.
    public func findings(
        sender: String, days: ClosedRange<Int64>, count: Int = 10_000
    ) throws(RecordsError) -> [HighwayReport.Finding] {
        try store.readSQL { db in
            try db.query(
                """
                SELECT day, rule, message, control, kind, place, what, hint FROM highway_finding
                WHERE sender = ? AND day BETWEEN ? AND ? ORDER BY day, rule, message, line
                LIMIT \(max(1, min(count, 100_000)))
                """, [.text(sender), .integer(days.lowerBound), .integer(days.upperBound)]
            ) { row in
                HighwayReport.Finding(
                    day: row.int(0), sender: sender, rule: row.text(1), message: row.int(2), control: row.text(3),
                    kind: row.text(4), place: row.text(5), what: row.text(6), hint: row.text(7))
            }
        }
    }

    /// The rules of quality.
    public var qualityRules: [QualityRule] { rules.rules }

    /// How long it takes.
    public var lag: HighwayReport.Lag {
        let stations = lags.stations
        return HighwayReport.Lag(
            senders: lags.senders.sorted { $0.key < $1.key }.map {
                .init(name: $0.key, fromEvent: $0.value.fromEvent, fromReceipt: $0.value.fromReceipt)
            },
            projections: lags.projections.sorted { $0.key < $1.key }.map {
                .init(name: $0.key, fromRecord: $0.value.fromRecord, fromEvent: $0.value.fromEvent)
            }, toTaken: stations.toTaken, toReady: stations.toReady, toRecord: stations.toRecord)
    }

    /// Returns when nothing waits any more, for tests and tools.
    public func settle() async throws {
        while try status().waiting > 0, !isClosed.load(ordering: .acquiring) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
