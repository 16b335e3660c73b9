import FHIR
import JSON
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
            if try isQuickerByDocument(rids.count, parameter) {
                for rid in rids { try document(rid, parameter) { keep(rid, $0) } }
                return found
            }
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

    /// Index rows of most kinds are found by value, not by resource: to find those of a few resources among many, it is
    /// quicker to read the few.
    private func isQuickerByDocument(_ count: Int, _ parameter: IndexedParameter) throws -> Bool {
        guard count <= 20_000, parameter.tables != [.date], !parameter.isExistence,
            let number = parts.types.number(of: type)
        else {
            return false
        }
        let all = try db.first("SELECT alive FROM resource_type WHERE id = ?", [.integer(number)]) { $0.int(0) } ?? 0
        return count * 50 < all
    }

    private func document(_ rid: Int64, _ parameter: IndexedParameter, _ body: (SortValue) -> Void) throws {
        guard let version = try parts.current(db, rid: rid) else { return }
        let resource = try parts.document(version.stored.bytes).root
        var rows = IndexRows()
        parameter.each(in: resource) { node, type in
            ValueShape(parameter.definition.type, of: type)?.append(node, param: 0, terms: parts.terms, to: &rows)
        }
        for row in rows.tokens {
            let text = try db.first("SELECT text FROM term WHERE id = ?", [.integer(row.code)]) { $0.text(0) }
            if let text { body(.text(text)) }
        }
        for row in rows.identifiers { body(.text(row.value)) }
        for row in rows.references { body(.text(row.target.id)) }
        for row in rows.strings { body(.text(row.value)) }
        for row in rows.dates { body(.integer(row.low)) }
        for row in rows.numbers { body(.real(row.value)) }
        for row in rows.quantities { body(.real(row.value)) }
        for row in rows.uris { body(.text(row.value)) }
    }

    private func each(
        of parameter: IndexedParameter, in table: IndexTable, _ body: (Int64, SortValue) -> Void
    ) throws {
        let ids = parameter.rows(in: table).flatMap { table == .date ? [$0, -$0] : [$0] }
        let condition = Fragment.within("x.param", ids.map { .integer($0) })
        func rows(_ value: String, _ from: String = "", _ read: (SQLRow) -> SortValue) throws {
            let sql = "SELECT x.rid, \(value) FROM \(table.name) x \(from) WHERE \(condition.sql)"
            try db.rows(sql, condition.values) { row in body(row.int(0), read(row)) }
        }
        switch table {
        case .token: try rows("t.text", "JOIN term t ON t.id = x.code") { .text($0.text(1)) }
        case .identifier, .string, .uri: try rows("x.value") { .text($0.text(1)) }
        case .number, .quantity: try rows("x.value") { .real($0.real(1)) }
        case .date: try rows("x.low") { .integer($0.int(1)) }
        case .text: break
        case .reference:
            let number = parameter.targetFilter.flatMap { parts.types.number(of: $0) }
            let filter = number.map { " AND r.type = \($0)" } ?? ""
            try rows("r.id", "JOIN resource r ON r.rid = x.target\(filter)") { row in
                .text(row.withBlob(1) { IDCode.decode($0) })
            }
        }
    }
}
