import SQL

/// The values that matches are sorted by: of several, the least when ascending and the greatest when descending.
struct SortKeys {
    let db: SQLConnection
    let parts: StoreParts
    let type: String

    func values(of rids: [Int64], _ sorts: [SearchQuery.Sort]) throws -> [Int64: [SortValue]] {
        var result: [Int64: [SortValue]] = [:]
        result.reserveCapacity(rids.count)
        for rid in rids { result[rid] = [] }
        for sort in sorts {
            let values = try values(of: rids, sort)
            for rid in rids { result[rid]?.append(values[rid] ?? .none) }
        }
        return result
    }

    private func values(of rids: [Int64], _ sort: SearchQuery.Sort) throws -> [Int64: SortValue] {
        var found: [Int64: SortValue] = [:]
        switch sort.key {
        case .id:
            for rid in rids {
                found[rid] = try db.first("SELECT id FROM resource WHERE rid = ?", [.integer(rid)]) { row in
                    .text(row.withBlob(0) { IDCode.decode($0) })
                }
            }
        case .lastUpdated:
            for rid in rids {
                found[rid] = try db.first("SELECT sequence FROM resource WHERE rid = ?", [.integer(rid)]) {
                    .integer($0.int(0))
                }
            }
        case .parameter(let code):
            guard let parameter = parts.indexer.parameter(code, of: type) else { return [:] }
            func keep(_ rid: Int64, _ value: SortValue) {
                if let held = found[rid] {
                    let order = value.order(held)
                    guard sort.isDescending ? order > 0 : order < 0 else { return }
                }
                found[rid] = value
            }
            let wanted = Set(rids)
            for table in parameter.tables.sorted(by: { $0.name < $1.name }) {
                if table == .date, rids.count <= 5000 {
                    for rid in rids {
                        try db.rows(
                            "SELECT low FROM index_date WHERE param IN (?, ?) AND rid = ?",
                            [.integer(parameter.id), .integer(parameter.longDate), .integer(rid)]
                        ) { keep(rid, .integer($0.int(0))) }
                    }
                } else {
                    try each(of: parameter, in: table) { rid, value in if wanted.contains(rid) { keep(rid, value) } }
                }
            }
        }
        return found
    }

    private func each(
        of parameter: IndexedParameter, in table: IndexTable, _ body: (Int64, SortValue) -> Void
    ) throws {
        let ids: [SQLValue] = [.integer(parameter.id), .integer(parameter.longDate)]
        func rows(_ value: String, _ from: String = "", _ read: (SQLRow) -> SortValue) throws {
            try db.rows("SELECT x.rid, \(value) FROM \(table.name) x \(from) WHERE x.param IN (?, ?)", ids) { row in
                body(row.int(0), read(row))
            }
        }
        switch table {
        case .token: try rows("t.text", "JOIN term t ON t.id = x.code") { .text($0.text(1)) }
        case .identifier, .string, .uri: try rows("x.value") { .text($0.text(1)) }
        case .number, .quantity: try rows("x.value") { .real($0.real(1)) }
        case .date: try rows("x.low") { .integer($0.int(1)) }
        case .reference:
            try rows("r.id", "JOIN resource r ON r.rid = x.target") { row in
                .text(row.withBlob(1) { IDCode.decode($0) })
            }
        }
    }
}
