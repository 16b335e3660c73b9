import JSON
import Records
import SQL

/// The differences of one batch of changes, summed in memory before they touch a table.
struct DailyCountsBatch {
    private struct Cell: Hashable {
        let kind: Int64
        let day: Int64
        let district: Int64
        let code: Int64
    }

    private struct Source: Hashable {
        let place: Int64
        let shard: Int64
        let kind: Int64
        let day: Int64
        let code: Int64
    }

    private let db: SQLConnection
    /// Whether the rows of a place carry the shard of its person.
    private let isSharded: Bool
    private var cells: [Cell: Int64] = [:]
    private var sources: [Source: Int64] = [:]
    private var newDistricts: [Int64: Int64] = [:]
    private var shards: [Int64: Int64] = [:]
    private var codes: [CountedFact.Code: Int64] = [:]

    init(_ db: SQLConnection) {
        self.db = db
        isSharded = db.kind == .postgreSQL
    }

    /// Takes away what the version before counted for, and adds what the new one counts for.
    mutating func add(_ change: Change) throws {
        let type = change.key.type
        let before = change.verb == .create ? nil : try change.previous()
        if let before { try add(before, of: change, sign: -1) }
        if let document = change.document { try add(document, of: change, sign: 1) }
        if type == "Patient" || type == "Organization" {
            newDistricts[change.rid] = change.document.map(Recorded.district(of:)) ?? 0
            shards[change.rid] = PersonShard.of(change.key)
        }
    }

    private mutating func add(_ document: JSONDocument, of change: Change, sign: Int64) throws {
        for fact in CountedFact.facts(of: document, type: change.key.type) {
            let kind = fact.kind.rawValue
            let day = Int64(fact.day)
            let code = try fact.code.map { try codeID($0) } ?? 0
            if let place = fact.place {
                let rid = try place.isEmpty ? 0 : change.rid(of: place) ?? 0
                let shard = rid == 0 ? PersonShard.reference : PersonShard.of(reference: place)
                sources[Source(place: rid, shard: shard, kind: kind, day: day, code: code), default: 0] += sign
            } else {
                let district = Recorded.district(of: document)
                cells[Cell(kind: kind, day: day, district: district, code: code), default: 0] += sign
            }
        }
    }

    /// Writes the batch: first places move with what stood under them, then new counts go to where places are now.
    mutating func write() throws {
        for (place, district) in newDistricts { try move(place, to: district) }
        try writeSources()
        try writeCells()
    }

    private mutating func move(_ place: Int64, to district: Int64) throws {
        let old = try storedDistrict(of: place)
        guard old != district else { return }
        let standing = try db.query(
            "SELECT kind, day, code, n FROM daily_counts_sources WHERE place = ?", [.integer(place)]
        ) {
            ($0.int(0), $0.int(1), $0.int(2), $0.int(3))
        }
        for (kind, day, code, count) in standing {
            cells[Cell(kind: kind, day: day, district: old, code: code), default: 0] -= count
            cells[Cell(kind: kind, day: day, district: district, code: code), default: 0] += count
        }
        if district == 0 {
            try db.execute("DELETE FROM daily_counts_places WHERE place = ?", .integer(place))
        } else {
            let shard = isSharded ? [SQLValue.integer(shards[place] ?? PersonShard.reference)] : []
            try db.execute(
                "INSERT INTO daily_counts_places (place, district\(shardColumn)) VALUES (?, ?\(shardMark)) "
                    + "ON CONFLICT (place\(shardColumn)) DO UPDATE SET district = excluded.district",
                [.integer(place), .integer(district)] + shard)
        }
    }

    private var shardColumn: String { isSharded ? ", shard" : "" }
    private var shardMark: String { isSharded ? ", ?" : "" }

    private func storedDistrict(of place: Int64) throws -> Int64 {
        guard place != 0 else { return 0 }
        return try db.first("SELECT district FROM daily_counts_places WHERE place = ?", [.integer(place)]) { $0.int(0) }
            ?? 0
    }

    private mutating func writeSources() throws {
        var districts = newDistricts
        for (source, count) in sources where count != 0 {
            let district: Int64
            if let known = districts[source.place] {
                district = known
            } else {
                district = try storedDistrict(of: source.place)
                districts[source.place] = district
            }
            cells[
                Cell(kind: source.kind, day: source.day, district: district, code: source.code), default: 0] += count
            let key: [SQLValue] = [
                .integer(source.place), .integer(source.kind), .integer(source.day), .integer(source.code),
            ]
            try db.execute(
                """
                INSERT INTO daily_counts_sources (place, kind, day, code, n\(shardColumn))
                VALUES (?, ?, ?, ?, ?\(shardMark)) ON CONFLICT (place, kind, day, code\(shardColumn))
                DO UPDATE SET n = daily_counts_sources.n + excluded.n
                """,
                key + [.integer(count)] + (isSharded ? [.integer(source.shard)] : []))
            if count < 0 {
                try db.execute(
                    "DELETE FROM daily_counts_sources WHERE place = ? AND kind = ? AND day = ? AND code = ? AND n = 0",
                    key)
            }
        }
    }

    private func writeCells() throws {
        for (cell, count) in cells where count != 0 {
            let key: [SQLValue] = [
                .integer(cell.kind), .integer(cell.day), .integer(cell.district), .integer(cell.code),
            ]
            try db.execute(
                "INSERT INTO daily_counts_cells (kind, day, district, code, n) VALUES (?, ?, ?, ?, ?) "
                    + "ON CONFLICT (kind, day, district, code) DO UPDATE SET n = daily_counts_cells.n + excluded.n",
                key + [.integer(count)])
            if count < 0 {
                try db.execute(
                    "DELETE FROM daily_counts_cells WHERE kind = ? AND day = ? AND district = ? AND code = ? AND n = 0",
                    key)
            }
        }
    }

    /// The small integer of a diagnosis code, given on first sight.
    private mutating func codeID(_ code: CountedFact.Code) throws -> Int64 {
        if let known = codes[code] { return known }
        let key: [SQLValue] = [.text(code.system), .text(code.code)]
        let stored = try db.first("SELECT id FROM daily_counts_codes WHERE system = ? AND code = ?", key) { $0.int(0) }
        if let stored {
            codes[code] = stored
            return stored
        }
        let next = try db.first("SELECT COALESCE(MAX(id), 0) + 1 FROM daily_counts_codes") { $0.int(0) } ?? 1
        try db.execute(
            "INSERT INTO daily_counts_codes (system, code, id, display) VALUES (?, ?, ?, ?)",
            key + [.integer(next), .text(code.display)])
        codes[code] = next
        return next
    }
}
