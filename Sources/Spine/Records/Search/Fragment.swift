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
}

/// Index rows of one table that satisfy a condition. The columns in `condition` carry the prefix `c.`.
struct RowSource {
    var table: IndexTable
    var condition: Fragment
    /// Whether the rows of one resource can be sought directly, so that testing a resource costs one look-up.
    var isSeekable: Bool
    /// Whether a resource has one such row at the most.
    var isDistinct = false
    /// How selective the kind of condition is by nature; lower is better. It breaks ties and saves counting.
    var rank: Int

    /// `SELECT c.rid …`.
    func select(_ columns: String = "c.rid") -> Fragment {
        Fragment("SELECT \(columns) FROM \(table.name) c WHERE \(condition.sql)", condition.values)
    }

    /// The rows that satisfy another condition on the same table as well.
    func and(_ other: RowSource) -> RowSource {
        var both = self
        both.condition = condition + Fragment("AND " + other.condition.sql, other.condition.values)
        return both
    }

    /// A test of the resource `x.rid`.
    var test: Fragment {
        isSeekable
            ? Fragment(
                "EXISTS (SELECT 1 FROM \(table.name) c WHERE \(condition.sql) AND c.rid = x.rid)", condition.values)
            : Fragment("x.rid IN (\(select().sql))", condition.values)
    }
}
