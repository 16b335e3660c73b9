import Access
import JSON
import Records

extension SeededGenerator {
    mutating func percent(_ share: Int) -> Bool { Int.random(in: 0..<100, using: &self) < share }
    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &self)] }
    mutating func some<T>(_ choices: [T], _ share: Int) -> [T] { choices.filter { _ in percent(share) } }
}

/// Documents and subjects by chance.
extension SightWorld {
    static let codes = ["B20.900", "A38.x00", "J06.900", "F32.900"]
    static let names = ["王", "李", "张"]

    /// The types that stand in a world, with how many of each.
    static let counts: [(String, Int)] = [
        ("Organization", 3), ("Practitioner", 2), ("Location", 2), ("ValueSet", 1), ("Patient", 4),
        ("RelatedPerson", 4), ("Encounter", 8), ("Condition", 8), ("Observation", 12), ("DiagnosticReport", 4),
        ("Provenance", 5), ("Device", 4), ("MeasureReport", 3), ("Communication", 4), ("Consent", 6), ("Task", 4),
        ("Appointment", 3), ("Group", 2), ("List", 2), ("CareTeam", 2),
    ]

    static func id(_ type: String, _ number: Int) -> String {
        switch type {
        case "Patient": patients[number]
        case "Organization": organisations[number]
        default: "\(type.prefix(3).lowercased())\(number)"
        }
    }

    static func document(_ type: String, _ number: Int, _ random: inout SeededGenerator) throws -> JSONDocument {
        let id = id(type, number)
        var members = [#""resourceType":"\#(type)""#, #""id":"\#(id)""#]
        func put(_ name: String, _ value: String?) { if let value { members.append("\"\(name)\":\(value)") } }
        func reference(_ text: String) -> String { #"{"reference":"\#(text)"}"# }
        func list(_ values: [String]) -> String? { values.isEmpty ? nil : "[\(values.joined(separator: ","))]" }
        func icd(_ code: String) -> String {
            #"{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\#(code)"}]}"#
        }
        func time(_ days: Int) -> String { "2025-\(days < 31 ? "12" : "09")-\(days < 31 ? 31 - days : 20)" }
        let patient = reference("Patient/" + random.pick(patients))
        let organisation = reference("Organization/" + random.pick(organisations))
        /// Mostly a patient, sometimes several by a group, sometimes nobody that is known.
        func subject() -> String? {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: #"{"identifier":{"value":"330106198001010011"}}"#
            case 1: reference("Group/gro\(Int.random(in: 0..<2, using: &random))")
            case 2: reference("Device/dev\(Int.random(in: 0..<4, using: &random))")
            default: patient
            }
        }
        let code = icd(random.pick(codes))
        if random.percent(8), type != "Organization" {
            put(
                "meta",
                #"{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}"#)
        }
        switch type {
        case "Organization":
            put("name", #""\#(id)""#)
            put("partOf", id == "o0d" ? reference("Organization/o0") : nil)
        case "Practitioner":
            put("name", #"[{"family":"\#(random.pick(names))"}]"#)
            put("telecom", #"[{"system":"phone","value":"1380000111\#(number)"}]"#)
        case "Location":
            put("name", #""ward""#)
            put("managingOrganization", random.percent(60) ? organisation : nil)
        case "ValueSet": put("status", #""active""#)
        case "Patient":
            put("name", #"[{"family":"\#(random.pick(names))","given":["小明"]}]"#)
            put("identifier", #"[{"system":"urn:n","value":"n\#(number)"}]"#)
            put("birthDate", #""\#(random.pick(["2021-03-01", "2010-05-06", "1980-02-03", "2008-01-01"]))""#)
            put("gender", #""\#(random.pick(["male", "female"]))""#)
            put("managingOrganization", random.percent(50) ? organisation : nil)
            let home = random.pick(["330106", "330108", "330206", ""])
            if !home.isEmpty {
                put("address", #"[{"extension":[{"url":"\#(LabelReader.divisionURL)","valueCode":"\#(home)"}]}]"#)
            }
            let links = random.some(["rel0", "rel1", "rel2", "rel3"], 30).map {
                #"{"other":{"reference":"RelatedPerson/\#($0)"},"type":"seealso"}"#
            }
            put("link", list(links))
        case "RelatedPerson":
            put("patient", patient)
            if random.percent(70) {
                put(
                    "relationship",
                    #"[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"MTH"}]}]"#)
            }
        case "Encounter":
            put("status", #""\#(random.pick(["in-progress", "finished", "finished", "planned"]))""#)
            put("subject", random.percent(95) ? subject() : nil)
            put("serviceProvider", random.percent(80) ? organisation : nil)
            put("reasonCode", random.percent(40) ? "[\(code)]" : nil)
            let ago = random.pick([1, 5, 20, 100])
            put("period", #"{"start":"\#(time(ago))","end":"\#(time(ago))"}"#)
        case "Condition":
            put("subject", subject())
            put("code", code)
            put("encounter", random.percent(40) ? reference("Encounter/enc\(number)") : nil)
        case "Observation":
            put("status", #""final""#)
            put("subject", random.percent(85) ? subject() : nil)
            put("encounter", random.percent(50) ? reference("Encounter/enc\(number % 8)") : nil)
            put("code", code)
            put("category", random.percent(40) ? #"[{"coding":[{"system":"urn:x","code":"laboratory"}]}]"# : nil)
            let performers = random.some(organisations, 30).map { reference("Organization/" + $0) }
            put("performer", list(performers))
            put("effectiveDateTime", random.percent(80) ? #""\#(time(random.pick([1, 2, 3, 4, 5])))""# : nil)
        case "DiagnosticReport":
            put("subject", subject())
            put("code", code)
            put("result", "[\(reference("Observation/obs\(number)"))]")
        case "Provenance":
            let targets = random.some(
                ["Patient/p0", "Observation/obs1", "Condition/con2", "ValueSet/val0", "Provenance/pro1"], 35)
            put("target", list(targets.map(reference)) ?? "[\(reference("Observation/obs0"))]")
        case "Device":
            put("patient", random.percent(50) ? patient : nil)
            put("owner", random.percent(60) ? organisation : nil)
        case "MeasureReport": put("subject", random.percent(40) ? patient : nil)
        case "Communication":
            put("subject", random.percent(70) ? patient : nil)
            put("sender", random.percent(50) ? organisation : patient)
        case "Consent": putConsent(&random, patient, put)
        case "Task":
            put("status", #""\#(random.pick(["requested", "completed", "draft"]))""#)
            put("for", random.percent(80) ? patient : nil)
            put("owner", random.percent(80) ? organisation : nil)
        case "Appointment":
            put("status", #""\#(random.pick(["booked", "cancelled"]))""#)
            put("participant", "[{\"actor\":\(patient)},{\"actor\":\(organisation)}]")
        case "Group":
            put("member", list(random.some(patients, 50).map { #"{"entity":\#(reference("Patient/" + $0))}"# }))
        case "List":
            put("subject", random.percent(80) ? patient : nil)
            put("entry", #"[{"item":\#(reference("Observation/obs\(number)"))}]"#)
        case "CareTeam":
            put("status", #""active""#)
            put("subject", patient)
            put("managingOrganization", "[\(organisation)]")
        default: break
        }
        return try JSONDocument(parsing: Array("{\(members.joined(separator: ","))}".utf8))
    }

    private static func putConsent(
        _ random: inout SeededGenerator, _ patient: String, _ put: (String, String?) -> Void
    ) {
        put("patient", patient)
        put("status", random.percent(80) ? #""active""# : #""inactive""#)
        let types = "http://hl7.org/fhir/resource-types"
        let hiv = #"[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]"#
        let act = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
        switch Int.random(in: 0..<9, using: &random) {
        case 0...3:
            let label = random.percent(40) ? #","securityLabel":\#(hiv)"# : ""
            let narrowed = random.percent(40) ? #","class":[{"system":"\#(types)","code":"Observation"}]"# : ""
            let role = #"{"coding":[{"code":"DELEGATEE"}]}"#
            let delegate = #"{"role":\#(role),"reference":{"reference":"Patient/\#(random.pick(patients))"}}"#
            let end = random.pick(["2025-12-30", "2026-06-01"])
            put(
                "provision",
                #"{"type":"permit","period":{"end":"\#(end)"},"actor":[\#(delegate)]\#(label)\#(narrowed)}"#)
        case 4: put("provision", #"{"type":"deny"}"#)
        case 5: put("provision", #"{"type":"deny","class":[{"system":"\#(types)","code":"Observation"}]}"#)
        case 6: put("provision", #"{"type":"deny","securityLabel":\#(hiv)}"#)
        case 7:
            put(
                "provision",
                #"{"type":"deny","purpose":[{"system":"\#(act)","code":"ETREAT"}],"code":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"J06.900"}]}]}"#
            )
        default:
            put(
                "provision",
                #"{"type":"permit","provision":[{"type":"deny","actor":[{"role":{"text":"x"},"reference":{"reference":"Organization/o1"}}]}]}"#
            )
        }
    }

    /// Somebody, in one of the roles.
    func subject(_ random: inout SeededGenerator) throws -> Subject {
        let tree = OrganisationTree(parents: ["o0d": "o0"])
        let role: Role = random.pick([
            .resident, .resident, .clinician, .clinician, .clinician, .epidemiologist, .epidemiologist, .manager,
            .operator(.system), .operator(.audit), .system, .system,
        ])
        let usual: Purpose =
            switch role {
            case .resident: .patientRequest
            case .clinician: random.percent(30) ? .emergency : .treatment
            case .epidemiologist: .publicHealth
            case .system: random.percent(30) ? .publicHealth : .treatment
            default: .operations
            }
        var subject = Subject(
            account: "a1", role: role, patient: role == .resident ? random.pick(Self.patients) : nil,
            references: ["Practitioner/pra0"],
            reach: role == .system && random.percent(40)
                ? .city : .organisations(tree.subtree(of: random.pick(["o0", "o1"]))),
            division: role == .epidemiologist || role == .system ? Division(random.pick(["330106", "330100"])) : nil,
            purpose: random.percent(93) ? usual : random.pick(Purpose.allCases),
            sensitivities: Set(random.some([.hiv, .mentalHealth, .restricted], 40)))
        if role == .system || random.percent(20) {
            let context = role == .system ? "system" : random.pick(["user", "patient"])
            let scopes = random.pick([
                "\(context)/*.cruds", "\(context)/*.rs", "\(context)/Observation.rs \(context)/Patient.rs",
                "\(context)/Observation.rs?category=laboratory \(context)/Condition.s \(context)/Patient.r",
                "\(context)/Condition.rs?code=A38.x00 \(context)/Encounter.rs",
            ])
            subject.scopes = try Scopes(scopes, patient: random.pick(Self.patients), reader)
        }
        return subject
    }
}
