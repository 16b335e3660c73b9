import SQL

/// The tables of the full-text index: `fulltext` holds each distinct text once, `fulltext_word` the texts of each term,
/// `index_text` the resources of each text. Displays and names come again and again, so that a resource costs a few
/// small rows and its words none.
enum TextIndex {
    private static var table: String { IndexTable.text.name }

    static func create(_ db: SQLConnection) throws {
        try db.createTable(
            "fulltext", columns: ["id INTEGER NOT NULL", "hash INTEGER NOT NULL", "value TEXT NOT NULL"],
            primaryKey: ["id"])
        try db.run(script: "CREATE INDEX IF NOT EXISTS fulltext_hash ON fulltext (hash)")
        try db.createTable(
            "fulltext_word", columns: ["word TEXT NOT NULL", "text INTEGER NOT NULL"], primaryKey: ["word", "text"])
    }

    /// Writes rows; texts that are new get their number here.
    static func add(
        _ rows: [(row: IndexRows.Words, rid: Int64)], _ db: SQLConnection, _ numbers: inout TextNumbers
    ) throws {
        guard !rows.isEmpty else { return }
        var keyed = try rows.map { ($0.row.param, try numbers.number(of: $0.row.text, db), $0.rid) }
        keyed.sort { $0 < $1 }
        let statement = try db.statement(
            "INSERT INTO \(table) (param, text, rid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        for row in keyed { try statement.run(row.0, row.1, row.2) }
    }

    /// Takes rows away; the texts stay for others.
    static func remove(_ rows: [(row: IndexRows.Words, rid: Int64)], _ db: SQLConnection, _ numbers: inout TextNumbers)
        throws
    {
        guard !rows.isEmpty else { return }
        let statement = try db.statement("DELETE FROM \(table) WHERE param = ? AND text = ? AND rid = ?")
        for (row, rid) in rows {
            guard let text = try numbers.known(row.text, db) else { continue }
            try statement.run(row.param, text, rid)
        }
    }
}

/// The numbers of texts that the writer met lately, those of the transaction at hand included. Texts are never taken
/// away, so that what was committed stays true.
struct TextNumbers {
    private var numbers: [String: Int64] = [:]
    private static let textsMax = 200_000

    mutating func known(_ text: String, _ db: SQLConnection) throws -> Int64? {
        if let number = numbers[text] { return number }
        let number = try db.first(
            "SELECT id FROM fulltext WHERE hash = ? AND value = ?", [.integer(Self.hash(text)), .text(text)]
        ) { $0.int(0) }
        if let number { keep(text, number) }
        return number
    }

    mutating func number(of text: String, _ db: SQLConnection) throws -> Int64 {
        if let known = try known(text, db) { return known }
        let number = (try db.first("SELECT max(id) FROM fulltext") { $0.int(0) } ?? 0) + 1
        try db.execute(
            "INSERT INTO fulltext (id, hash, value) VALUES (?, ?, ?)", .integer(number), .integer(Self.hash(text)),
            .text(text))
        let statement = try db.statement("INSERT INTO fulltext_word (word, text) VALUES (?, ?)")
        for term in FullText.terms(text).sorted() { try statement.run([.text(term), .integer(number)]) }
        keep(text, number)
        return number
    }

    private mutating func keep(_ text: String, _ number: Int64) {
        if numbers.count >= Self.textsMax { numbers.removeAll(keepingCapacity: true) }
        numbers[text] = number
    }

    /// FNV-1a, folded to 32 bits for small rows: texts are compared besides.
    private static func hash(_ text: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int64((hash >> 32) ^ (hash & 0xFFFF_FFFF))
    }
}
