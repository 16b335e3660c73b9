import FHIR
import JSON
import Subscriptions
import Testing

@Suite("What may be sent of a resource")
struct FieldListTests {
    private func sent(_ paths: [String], _ text: String) throws -> String {
        let document = try JSONDocument(parsing: Array(text.utf8))
        let type = document.root["resourceType"]?.string ?? ""
        let definitions = try Definitions.r4()
        let list = try FieldList(paths, of: type, definitions)
        return String(decoding: list.json(of: document.root, isMasked: false, definitions), as: UTF8.self)
    }

    @Test("Nothing leaves that is not named")
    func onlyNamed() throws {
        let text = try sent(
            ["Observation.code.coding.code", "value", "subject.reference", "component.code"],
            """
            {"resourceType":"Observation","id":"o","meta":{"versionId":"2","lastUpdated":"2026-01-01T00:00:00Z",
            "tag":[{"code":"x"}]},"status":"final","code":{"text":"糖化","coding":[{"system":"http://loinc.org",
            "code":"4548-4","display":"HbA1c"}]},"subject":{"reference":"Patient/1","display":"张三"},
            "valueQuantity":{"value":7.10,"unit":"%"},"note":[{"text":"张三"}],
            "component":[{"code":{"text":"a"},"valueString":"张三"}]}
            """)
        #expect(
            text
                == #"{"resourceType":"Observation","id":"o","meta":{"versionId":"2","lastUpdated":"2026-01-01T00:00:00Z","#
                + #""tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]},"#
                + #""code":{"coding":[{"code":"4548-4"}]},"subject":{"reference":"Patient/1"},"#
                + #""valueQuantity":{"value":7.10,"unit":"%"},"component":[{"code":{"text":"a"}}]}"#)
    }

    @Test(
        "A path that is none is refused",
        arguments: ["", "colour", "code.colour", "status.code", "Patient.name", "meta", "id"])
    func refused(path: String) throws {
        let definitions = try Definitions.r4()
        #expect(throws: FieldList.Malformed.self) { try FieldList([path], of: "Observation", definitions) }
    }

    @Test("A name that stands for a whole covers what is named inside of it")
    func whole() throws {
        let text = try sent(
            ["name", "name.family"],
            #"{"resourceType":"Patient","id":"p","name":[{"family":"张","given":["三"]}],"birthDate":"1980-01-01"}"#)
        #expect(text.contains(#""name":[{"family":"张","given":["三"]}]"#))
        #expect(!text.contains("birthDate"))
    }
}
