public import Calendar
public import Records
import SQL

/// Reads the counters that ``DailyCountsProjection`` keeps. Every read is a look-up over the days asked for.
public struct DailyCounts: Sendable {
    private let store: RecordStore

    /// - Parameter store: a store that runs ``DailyCountsProjection``.
    public init(store: RecordStore) { self.store = store }

    /// Living residents, by district (0 when unknown).
    public func residents() throws -> [Int: Int] {
        try store.readSQL { db in
            var result: [Int: Int] = [:]
            try db.rows("SELECT district, n FROM daily_counts_cells WHERE kind = ? AND day = 0", [.residents]) {
                result[Int($0.int(0))] = Int($0.int(1))
            }
            return result
        }
    }

    /// The latest day before another on which any visit began; nil when there is none.
    public func lastDayWithVisits(before day: CivilDay) throws -> CivilDay? {
        try store.readSQL { db in
            var latest: Int64?
            for kind in DailyCountKind.visits {
                let found = try db.first(
                    "SELECT day FROM daily_counts_cells WHERE kind = ? AND day < ? ORDER BY day DESC LIMIT 1",
                    [.integer(kind.rawValue), .int(day.number)]
                ) { $0.int(0) }
                if let found { latest = max(latest ?? found, found) }
            }
            return latest.map { CivilDay(number: Int($0)) }
        }
    }

    /// Visits by day, district and kind, in order of kind and day.
    /// - Parameter days: the first and the last day, both included.
    public func visits(_ days: ClosedRange<CivilDay>) throws -> [VisitCount] {
        try store.readSQL { db in
            var result: [VisitCount] = []
            for kind in DailyCountKind.visits {
                try db.rows(
                    "SELECT day, district, n FROM daily_counts_cells WHERE kind = ? AND day BETWEEN ? AND ? "
                        + "ORDER BY day, district",
                    [.integer(kind.rawValue), .int(days.lowerBound.number), .int(days.upperBound.number)]
                ) {
                    result.append(
                        VisitCount(
                            day: CivilDay(number: Int($0.int(0))), kind: kind, district: Int($0.int(1)),
                            count: Int($0.int(2))))
                }
            }
            return result
        }
    }

    /// The sum of a kind over some days, in one district or in all.
    public func total(_ kind: DailyCountKind, _ days: ClosedRange<CivilDay>, district: Int? = nil) throws -> Int {
        try store.readSQL { db in
            var sql =
                "SELECT CAST(COALESCE(SUM(n), 0) AS INTEGER) FROM daily_counts_cells WHERE kind = ? AND day BETWEEN ? AND ?"
            var values: [SQLValue] = [
                .integer(kind.rawValue), .int(days.lowerBound.number), .int(days.upperBound.number),
            ]
            if let district {
                sql += " AND district = ?"
                values.append(.int(district))
            }
            return Int(try db.first(sql, values) { $0.int(0) } ?? 0)
        }
    }

    /// The diagnoses made most often, most frequent first; equal counts by code.
    /// - Parameters:
    ///   - days: the first and the last day, both included.
    ///   - district: of residence; nil for all.
    ///   - limit: how many, at most.
    public func leadingDiagnoses(
        _ days: ClosedRange<CivilDay>, district: Int? = nil, limit: Int
    ) throws -> [DiagnosisCount] {
        let length = days.upperBound.number - days.lowerBound.number + 1
        let first = days.lowerBound.number
        let condition = district == nil ? "" : " AND district = ?"
        let sql = """
            SELECT d.system, d.code, d.display, t.now, t.earlier FROM (
                SELECT code, CAST(SUM(CASE WHEN day >= ? THEN n ELSE 0 END) AS INTEGER) AS now,
                    CAST(SUM(CASE WHEN day < ? THEN n ELSE 0 END) AS INTEGER) AS earlier
                FROM daily_counts_cells WHERE kind = ? AND day BETWEEN ? AND ?\(condition) GROUP BY code
            ) AS t JOIN daily_counts_codes AS d ON d.id = t.code
            WHERE t.now > 0 ORDER BY t.now DESC, d.code LIMIT ?
            """
        var values: [SQLValue] = [
            .int(first), .int(first), .integer(DailyCountKind.diagnoses.rawValue), .int(first - length),
            .int(days.upperBound.number),
        ]
        if let district { values.append(.int(district)) }
        values.append(.int(limit))
        return try store.readSQL { db in
            try db.query(sql, values) {
                DiagnosisCount(
                    system: $0.text(0), code: $0.text(1), display: $0.text(2), count: Int($0.int(3)),
                    countBefore: Int($0.int(4)))
            }
        }
    }
}

extension SQLValue {
    /// The number of the residents' kind, for look-ups.
    fileprivate static var residents: SQLValue { .integer(DailyCountKind.residents.rawValue) }
}
