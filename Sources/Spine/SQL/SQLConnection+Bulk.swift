extension SQLConnection {
    /// Inserts many rows at once; rows whose key is there already are passed over.
    ///
    /// Give rows in the order of the table's key: neighbours then share their pages.
    ///
    /// - Parameters:
    ///   - table: the table.
    ///   - columns: its columns, each with as many values as there are rows.
    public func insert(into table: String, columns: [SQLColumn]) throws(SQLError) {
        guard let count = try rowCount(columns), count > 0 else { return }
        let names = columns.map(\.name).joined(separator: ", ")
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        try each(
            "INSERT INTO \(table) (\(names)) VALUES (\(places)) ON CONFLICT DO NOTHING",
            bulk: "INSERT INTO \(table) (\(names)) SELECT * FROM unnest(\(places)) ON CONFLICT DO NOTHING", columns,
            count)
    }

    /// Deletes many rows at once: those that are equal to a given one in every given column.
    public func delete(from table: String, columns: [SQLColumn]) throws(SQLError) {
        guard let count = try rowCount(columns), count > 0 else { return }
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        let sought = columns.indices.map { "c\($0)" }.joined(separator: ", ")
        let same = columns.enumerated().map { "\(table).\($1.name) = sought.c\($0)" }.joined(separator: " AND ")
        try each(
            "DELETE FROM \(table) WHERE \(columns.map { "\($0.name) = ?" }.joined(separator: " AND "))",
            bulk: "DELETE FROM \(table) USING unnest(\(places)) AS sought (\(sought)) WHERE \(same)", columns, count)
    }

    /// Adds amounts to the counts of many keys at once; a key that is not there yet begins with its amount.
    ///
    /// - Parameters:
    ///   - table: the table, whose primary key the columns of keys are.
    ///   - keys: no two rows alike.
    ///   - amounts: the column of counts.
    public func add(to table: String, keys: [SQLColumn], amounts: SQLColumn) throws(SQLError) {
        let columns = keys + [amounts]
        guard let count = try rowCount(columns), count > 0 else { return }
        let names = columns.map(\.name).joined(separator: ", ")
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        let sum =
            " ON CONFLICT (\(keys.map(\.name).joined(separator: ", "))) DO UPDATE SET \(amounts.name) = "
            + "\(table).\(amounts.name) + excluded.\(amounts.name)"
        try each(
            "INSERT INTO \(table) (\(names)) VALUES (\(places))" + sum,
            bulk: "INSERT INTO \(table) (\(names)) SELECT * FROM unnest(\(places))" + sum, columns, count)
    }

    private func rowCount(_ columns: [SQLColumn]) throws(SQLError) -> Int? {
        guard let first = columns.first else { return nil }
        let count = first.values.count
        guard columns.allSatisfy({ $0.values.count == count && ($0.isNull?.count ?? count) == count }) else {
            throw SQLError(.statement, "The columns of a bulk write have different numbers of rows.")
        }
        return count
    }

    private func each(_ single: String, bulk: String, _ columns: [SQLColumn], _ count: Int) throws(SQLError) {
        if try runBulk(bulk, columns, count) { return }
        let statement = try statement(single)
        for row in 0..<count {
            try statement.bind(columns, row: row)
            try statement.finish()
        }
    }
}
