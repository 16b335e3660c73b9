/// An illness that brings people to a doctor: how often, whom, when, where, and what is then measured and given.
struct Diagnosis: Sendable {
    let code: String
    let name: String
    /// The `CodeableConcept`.
    let concept: [UInt8]
    /// Index of the season, nil when it does not depend on the time of the year.
    let season: Int?
    /// Visits per 1,000 residents and year.
    let ratePer1000: Double
    /// Relative frequency in the eight age groups of `AgeGroup`.
    let ages: [Double]
    /// Frequency in men; in women it is 2 minus this.
    let maleFactor: Double
    /// Percent of ordinary visits to the community centre and to the county hospital; the rest goes to the city.
    let communityPercent: Int
    let countyPercent: Int
    let emergencyPercent: Double
    let inpatientPercent: Double
    let stayDays: Int
    /// Days until it is over; 0 for a lasting condition.
    let lastsDays: Int
    /// Degrees above normal at the visit, in tenths.
    let feverTenths: Int
    let department: Int
    /// Panels with the percentage in which they are ordered.
    let panels: [(measures: [Int], percent: Int)]
    let testsInfluenza: Bool
    let influenzaTestPercent: Int
    /// What it adds to laboratory values.
    let shift: [Int: Measure.Spread]
    /// Medicines with the percentage in which they are prescribed.
    let medicines: [(medicine: Int, percent: Int)]
}

/// The age groups of `diagnoses.tsv`.
enum AgeGroup {
    static let count = 8
    static let lowerYears = [0, 1, 5, 15, 30, 45, 60, 75]

    static func index(years: Int) -> Int {
        var group = 0
        while group + 1 < count, years >= lowerYears[group + 1] { group += 1 }
        return group
    }
}

extension Diagnosis {
    static func load(
        measures: Measures, medicines: Medicines, seasons: Seasons, departments: Departments
    ) throws(CityError) -> [Diagnosis] {
        var all: [Diagnosis] = []
        for row in try Table(named: "diagnoses.tsv").rows {
            all.append(
                try Diagnosis(
                    row, measures: measures, medicines: medicines, seasons: seasons, departments: departments))
        }
        return all
    }

    init(
        _ row: Table.Row, measures: Measures, medicines: Medicines, seasons: Seasons, departments: Departments
    ) throws(CityError) {
        code = try row.text("code")
        name = try row.text("name")
        concept = Codes.disease(code, name)
        if let name = try row.textIfAny("season") { season = try seasons.index(name) } else { season = nil }
        ratePer1000 = try row.number("rate")
        ages = try row.numbers("ages")
        guard ages.count == AgeGroup.count else { throw row.fault("ages", "\(AgeGroup.count) numbers") }
        maleFactor = try row.number("male_factor")
        let shares = try row.numbers("community_county_tertiary")
        guard shares.count == 3 else { throw row.fault("community_county_tertiary", "three numbers") }
        communityPercent = Int(shares[0])
        countyPercent = Int(shares[1])
        emergencyPercent = try row.number("emergency")
        inpatientPercent = try row.number("inpatient")
        stayDays = try row.integer("stay_days")
        lastsDays = try row.integer("lasts_days")
        feverTenths = try row.integer("fever_tenths")
        department = try departments.index(row.text("department"))
        var panels: [(measures: [Int], percent: Int)] = []
        var influenzaTestPercent = 0
        for part in try row.text("panels").parts(",") {
            let fields = part.parts(":")
            guard fields.count == 2, let percent = Int(fields[1]), let panel = measures.panels[fields[0]] else {
                throw row.fault("panels", "panel:percent")
            }
            if fields[0] == "flu" { influenzaTestPercent = percent } else { panels.append((panel, percent)) }
        }
        self.panels = panels
        self.influenzaTestPercent = influenzaTestPercent
        testsInfluenza = influenzaTestPercent > 0
        if let state = try row.textIfAny("state") {
            guard let shift = measures.shifts[state] else { throw row.fault("state", "a state of shifts.tsv") }
            self.shift = shift
        } else {
            shift = [:]
        }
        var given: [(medicine: Int, percent: Int)] = []
        for part in try row.text("medicines").parts(",") {
            let fields = part.parts(":")
            guard fields.count == 2, let percent = Int(fields[1]) else {
                throw row.fault("medicines", "medicine:percent")
            }
            given.append((try medicines.index(fields[0]), percent))
        }
        self.medicines = given
    }
}
