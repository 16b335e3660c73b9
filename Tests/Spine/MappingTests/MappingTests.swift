import FHIR
import HL7v2
import JSON
import Mapping
import Testing

@Suite("Mappings")
struct MappingTests {
    private static let admission = """
        MSH|^~\\&|HIS|330106001|HB|HB|20261122083000||ADT^A01^ADT_A01|A1|P|2.5
        PID|1||0001^^^HIS^MR||张^三||19491231|9X
        PV1|1|I
        """

    @Test("of the house are sound, and each of their examples comes out as it says")
    func examples() throws {
        let mapping = try House.mapping.get()
        #expect(mapping.examples.count >= 10)
        for example in mapping.examples { #expect(example.failures(mapping) == [], "\(example)") }
    }

    @Test("know a person by the sender's number, so that every message means the same record")
    func identity() throws {
        let mapping = try House.mapping.get()
        let admission = try #require(try House.bundle(Self.admission, mapping))
        let result = try #require(
            try House.bundle(
                "MSH|^~\\&|LIS|330106001|||20261123||ORU^R01|L1|P|2.4\nPID|1||0001^^^HIS^MR||张^三\nOBR|1||F1|GLU\nOBX|1|NM|GLU||6",
                mapping))
        let one = entry("Patient", admission)
        let two = entry("Patient", result)
        #expect(one?["fullUrl"]?.string == two?["fullUrl"]?.string)
        #expect(one?["request"]?["method"]?.string == "PUT")
        #expect(two?["request"]?["method"]?.string == "POST")
        #expect(one?["request"]?["url"]?.string == "Patient?\(two?["request"]?["ifNoneExist"]?.string ?? "")")
    }

    @Test("keep both of two results under one key in one message")
    func twins() throws {
        let text = """
            MSH|^~\\&|LIS|330106001|||20261123||ORU^R01|L1|P|2.4
            PID|1||0001^^^HIS^MR
            OBR|1||F1|GLU
            OBX|1|NM|GLU||6
            OBX|2|NM|GLU||7
            """
        let bundle = try #require(try House.bundle(text, try House.mapping.get()))
        let observations = House.resources("Observation", bundle)
        #expect(observations.count == 2)
        #expect(Set(observations.compactMap { $0["id"]?.string }).count == 2)
    }

    @Test("tell codes that no table knows, and messages that nobody mapped")
    func unmapped() throws {
        let mapping = try House.mapping.get()
        let item = try #require(Reading(Array(Self.admission.replacing("\n", with: "\r").utf8)).items.first)
        let outcome = mapping.convert(item, received: "2026-01-01T00:00:00Z")
        #expect(outcome.unmappedCodes.contains { $0.table == "AdministrativeSex" && $0.code == "9X" })
        let other = try #require(Reading(Array("MSH|^~\\&|A||||||ZZZ^Z01|1|P|2.5".utf8)).items.first)
        let empty = try #require(Reading(Array("MSH|^~\\&|A||||||ADT^A01|1|P|2.5".utf8)).items.first)
        for (item, codes) in [(item, []), (other, [.unsupportedMessageType]), (empty, [Fault.Code.segmentSequence])] {
            let (message, header) = (try #require(item.message), try #require(item.header))
            #expect(mapping.faults(before: message, header).map(\.code) == codes)
        }
        #expect(
            mapping.convert(other, received: "2026-01-01T00:00:00Z").faults.map(\.code) == [.unsupportedMessageType])
        let event = try #require(Reading(Array("MSH|^~\\&|A||||||ADT^A99|1|P|2.5\rPID|1".utf8)).items.first)
        #expect(mapping.convert(event, received: "2026-01-01T00:00:00Z").faults.map(\.code) == [.unsupportedEventCode])
    }

    @Test("give a sender its own zone, authorities, tables, rules and codes")
    func sender() throws {
        let conceptMap = try JSONDocument(
            parsing: Array(
                #"{"resourceType":"ConceptMap","url":"https://xh.example/labs","status":"active","group":[{"target":"http://loinc.org","element":[{"code":"GLU","target":[{"code":"14749-6","display":"Glucose","equivalence":"equivalent"}]}]}]}"#
                    .utf8))
        let file = MapText(
            name: "xh.map",
            text: """
                sender XH when MSH-4 = 330106001
                  zone +09:00
                  authority HIS -> urn:oid:1.2.3.4
                  translate https://healthbrain.dev/fhir/v2/330106001/codes/L via https://xh.example/labs
                table AdministrativeSex
                  9X = other
                map PID -> Patient
                  birthDate = PID-29 : date
                """)
        let mapping = try Mapping.house(try House.definitions.get(), adding: [file], conceptMaps: [conceptMap])
        let text = """
            MSH|^~\\&|LIS|330106001|||20261123101112||ORU^R01|L1|P|2.4
            PID|1||0001^^^HIS^MR||张^三||19491231|9X
            OBR|1||F1|GLU^葡萄糖^L|||20261123101112
            OBX|1|NM|GLU^葡萄糖^L||6
            """
        let bundle = try #require(try House.bundle(text, mapping))
        let patient = try #require(House.resources("Patient", bundle).first)
        #expect(patient["identifier"]?[0]?["system"]?.string == "urn:oid:1.2.3.4")
        #expect(patient["gender"]?.string == "other")
        #expect(patient["birthDate"] == nil)
        let observation = try #require(House.resources("Observation", bundle).first)
        #expect(observation["code"]?["coding"]?.elements.compactMap { $0["code"]?.string } == ["14749-6", "GLU"])
        #expect(observation["effectiveDateTime"]?.string == "2026-11-23T10:11:12+09:00")
        let plain = try #require(try House.bundle(text.replacing("330106001", with: "330106002"), mapping))
        #expect(House.resources("Patient", plain).first?["birthDate"]?.string == "1949-12-31")
    }

    @Test("that are wrong are refused with file, line and what to do, all at once")
    func loading() throws {
        let file = MapText(
            name: "bad.map",
            text: """
                map PID -> Patient
                  gender = "masculine"
                  nmae[] = PID-5 : XPN
                  birthDate[] = PID-7
                  contact[] = NK1
                    name = NK1-2 : NOPE
                  managingOrganization = PV1-3 -> PL[Location]
                map PL -> Location
                  name = .1
                map OBX -> Observation
                  code = OBX-3 via Nothing
                message M
                  events ADT^A01
                  add PID[Person]
                  frob
                """)
        let definitions = try House.definitions.get()
        let error = #expect(throws: MapFaults.self) { try Mapping([file], definitions: definitions) }
        let faults = try #require(error).faults
        let lines = faults.map { "\($0.line) \($0.what)" }
        for expected in [
            "2 'masculine' is no code for Patient.gender", "3 Patient has no element 'nmae'",
            "4 Patient.birthDate is no list",
            "6 there is no map NOPE -> HumanName", "7 'managingOrganization' can't refer to a Location",
            "10 Observation.status is required, and no rule writes it", "11 there is no table 'Nothing'",
            "14 there is no map PID[Person] to a resource", "15 'frob' isn't understood here",
        ] {
            #expect(lines.contains(expected), "\(lines)")
        }
    }

    @Test(
        "read times as HL7 and as ISO write them",
        arguments: [
            ("20261122", "2026-11-22"), ("202611", "2026-11"), ("2026", "2026"), ("2026-11-22", "2026-11-22"),
            ("202611220830", "2026-11-22T08:30:00+08:00"), ("20261122083015.25+0900", "2026-11-22T08:30:15.25+09:00"),
            ("2026-11-22T08:30:15Z", "2026-11-22T08:30:15Z"), ("2026112208", "2026-11-22T08:00:00+08:00"),
            ("20260230", nil), ("196203520", nil), ("yesterday", nil), ("20261122250000", nil),
        ] as [(String, String?)])
    func times(_ text: String, _ expected: String?) throws {
        let message = "MSH|^~\\&|A|B|||20261122||ADT^A01|1|P|2.5\nPID|1||1^^^H^MR\nAL1|1|DA|X||Y|\(text)"
        let bundle = try #require(try House.bundle(message, try House.mapping.get()))
        #expect(House.resources("AllergyIntolerance", bundle).first?["onsetDateTime"]?.string == expected)
    }

    private func entry(_ type: String, _ bundle: JSONDocument) -> JSONNode? {
        bundle.root["entry"]?.elements.first { $0["resource"]?["resourceType"]?.string == type }
    }
}
