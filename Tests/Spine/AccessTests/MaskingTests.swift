import Access
import FHIR
import Foundation
import JSON
import Testing
import Validation

@Suite("Masked documents")
struct MaskingTests {
    static let exampleFiles = Suites.files("fhir-examples").filter { name in
        name.contains("-") && ResourceClass.of(String(name.prefix { $0 != "-" })) == .personal
    }
    static let absent: Comment = "the suites beside the repository are absent"

    static func errors(_ bytes: [UInt8], _ validator: ResourceValidator) throws -> Set<String> {
        let issues = validator.validate(try JSONDocument(parsing: bytes))
        return Set(
            issues.filter { $0.severity == .error || $0.severity == .fatal }
                .map { "\($0.code) \($0.expression ?? ""): \($0.diagnostics)" })
    }

    /// The texts of a document: those that tell who somebody is (phones, numbers, given names in Latin letters), and others.
    static func texts(_ root: JSONNode) -> (secret: Set<String>, other: Set<String>) {
        var secret: Set<String> = []
        var other: Set<String> = []
        var waiting = [("", root)]
        while let (key, node) = waiting.popLast() {
            if let text = node.string {
                let isSecret = ["telecom.value", "identifier.value", "name.given"].contains(key) && text.count > 4
                if isSecret { secret.insert(text) } else { other.insert(text) }
            }
            for element in node.elements { waiting.append((key, element)) }
            for (name, value) in node.members {
                let parent = key.split(separator: ".").last.map(String.init) ?? ""
                waiting.append((parent + "." + (name.string ?? ""), value))
            }
        }
        return (secret, other)
    }

    @Test(
        "stay valid and hold no phone, number or name, on the examples of FHIR",
        .enabled(if: !exampleFiles.isEmpty, absent),
        arguments: [Masking.masked, .deidentified])
    func examples(masking: Masking) throws {
        let definitions = try Definitions.r4()
        let masker = Masker(definitions)
        let validator = try ResourceValidator(definitions: definitions)
        let pseudonyms = Pseudonyms(secret: Array(0..<32))
        for name in Self.exampleFiles {
            let original = try Suites.bytes("fhir-examples/\(name)")
            let document = try JSONDocument(parsing: original)
            let copy =
                masking == .masked
                ? masker.masked(document.root, .masked, now: Situation.now)
                : masker.researchCopy(of: document.root, person: "p", pseudonyms, now: Situation.now)
            let masked = try #require(copy, "\(name)")
            let result = try JSONDocument(parsing: masked)
            let faults = try Self.errors(masked, validator)
            if !faults.isEmpty {
                let before = try Self.errors(original, validator)
                #expect(!before.isEmpty, "\(name): \(faults.sorted().first ?? "")")
            }
            let (secret, other) = Self.texts(document.root)
            let after = Self.texts(result.root)
            #expect(secret.subtracting(other).isDisjoint(with: after.secret.union(after.other)), "\(name)")
            let marks = result.root["meta"]?["security"]?.elements.compactMap { $0["code"]?.string } ?? []
            #expect(marks.contains(masking == .masked ? "MASKED" : "PSEUDED"), "\(name)")
        }
    }

    static let patient = """
        {"resourceType":"Patient","id":"p1","meta":{"versionId":"3","lastUpdated":"2026-01-01T00:00:00Z"},
        "text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">张小三</div>"},
        "contained":[{"resourceType":"Organization","id":"o","name":"单位"},
        {"resourceType":"Practitioner","id":"d","name":[{"text":"李四"}]}],
        "identifier":[{"system":"urn:oid:2.16.156.10011.1.3","value":"11010519491231002X"}],
        "name":[{"text":"张小三","family":"张","given":["小三"]}],"telecom":[{"system":"phone","value":"13812341234"}],
        "gender":"male","birthDate":"1949-12-31","_birthDate":{"extension":[{"url":
        "http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1949-12-31T08:00:00+08:00"}]},
        "deceasedDateTime":"2026-02-01","address":[{"line":["北山街道12号"],"city":"杭州市","district":"西湖区",
        "postalCode":"310000","extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division",
        "valueCode":"330106"}]}],"photo":[{"contentType":"image/png","data":"AAAA"}],
        "contact":[{"name":{"text":"王五"},"organization":{"reference":"#o"}}],
        "generalPractitioner":[{"reference":"Practitioner/7","display":"赵六"},{"reference":"#d"}]}
        """

    @Test("a Patient for the screen keeps what care needs")
    func display() throws {
        let document = try JSONDocument(parsing: Array(Self.patient.utf8))
        let bytes = try #require(Masker(try Definitions.r4()).masked(document.root, .masked, now: Situation.now))
        let root = try JSONDocument(parsing: bytes).root
        #expect(root["id"]?.string == "p1")
        #expect(root["meta"]?["versionId"]?.string == "3")
        #expect(root["text"] == nil && root["photo"] == nil && root["_birthDate"] == nil)
        #expect(root["birthDate"]?.string == "1949")
        #expect(root["contact"]?[0]?["name"]?["text"]?.string == "王*")
        #expect(root["generalPractitioner"]?[0]?["display"]?.string == "赵六")
        #expect(root["address"]?[0]?["district"]?.string == "西湖区")
    }

    @Test("a Patient for research has tokens, a district, a band of age and moved times")
    func research() throws {
        let definitions = try Definitions.r4()
        let document = try JSONDocument(parsing: Array(Self.patient.utf8))
        let pseudonyms = Pseudonyms(secret: Array("a secret of some length".utf8))
        let bytes = try #require(
            Masker(definitions).researchCopy(of: document.root, person: "p1", pseudonyms, now: Situation.now))
        let root = try JSONDocument(parsing: bytes).root
        #expect(root["id"]?.string == pseudonyms.token("Patient/p1"))
        #expect(root["name"] == nil && root["telecom"] == nil && root["contact"] == nil && root["birthDate"] == nil)
        #expect(root["_birthDate"]?["extension"]?[1]?["valueString"]?.string == "75-79")
        #expect(root["address"]?[0]?["line"] == nil && root["address"]?[0]?["postalCode"] == nil)
        #expect(root["address"]?[0]?["extension"]?[0]?["valueCode"]?.string == "330106")
        let died = try #require(root["deceasedDateTime"]?.string)
        #expect(died != "2026-02-01" && died.count == 10)
        // The organisation was referred to by the contact alone; the doctor is still.
        #expect(root["contained"]?.count == 1)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("李四"))

        let observation = """
            {"resourceType":"Observation","id":"b","status":"final","code":{"text":"体温"},
            "subject":{"reference":"Patient/p1","display":"张小三"},
            "effectivePeriod":{"start":"2026-01-31","end":"2026-01"},"note":[{"text":"张小三来诊"}],"valueString":"张小三"}
            """
        let other = try #require(
            Masker(definitions).researchCopy(
                of: try JSONDocument(parsing: Array(observation.utf8)).root, person: "p1", pseudonyms,
                now: Situation.now))
        let copy = try JSONDocument(parsing: other).root
        #expect(copy["subject"]?["reference"]?.string == "Patient/" + pseudonyms.token("Patient/p1"))
        #expect(copy["note"] == nil && copy["valueString"] == nil)
        #expect(try Self.errors(other, ResourceValidator(definitions: definitions)).isEmpty)
    }

    @Test("times move by the same days for one person, by others for another, and never by none")
    func shifts() {
        let pseudonyms = Pseudonyms(secret: Array(0..<16))
        let shifts = (0..<500).map { pseudonyms.shiftDays(of: "p\($0)", daysMax: 30) }
        #expect(shifts == (0..<500).map { pseudonyms.shiftDays(of: "p\($0)", daysMax: 30) })
        #expect(!shifts.contains(0) && shifts.min() == -30 && shifts.max() == 30)
        let others = Pseudonyms(secret: Array(1..<17))
        #expect(others.token("x") != pseudonyms.token("x"))
    }

    @Test("staff in the directory keep name and title, and lose phone, address and birth date")
    func directory() throws {
        let text = """
            {"resourceType":"Practitioner","id":"1","identifier":[{"value":"D12345"}],"name":[{"text":"李四"}],
            "telecom":[{"system":"phone","value":"13812341234"}],"address":[{"text":"文三路1号"}],"birthDate":"1980-01-01",
            "qualification":[{"code":{"text":"主任医师"}}]}
            """
        let document = try JSONDocument(parsing: Array(text.utf8))
        let bytes = try #require(Masker(try Definitions.r4()).masked(document.root, .directory, now: Situation.now))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"resourceType":"Practitioner","id":"1","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"REDACTED"}]},"identifier":[{"value":"D****5"}],"name":[{"text":"李四"}],"qualification":[{"code":{"text":"主任医师"}}]}"#
        )
    }

    @Test("what is no known resource is not let through", arguments: [#"{"resourceType":"Nobody"}"#, "{}", "[1]"])
    func unknown(text: String) throws {
        let document = try JSONDocument(parsing: Array(text.utf8))
        #expect(Masker(try Definitions.r4()).masked(document.root, .masked, now: Situation.now) == nil)
    }

    @Test("a search by what is masked tells nothing")
    func parameters() {
        let names = ["name", "family", "given", "phonetic", "identifier", "phone", "birthdate", "address", "_text"]
        for name in names { #expect(Masking.masked.hides(parameter: name, of: "Patient")) }
        #expect(!Masking.masked.hides(parameter: "gender", of: "Patient"))
        #expect(!Masking.directory.hides(parameter: "name", of: "Practitioner"))
        #expect(Masking.directory.hides(parameter: "phone", of: "Practitioner"))
        #expect(!Masking.none.hides(parameter: "name", of: "Patient"))
    }
}
