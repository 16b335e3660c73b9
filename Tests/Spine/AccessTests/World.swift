import Access
import FHIR
import JSON

/// One random situation in plain facts, from which both the documents and the oracle's answer come.
struct Situation: CustomStringConvertible {
    enum Who: String, CaseIterable {
        case anonymous, resident, clinician, epidemiologist, manager, systemDuty, securityDuty, auditDuty, program,
            platform
    }
    enum About: Equatable { case patient(String), nobody, unknown }
    enum Grant: String, CaseIterable { case none, expired, revoked, good }
    enum ConsentKind: String, CaseIterable {
        case denyAll, denyOwnHospital, denyOtherHospital, denyTreatment, denyEmergency, denyObservations, denyHIV,
            denyAllButOwnHospital, optOutButOwnHospital, over, draft, permitAll, denyCollect, denyResearch
    }
    struct Child { let id: String, age: Int, allowsHIV: Bool }
    struct Mandate { let patient: String, state: Grant, onlyType: String?, namesHIV: Bool }
    struct Care { let patient: String, organisation: String, kind: CareRelation.Kind, endedDaysAgo: Int? }
    struct Emergency { let patient: String, minutesAgo: Int, reason: String }
    struct PlainScope { let context: String, type: String, letters: String, category: String? }

    static let now: Int64 = 1_795_312_800_000  // 2026-11-22T02:00:00Z
    static let day: Int64 = 86_400_000
    static let patients = ["p0", "p1", "p2"]
    static let organisations = ["o0", "o0d", "o1"]

    // Who
    var who = Who.anonymous
    var own: String?
    var hospital = "o0"
    var division = "330106"
    var purpose = Purpose.treatment
    var mayHIV = false
    var scopes: [PlainScope]?
    var scopePatient: String?
    // What
    var action = Action.read
    var type = "Observation"
    var about = About.nobody
    var organisation: String?
    var isHIV = false
    var isCase = false
    var home: String?
    var category: String?
    // How they stand
    var children: [Child] = []
    var mandates: [Mandate] = []
    var cares: [Care] = []
    var emergencies: [Emergency] = []
    var approval: (types: Set<String>, hiv: Bool, state: Grant)?
    var consents: [(patient: String, kind: ConsentKind)] = []

    var description: String {
        "\(who) own=\(own ?? "-") hospital=\(hospital) division=\(division) purpose=\(purpose) hiv=\(mayHIV) "
            + "scopes=\(String(describing: scopes)) in context=\(scopePatient ?? "-") | \(action) \(type) about=\(about) "
            + "organisation=\(organisation ?? "-") isHIV=\(isHIV) isCase=\(isCase) home=\(home ?? "-") "
            + "category=\(category ?? "-") | children=\(children) mandates=\(mandates) cares=\(cares) "
            + "emergencies=\(emergencies) approval=\(String(describing: approval)) consents=\(consents)"
    }
}

// MARK: - Chance

extension Situation {
    static let types = [
        "Patient", "Observation", "Condition", "Encounter", "QuestionnaireResponse", "Consent", "Communication",
        "Device", "Task",
        "MeasureReport", "AuditEvent", "Subscription", "Practitioner", "Location", "ValueSet",
    ]
    static let actions: [Action] = [
        .read, .read, .read, .vread, .history, .search, .count, .create, .update, .delete, .export,
        .operation("everything"), .operation("expunge"), .conformance, .auditRead, .transportRead,
        .accountAdministration, .configuration,
    ]

    init(_ random: inout SeededGenerator) {
        who = random.pick(Who.allCases + [.resident, .clinician, .clinician, .epidemiologist, .program])
        own = who == .resident && random.percent(90) ? random.pick(Self.patients) : nil
        hospital = random.pick(["o0", "o1"])
        division = random.pick(["330106", "330108", "330100"])
        purpose = random.percent(70) ? Self.usual(who) : random.pick(Purpose.allCases)
        mayHIV = random.percent(30)
        action = random.pick(Self.actions)
        type = random.pick(Self.types)
        chooseResource(&random)
        children = random.some(Self.patients, 30).map {
            Child(id: $0, age: random.pick([0, 5, 13, 14, 15, 17, 18, 30]), allowsHIV: random.percent(30))
        }
        mandates = random.some(Self.patients, 30).map {
            Mandate(
                patient: $0, state: random.pick(Grant.allCases),
                onlyType: random.percent(30) ? random.pick(Self.types) : nil,
                namesHIV: random.percent(30))
        }
        cares = random.some(Self.patients, 60).map {
            Care(
                patient: $0, organisation: random.pick(Self.organisations),
                kind: random.pick(CareRelation.Kind.allCases),
                endedDaysAgo: random.pick([nil, nil, 1, 5, 20, 60, 89, 91, 400]))
        }
        emergencies = random.some(Self.patients, 30).map {
            Emergency(
                patient: $0, minutesAgo: random.pick([-5, 0, 10, 119, 120, 600]),
                reason: random.pick(["昏迷送入抢救", "unconscious", "", "  急 "]))
        }
        if random.percent(30) {
            approval = (Set(random.some(Self.types, 50)), random.percent(40), random.pick(Grant.allCases))
        }
        consents = random.some(Self.patients, 40).map { ($0, random.pick(ConsentKind.allCases)) }
        if random.percent(who == .program || who == .platform ? 90 : 25) { chooseScopes(&random) }
    }

    private mutating func chooseResource(_ random: inout SeededGenerator) {
        switch type {
        case "Patient": about = .patient(random.pick(Self.patients))
        case "Observation", "Condition", "Encounter", "QuestionnaireResponse", "Consent", "Communication", "AuditEvent":
            about = random.percent(90) ? .patient(random.pick(Self.patients)) : .unknown
        case "Device", "MeasureReport", "Task":
            about = random.percent(50) ? .patient(random.pick(Self.patients)) : .nobody
        default: about = .nobody
        }
        organisation = random.percent(60) ? random.pick(Self.organisations) : nil
        let isCoded = ["Observation", "Condition", "Encounter", "Task"].contains(type)
        isHIV = isCoded && random.percent(25)
        isCase = type == "Patient" ? random.percent(40) : isCoded && (isHIV || random.percent(40))
        if type == "Patient" { isHIV = false }
        home = about == .nobody ? nil : random.pick(["330106", "330108", "330206", nil])
        category = type == "Observation" ? random.pick(["laboratory", "vital-signs", nil]) : nil
    }

    private mutating func chooseScopes(_ random: inout SeededGenerator) {
        scopePatient = random.percent(80) ? random.pick(Self.patients) : nil
        scopes = (0..<random.below(4)).map { _ in
            let type = random.percent(30) ? "*" : random.percent(60) ? self.type : random.pick(Self.types)
            let context =
                who == .program || who == .platform
                ? (random.percent(90) ? "system" : "user") : random.pick(["patient", "user", "user", "system"])
            return PlainScope(
                context: context, type: type, letters: random.pick(["cruds", "rs", "r", "s", "cud", "c", "read", "*"]),
                category: type == "Observation" && random.percent(40) ? "laboratory" : nil)
        }
    }

    private static func usual(_ who: Who) -> Purpose {
        switch who {
        case .resident: .patientRequest
        case .clinician: .treatment
        case .epidemiologist: .publicHealth
        case .program: .treatment
        default: .operations
        }
    }
}
