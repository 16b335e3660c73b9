import SQL

/// Index rows of one table that satisfy a condition, and so name resources.
///
/// In the SQL, `§` stands for the alias of the table, and `¤` for the number of the resource that is tested; both are
/// replaced when the piece finds its place. Aliases are numbered by depth, so that a piece can stand inside another.
struct RowSource {
    var table: String
    /// The column that names the resource.
    var column = "rid"
    /// What the rows must satisfy.
    var condition: Fragment
    /// The same for the rows of one resource that is already known, where that is quicker put otherwise.
    var tested: Fragment?
    /// Whether the rows of one resource can be sought directly, so that testing a resource costs one look-up.
    var isSeekable: Bool
    /// Whether an index gives the rows in the order of resources.
    var isOrdered = false
    /// Whether a resource has one such row at the most.
    var isDistinct = false
    /// Whether the rows are known to be many, so that counting them is a waste.
    var isBroad = false
    /// Of rows of one code: which, so that their number can be looked up.
    var code: Code?
    /// How selective the kind of condition is by nature; lower is better. It breaks ties and saves counting.
    var rank: Int

    /// A code of a parameter.
    struct Code {
        var param: Int64
        var code: Int64
        /// Nil for any.
        var system: Int64?
    }

    /// The resources named: `SELECT s1.rid FROM …`. Its alias is none of the tests', which stand inside it.
    func select(_ depth: Int) -> Fragment {
        select("s\(depth).\(column)", alias: "s\(depth)")
    }

    /// `SELECT … FROM …` with columns and alias chosen, and what is joined to each row.
    func select(_ columns: String, alias: String, joining join: String = "") -> Fragment {
        Fragment("SELECT \(columns) FROM \(table) \(alias) \(join) WHERE \(condition.sql)", condition.values)
            .alias(alias)
    }

    /// The rows that satisfy another condition on the same table as well.
    func and(_ other: Fragment) -> RowSource {
        var both = self
        both.code = nil
        both.condition = condition + Fragment("AND " + other.sql, other.values)
        if let tested { both.tested = tested + Fragment("AND " + other.sql, other.values) }
        return both
    }

    /// A test of the resource `¤`.
    func test(_ depth: Int) -> Fragment {
        guard isSeekable else {
            // The plus sign keeps the planner from going through the set again for each resource.
            let set = select(depth)
            return Fragment("+¤ IN (\(set.sql))", set.values)
        }
        let condition = tested ?? condition
        return Fragment(
            "EXISTS (SELECT 1 FROM \(table) § WHERE \(condition.sql) AND §.\(column) = ¤)", condition.values
        ).alias("c\(depth)")
    }
}

/// A clause that came out as SQL.
struct Planned {
    /// Rows that name the resources for which it holds; empty when no rows can.
    var sources: [RowSource]
    /// The same as a test of the resource `¤`.
    var test: Fragment
    /// Whether the test by itself says that the resource is there and of the type.
    var isAnchored: Bool

    init(_ sources: [RowSource], depth: Int, isAnchored: Bool = true) {
        self.sources = sources
        test = .any(sources.map { $0.test(depth) })
        self.isAnchored = isAnchored
    }

    /// A clause that can only be tested.
    init(test: Fragment, isAnchored: Bool = false) {
        sources = []
        self.test = test
        self.isAnchored = isAnchored
    }

    /// Whether the clause can be the source of a search.
    var canDrive: Bool { !sources.isEmpty }

    /// Whether each resource comes once: one source with one row each, or the short and long spans of one date.
    var isDistinct: Bool {
        sources.allSatisfy(\.isDistinct) && (sources.count == 1 || isOfDates)
    }

    /// Whether the rows are those of one condition on one date parameter.
    var isOfDates: Bool { sources.count == 2 && sources.allSatisfy { $0.table == IndexTable.date.name } }

    /// Whether the rows come in the order of resources without being sorted.
    var isOrdered: Bool { sources.allSatisfy(\.isOrdered) }

    /// Every resource for which the clause holds.
    func set(_ depth: Int) -> Fragment { .joined(sources.map { $0.select(depth) }, " UNION ALL ") }
}
