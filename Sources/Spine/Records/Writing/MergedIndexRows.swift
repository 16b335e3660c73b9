import SQL

/// The index rows of resources as PostgreSQL keeps them: several values of a resource share a row of `index_row`, one of
/// each kind (`Schema+PostgreSQL.swift`). The rows of a resource go together.
struct MergedIndexRows {
    private struct Resource {
        var rows: IndexRows
        var targets: [Int64]
        var rid: Int64
        var shard: Int64
    }

    private var added: [Resource] = []
    private var cleared: [Int64] = []

    /// Adds rows of a resource.
    mutating func append(
        _ rows: IndexRows, rid: Int64, shard: Int64, target: (ResourceKey) throws -> Int64
    ) rethrows {
        guard rows.count > 0 else { return }
        added.append(
            Resource(rows: rows, targets: try rows.references.map { try target($0.target) }, rid: rid, shard: shard))
    }

    /// Takes all rows of a resource away.
    mutating func clear(_ rid: Int64) { cleared.append(rid) }

    /// Writes what has come together, removals first.
    mutating func flush(_ db: SQLConnection, _ texts: inout TextNumbers) throws {
        if !cleared.isEmpty {
            try db.delete(from: "index_row", columns: [.integers("rid", cleared)])
            cleared = []
        }
        // Most rows hold nothing but what nearly every resource has: they are sent without the other columns.
        var common = MergedColumns(IndexTable.common)
        var all = MergedColumns(IndexTable.allCases)
        for resource in added {
            let rows = resource.rows
            let numbers = try rows.texts.map { try texts.number(of: $0.text, db) }
            let rare = max(
                rows.dates.count, rows.quantities.count, rows.numbers.count, rows.identifiers.count, rows.strings.count,
                rows.uris.count)
            let count = max(rare, rows.tokens.count, rows.texts.count, rows.references.count)
            for place in 0..<count {
                if place < rare {
                    all.begin(resource.rid, resource.shard)
                    all.appendCommon(rows, resource.targets, numbers, place)
                    all.appendRare(rows, place)
                } else {
                    common.begin(resource.rid, resource.shard)
                    common.appendCommon(rows, resource.targets, numbers, place)
                }
            }
        }
        added = []
        try all.insert(db)
        try common.insert(db)
    }
}

/// Rows of `index_row`, column by column.
private struct MergedColumns {
    private struct Kind {
        let table: IndexTable
        var integers: [(name: String, values: [Int64])] = []
        var reals: [(name: String, values: [Double])] = []
        var texts: [(name: String, values: [String])] = []
        var isNull: [Bool] = []

        init(_ table: IndexTable) {
            self.table = table
            for column in table.columns {
                let words = column.split(separator: " ")
                let name = String(words[0])
                guard name != "rid" else { continue }
                switch words[1] {
                case "INTEGER": integers.append((table.merged(name), []))
                case "REAL": reals.append((table.merged(name), []))
                default: texts.append((table.merged(name), []))
                }
            }
        }
    }

    private var rids: [Int64] = []
    private var shards: [Int64] = []
    private var kinds: [Kind]

    init(_ tables: [IndexTable]) { kinds = tables.map { Kind($0) } }

    mutating func begin(_ rid: Int64, _ shard: Int64) {
        rids.append(rid)
        shards.append(shard)
    }

    mutating func appendCommon(_ rows: IndexRows, _ targets: [Int64], _ texts: [Int64], _ place: Int) {
        append(.token, rows.tokens, place) { ([$0.param, $0.code, $0.system], nil, []) }
        append(.text, rows.texts, place) { ([$0.param, texts[place]], nil, []) }
        append(.reference, rows.references, place) { ([$0.param, targets[place]], nil, []) }
    }

    mutating func appendRare(_ rows: IndexRows, _ place: Int) {
        append(.date, rows.dates, place) { ([$0.param, $0.low, $0.span], nil, []) }
        append(.quantity, rows.quantities, place) { ([$0.param, $0.system, $0.code, $0.unit], $0.value, []) }
        append(.number, rows.numbers, place) { ([$0.param], $0.value, []) }
        append(.identifier, rows.identifiers, place) { ([$0.param, $0.system], nil, [$0.value]) }
        append(.string, rows.strings, place) { ([$0.param], nil, [$0.value, $0.raw]) }
        append(.uri, rows.uris, place) { ([$0.param], nil, [$0.value]) }
    }

    /// Appends the value at a place, or nulls; each type's columns come in the order of ``IndexTable/columns``.
    private mutating func append<Row>(
        _ table: IndexTable, _ rows: [Row], _ place: Int, _ values: (Row) -> ([Int64], Double?, [String])
    ) {
        guard let index = kinds.firstIndex(where: { $0.table == table }) else { return }
        let found = place < rows.count ? values(rows[place]) : nil
        kinds[index].isNull.append(found == nil)
        for column in kinds[index].integers.indices {
            kinds[index].integers[column].values.append(found?.0[column] ?? 0)
        }
        for column in kinds[index].reals.indices { kinds[index].reals[column].values.append(found?.1 ?? 0) }
        for column in kinds[index].texts.indices { kinds[index].texts[column].values.append(found?.2[column] ?? "") }
    }

    func insert(_ db: SQLConnection) throws {
        var columns: [SQLColumn] = [.integers("rid", rids), .integers("shard", shards)]
        for kind in kinds where kind.isNull.contains(false) {
            columns += kind.integers.map { SQLColumn($0.name, .integers($0.values), isNull: kind.isNull) }
            columns += kind.reals.map { SQLColumn($0.name, .reals($0.values), isNull: kind.isNull) }
            columns += kind.texts.map { SQLColumn($0.name, .texts($0.values), isNull: kind.isNull) }
        }
        try db.insert(into: "index_row", columns: columns)
    }
}

extension IndexTable {
    /// What nearly every resource has, more than one of each.
    fileprivate static let common: [IndexTable] = [.token, .text, .reference]
}
