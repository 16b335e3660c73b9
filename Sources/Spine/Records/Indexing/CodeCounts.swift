import SQL

/// `index_count`: how many resources have each code of each parameter, moved by differences in each commit. So the total of
/// a search by one code is a look-up whatever its size, and plans need not count.
///
/// For quantities it tells which units have been used with a parameter, so that a search in grams finds milligrams.
struct CodeCounts {
    static let table = "index_count"
    static let columns = ["param", "code", "system", "count"]

    struct Key: Hashable, Comparable {
        var param: Int64
        var code: Int64
        var system: Int64

        static func < (a: Key, b: Key) -> Bool { (a.param, a.code, a.system) < (b.param, b.code, b.system) }
    }

    private var differences: [Key: Int64] = [:]

    /// Counts rows that come, or that go.
    mutating func move(_ rows: IndexRows, by sign: Int64) {
        for row in rows.tokens {
            differences[Key(param: row.param, code: row.code, system: row.system), default: 0] += sign
        }
        for row in rows.quantities where row.system != 0 {
            differences[Key(param: row.param, code: row.code, system: row.system), default: 0] += sign
        }
    }

    /// Writes what has come together.
    mutating func flush(_ db: SQLConnection) throws {
        let moved = differences.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        differences = [:]
        guard !moved.isEmpty else { return }
        try db.add(
            to: Self.table,
            keys: [
                .integers("param", moved.map(\.key.param)), .integers("code", moved.map(\.key.code)),
                .integers("system", moved.map(\.key.system)),
            ], amounts: .integers("count", moved.map(\.value)))
    }

    /// Forgets what is known of a parameter.
    static func forget(_ param: Int64, _ db: SQLConnection) throws {
        try db.execute("DELETE FROM \(table) WHERE param = ?", .integer(param))
    }

    /// Counts a parameter's rows anew.
    static func recount(_ param: Int64, _ db: SQLConnection) throws {
        try forget(param, db)
        for (rows, condition) in [(IndexTable.token, ""), (.quantity, " AND system <> 0")] {
            try db.execute(
                """
                INSERT INTO \(table) (param, code, system, count)
                SELECT param, code, system, count(*) FROM \(rows.name) WHERE param = ?\(condition) GROUP BY param, code, system
                """, .integer(param))
        }
    }

    /// How many resources have a code: of a system, or of any when all that have it have it of one; else nil.
    static func count(_ code: RowSource.Code, _ db: SQLConnection) throws -> Int? {
        guard let system = code.system else {
            let counts = try db.query(
                "SELECT count FROM \(table) WHERE param = ? AND code = ? AND count > 0 LIMIT 2",
                [.integer(code.param), .integer(code.code)]
            ) { Int($0.int(0)) }
            return counts.count > 1 ? nil : counts.first ?? 0
        }
        return try db.first(
            "SELECT count FROM \(table) WHERE param = ? AND code = ? AND system = ?",
            [.integer(code.param), .integer(code.code), .integer(system)]
        ) { Int($0.int(0)) } ?? 0
    }

    /// The codes that a parameter has of a system.
    static func codes(of param: Int64, system: Int64, _ db: SQLConnection) throws -> [Int64] {
        try db.query(
            "SELECT code FROM \(table) WHERE param = ? AND system = ? AND count > 0",
            [.integer(param), .integer(system)]
        ) { $0.int(0) }
    }
}
