import SQL

/// `:contains` and `:text` on strings: the values are found by their characters, then the rows of the values.
extension ConditionSQL {
    /// Up to so many values are named one by one: their rows come in the order of resources.
    private static let namedMax = 24

    func contains(_ text: String, _ param: Int64) throws -> [RowSource] {
        let values = try Substrings.values(containing: text, param: param, db)
        let named = try Set(db.query("\(values.sql) LIMIT \(Self.namedMax + 1)", values.values) { $0.text(0) })
        guard named.count > Self.namedMax else {
            return named.sorted().map { value in
                RowSource(
                    table: IndexTable.string.name,
                    condition: Fragment("§.param = ? AND §.value = ?", [.integer(param), .text(value)]),
                    isSeekable: true, isOrdered: true, rank: 2)
            }
        }
        return [
            RowSource(
                table: IndexTable.string.name,
                condition: Fragment("§.param = ? AND §.value IN (", [.integer(param)]) + values + Fragment(")"),
                isSeekable: false, rank: 4)
        ]
    }
}
