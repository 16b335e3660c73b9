import HL7v2
import JSON
import Mapping
import Testing

@Suite("What a pipeline learns of a message without reading its bundle")
struct OutcomeTests {
    private func outcome(_ text: String) throws -> Outcome {
        let item = try #require(Reading(Array(text.replacing("\n", with: "\r").utf8)).items.first)
        return try House.mapping.get().convert(item, received: "2026-01-01T00:00:00Z")
    }

    private static let result = """
        MSH|^~\\&|LIS|330106001|||20261123101112||ORU^R01|L1|P|2.4
        PID|1||0001^^^HIS^MR~11010519491231002X^^^^NNCHN||张^三
        OBR|1||F1|GLU|||20261123||||||||||||||||||F
        OBX|1|NM|GLU||6|||||F
        """

    @Test("each resource stands where its range says, with the id and request that the bundle has")
    func resources() throws {
        for example in try House.mapping.get().examples where example.sheet == nil {
            let outcome = try outcome(String(decoding: example.message, as: UTF8.self))
            let bundle = try #require(outcome.bundle)
            let entries = try JSONDocument(parsing: bundle).root["entry"].map { Array($0.elements) } ?? []
            #expect(outcome.resources.count == entries.count)
            for (resource, entry) in zip(outcome.resources, entries) {
                let text = try #require(entry["resource"]).rawText
                #expect(Array(bundle[resource.bytes]) == Array(text))
                #expect(entry["fullUrl"]?.string == "urn:uuid:\(resource.id)")
                #expect(entry["resource"]?["resourceType"]?.string == resource.type)
                let request = try #require(entry["request"])
                let url = request["url"]?.string
                switch resource.interaction {
                case .put: #expect(url == "\(resource.type)/\(resource.id)")
                case .update: #expect(url?.hasPrefix("\(resource.type)?identifier=") == true)
                case .mention: #expect(request["ifNoneExist"]?.string?.hasPrefix("identifier=") == true)
                }
            }
        }
    }

    @Test("a result only mentions its patient, and reports what was found")
    func interactions() throws {
        let outcome = try outcome(Self.result)
        let patient = try #require(outcome.resources.first { $0.type == "Patient" })
        #expect(
            patient.interaction
                == .mention(.init(system: "https://healthbrain.dev/fhir/v2/330106001/HIS", value: "0001")))
        #expect(outcome.resources.first { $0.type == "Observation" }?.interaction == .put)
        #expect(outcome.header?.controlID == "L1")
    }

    @Test("a person comes with all identifiers, a merge with both persons")
    func patients() throws {
        let result = try outcome(Self.result)
        #expect(result.patients.map(\.identifiers.count) == [2])
        #expect(result.patients.first?.identifiers.last?.system == "urn:oid:2.16.156.10011.1.3")
        let merge = try outcome(
            "MSH|^~\\&|HIS|330106001|||20261125||ADT^A40^ADT_A39|A3|P|2.5\nPID|1||2^^^HIS^MR\nMRG|1^^^HIS^MR")
        #expect(merge.patients.compactMap(\.identifiers.first?.value) == ["2", "1"])
    }

    @Test(
        "it happened when EVN-6 says, else EVN-2, else MSH-7",
        arguments: [
            ("EVN|A01|20261122083000|||O|20261122080000.5", "2026-11-22T08:00:00.5+08:00", 1_795_305_600_500),
            ("EVN|A01|20261122083000+0900", "2026-11-22T08:30:00+09:00", 1_795_303_800_000),
            ("EVN|A01|soon", "2026-11-25T00:00:00+08:00", 1_795_536_000_000),
        ] as [(String, String, Int64)])
    func time(_ segment: String, _ instant: String, _ milliseconds: Int64) throws {
        let outcome = try outcome("MSH|^~\\&|HIS|A|||20261125||ADT^A01|A1|P|2.5\n\(segment)\nPID|1||2^^^HIS^MR")
        #expect(outcome.time?.instant == instant)
        #expect(outcome.time?.milliseconds == milliseconds)
    }

    @Test("a message without any time has none, and one that is refused still tells its person")
    func refused() throws {
        let outcome = try outcome("MSH|^~\\&|A|B|||||ORM^O01|1|P|2.5\nPID|1||2^^^HIS^MR\nORC|NW\nRXO||1")
        #expect(outcome.time == nil)
        #expect(outcome.patients.count == 1)
    }
}
