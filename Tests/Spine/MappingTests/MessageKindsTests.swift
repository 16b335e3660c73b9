import FHIR
import HL7v2
import JSON
import Mapping
import Testing
import Validation

/// A message of each kind that institutions send, made up here: what it must say of the record.
@Suite("Kinds of messages")
struct MessageKindsTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        var event: String
        var version: String
        var body: String
        /// Paths and values as in the examples of the mapping files; `-`: none.
        var facts: [(String, String)]
        var testDescription: String { "\(event) in \(version)" }
    }

    private static let patient = "PID|1||0001^^^HIS^MR||张^三||19491231|2"
    private static let visit = "PV1|1|I|内科^301^02^HB||||1001^李^四||||||||||||ZY1|||||||||||||||||||||||||20261120080000"

    /// Values of the rarer types, and what laboratories write instead of what the type asks for.
    private static let values = """
        \(patient)
        OBR|1||F8|X^其他^L
        OBX|1|TS|A||20261122073000-0500||||||F
        OBX|2|DT|B||202611||||||F
        OBX|3|TM|C||0730||||||F
        OBX|4|DR|D||20261122^20261123||||||F
        OBX|5|NM|E||<0.01|ng/mL|||||F
        OBX|6|SN|F||≥60|mL/min|||||F
        OBX|7|NM|G||6,4|mmol/L|||||F
        OBX|8|TX|H||计数 10^9/L||||||F
        OBX|9|MO|I||12.5^CNY||||||F
        """

    static let kinds: [Kind] = [
        Kind(
            event: "ADT^A08", version: "2.3", body: "\(patient)|||文三路2号^^杭州市\n\(visit)",
            facts: [
                ("Patient.address.city", "杭州市"), ("Patient.request.method", "PUT"), ("Encounter.status", "in-progress"),
            ]),
        Kind(
            event: "ADT^A11", version: "2.4", body: "\(patient)\n\(visit)",
            facts: [("Encounter.status", "cancelled"), ("Encounter.identifier.value", "ZY1")]),
        Kind(
            event: "ADT^A12", version: "2.5.1", body: "\(patient)\n\(visit)",
            facts: [("Encounter.status", "in-progress"), ("Location.name", "301")]),
        Kind(
            event: "ADT^A13", version: "2.5", body: "\(patient)\n\(visit)",
            facts: [("Encounter.status", "in-progress"), ("Encounter.period.end", "-")]),
        Kind(
            event: "ADT^A02", version: "2.6", body: "\(patient)\nPV1|1|I|外科^401^01^HB|||内科^301^02^HB|||||||||||||ZY1",
            facts: [("Encounter.location.status", "active"), ("Encounter.location.status", "completed")]),
        Kind(
            event: "ADT^A28", version: "2.7", body: "\(patient)\nAL1|1|DA|PEN^青霉素^L|SV|皮疹",
            facts: [("AllergyIntolerance.code.coding.display", "青霉素"), ("Encounter.status", "-")]),
        Kind(
            event: "ADT^A31", version: "2.8", body: "\(patient)\nNK1|1|张^四|FTH^父亲^HL70063",
            facts: [("RelatedPerson.name.given", "四")]),
        Kind(
            event: "ADT^A34", version: "2.3", body: "\(patient)\nMRG|0002^^^HIS^MR",
            facts: [("Patient.active", "false"), ("Patient.link.type", "replaced-by")]),
        Kind(
            event: "ADT^A40", version: "2.8",
            body: "\(patient)\nMRG|0002^^^HIS^MR\nPID|2||0003^^^HIS^MR\nMRG|0004^^^HIS^MR",
            facts: [("Patient.identifier.value", "0004"), ("Patient.link.type", "replaces")]),
        Kind(
            event: "ORU^R01", version: "2.3.1",
            body:
                "\(patient)\nOBR|1||F1|CBC^血常规^L|||20261122||||||||||||||||||F\nOBX|1|NM|WBC^白细胞^L||12.1|10*9/L|4-10|H|||F\nOBX|2|ST|NOTE^备注^L||第一行~第二行||||||P",
            facts: [
                ("Observation.valueQuantity.value", "12.1"), ("Observation.valueString", "第一行\n第二行"),
                ("Observation.status", "preliminary"), ("DiagnosticReport.status", "final"),
            ]),
        Kind(
            event: "ORU^R03", version: "2.4", body: "\(patient)\nOBR|1||F2|GLU\nOBX|1|SN|GLU||<^0.1|mmol/L|||||C",
            facts: [("Observation.valueQuantity.comparator", "<"), ("Observation.status", "corrected")]),
        Kind(
            event: "ORU^R01", version: "2.5", body: values,
            facts: [
                ("Observation.valueDateTime", "2026-11-22T07:30:00-05:00"), ("Observation.valueDateTime", "2026-11"),
                ("Observation.valueTime", "07:30:00"), ("Observation.valuePeriod.end", "2026-11-23"),
                ("Observation.valueQuantity.value", "0.01"), ("Observation.valueQuantity.comparator", "<"),
                ("Observation.valueQuantity.value", "60"), ("Observation.valueQuantity.comparator", ">="),
                ("Observation.valueString", "6,4"), ("Observation.valueString", "计数 10^9/L"),
                ("Observation.valueString", "12.5^CNY"),
            ]),
        Kind(
            event: "ORU^R01", version: "2.4",
            body:
                "\(patient)\nOBR|1||F9|CT^胸部CT^L\nOBX|1|ED|PDF^报告^L||^application^PDF^Base64^JVBERi0=||||||F\nOBX|2|RP|IMG^影像^L||https://pacs.example/1^PACS^image^JPEG||||||F",
            facts: [
                ("DiagnosticReport.presentedForm.data", "JVBERi0="),
                ("DiagnosticReport.presentedForm.contentType", "application/pdf"),
                ("DiagnosticReport.presentedForm.url", "https://pacs.example/1"),
                ("DiagnosticReport.presentedForm.contentType", "image/jpeg"), ("Observation.status", "-"),
            ]),
        Kind(
            event: "ADT^A13", version: "2.4", body: "\(patient)\n\(visit)|20261125080000",
            facts: [("Encounter.status", "in-progress"), ("Encounter.period.end", "-")]),
        Kind(
            event: "ADT^A21", version: "2.5", body: "\(patient)\n\(visit)", facts: [("Encounter.status", "onleave")]),
        Kind(
            event: "ADT^A23", version: "2.5", body: "\(patient)\n\(visit)",
            facts: [("Encounter.status", "entered-in-error")]),
        Kind(
            event: "OUL^R22", version: "2.5.1",
            body: "\(patient)\nSPM|1|S1||BLD^血^L\nOBR|1||F3|GLU\nOBX|1|NM|GLU||6|||||F",
            facts: [("Observation.valueQuantity.value", "6")]),
        Kind(
            event: "ORM^O01", version: "2.3", body: "\(patient)\nORC|OC|P1\nOBR|1|P1||CT^胸部CT^L",
            facts: [("ServiceRequest.status", "revoked"), ("ServiceRequest.code.coding.display", "胸部CT")]),
        Kind(
            event: "OML^O21", version: "2.8", body: "\(patient)\nORC|NW|P1\nOBR|1|P1||GLU\nORC|NW|P2\nOBR|2|P2||CBC",
            facts: [("ServiceRequest.identifier.value", "P1"), ("ServiceRequest.identifier.value", "P2")]),
        Kind(
            event: "RDE^O11", version: "2.5", body: "\(patient)\nORC|DC|RX1\nRXE||ASP^阿司匹林^L|100||mg\nRXR|PO",
            facts: [("MedicationRequest.status", "stopped")]),
        Kind(
            event: "RDE^O25", version: "2.7", body: "\(patient)\nORC|RF|RX1\nRXE||ASP^阿司匹林^L|100||mg",
            facts: [("MedicationRequest.medicationCodeableConcept.coding.display", "阿司匹林")]),
        Kind(
            event: "VXU^V04", version: "2.5.1",
            body: "\(patient)\nORC|RE||V1\nRXA|0|1|20261122||08^乙肝疫苗^CVX|0.5|mL||||||||L123|||||CP",
            facts: [("Immunization.status", "completed"), ("Immunization.lotNumber", "L123")]),
        Kind(
            event: "MDM^T02", version: "2.4",
            body: "\(patient)\nTXA|1|CN|TX|20261122||||||||D1|||||AU\nOBX|1|TX|CN||第一段~白细胞 10^9/L",
            facts: [
                ("DocumentReference.status", "current"), ("DocumentReference.docStatus", "final"),
                ("DocumentReference.content.attachment.data", "56ys5LiA5q61CueZvee7huiDniAxMF45L0w="),
                ("DocumentReference.content.attachment.contentType", "text/plain"),
            ]),
        Kind(
            event: "MDM^T06", version: "2.5",
            body: "\(patient)\nTXA|1|CN|TX|20261122||||||||D2^EMR|D1^EMR||||AU\nOBX|1|TX|CN||补记",
            facts: [
                ("DocumentReference.relatesTo.code", "appends"),
                ("DocumentReference.relatesTo.target.identifier.value", "D1"),
            ]),
        Kind(
            event: "MDM^T10", version: "2.5",
            body: "\(patient)\nTXA|1|CN|TX|20261122||||||||D2^EMR|D1^EMR||||AU\nOBX|1|TX|CN||改正",
            facts: [("DocumentReference.relatesTo.code", "replaces")]),
        Kind(
            event: "MDM^T11", version: "2.6", body: "\(patient)\nTXA|1|CN|TX|20261122||||||||D1|||||CA",
            facts: [("DocumentReference.status", "entered-in-error")]),
        Kind(
            event: "DFT^P03", version: "2.3", body: "\(patient)\nFT1|1|T1||20261122||CG|250403^血糖测定^L|||2",
            facts: [("ChargeItem.code.coding.display", "血糖测定"), ("ChargeItem.quantity.value", "2")]),
        Kind(
            event: "BAR^P01", version: "2.5", body: "\(patient)||||||||||AC1\nDG1|1||I21.9^急性心肌梗死^I10",
            facts: [("Account.status", "active"), ("Condition.code.coding.code", "I21.9")]),
    ]

    @Test("of appointments that say how long they take say when they end")
    func ends() throws {
        for (times, end) in [
            ("15|min|^^^20261231235000", "2027-01-01T00:05:00+08:00"),
            ("||^^40^20280228233000-0500", "2028-02-29T13:10:00+08:00"),
        ] {
            try expect(
                Kind(
                    event: "SIU^S12", version: "2.5", body: "SCH|B1^BOOK||||||复诊|FOLLOWUP|\(times)\n\(Self.patient)",
                    facts: [("Appointment.end", end)]))
        }
    }

    private static let appointments: [(String, String)] = [
        ("S12", "booked"), ("S13", "booked"), ("S14", "booked"), ("S15", "cancelled"), ("S16", "cancelled"),
        ("S17", "entered-in-error"), ("S26", "noshow"),
    ]

    @Test("become what they say, and valid", arguments: kinds)
    func become(_ kind: Kind) throws {
        try expect(kind)
    }

    @Test("of appointments tell their state by the event", arguments: appointments)
    func appointment(_ event: String, _ status: String) throws {
        try expect(
            Kind(
                event: "SIU^\(event)", version: "2.5",
                body:
                    "SCH|B1^BOOK||||||复诊|FOLLOWUP|15|min|^^15^20261125090000^20261125091500\n\(Self.patient)\nAIP|1||1001^李^四",
                facts: [("Appointment.status", status)]))
    }

    @Test("of the house's own examples are valid too")
    func examples() throws {
        for example in try House.mapping.get().examples where example.sheet == nil {
            let item = try #require(Reading(example.message).items.first)
            let bundle = try #require(try House.mapping.get().convert(item, received: "2026-01-01T00:00:00Z").bundle)
            #expect(try Self.errors(bundle) == [], "\(example)")
        }
    }

    @Test("in a batch are each taken or refused for themselves")
    func batch() throws {
        let text = """
            BHS|^~\\&|HIS|330106001
            MSH|^~\\&|HIS|330106001|||20261122||ADT^A08|1|P|2.5
            \(Self.patient)
            MSH|^~\\&|HIS|330106001|||20261122||ADT^A99|2|P|2.5
            \(Self.patient)
            MSH|^~\\&|HIS|330106001|||20261122||ORU^R01|3|P|2.5
            \(Self.patient)
            OBR|1||F1|GLU
            BTS|3
            """
        let items = Reading(Array(text.replacing("\n", with: "\r").utf8)).items
        let outcomes = try items.map { try House.mapping.get().convert($0, received: "2026-01-01T00:00:00Z") }
        #expect(outcomes.map { $0.bundle != nil } == [true, false, true])
    }

    private func expect(_ kind: Kind) throws {
        let text =
            "MSH|^~\\&|HIS|330106001|||20261122083000||\(kind.event)|1|P|\(kind.version)\n\(kind.body)\nZZZ|自定义^段"
        let item = try #require(Reading(Array(text.replacing("\n", with: "\r").utf8)).items.first)
        let outcome = try House.mapping.get().convert(item, received: "2026-01-01T00:00:00Z")
        let bundle = try #require(outcome.bundle, "\(outcome.faults)")
        #expect(try Self.errors(bundle) == [])
        let document = try JSONDocument(parsing: bundle)
        for (path, value) in kind.facts {
            let found = MappingExample.values(at: path, in: document)
            #expect(value == "-" ? found.isEmpty : found.contains(value), "\(path) is \(found), not \(value)")
        }
    }

    private static let validator = Result {
        try ResourceValidator(definitions: try House.definitions.get())
    }

    private static func errors(_ bundle: [UInt8]) throws -> [String] {
        try validator.get().validate(try JSONDocument(parsing: bundle))
            .filter { $0.severity == .error || $0.severity == .fatal }.map { "\($0)" }
    }
}
