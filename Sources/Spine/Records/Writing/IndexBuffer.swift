import SQL

/// Collects the index rows of a group of writes, and puts them into the tables in the order of their keys: neighbours
/// in a table then share their pages.
struct IndexBuffer {
    struct Keyed<Row> {
        var row: Row
        var rid: Int64
    }

    private var added = Rows()
    private var removed = Rows()
    private var counts = CodeCounts()
    private var strings: [IndexRows.Text] = []
    /// Those of PostgreSQL; nil elsewhere.
    private var merged: MergedIndexRows?

    init(_ kind: SQLKind) { merged = kind == .postgreSQL ? MergedIndexRows() : nil }

    struct Rows {
        var tokens: [(Int64, Int64, Int64, Int64)] = []
        var identifiers: [Keyed<IndexRows.Identifier>] = []
        var references: [(Int64, Int64, Int64)] = []
        var strings: [Keyed<IndexRows.Text>] = []
        var dates: [(Int64, Int64, Int64, Int64)] = []
        var numbers: [Keyed<IndexRows.Number>] = []
        var quantities: [Keyed<IndexRows.Quantity>] = []
        var uris: [Keyed<IndexRows.URI>] = []
        var texts: [(row: IndexRows.Words, rid: Int64)] = []
        var isEmpty = true

        mutating func append(
            _ rows: IndexRows, rid: Int64, target: (ResourceKey) throws -> Int64
        ) rethrows {
            isEmpty = false
            for row in rows.tokens { tokens.append((row.param, row.code, rid, row.system)) }
            for row in rows.identifiers { identifiers.append(Keyed(row: row, rid: rid)) }
            for row in rows.references { references.append((row.param, try target(row.target), rid)) }
            for row in rows.strings { strings.append(Keyed(row: row, rid: rid)) }
            for row in rows.dates { dates.append((row.param, row.low, rid, row.span)) }
            for row in rows.numbers { numbers.append(Keyed(row: row, rid: rid)) }
            for row in rows.quantities { quantities.append(Keyed(row: row, rid: rid)) }
            for row in rows.uris { uris.append(Keyed(row: row, rid: rid)) }
            for row in rows.texts { texts.append((row, rid)) }
        }
    }

    /// - Parameter counts: whether the rows are known to be new, so that their codes are counted.
    mutating func add(
        _ rows: IndexRows, rid: Int64, shard: Int64, counts isCounted: Bool = true,
        target: (ResourceKey) throws -> Int64
    ) rethrows {
        if isCounted { counts.move(rows, by: 1) }
        strings += rows.strings
        if merged == nil { return try added.append(rows, rid: rid, target: target) }
        try merged?.append(rows, rid: rid, shard: shard, target: target)
    }

    /// Takes rows away; where ``isWhole``, all rows of the resource.
    mutating func remove(_ rows: IndexRows, rid: Int64, target: (ResourceKey) throws -> Int64) rethrows {
        counts.move(rows, by: -1)
        if merged == nil { return try removed.append(rows, rid: rid, target: target) }
        if rows.count > 0 { merged?.clear(rid) }
    }

    /// Whether the rows of a resource can only be taken away together.
    var isWhole: Bool { merged != nil }

    /// Writes what has come together, removals first.
    mutating func flush(_ db: SQLConnection, _ memory: inout WriterMemory) throws {
        try counts.flush(db)
        try memory.strings.add(strings, db)
        strings = []
        if merged != nil {
            try merged?.flush(db, &memory.texts)
            return
        }
        if !removed.isEmpty { try removed.write(db) { $0.delete } }
        if !added.isEmpty { try added.write(db) { $0.insert } }
        try TextIndex.remove(removed.texts, db, &memory.texts)
        try TextIndex.add(added.texts, db, &memory.texts)
        removed = Rows()
        added = Rows()
    }
}

extension IndexTable {
    /// The statement that adds one row.
    fileprivate var insert: String {
        let names = primaryKey
        return "INSERT INTO \(name) (\(names.joined(separator: ", "))) VALUES "
            + "(\(names.map { _ in "?" }.joined(separator: ", "))) ON CONFLICT DO NOTHING"
    }

    /// The statement that removes one row.
    fileprivate var delete: String {
        "DELETE FROM \(name) WHERE " + primaryKey.map { "\($0) = ?" }.joined(separator: " AND ")
    }
}

extension IndexBuffer.Rows {
    fileprivate mutating func write(_ db: SQLConnection, _ sql: (IndexTable) -> String) throws {
        if !tokens.isEmpty {
            tokens.sort { ($0.0, $0.1, $0.2, $0.3) < ($1.0, $1.1, $1.2, $1.3) }
            let statement = try db.statement(sql(.token))
            for row in tokens { try statement.run(row.0, row.1, row.2, row.3) }
        }
        if !references.isEmpty {
            references.sort { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }
            let statement = try db.statement(sql(.reference))
            for row in references { try statement.run(row.0, row.1, row.2) }
        }
        if !dates.isEmpty {
            dates.sort { ($0.0, $0.1, $0.2, $0.3) < ($1.0, $1.1, $1.2, $1.3) }
            let statement = try db.statement(sql(.date))
            for row in dates { try statement.run(row.0, row.1, row.2, row.3) }
        }
        if !quantities.isEmpty {
            quantities.sort { ($0.row.param, $0.row.value, $0.rid) < ($1.row.param, $1.row.value, $1.rid) }
            let statement = try db.statement(sql(.quantity))
            for keyed in quantities {
                try statement.bind(1, keyed.row.param)
                try statement.bind(2, keyed.row.value)
                try statement.bind(3, keyed.rid)
                try statement.bind(4, keyed.row.system)
                try statement.bind(5, keyed.row.code)
                try statement.bind(6, keyed.row.unit)
                try statement.finish()
            }
        }
        if !strings.isEmpty {
            let statement = try db.statement(sql(.string))
            for keyed in strings {
                try statement.bind(1, keyed.row.param)
                try statement.bind(2, keyed.row.value)
                try statement.bind(3, keyed.rid)
                try statement.bind(4, keyed.row.raw)
                try statement.finish()
            }
        }
        if !identifiers.isEmpty {
            let statement = try db.statement(sql(.identifier))
            for keyed in identifiers {
                try statement.bind(1, keyed.row.param)
                try statement.bind(2, keyed.row.value)
                try statement.bind(3, keyed.rid)
                try statement.bind(4, keyed.row.system)
                try statement.finish()
            }
        }
        if !numbers.isEmpty {
            let statement = try db.statement(sql(.number))
            for keyed in numbers {
                try statement.bind(1, keyed.row.param)
                try statement.bind(2, keyed.row.value)
                try statement.bind(3, keyed.rid)
                try statement.finish()
            }
        }
        if !uris.isEmpty {
            let statement = try db.statement(sql(.uri))
            for keyed in uris {
                try statement.bind(1, keyed.row.param)
                try statement.bind(2, keyed.row.value)
                try statement.bind(3, keyed.rid)
                try statement.finish()
            }
        }
    }
}
