import Accounts
import Foundation
import Gate
import HTTPTypes
import JSON
import Records
import Testing

/// Random people ask random cities for random things, by HTTP; what they may see is stated here a second time, over plain
/// facts. `HEALTHBRAIN_TEST_SEED` repeats a run, `HEALTHBRAIN_TEST_CITIES` changes how many cities are asked, 500 times each
/// (20; on PostgreSQL 1).
@Suite("whoever asks for whatever")
struct GuardedPropertyTests {
    @Test("gets exactly what the rules let them see")
    func everything() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["HEALTHBRAIN_TEST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 40)
        let isPostgreSQL = environment["HEALTHBRAIN_TEST_STORES"] == "postgres"
        let cities = environment["HEALTHBRAIN_TEST_CITIES"].flatMap { UInt64($0) } ?? (isPostgreSQL ? 1 : 20)
        print("GuardedPropertyTests: HEALTHBRAIN_TEST_SEED=\(seed)")
        for number in 0..<cities { try await ask(seed &+ number, 500) }
    }

    private func ask(_ seed: UInt64, _ cases: Int) async throws {
        var random = Dice(seed)
        let city = SmallCity(&random)
        let generator = random
        try await withGuardedDoor(records: city.bundle) { house async throws in
            var random = generator
            let people = try await city.settle(house)
            for number in 0..<cases {
                let (person, pass) = people[random.below(people.count)]
                let wish = city.wish(&random)
                let answer = try await house.door.get(wish.uri, pass.headers)
                let comment: Comment = "seed \(seed), case \(number): \(person) GET \(wish.uri) → \(answer.status)"
                check(answer, wish, person, city, comment)
            }
        }
    }

    private func check(
        _ answer: Answer, _ wish: SmallCity.Wish, _ person: SmallCity.Person, _ city: SmallCity, _ comment: Comment
    ) {
        let seen = city.seen(by: person)
        switch wish.kind {
        case .one(let reference):
            let expected = seen.contains(reference) ? [200] : [404, 403]
            #expect(expected.contains(answer.status), comment)
        case .many:
            #expect([200, 403, 404].contains(answer.status), comment)
            let found = Set(answer.references.filter { city.personal.contains($0) })
            #expect(found.isSubset(of: seen), comment)
            if answer.status == 200, let expected = wish.expected {
                #expect(found == expected(person), comment)
            }
        }
        for (patient, name) in city.names where answer.text.contains(name) {
            #expect(city.knowsName(person, of: patient), comment)
        }
    }
}

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

    // MARK: What is asked

    struct Wish: Sendable {
        enum Kind: Sendable { case one(String), many }
        var uri: String
        var kind: Kind
        /// Exactly what comes, where that is easily said.
        var expected: (@Sendable (Person) -> Set<String>)?
    }

    var personal: [String] {
        (0..<Self.patients).flatMap { ["Patient/p\($0)", "Observation/o\($0)"] }
            + visits.indices.map { "Encounter/e\($0)" }
            + findings.indices.map { "Condition/c\($0)" }
    }

    /// A name that stands nowhere else.
    var names: [(patient: Int, name: String)] { (0..<Self.patients).map { ($0, "奇名\($0)异") } }

    func wish(_ random: inout Dice) -> Wish {
        let all = personal
        let reference = all[random.below(all.count)]
        let parts = reference.split(separator: "/").map(String.init)
        let patient = random.below(Self.patients)
        let code = Self.codes[random.below(Self.codes.count)]
        let city = self
        func of(_ type: String, _ isMeant: @escaping @Sendable (String) -> Bool = { _ in true })
            -> @Sendable (Person) -> Set<String>
        {
            { person in city.seen(by: person).filter { $0.hasPrefix(type + "/") && isMeant($0) } }
        }
        switch random.below(15) {
        case 0, 1: return Wish(uri: "/fhir/\(reference)", kind: .one(reference))
        case 2: return Wish(uri: "/fhir/\(reference)/_history/1", kind: .one(reference))
        case 3: return Wish(uri: "/fhir/\(reference)/_history", kind: .one(reference))
        case 4:
            return Wish(
                uri: "/fhir/\(parts[0])?_id=\(parts[1])", kind: .many, expected: of(parts[0]) { $0 == reference })
        case 5:
            return Wish(
                uri: "/fhir/Condition?subject=Patient/p\(patient)&_count=100", kind: .many,
                expected: of("Condition") { city.finding($0)?.patient == patient })
        case 6:
            return Wish(
                uri: "/fhir/Patient?_id=p\(patient)&_revinclude=Condition:subject&_revinclude=Encounter:subject",
                kind: .many)
        case 7: return Wish(uri: "/fhir/Condition?_include=Condition:subject&_count=100", kind: .many)
        case 8:
            return Wish(
                uri: "/fhir/Patient?_has:Condition:subject:code=\(code)&_count=100", kind: .many,
                expected: { person in
                    let seen = city.seen(by: person)
                    return Set(
                        city.findings.enumerated().filter {
                            $0.element.code == code && seen.contains("Condition/c\($0.offset)")
                        }.map { "Patient/p\($0.element.patient)" }
                    ).intersection(seen)
                })
        case 9:
            return Wish(
                uri: "/fhir/Patient?name=%E5%A5%87%E5%90%8D\(patient)%E5%BC%82", kind: .many,
                expected: { city.knowsName($0, of: patient) ? ["Patient/p\(patient)"] : [] })
        case 10:
            return Wish(uri: "/fhir/Condition?subject:Patient.name=%E5%A5%87%E5%90%8D\(patient)%E5%BC%82", kind: .many)
        case 11: return Wish(uri: "/fhir?_type=Patient,Condition&_count=100", kind: .many)
        case 12: return Wish(uri: "/fhir/Patient/p\(patient)/$everything", kind: .many)
        case 13: return Wish(uri: "/fhir/Patient/p\(patient)/Condition", kind: .many)
        default:
            return Wish(uri: "/fhir/\(parts[0])?_sort=-_lastUpdated&_count=100", kind: .many, expected: of(parts[0]))
        }
    }

    private func finding(_ reference: String) -> Finding? {
        Int(reference.dropFirst("Condition/c".count)).map { findings[$0] }
    }

    // MARK: The city in FHIR

    /// Makes the accounts and signs everybody in.
    func settle(_ house: GuardedDoor) async throws -> [(Person, GuardedDoor.Pass)] {
        var settled: [(Person, GuardedDoor.Pass)] = []
        for (number, person) in people.enumerated() {
            let new = try await house.gate.accounts.add(
                login: "person\(number)", displayName: "测试", assignments: [assignment(person)],
                password: .chosen(HousePerson.password))
            switch person {
            case .clinician(_, true), .epidemiologist(_, true):
                try await house.gate.accounts.setSensitivities(["hiv", "mentalHealth"], of: new.account.id)
            default: break
            }
            settled.append((person, try await house.pass(login: "person\(number)")))
        }
        return settled
    }

    private func assignment(_ person: Person) -> RoleAssignment {
        func staff(_ role: AccountRole, _ organization: String, _ district: Int = 0) -> RoleAssignment {
            RoleAssignment(
                role, person: "Practitioner/d1", practitionerRole: "PractitionerRole/r1",
                organization: "Organization/\(organization)", district: Self.districts[district])
        }
        return switch person {
        case .resident(let patient): RoleAssignment(.resident, person: "Patient/p\(patient)")
        case .clinician(let hospital, _): staff(.clinician, "h\(hospital)")
        case .epidemiologist(let district, _): staff(.epidemiologist, "cdc", district)
        case .manager: staff(.manager, "city")
        case .systemOperator: RoleAssignment(.operator, duty: .system)
        case .auditor: RoleAssignment(.operator, duty: .audit)
        }
    }

    var bundle: String {
        func day(_ daysAgo: Int) -> String {
            Date(timeIntervalSinceNow: Double(-86_400 * daysAgo)).ISO8601Format()
        }
        var resources: [(String, String)] = [
            ("Organization/city", #""name":"卫健委""#), ("Organization/cdc", #""name":"疾控""#),
            ("Practitioner/d1", #""name":[{"family":"李"}]"#), ("PractitionerRole/r1", #""active":true"#),
        ]
        for hospital in 0..<Self.hospitals {
            resources.append(
                ("Organization/h\(hospital)", #""name":"医院","partOf":{"reference":"Organization/city"}"#))
        }
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        for patient in 0..<Self.patients {
            let children = guardians.filter { $0.value == patient }.keys.sorted()
            let links = children.map { #"{"other":{"reference":"RelatedPerson/g\#($0)"},"type":"seealso"}"# }
            let link = links.isEmpty ? "" : #","link":[\#(links.joined(separator: ","))]"#
            resources.append(
                (
                    "Patient/p\(patient)",
                    """
                    "name":[{"text":"奇名\(patient)异","family":"奇名\(patient)异"}],"birthDate":"\(year - ages[patient])-01-01",\
                    "address":[{"line":["文三路1号"],"extension":[{"url":\
                    "https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"\(Self.districts[homes[patient]])"}]}]\(link)
                    """
                ))
            resources.append(
                (
                    "Observation/o\(patient)",
                    #""status":"final","code":{"text":"血压"},"subject":{"reference":"Patient/p\#(patient)"}"#
                ))
            if guardians[patient] != nil {
                resources.append(
                    (
                        "RelatedPerson/g\(patient)",
                        #""patient":{"reference":"Patient/p\#(patient)"},"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"PRN"}]}]"#
                    ))
            }
        }
        for (place, visit) in visits.enumerated() {
            resources.append(
                (
                    "Encounter/e\(place)",
                    """
                    "status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},\
                    "subject":{"reference":"Patient/p\(visit.patient)"},"serviceProvider":{"reference":\
                    "Organization/h\(visit.hospital)"},"period":{"start":"\(day(visit.daysAgo + 1))","end":"\(day(visit.daysAgo))"}
                    """
                ))
        }
        for (place, finding) in findings.enumerated() {
            resources.append(
                (
                    "Condition/c\(place)",
                    """
                    "subject":{"reference":"Patient/p\(finding.patient)"},"code":{"coding":[{"system":\
                    "http://hl7.org/fhir/sid/icd-10","code":"\(finding.code)"}]}
                    """
                ))
        }
        let entries = resources.map { key, members in
            let parts = key.split(separator: "/")
            return """
                {"resource":{"resourceType":"\(parts[0])","id":"\(parts[1])",\(members)},\
                "request":{"method":"PUT","url":"\(key)"}}
                """
        }
        return #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#
    }
}
