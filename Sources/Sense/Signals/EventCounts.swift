public import Calendar
public import Records
import SQL
public import Syndromes

/// Reads the counts that ``EventCountsProjection`` keeps.
public struct EventCounts: Sendable {
    /// Persons of one day, place, age group, condition and source.
    public struct Cell: Sendable, Hashable {
        /// ``WatchedCondition/number``.
        public let condition: Int
        /// What they were read from.
        public let source: EventSource
        /// GB/T 2260 code of the district where they live; 0 when unknown.
        public let district: Int
        /// Their age.
        public let age: AgeGroup
        /// The day of onset or visit.
        public let day: CivilDay
        /// How many.
        public let count: Int

        /// A count.
        public init(
            condition: Int, source: EventSource, district: Int, age: AgeGroup, day: CivilDay, count: Int
        ) {
            self.condition = condition
            self.source = source
            self.district = district
            self.age = age
            self.day = day
            self.count = count
        }
    }

    /// One resource that counts, for a line list.
    public struct Line: Sendable, Hashable {
        /// The small integer of the resource.
        public let resource: Int64
        /// That of the Patient; nil when not known.
        public let person: Int64?
        /// The day it counts on.
        public let day: CivilDay
        /// What it is.
        public let source: EventSource
        /// The person's age group then.
        public let age: AgeGroup
    }

    let store: RecordStore

    /// - Parameter store: one that runs ``EventCountsProjection``.
    public init(store: RecordStore) { self.store = store }

    /// The counts of some days, in no order.
    ///
    /// - Parameters:
    ///   - days: the first and the last day, both included.
    ///   - condition: of one condition alone; nil for all.
    ///   - district: of one district alone; nil for all.
    ///   - moment: as they were known then, in milliseconds since 1970 UTC; nil: as they are known now.
    public func cells(
        _ days: ClosedRange<CivilDay>, condition: Int? = nil, district: Int? = nil, asOf moment: Int64? = nil
    ) throws -> [Cell] {
        var tests = ["day BETWEEN ? AND ?"]
        var values: [SQLValue] = [.int(days.lowerBound.number), .int(days.upperBound.number)]
        if let condition {
            tests.append("condition = ?")
            values.append(.int(condition))
        }
        if let district {
            tests.append("district = ?")
            values.append(.int(district))
        }
        let names = "condition, source, district, age, day"
        let sql: String
        if let moment {
            values.append(.integer(moment))
            sql =
                "SELECT \(names), CAST(SUM(n) AS INTEGER) FROM event_counts_revisions "
                + "WHERE \(tests.joined(separator: " AND ")) AND known <= ? GROUP BY \(names) HAVING SUM(n) <> 0"
        } else {
            sql = "SELECT \(names), n FROM event_counts_cells WHERE \(tests.joined(separator: " AND "))"
        }
        return try store.readSQL { db in
            var cells: [Cell] = []
            try db.rows(sql, values) { row in
                guard let age = AgeGroup(rawValue: Int(row.int(3))) else { return }
                cells.append(
                    Cell(
                        condition: Int(row.int(0)), source: EventSource(rawValue: Int(row.int(1))),
                        district: Int(row.int(2)), age: age,
                        day: CivilDay(number: Int(row.int(4))), count: Int(row.int(5))))
            }
            return cells
        }
    }

    /// The first of some days on which anything of each source was counted, of any condition and place: from then on its counts are known.
    public func firstDays(_ days: ClosedRange<CivilDay>) throws -> [EventSource: CivilDay] {
        try store.readSQL { db in
            let rows = try db.query(
                "SELECT source, MIN(day) FROM event_counts_cells WHERE day BETWEEN ? AND ? AND n <> 0 GROUP BY source",
                [.int(days.lowerBound.number), .int(days.upperBound.number)]
            ) { row in (EventSource(rawValue: Int(row.int(0))), CivilDay(number: Int(row.int(1)))) }
            return Dictionary(rows) { first, _ in first }
        }
    }

    /// What counts persons for some conditions on some days, by day, each record once; streams have no lines.
    /// - Parameters:
    ///   - district: of one district alone; nil for all.
    ///   - limit: how many at most.
    public func lines(
        _ conditions: [WatchedCondition], _ days: ClosedRange<CivilDay>, district: Int?, limit: Int
    ) throws -> [Line] {
        let holders = conditions.map { _ in "?" }.joined(separator: ",")
        var values = conditions.map { SQLValue.int($0.number) }
        values += [.int(days.lowerBound.number), .int(days.upperBound.number)]
        if let district { values.append(.int(district)) }
        let sql =
            "SELECT DISTINCT f.rid, f.person, f.day, f.source, p.born FROM event_counts_facts f "
            + "LEFT JOIN event_counts_people p ON p.person = f.person "
            + "WHERE f.source <= \(EventSource.laboratory.rawValue) AND f.condition IN (\(holders)) AND f.day BETWEEN ? AND ?"
            + (district == nil ? "" : " AND COALESCE(p.district, 0) = ?")
            + " ORDER BY f.day, f.person, f.rid LIMIT \(limit)"
        return try store.readSQL { db in
            try db.query(sql, values) { row in
                Line(
                    resource: row.int(0), person: row.int(1) > 0 ? row.int(1) : nil,
                    day: CivilDay(number: Int(row.int(2))),
                    source: EventSource(rawValue: Int(row.int(3))),
                    age: AgeGroup(born: row.intOrNil(4), on: row.int(2)))
            }
        }
    }
}
