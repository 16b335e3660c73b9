import SQL

/// How far each subscription has come, and which resources its receiver holds: places and numbers, no copies.
enum OutTables {
    /// `place`: up to which place of the feed everything is with the receiver. `announced`: up to which place a notification
    /// was told to the audit log, with the `mark` of what is in it. `secret`: the number of the secret in use.
    static let standing = SQLTable(
        "subscription_out",
        [
            "id TEXT NOT NULL", "place INTEGER NOT NULL", "announced INTEGER NOT NULL", "mark TEXT NOT NULL",
            "events INTEGER NOT NULL", "delivered INTEGER NOT NULL", "failures INTEGER NOT NULL",
            "retry INTEGER NOT NULL", "error TEXT NOT NULL", "secret INTEGER NOT NULL",
        ], primaryKey: ["id"])
    /// What a receiver holds, so that it is told of what it must forget, and of nothing that it never had.
    static let sent = SQLTable(
        "subscription_sent",
        ["id TEXT NOT NULL", "rid INTEGER NOT NULL", "person INTEGER NOT NULL"], primaryKey: ["id", "rid"])

    static func create(_ db: SQLConnection) throws {
        try standing.create(in: db)
        try sent.create(in: db)
        try db.run(
            script: "CREATE INDEX IF NOT EXISTS subscription_sent_person ON subscription_sent (person, id)")
    }
}

/// How far a subscription has come.
struct Standing: Sendable {
    var id: String
    var place: Int64
    var announced: Int64 = 0
    var mark = ""
    var events: Int64 = 0
    var delivered: Int64 = 0
    var failures: Int64 = 0
    var retry: Int64 = 0
    var error = ""
    var secret: Int64 = 0

    init(id: String, place: Int64) {
        self.id = id
        self.place = place
    }

    private static let columns = OutTables.standing.columns.map(\.name).joined(separator: ", ")

    /// All of them, or one.
    static func read(_ id: String? = nil, in db: SQLConnection) throws -> [Standing] {
        try db.query(
            "SELECT \(columns) FROM subscription_out" + (id == nil ? "" : " WHERE id = ?"),
            id.map { [.text($0)] } ?? []
        ) { row in
            var standing = Standing(id: row.text(0), place: row.int(1))
            standing.announced = row.int(2)
            standing.mark = row.text(3)
            standing.events = row.int(4)
            standing.delivered = row.int(5)
            standing.failures = row.int(6)
            standing.retry = row.int(7)
            standing.error = row.text(8)
            standing.secret = row.int(9)
            return standing
        }
    }

    /// Changes what is kept, beginning where nothing is with a place; what the operator has changed meanwhile stays.
    @discardableResult
    static func change(
        _ id: String, from place: Int64, in db: SQLConnection, _ body: (inout Standing) throws -> Void
    ) throws -> Standing {
        let lock = db.kind == .postgreSQL ? " FOR UPDATE" : ""
        _ = try db.first("SELECT place FROM subscription_out WHERE id = ?\(lock)", [.text(id)]) { $0.int(0) }
        var standing = try read(id, in: db).first ?? Standing(id: id, place: place)
        try body(&standing)
        try db.execute("DELETE FROM subscription_out WHERE id = ?", .text(id))
        try OutTables.standing.insert(
            [
                .text(id), .integer(standing.place), .integer(standing.announced), .text(standing.mark),
                .integer(standing.events), .integer(standing.delivered), .integer(standing.failures),
                .integer(standing.retry), .text(standing.error), .integer(standing.secret),
            ], in: db)
        return standing
    }
}

/// What a receiver holds.
struct Holdings {
    let id: String
    let db: SQLConnection

    /// The person of each of some resources that it holds.
    func persons(of rids: [Int64]) throws -> [Int64: Int64] {
        var found: [Int64: Int64] = [:]
        for rid in rids {
            let person = try db.first(
                "SELECT person FROM subscription_sent WHERE id = ? AND rid = ?", [.text(id), .integer(rid)]
            ) { $0.int(0) }
            if let person { found[rid] = person }
        }
        return found
    }

    /// The resources about a person that it holds.
    func about(_ person: Int64) throws -> [Int64] {
        try db.query(
            "SELECT rid FROM subscription_sent WHERE person = ? AND id = ? ORDER BY rid", [.integer(person), .text(id)]
        ) { $0.int(0) }
    }

    func add(_ rid: Int64, person: Int64) throws {
        try db.execute(
            """
            INSERT INTO subscription_sent (id, rid, person) VALUES (?, ?, ?)
            ON CONFLICT (id, rid) DO UPDATE SET person = excluded.person
            """, .text(id), .integer(rid), .integer(person))
    }

    func remove(_ rid: Int64) throws {
        try db.execute("DELETE FROM subscription_sent WHERE id = ? AND rid = ?", .text(id), .integer(rid))
    }
}
