public import Calendar
public import Records
import SQL

/// Reads the population that ``PopulationProjection`` keeps: the denominators of every rate.
public struct PopulationBook: Sendable {
    let store: RecordStore

    /// - Parameter store: one that runs ``PopulationProjection``.
    public init(store: RecordStore) { self.store = store }

    /// Who lives in an area at the end of a month.
    ///
    /// - Parameter day: as it was known at the end of that day; nil: as it is known now.
    public func residents(
        of area: PopulationArea, at month: CivilMonth, asOf day: CivilDay? = nil
    ) throws -> AgePyramid {
        try residents(at: month, asOf: day).reduce(into: AgePyramid()) { sum, item in
            if area.contains(item.key) { sum.add(item.value) }
        }
    }

    /// Who lives in each district at the end of a month; 0 for those of whom it isn't known where.
    ///
    /// - Parameter day: as it was known at the end of that day; nil: as it is known now.
    public func residents(at month: CivilMonth, asOf day: CivilDay? = nil) throws -> [Int: AgePyramid] {
        try store.readSQL { db in
            var found: [Int: AgePyramid] = [:]
            try db.rows(
                "SELECT district, sex, born, CAST(SUM(CASE WHEN change IN (\(Self.losses)) THEN -n ELSE n END) AS INTEGER) "
                    + "FROM population_cells WHERE month <= ?\(Self.until(day)) GROUP BY district, sex, born",
                [.int(month.number)] + Self.value(day)
            ) { row in
                let born = Int(row.int(2))
                found[Int(row.int(0)), default: AgePyramid()].add(
                    Int(row.int(3)), sex: Int(row.int(1)), age: born < 0 ? nil : (month.number - born) / 12)
            }
            return found
        }
    }

    /// Births, deaths and moves of some months, in every district.
    public func movements(
        _ months: ClosedRange<CivilMonth>, asOf day: CivilDay? = nil
    ) throws -> [PopulationMovement] {
        try store.readSQL { db in
            try db.query(
                "SELECT change, district, other, sex, born, month, CAST(SUM(n) AS INTEGER) FROM population_cells "
                    + "WHERE month BETWEEN ? AND ?\(Self.until(day)) "
                    + "GROUP BY change, district, other, sex, born, month HAVING SUM(n) <> 0",
                [.int(months.lowerBound.number), .int(months.upperBound.number)] + Self.value(day)
            ) { row in
                let (born, month) = (Int(row.int(4)), Int(row.int(5)))
                return PopulationMovement(
                    change: PopulationChange(rawValue: Int(row.int(0))) ?? .presence, district: Int(row.int(1)),
                    other: Int(row.int(2)), sex: Int(row.int(3)), age: born < 0 ? nil : (month - born) / 12,
                    month: CivilMonth(number: month), count: Int(row.int(6)))
            }
        }
    }

    /// What registries have reported of some months, by district.
    public func registered(
        _ kind: RegisterKind, _ months: ClosedRange<CivilMonth>, asOf day: CivilDay? = nil
    ) throws -> [(district: Int, month: CivilMonth, count: Int)] {
        try store.readSQL { db in
            try db.query(
                "SELECT COALESCE(p.district, 0), r.month, CAST(SUM(r.n) AS INTEGER) FROM population_register r "
                    + "LEFT JOIN population_places p ON p.place = r.place WHERE r.kind = ? AND r.month BETWEEN ? AND ?"
                    + Self.until(day) + " GROUP BY COALESCE(p.district, 0), r.month ORDER BY 2, 1",
                [.int(kind.rawValue), .int(months.lowerBound.number), .int(months.upperBound.number)] + Self.value(day)
            ) { row in (Int(row.int(0)), CivilMonth(number: Int(row.int(1))), Int(row.int(2))) }
        }
    }

    private static let losses = PopulationChange.allCases.filter { $0.sign < 0 }.map { "\($0.rawValue)" }
        .joined(separator: ", ")
    private static func until(_ day: CivilDay?) -> String { day == nil ? "" : " AND known <= ?" }
    private static func value(_ day: CivilDay?) -> [SQLValue] { day.map { [.int($0.number)] } ?? [] }
}

/// Persons who were born, came, died or went.
public struct PopulationMovement: Sendable, Hashable {
    /// What happened.
    public let change: PopulationChange
    /// GB/T 2260 code; 0 when unknown.
    public let district: Int
    /// From or to where; 0 for elsewhere.
    public let other: Int
    /// 1 male, 2 female, 0 otherwise.
    public let sex: Int
    /// In completed years at the end of the month; nil when unknown.
    public let age: Int?
    /// When.
    public let month: CivilMonth
    /// How many.
    public let count: Int

    /// A movement.
    public init(
        change: PopulationChange, district: Int, other: Int = 0, sex: Int, age: Int? = nil, month: CivilMonth,
        count: Int
    ) {
        self.change = change
        self.district = district
        self.other = other
        self.sex = sex
        self.age = age
        self.month = month
        self.count = count
    }
}
