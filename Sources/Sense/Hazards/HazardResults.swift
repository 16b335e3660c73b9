public import Calendar
public import Records
import SQL

/// Reads the results that ``HazardResultsProjection`` keeps.
public struct HazardResults: Sendable {
    /// Where results are of: a site by its name and district.
    public struct Site: Sendable, Hashable {
        /// What it is called.
        public let name: String
        /// GB/T 2260 code; 0 where it isn't known.
        public let district: Int

        /// A site.
        public init(name: String, district: Int) {
            self.name = name
            self.district = district
        }
    }

    /// How many, and how many of them were over their limit. Persons count once, by their newest result.
    public struct Share: Sendable, Hashable {
        /// All.
        public var all = 0
        /// Over the limit.
        public var over = 0

        /// None.
        public init() {}

        /// The part in percent that a kind tells; nil of none.
        public func percent(_ kind: HazardKind) -> Double? {
            all == 0 ? nil : Double(kind.sharesWithin ? all - over : over) / Double(all) * 100
        }
    }

    /// One result.
    public struct Result: Sendable, Hashable {
        /// `Observation/…` or `QuestionnaireResponse/…`.
        public let reference: String
        /// The code of its item, or of what several make.
        public let item: String
        /// Where.
        public let site: Site
        /// A workshop, a class; empty for none.
        public let part: String
        /// When.
        public let day: CivilDay
        /// nil for a coded result.
        public let value: Double?
        /// Whether it was over the limit.
        public let isOver: Bool
    }

    /// How far a plan has come.
    public struct Coverage: Sendable, Hashable {
        /// GB/T 2260 code; 0 for the city.
        public let district: Int
        /// Items that were sampled.
        public let sampled: Int
        /// Items that are asked for.
        public let planned: Int
        /// Those that nobody has sampled.
        public let missing: [HazardItem]

        /// In percent; 100 where nothing is asked for.
        public var percent: Double { planned == 0 ? 100 : Double(sampled) / Double(planned) * 100 }
    }

    let store: RecordStore

    /// - Parameter store: one that runs ``HazardResultsProjection``.
    public init(_ store: RecordStore) { self.store = store }

    /// The days of a year.
    public static func days(of year: Int) -> ClosedRange<CivilDay> {
        let first = CivilDay(year: year, month: 1, day: 1) ?? CivilDay(number: 0)
        return first...(CivilDay(year: year, month: 12, day: 31) ?? first)
    }

    /// The shares of some days by site.
    /// - Parameter district: of one district alone; nil for all.
    public func sites(
        _ kind: HazardKind, _ days: ClosedRange<CivilDay>, district: Int? = nil
    ) throws -> [Site: Share] {
        let rows = try shares(kind, days, by: "site, district", district.map { ("district = ?", [.int($0)]) })
        return Dictionary(rows) { first, _ in first }
    }

    /// The shares of some days by the parts of a site, such as classes.
    public func parts(_ kind: HazardKind, _ days: ClosedRange<CivilDay>, of site: Site) throws -> [(String, Share)] {
        let tests: (String, [SQLValue]) = ("site = ? AND district = ?", [.text(site.name), .int(site.district)])
        return try shares(kind, days, by: "part, district", tests).map { ($0.0.name, $0.1) }
    }

    private func shares(
        _ kind: HazardKind, _ days: ClosedRange<CivilDay>, by columns: String, _ test: (String, [SQLValue])?
    ) throws -> [(Site, Share)] {
        // Each who once: the newest day, and whether anything of that day was over.
        let newest =
            "SELECT \(columns), MAX(day * 2 + isover) AS state FROM hazard_results WHERE kind = ? AND day BETWEEN ? AND ?"
            + (test.map { " AND \($0.0)" } ?? "") + " GROUP BY \(columns), who"
        let sql =
            "SELECT \(columns), COUNT(*), CAST(SUM(state % 2) AS INTEGER) FROM (\(newest)) AS newest GROUP BY \(columns) "
            + "ORDER BY \(columns)"
        let values = Self.values(kind, days) + (test?.1 ?? [])
        return try store.readSQL { db in
            try db.query(sql, values) { row in
                var share = Share()
                (share.all, share.over) = (Int(row.int(2)), Int(row.int(3)))
                return (Site(name: row.text(0), district: Int(row.int(1))), share)
            }
        }
    }

    private static func values(_ kind: HazardKind, _ days: ClosedRange<CivilDay>) -> [SQLValue] {
        [.int(kind.number), .int(days.lowerBound.number), .int(days.upperBound.number)]
    }

    /// The first and last day with results of each site, and of how many persons or measurements.
    /// - Parameter overOnly: of those over the limit alone.
    func spans(
        _ kind: HazardKind, _ days: ClosedRange<CivilDay>, overOnly: Bool
    ) throws -> [Site: (days: ClosedRange<CivilDay>, count: Int)] {
        let rows = try store.readSQL { db in
            try db.query(
                "SELECT site, district, MIN(day), MAX(day), COUNT(DISTINCT who) FROM hazard_results "
                    + "WHERE kind = ? AND day BETWEEN ? AND ?" + (overOnly ? " AND isover = 1" : "")
                    + " GROUP BY site, district", Self.values(kind, days)
            ) { row in
                let ends = (CivilDay(number: Int(row.int(2))), CivilDay(number: Int(row.int(3))))
                return (Site(name: row.text(0), district: Int(row.int(1))), (ends.0...ends.1, Int(row.int(4))))
            }
        }
        return Dictionary(rows) { first, _ in first }
    }

    /// The results of some days that are over their limit while nothing newer of the same item, site and part is known, the newest first.
    public func exceeding(
        _ kind: HazardKind, _ days: ClosedRange<CivilDay>, district: Int? = nil, limit: Int = 500
    ) throws -> [Result] {
        let newer =
            "SELECT 1 FROM hazard_results n WHERE n.kind = r.kind AND n.site = r.site AND n.district = r.district "
            + "AND n.item = r.item AND n.part = r.part AND (n.day > r.day OR n.day = r.day AND n.reference > r.reference)"
        return try results(
            "kind = ? AND day BETWEEN ? AND ? AND isover = 1" + (district == nil ? "" : " AND district = ?")
                + " AND NOT EXISTS (\(newer))",
            Self.values(kind, days) + (district.map { [.int($0)] } ?? []), limit)
    }

    /// The results of a site, the newest first.
    public func results(_ kind: HazardKind, of site: Site, limit: Int = 200) throws -> [Result] {
        try results(
            "kind = ? AND site = ? AND district = ?", [.int(kind.number), .text(site.name), .int(site.district)], limit)
    }

    private func results(_ test: String, _ values: [SQLValue], _ limit: Int) throws -> [Result] {
        try store.readSQL { db in
            try db.query(
                "SELECT reference, item, site, district, part, day, value, isover FROM hazard_results r WHERE \(test) "
                    + "ORDER BY day DESC, site, item, reference LIMIT \(limit)", values
            ) { row in
                Result(
                    reference: row.text(0), item: row.text(1),
                    site: Site(name: row.text(2), district: Int(row.int(3))), part: row.text(4),
                    day: CivilDay(number: Int(row.int(5))), value: row.isNull(6) ? nil : row.real(6),
                    isOver: row.int(7) == 1)
            }
        }
    }

    /// How far the plan of a kind has come in some days: of the city first, then of districts.
    /// - Parameter districts: GB/T 2260 codes of those that are asked about; of 0 the city's.
    public func coverage(
        _ kind: HazardKind, _ list: HazardList, _ days: ClosedRange<CivilDay>, districts: [Int]
    ) throws -> [Coverage] {
        let rows = try store.readSQL { db in
            try db.query(
                "SELECT DISTINCT district, item FROM hazard_results WHERE kind = ? AND day BETWEEN ? AND ?",
                Self.values(kind, days)
            ) { (Int($0.int(0)), $0.text(1)) }
        }
        return districts.map { district in
            let sampled = Set(rows.filter { district == 0 || $0.0 == district }.map(\.1))
            let planned = list.planned(kind, inCity: district == 0)
            let missing = planned.filter { !sampled.contains($0.code) }
            return Coverage(
                district: district, sampled: planned.count - missing.count, planned: planned.count, missing: missing)
        }
    }

    /// The years that have results, the newest first.
    public func years(_ kind: HazardKind) throws -> [Int] {
        let ends = try store.readSQL { db in
            try db.first(
                "SELECT MIN(day), MAX(day) FROM hazard_results WHERE kind = ?", [.int(kind.number)]
            ) { row in row.isNull(0) ? nil : (Int(row.int(0)), Int(row.int(1))) } ?? nil
        }
        guard let ends else { return [] }
        let (first, last) = (CivilDay(number: ends.0).components.year, CivilDay(number: ends.1).components.year)
        return Array((first...last).reversed())
    }
}
