/// A seeded generator: SplitMix64.
struct Dice: Sendable {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
    mutating func isTrue(oneIn count: Int) -> Bool { below(count) == 0 }
}

/// A city small enough that everything about it can be said in plain facts.
struct SmallCity: Sendable {
    enum Person: Sendable, Hashable, CustomStringConvertible {
        case resident(Int)
        case clinician(Int, granted: Bool)
        case epidemiologist(district: Int, granted: Bool)
        case manager, systemOperator, auditor

        var description: String {
            switch self {
            case .resident(let patient): "resident \(patient)"
            case .clinician(let hospital, let granted): "clinician \(hospital)\(granted ? " granted" : "")"
            case .epidemiologist(let district, let granted): "epidemiologist \(district)\(granted ? " granted" : "")"
            case .manager: "manager"
            case .systemOperator: "operator"
            case .auditor: "auditor"
            }
        }
    }

    struct Visit: Sendable { var patient: Int, hospital: Int, daysAgo: Int }
    struct Finding: Sendable { var patient: Int, code: String }

    static let patients = 8, hospitals = 3, districts = ["330102", "330106", "330110"]
    /// ICD-10: a cold, measles (notifiable), AIDS (notifiable and sensitive), depression (sensitive).
    static let codes = ["J06.9", "B05.9", "B24", "F32.1"]

    var ages: [Int] = []
    var homes: [Int] = []
    var guardians: [Int: Int] = [:]
    var visits: [Visit] = []
    var findings: [Finding] = []
    let people: [Person]

    init(_ random: inout Dice) {
        for patient in 0..<Self.patients {
            ages.append(random.isTrue(oneIn: 3) ? random.below(18) : 20 + random.below(60))
            homes.append(random.below(Self.districts.count))
            if ages[patient] < 18, patient > 0 { guardians[patient] = random.below(patient) }
        }
        for _ in 0..<16 {
            visits.append(
                Visit(
                    patient: random.below(Self.patients), hospital: random.below(Self.hospitals),
                    daysAgo: [0, 30, 80, 100, 400][random.below(5)]))
            findings.append(
                Finding(patient: random.below(Self.patients), code: Self.codes[random.below(Self.codes.count)]))
        }
        people =
            (0..<Self.patients).map { .resident($0) }
            + (0..<Self.hospitals).flatMap { [.clinician($0, granted: false), .clinician($0, granted: true)] }
            + [
                .epidemiologist(district: 0, granted: false), .epidemiologist(district: 1, granted: true), .manager,
                .systemOperator, .auditor,
            ]
    }

    // MARK: The rules, once more

    private func isSensitive(_ code: String) -> Bool { code == "B24" || code == "F32.1" }
    private func isCase(_ code: String) -> Bool { code == "B05.9" || code == "B24" }

    private func isInCare(_ patient: Int, _ hospital: Int) -> Bool {
        visits.contains { $0.patient == patient && $0.hospital == hospital && $0.daysAgo <= 90 }
    }

    /// The personal records that somebody sees.
    func seen(by person: Person) -> Set<String> {
        var seen: Set<String> = []
        func add(where isSeen: (Int) -> Bool, _ mayCode: (Int, String) -> Bool) {
            for patient in 0..<Self.patients where isSeen(patient) {
                seen.insert("Patient/p\(patient)")
                seen.insert("Observation/o\(patient)")
            }
            for (place, visit) in visits.enumerated() where isSeen(visit.patient) { seen.insert("Encounter/e\(place)") }
            for (place, finding) in findings.enumerated() where mayCode(finding.patient, finding.code) {
                seen.insert("Condition/c\(place)")
            }
        }
        switch person {
        case .resident(let own):
            add(where: { $0 == own || (guardians[$0] == own && ages[$0] < 18) }) { patient, code in
                patient == own
                    || (guardians[patient] == own && (ages[patient] < 14 || (ages[patient] < 18 && !isSensitive(code))))
            }
        case .clinician(let hospital, let granted):
            add(where: { isInCare($0, hospital) }) { isInCare($0, hospital) && (granted || !isSensitive($1)) }
        case .epidemiologist(_, let granted):
            for (place, finding) in findings.enumerated()
            where isCase(finding.code) && (granted || !isSensitive(finding.code)) {
                seen.insert("Condition/c\(place)")
                seen.insert("Patient/p\(finding.patient)")
            }
        case .manager, .systemOperator, .auditor: break
        }
        return seen
    }

    /// Whether somebody may read a patient's name.
    func knowsName(_ person: Person, of patient: Int) -> Bool {
        guard seen(by: person).contains("Patient/p\(patient)") else { return false }
        if case .epidemiologist(let district, _) = person { return homes[patient] == district }
        return true
    }

    // MARK: The facts, by reference

    /// Every personal record.
    var personal: [String] {
        (0..<Self.patients).flatMap { ["Patient/p\($0)", "Observation/o\($0)"] }
            + visits.indices.map { "Encounter/e\($0)" }
            + findings.indices.map { "Condition/c\($0)" }
    }

    /// A name that stands nowhere else.
    var names: [(patient: Int, name: String)] { (0..<Self.patients).map { ($0, "奇名\($0)异") } }

    /// Whom a personal record is about.
    func patient(of reference: String) -> Int {
        let parts = reference.split(separator: "/")
        let number = Int(parts[1].dropFirst()) ?? -1
        return switch parts[0] {
        case "Encounter": visits[number].patient
        case "Condition": findings[number].patient
        default: number
        }
    }

    /// The code of a Condition.
    func code(of reference: String) -> String? {
        reference.hasPrefix("Condition/c") ? Int(reference.dropFirst(11)).map { findings[$0].code } : nil
    }
}
