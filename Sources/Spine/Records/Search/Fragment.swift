import SQL

/// A piece of SQL with its values.
struct Fragment {
    var sql: String
    var values: [SQLValue]

    init(_ sql: String, _ values: [SQLValue] = []) {
        self.sql = sql
        self.values = values
    }

    static func + (left: Fragment, right: Fragment) -> Fragment {
        Fragment(left.sql + " " + right.sql, left.values + right.values)
    }

    static func joined(_ parts: [Fragment], _ separator: String) -> Fragment {
        Fragment(parts.map(\.sql).joined(separator: separator), parts.flatMap(\.values))
    }

    /// One of several, in brackets.
    static func any(_ parts: [Fragment]) -> Fragment {
        if parts.isEmpty { return Fragment("1 = 0") }
        guard parts.count != 1 else { return parts[0] }
        let all = joined(parts, " OR ")
        return Fragment("(\(all.sql))", all.values)
    }

    /// All of several, in brackets.
    static func all(_ parts: [Fragment]) -> Fragment {
        if parts.isEmpty { return Fragment("1 = 1") }
        guard parts.count != 1 else { return parts[0] }
        let all = joined(parts, " AND ")
        return Fragment("(\(all.sql))", all.values)
    }

    /// `column IN (?, …)`.
    static func within(_ column: String, _ values: [SQLValue]) -> Fragment {
        values.count == 1
            ? Fragment("\(column) = ?", values)
            : Fragment("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))", values)
    }

    /// With the alias of its table in place of `§`.
    func alias(_ alias: String) -> Fragment { Fragment(Self.replaced(0xA7, in: sql, by: alias), values) }

    /// With the resource it tests in place of `¤`.
    func of(_ resource: String) -> Fragment { Fragment(Self.replaced(0xA4, in: sql, by: resource), values) }

    /// Replaces a mark, a character whose UTF-8 is C2 and one byte more. Every piece of SQL goes through here several
    /// times, and the library's replacement by characters takes a third of a search.
    private static func replaced(_ mark: UInt8, in sql: String, by text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sql.utf8.count + 64)
        for byte in sql.utf8 {
            if byte == mark, bytes.last == 0xC2 {
                bytes.removeLast()
                bytes.append(contentsOf: text.utf8)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
