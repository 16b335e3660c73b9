import SQL

/// `index_count`: how many resources have each code of each parameter, moved by differences in each commit. So the total of
/// a search by one code is a look-up whatever its size, and plans need not count.
///
/// For quantities it tells which units have been used with a parameter, so that a search in grams finds milligrams.
enum CodeCounts {
    static let table = "index_count"
    static let columns = ["param", "code", "system", "count"]

    struct Key: Hashable, Comparable {
        var param: Int64
        var code: Int64
        var system: Int64

        static func < (a: Key, b: Key) -> Bool { (a.param, a.code, a.system) < (b.param, b.code, b.system) }
    }

    /// Adds what the rows of a group of writes come to.
    static func move(added: IndexBuffer.Rows, removed: IndexBuffer.Rows, _ db: SQLConnection) throws {
        var differences: [Key: Int64] = [:]
        for (rows, sign) in [(added, Int64(1)), (removed, -1)] {
            for row in rows.tokens { differences[Key(param: row.0, code: row.1, system: row.3), default: 0] += sign }
            for row in rows.quantities.lazy.map(\.row) where row.system != 0 {
                differences[Key(param: row.param, code: row.code, system: row.system), default: 0] += sign
            }
        }
        let moved = differences.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        try db.add(
            to: table,
            keys: [
                .integers("param", moved.map(\.key.param)), .integers("code", moved.map(\.key.code)),
                .integers("system", moved.map(\.key.system)),
            ], amounts: .integers("count", moved.map(\.value)))
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
