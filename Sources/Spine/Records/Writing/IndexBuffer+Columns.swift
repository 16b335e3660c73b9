import SQL

/// Index rows as whole columns, for PostgreSQL.
extension IndexBuffer.Rows {
    /// Adds the rows, each with the shard of its person.
    mutating func insert(_ db: SQLConnection) throws {
        let shards = shards
        try eachTable { table, columns, rids in
            let persons = SQLColumn.integers("shard", rids.map { shards[$0] ?? PersonShard.reference })
            try db.insert(into: table.name, columns: columns + [persons])
        }
    }

    /// Removes the rows, each by all that it holds.
    mutating func delete(_ db: SQLConnection) throws {
        try eachTable { table, columns, _ in try db.delete(from: table.name, columns: columns) }
    }

    private mutating func eachTable(_ body: (IndexTable, [SQLColumn], _ rids: [Int64]) throws -> Void) rethrows {
        if isEmpty { return }
        if !tokens.isEmpty {
            tokens.sort { ($0.0, $0.1, $0.2, $0.3) < ($1.0, $1.1, $1.2, $1.3) }
            let rids = tokens.map(\.2)
            try body(
                .token,
                [
                    .integers("param", tokens.map(\.0)), .integers("code", tokens.map(\.1)), .integers("rid", rids),
                    .integers("system", tokens.map(\.3)),
                ], rids)
        }
        if !references.isEmpty {
            references.sort { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }
            let rids = references.map(\.2)
            try body(
                .reference,
                [
                    .integers("param", references.map(\.0)), .integers("target", references.map(\.1)),
                    .integers("rid", rids),
                ], rids)
        }
        if !dates.isEmpty {
            dates.sort { ($0.0, $0.1, $0.2, $0.3) < ($1.0, $1.1, $1.2, $1.3) }
            let rids = dates.map(\.2)
            try body(
                .date,
                [
                    .integers("param", dates.map(\.0)), .integers("low", dates.map(\.1)), .integers("rid", rids),
                    .integers("span", dates.map(\.3)),
                ], rids)
        }
        try eachTextTable(body)
    }

    private mutating func eachTextTable(_ body: (IndexTable, [SQLColumn], _ rids: [Int64]) throws -> Void) rethrows {
        func keys<Row>(_ rows: [IndexBuffer.Keyed<Row>], _ param: (Row) -> Int64) -> [SQLColumn] {
            [.integers("param", rows.map { param($0.row) }), .integers("rid", rows.map(\.rid))]
        }
        if !quantities.isEmpty {
            quantities.sort { ($0.row.param, $0.row.value, $0.rid) < ($1.row.param, $1.row.value, $1.rid) }
            try body(
                .quantity,
                keys(quantities, \.param) + [
                    .reals("value", quantities.map(\.row.value)), .integers("system", quantities.map(\.row.system)),
                    .integers("code", quantities.map(\.row.code)), .integers("unit", quantities.map(\.row.unit)),
                ], quantities.map(\.rid))
        }
        if !strings.isEmpty {
            try body(
                .string,
                keys(strings, \.param) + [
                    .texts("value", strings.map(\.row.value)), .texts("raw", strings.map(\.row.raw)),
                ], strings.map(\.rid))
        }
        if !identifiers.isEmpty {
            try body(
                .identifier,
                keys(identifiers, \.param) + [
                    .texts("value", identifiers.map(\.row.value)),
                    .integers("system", identifiers.map(\.row.system)),
                ], identifiers.map(\.rid))
        }
        if !numbers.isEmpty {
            try body(
                .number, keys(numbers, \.param) + [.reals("value", numbers.map(\.row.value))], numbers.map(\.rid))
        }
        if !uris.isEmpty {
            try body(.uri, keys(uris, \.param) + [.texts("value", uris.map(\.row.value))], uris.map(\.rid))
        }
    }
}
