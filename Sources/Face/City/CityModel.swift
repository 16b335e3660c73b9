/// Everything that a run knows before the first resident: the options, the data files and tables made from them.
///
/// It never changes, so a run's memory does not depend on how many residents or days it has.
final class CityModel: Sendable {
    let options: CityOptions
    let rates: CityRates
    /// First and last simulated day.
    let start: CivilDay
    let end: CivilDay
    /// The seed, mixed with the city so that two cities never share an id.
    let seed: UInt64

    let places: Places
    let departments: Departments
    let measures: Measures
    let medicines: Medicines
    let seasons: Seasons
    let diagnoses: [Diagnosis]
    let vaccines: [VaccineDose]
    let growth: Growth
    let population: Population
    let plans: HouseholdPlans
    let names: Names
    let network: Network
    let deathCauses: DeathCauses
    let illness: IllnessRates
    let outbreaks: OutbreakPlan
    let streams: CityStreams
    let hazards: CityHazards
    let register = CityRegister()
    let laboratories = CityLaboratories()
    let marks: Marks
    /// Divisions that resident IDs are issued in: the city's districts first, then others.
    let issuingDivisions: [String]

    init(_ options: CityOptions) throws(CityError) {
        (start, end) = try options.validated()
        self.options = options
        rates = options.rates
        places = try Places(city: options.city)
        seed = scrambled(scrambled(options.seed) ^ UInt64(places.cityCode, radix: 10, orZero: ()))
        departments = try Departments()
        measures = try Measures()
        medicines = try Medicines()
        seasons = try Seasons()
        diagnoses = try Diagnosis.load(
            measures: measures, medicines: medicines, seasons: seasons, departments: departments)
        vaccines = try VaccineDose.programme()
        growth = try Growth()
        population = try Population(city: options.city)
        plans = try HouseholdPlans(population)
        names = try Names()
        deathCauses = try DeathCauses(departments: departments)
        var builder = NetworkBuilder(
            places: places, departments: departments, names: names, residents: options.residents, seed: seed)
        network = try builder.build()
        illness = IllnessRates(
            diagnoses: diagnoses, seasons: seasons, population: population, start: start, days: options.days,
            visitsPerYear: options.rates.illnessVisitsPerYear, seed: seed)
        streams = try CityStreams(seasons: seasons)
        hazards = try CityHazards()
        outbreaks =
            options.plantsOutbreaks
            ? try OutbreakPlan(
                options, start: start, end: end, seed: seed, places: places, population: population,
                diagnoses: diagnoses)
            : .none
        marks = try Marks(measures: measures, medicines: medicines, departments: departments)
        var divisions = places.districts.map(\.code)
        for row in try Table(named: "origins.tsv").rows { divisions.append(try row.text("code")) }
        issuingDivisions = divisions
    }

    static func key(seed: UInt64, institution: Int) -> UInt64 {
        scrambled(seed &+ (1 << 62 | UInt64(institution)))
    }

    static func key(seed: UInt64, practitioner: Int) -> UInt64 {
        scrambled(seed &+ (1 << 61 | UInt64(practitioner)))
    }

    /// The key of a household's member; 63 stands for the household as a whole.
    func key(household: Int, member: Int) -> UInt64 {
        scrambled(seed &+ UInt64(household * 64 + member))
    }

    /// Marks a record as test data: `HTEST` of HL7's ActReason.
    static let simulatedMark: StaticString =
        #","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}]}"#
}

extension UInt64 {
    fileprivate init(_ text: String, radix: Int, orZero: Void) { self = UInt64(text, radix: radix) ?? 0 }
}

/// Indices of the measures, medicines and departments that rules ask for by name.
struct Marks: Sendable {
    let systolic: Int, diastolic: Int, pulse: Int, temperature: Int, respiration: Int, oxygen: Int
    let height: Int, weight: Int, bmi: Int, waist: Int
    let glucose: Int, hba1c: Int, creatinine: Int, albuminuria: Int, haemoglobin: Int
    let checkPanel: [Int], elderExtra: [Int], chronicPanel: [Int], admissionPanel: [Int], dischargePanel: [Int]
    let bloodPressureSteps: [[Int]], glucoseSteps: [[Int]]
    let folicAcid: Int
    let general: Int, prevention: Int, publicHealth: Int, check: Int, emergency: Int, cardiology: Int
    let endocrinology: Int, obstetrics: Int, paediatrics: Int, stomatology: Int
    /// Departments whose young patients go to paediatrics.
    let adultMedicine: Set<Int>

    init(measures: Measures, medicines: Medicines, departments: Departments) throws(CityError) {
        systolic = try measures.index("systolic")
        diastolic = try measures.index("diastolic")
        pulse = try measures.index("pulse")
        temperature = try measures.index("temperature")
        respiration = try measures.index("respiration")
        oxygen = try measures.index("spo2")
        height = try measures.index("height")
        weight = try measures.index("weight")
        bmi = try measures.index("bmi")
        waist = try measures.index("waist")
        glucose = try measures.index("fpg")
        hba1c = try measures.index("hba1c")
        creatinine = try measures.index("creatinine")
        albuminuria = try measures.index("uacr")
        haemoglobin = try measures.index("hb")
        checkPanel = measures.panels["check"] ?? []
        elderExtra = [try measures.index("ast")]
        chronicPanel = measures.panels["chronic"] ?? []
        admissionPanel = measures.panels["admission"] ?? []
        dischargePanel = measures.panels["discharge"] ?? []
        func steps(_ keys: [[String]]) throws(CityError) -> [[Int]] {
            var steps: [[Int]] = []
            for choice in keys {
                var indices: [Int] = []
                for key in choice { indices.append(try medicines.index(key)) }
                steps.append(indices)
            }
            return steps
        }
        bloodPressureSteps = try steps([
            ["amlodipine", "nifedipine"], ["valsartan", "irbesartan", "perindopril"], ["indapamide", "metoprolol"],
        ])
        glucoseSteps = try steps([
            ["metformin"], ["gliclazide", "sitagliptin", "dapagliflozin"], ["glargine"],
        ])
        folicAcid = try medicines.index("folic")
        general = try departments.index("general")
        prevention = try departments.index("prevention")
        publicHealth = try departments.index("publichealth")
        check = try departments.index("check")
        emergency = try departments.index("emergency")
        cardiology = try departments.index("cardiology")
        endocrinology = try departments.index("endocrinology")
        obstetrics = try departments.index("obstetrics")
        paediatrics = try departments.index("paediatrics")
        stomatology = try departments.index("stomatology")
        var adult: Set<Int> = []
        for key in ["respiratory", "gastroenterology", "neurology", "intestinal", "general", "infectious"] {
            adult.insert(try departments.index(key))
        }
        adultMedicine = adult
    }
}
