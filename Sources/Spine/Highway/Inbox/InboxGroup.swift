import SQL

/// Deliveries that become durable by one commit.
struct InboxGroup {
    private let arrivals: [Inbox.Arrival]
    private let options: HighwayOptions
    private let db: SQLConnection
    private var seen: [Int64: [(id: Int64, digest: [UInt8], at: Int64)]] = [:]
    private var waiting: [String: Int64] = [:]
    /// The newest delivery of each sender that has no control id.
    private var newest: [String: Int64] = [:]

    init(_ arrivals: [Inbox.Arrival], _ options: HighwayOptions, _ db: SQLConnection) throws {
        self.arrivals = arrivals
        self.options = options
        self.db = db
        try look()
    }

    private mutating func look() throws {
        let marks = Set(arrivals.map(\.contentMark) + arrivals.compactMap(\.controlMark)).sorted()
        try db.rows("SELECT mark, id, digest, at FROM highway_seen WHERE mark = ?", ofEach: marks) { row in
            seen[row.int(0), default: []].append((row.int(1), row.blob(2), row.int(3)))
        }
        for sender in Set(arrivals.map(\.delivery.sender)) {
            waiting[sender] =
                try db.first(
                    "SELECT amount FROM highway_count WHERE sender = ? AND name = 'waiting'", [.text(sender)]
                ) { $0.int(0) } ?? 0
            newest[sender] = try db.first("SELECT id FROM highway_newest WHERE sender = ?", [.text(sender)]) {
                $0.int(0)
            }
        }
    }

    /// Writes them.
    mutating func write() throws -> [Result<Acceptance, HighwayError>] {
        var next = (try db.first("SELECT max(id) FROM highway_message") { $0.int(0) } ?? 0) + 1
        var results: [Result<Acceptance, HighwayError>] = []
        var taken: [(id: Int64, earlier: Int64?, arrival: Inbox.Arrival)] = []
        var counts = Counts()
        for arrival in arrivals {
            let sender = arrival.delivery.sender
            if let known = try original(of: arrival) {
                counts.add(sender, "duplicate", 1)
                results.append(.success(.duplicate(of: known)))
                continue
            }
            guard waiting[sender, default: 0] < options.waitingMax else {
                counts.add(sender, "refused", 1)
                results.append(.failure(.busy(retrySeconds: options.retrySeconds)))
                continue
            }
            let earlier = arrival.controlMark.flatMap { seen[$0]?.map(\.id).max() }
            let id = next
            next += 1
            waiting[sender, default: 0] += 1
            counts.add(sender, "waiting", 1)
            counts.add(sender, "taken", 1)
            note(arrival, id)
            taken.append((id, earlier, arrival))
            results.append(.success(.taken(id: id)))
        }
        try insert(taken)
        try counts.write(db)
        return results
    }

    /// Under which number the same content came before: without a control id, as the sender's last word, since what has
    /// changed in between may well change back. What somebody took off the shelf may come again.
    private func original(of arrival: Inbox.Arrival) throws -> Int64? {
        let since = arrival.delivery.receivedAt - options.duplicateHorizon
        let newest = newest[arrival.delivery.sender]
        return try seen[arrival.contentMark]?.first { known in
            guard known.digest == arrival.digest else { return false }
            guard arrival.control != nil || (known.at >= since && known.id == newest) else { return false }
            return try db.first("SELECT state FROM highway_end WHERE id = ?", [.integer(known.id)]) { $0.int(0) }
                != Int64(MessageState.discarded.rawValue)
        }?.id
    }

    private mutating func note(_ arrival: Inbox.Arrival, _ id: Int64) {
        let row = (id: id, digest: arrival.digest, at: arrival.delivery.receivedAt)
        seen[arrival.contentMark, default: []].append(row)
        if let mark = arrival.controlMark { seen[mark, default: []].append(row) }
        if arrival.control == nil { newest[arrival.delivery.sender] = id }
    }

    private func insert(_ taken: [(id: Int64, earlier: Int64?, arrival: Inbox.Arrival)]) throws {
        guard !taken.isEmpty else { return }
        let deliveries = taken.map(\.arrival.delivery)
        try db.insert(
            into: "highway_message",
            columns: [
                .integers("id", taken.map(\.id)), .texts("sender", deliveries.map(\.sender)),
                .texts("door", deliveries.map(\.door.rawValue)), .texts("format", deliveries.map(\.format.text)),
                SQLColumn(
                    "charset", .texts(deliveries.map { $0.charset ?? "" }), isNull: deliveries.map { $0.charset == nil }
                ),
                SQLColumn(
                    "control", .texts(taken.map { $0.arrival.control ?? "" }),
                    isNull: taken.map { $0.arrival.control == nil }),
                .blobs("digest", taken.map(\.arrival.digest)), .integers("received", deliveries.map(\.receivedAt)),
                .integers("size", deliveries.map { Int64($0.bytes.count) }),
                SQLColumn(
                    "earlier", .integers(taken.map { $0.earlier ?? 0 }), isNull: taken.map { $0.earlier == nil }),
                .blobs("content", taken.map(\.arrival.content)),
            ])
        try db.insert(
            into: "highway_waiting",
            columns: [
                .texts("sender", deliveries.map(\.sender)), .integers("id", taken.map(\.id)),
                .integers("size", deliveries.map { Int64($0.bytes.count) }),
                .integers("attempts", taken.map { _ in 0 }),
            ])
        var marks: [(mark: Int64, id: Int64, digest: [UInt8], at: Int64)] = []
        for (id, _, arrival) in taken {
            for mark in [arrival.contentMark, arrival.controlMark].compactMap({ $0 }) {
                marks.append((mark, id, arrival.digest, arrival.delivery.receivedAt))
            }
        }
        marks.sort { ($0.mark, $0.id) < ($1.mark, $1.id) }
        try db.insert(
            into: "highway_seen",
            columns: [
                .integers("mark", marks.map(\.mark)), .integers("id", marks.map(\.id)),
                .blobs("digest", marks.map(\.digest)), .integers("at", marks.map(\.at)),
            ])
        for (sender, id) in newest.sorted(by: { $0.key < $1.key }) where taken.contains(where: { $0.id == id }) {
            try db.execute(
                """
                INSERT INTO highway_newest (sender, id) VALUES (?, ?)
                ON CONFLICT (sender) DO UPDATE SET id = excluded.id
                """, .text(sender), .integer(id))
        }
        let last = Dictionary(deliveries.map { ($0.sender, $0) }) { _, last in last }
        for (name, delivery) in last.sorted(by: { $0.key < $1.key }) {
            try db.execute(
                """
                INSERT INTO highway_sender (name, door, format, last) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET door = excluded.door, format = excluded.format, last = excluded.last
                """, .text(name), .text(delivery.door.rawValue), .text(delivery.format.text),
                .integer(delivery.receivedAt))
        }
    }
}

/// Amounts to add to the counts of senders.
struct Counts {
    private var amounts: [String: [String: Int64]] = [:]

    mutating func add(_ sender: String, _ name: String, _ amount: Int64) {
        amounts[sender, default: [:]][name, default: 0] += amount
    }

    func write(_ db: SQLConnection) throws {
        let rows = amounts.flatMap { sender, counts in counts.map { (sender, $0.key, $0.value) } }
            .filter { $0.2 != 0 }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        try db.add(
            to: "highway_count", keys: [.texts("sender", rows.map(\.0)), .texts("name", rows.map(\.1))],
            amounts: .integers("amount", rows.map(\.2)))
    }
}
