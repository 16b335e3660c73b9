import SQL

/// The tables behind `:contains` on strings: `string_value` holds each distinct value of a parameter once, and
/// `string_gram` the values in which each three characters stand next to each other. The last characters of a value make
/// shorter grams, so that each character begins one and a search for one or two is a range.
///
/// Values are never taken away: the rows of `index_string` decide who has one now.
enum Substrings {
    /// Characters in a gram.
    static let length = 3
    /// Grams are compared by the number of their values up to this many.
    private static let countedMax = 1000

    static func create(_ db: SQLConnection) throws {
        try db.createTable(
            "string_gram", columns: ["param INTEGER NOT NULL", "gram TEXT NOT NULL", "value INTEGER NOT NULL"],
            primaryKey: ["param", "gram", "value"])
        try db.run(
            script: """
                CREATE TABLE IF NOT EXISTS string_value (id INTEGER PRIMARY KEY, param INTEGER NOT NULL,
                    value TEXT NOT NULL);
                CREATE UNIQUE INDEX IF NOT EXISTS string_value_key ON string_value (param, value);
                """)
    }

    /// The grams of a value, each once.
    static func grams(_ value: String) -> Set<String> {
        let scalars = Array(value.unicodeScalars)
        return Set(scalars.indices.map { text(scalars[$0..<min($0 + length, scalars.count)]) })
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// `SELECT …` of the values of a parameter that contain a text.
    static func values(containing text: String, param: Int64, _ db: SQLConnection) throws -> Fragment {
        let scalars = Array(text.unicodeScalars)
        let joined = "SELECT s.value FROM string_gram g JOIN string_value s ON s.id = g.value WHERE g.param = ?"
        guard scalars.count >= length else {
            return Fragment(
                "\(joined) AND g.gram >= ? AND g.gram < ?",
                [.integer(param), .text(text), .text(ConditionSQL.after(text))])
        }
        var best: (gram: String, count: Int64)?
        for start in 0...scalars.count - length {
            let gram = Self.text(scalars[start..<start + length])
            let count =
                try db.first(
                    "SELECT count(*) FROM (SELECT 1 FROM string_gram WHERE param = ? AND gram = ? LIMIT ?) AS found",
                    [.integer(param), .text(gram), .int(Self.countedMax)]
                ) { $0.int(0) } ?? 0
            if best == nil || count < best?.count ?? 0 { best = (gram, count) }
        }
        let rows = Fragment("\(joined) AND g.gram = ?", [.integer(param), .text(best?.gram ?? text)])
        guard scalars.count > length else { return rows }
        return rows + Fragment("AND s.value LIKE ? ESCAPE '\\'", [.text("%" + ConditionSQL.escaped(text) + "%")])
    }
}

/// The string values that the writer met lately, those of the transaction at hand included.
struct StringValues {
    private struct Key: Hashable {
        var param: Int64
        var value: String
    }

    private var known: Set<Key> = []
    private static let valuesMax = 200_000

    /// Writes down values that are new: a few statements for all of them, since each is a round trip on PostgreSQL.
    mutating func add(_ rows: [IndexRows.Text], _ db: SQLConnection) throws {
        if known.count >= Self.valuesMax { known.removeAll(keepingCapacity: true) }
        var keys: [Key] = []
        for row in rows {
            let key = Key(param: row.param, value: row.value)
            if known.insert(key).inserted { keys.append(key) }
        }
        guard !keys.isEmpty else { return }
        let last = try db.first("SELECT max(id) FROM string_value") { $0.int(0) } ?? 0
        try db.insert(
            into: "string_value",
            columns: [
                .integers("id", keys.indices.map { last + 1 + Int64($0) }), .integers("param", keys.map(\.param)),
                .texts("value", keys.map(\.value)),
            ])
        // Those that were there before have kept their numbers, and have their grams.
        let added = try db.query("SELECT id FROM string_value WHERE id > ?", [.integer(last)]) { $0.int(0) }
        var (params, grams, values): ([Int64], [String], [Int64]) = ([], [], [])
        for id in added {
            let key = keys[Int(id - last) - 1]
            for gram in Substrings.grams(key.value).sorted() {
                params.append(key.param)
                grams.append(gram)
                values.append(id)
            }
        }
        try db.insert(
            into: "string_gram",
            columns: [.integers("param", params), .texts("gram", grams), .integers("value", values)])
    }
}
