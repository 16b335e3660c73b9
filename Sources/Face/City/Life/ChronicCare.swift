/// Hypertension and type 2 diabetes of one resident: what is known, what is taken, what is due.
struct ChronicCare {
    /// The Conditions, once diagnosed.
    var hypertension: ResourceID?
    var diabetes: ResourceID?
    var kidneyDisease: ResourceID?
    var eyeDisease: ResourceID?
    /// Medicines now taken, by index.
    var pressureMedicines: [Int] = []
    var glucoseMedicines: [Int] = []
    /// Days on which pressure was raised, and glucose, before a diagnosis.
    var raisedPressureDays = 0
    var raisedGlucoseDays = 0
    var raisedAlbuminDays = 0
    var recheckDay: CivilDay?
    var followUpDay: CivilDay?
    /// Uncontrolled visits in a row.
    var uncontrolled = 0
    /// The next follow-up is at a hospital.
    var isReferred = false
    var lastReferral = CivilDay(Int.min / 4)
    var lastPrescription = CivilDay(Int.min / 4)
    var lastHbA1c = CivilDay(Int.min / 4)
    /// How much of a medicine's effect this person gets.
    let response: Double
    /// How fast diabetes harms this person's kidneys.
    let kidneyHarm: Double

    init(_ traits: Traits, key: UInt64) {
        let bits = scrambled(key ^ 0xC4C4)
        response = 0.8 + 0.35 * Double(bits & 0xFFFF) / 65_536
        kidneyHarm = 0.2 + 2.2 * Double((bits >> 16) & 0xFFFF) / 65_536 * Double((bits >> 32) & 0xFFFF) / 65_536
    }

    var isManaged: Bool { hypertension != nil || diabetes != nil }

    /// Fall of systolic pressure by one medicine, mmHg, and of fasting glucose, mmol/L: our defaults.
    static let pressureFall = 10.0
    static let glucoseFall = 1.7
    /// At most so many medicines for each disease.
    static let stepsMax = 3
}
