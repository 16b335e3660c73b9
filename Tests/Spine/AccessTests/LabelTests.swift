import Access
import FHIR
import Foundation
import JSON
import Testing

@Suite("Labels of resources")
struct LabelTests {
    static func labels(_ text: String, sensitive: Set<Sensitivity> = Sensitivity.everywhere) throws -> ResourceLabels {
        let document = try JSONDocument(parsing: Array(text.utf8))
        return LabelReader(try Definitions.r4(), sensitive: sensitive).labels(of: document.root)
    }

    @Test(
        "say whom a resource is about, before who took part",
        arguments: [
            (#"{"resourceType":"Patient","id":"a","link":[{"other":{"reference":"Patient/b"}}]}"#, ["a"]),
            (
                #"{"resourceType":"Observation","subject":{"reference":"Patient/a"},"performer":[{"reference":"Patient/b"}]}"#,
                ["a"]
            ),
            (
                #"{"resourceType":"Communication","subject":{"reference":"Patient/a"},"sender":{"reference":"Patient/b"}}"#,
                ["a"]
            ),
            (#"{"resourceType":"Communication","sender":{"reference":"Patient/b"}}"#, ["b"]),
            (
                #"{"resourceType":"Appointment","participant":[{"actor":{"reference":"Patient/a"}},{"actor":{"reference":"Practitioner/p"}},{"actor":{"reference":"Patient/b"}}]}"#,
                ["a", "b"]
            ),
            (
                #"{"resourceType":"AuditEvent","agent":[{"who":{"reference":"Patient/b"}}],"entity":[{"what":{"reference":"Patient/a"}}]}"#,
                ["a"]
            ),
            (#"{"resourceType":"Task","for":{"reference":"Patient/a/_history/2"}}"#, ["a"]),
            (#"{"resourceType":"Device","patient":{"reference":"Patient/a"}}"#, ["a"]),
            (#"{"resourceType":"RelatedPerson","patient":{"reference":"Patient/a"}}"#, ["a"]),
            (
                #"{"resourceType":"Coverage","beneficiary":{"reference":"Patient/a"},"payor":[{"reference":"Patient/b"}]}"#,
                ["a"]
            ),
            (
                #"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a"}},{"resource":{"resourceType":"Observation","subject":{"reference":"Patient/b"}}}]}"#,
                ["a", "b"]
            ),
        ])
    func persons(text: String, ids: [String]) throws {
        let labels = try Self.labels(text)
        #expect(labels.persons == Set(ids))
        #expect(!labels.hasUnknownPersons && labels.dependsOn.isEmpty)
    }

    @Test(
        "of a Task name one more organisation that answers by an extension; of other types the same extension names nobody"
    )
    func answering() throws {
        let more =
            #""extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/task-answering","valueReference":"#
            + #"{"reference":"Organization/city"}}],"owner":{"reference":"Organization/a"}}"#
        #expect(try Self.labels(#"{"resourceType":"Task","# + more).organisations == ["a", "city"])
        #expect(try Self.labels(#"{"resourceType":"DeviceRequest","# + more).organisations == ["a"])
    }

    @Test(
        "do not take a person that is not named by a literal reference for nobody, nor for one of ours",
        arguments: [
            #"{"resourceType":"Observation","subject":{"identifier":{"value":"1"}}}"#,
            #"{"resourceType":"Observation","subject":{"display":"张三"}}"#,
            #"{"resourceType":"Observation","subject":{"reference":"https://elsewhere.example/fhir/Patient/a"}}"#,
            #"{"resourceType":"Observation","subject":{"reference":"urn:uuid:0f7d8e6e-8f5c-4f2c-9a49-3d1f5c1d2b3a"}}"#,
            ##"{"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p"}],"subject":{"reference":"#p"}}"##,
            ##"{"resourceType":"Encounter","subject":{"reference":"#gone"}}"##,
        ])
    func unknown(text: String) throws {
        let labels = try Self.labels(text)
        #expect(labels.persons.isEmpty && labels.hasUnknownPersons && !labels.isImpersonal)
    }

    @Test("take persons from what they refer to, once it is known")
    func dependencies() throws {
        var labels = try Self.labels(#"{"resourceType":"Provenance","target":[{"reference":"Observation/1"}]}"#)
        #expect(labels.dependsOn == ["Observation/1"] && !labels.isImpersonal)
        labels.resolve { $0 == "Observation/1" ? ["a"] : nil }
        #expect(labels.persons == ["a"] && labels.dependsOn.isEmpty)
        var group = try Self.labels(#"{"resourceType":"Observation","subject":{"reference":"Group/g"}}"#)
        group.resolve { _ in nil }
        #expect(group.hasUnknownPersons)
        let place = try Self.labels(#"{"resourceType":"Observation","subject":{"reference":"Location/l"}}"#)
        #expect(place.isImpersonal)
        let visit = try Self.labels(#"{"resourceType":"Observation","encounter":{"reference":"Encounter/e"}}"#)
        #expect(visit.dependsOn == ["Encounter/e"])
    }

    @Test(
        "tell sensitive categories by code, label and words",
        arguments: [
            ("http://hl7.org/fhir/sid/icd-10", "B20.901", "", Sensitivity.hiv),
            ("http://hl7.org/fhir/sid/icd-10", "Z21", "", .hiv),
            ("urn:oid:2.16.156.10011.2.3.3.11", "B24.x01", "", .hiv),
            ("http://hl7.org/fhir/sid/icd-10-cm", "F32.9", "", .mentalHealth),
            ("http://hl7.org/fhir/sid/icd-10", "A53.900", "", .sexuallyTransmitted),
            ("http://hl7.org/fhir/sid/icd-10", "N97.900", "", .reproductive),
            ("http://hl7.org/fhir/sid/icd-10", "Q90.900", "", .genetic),
            ("http://hl7.org/fhir/sid/icd-10", "T74.1", "", .abuse),
            ("http://hl7.org/fhir/sid/icd-10", "J18.9+B20.6*", "", .hiv),
            ("http://loinc.org", "44249-1", "", .mentalHealth),
            ("http://www.whocc.no/atc", "J05AR03", "", .hiv), ("urn:hospital", "4711", "HIV抗体初筛", .hiv),
            ("urn:hospital", "4712", "精神分裂症", .mentalHealth),
        ])
    func sensitive(system: String, code: String, display: String, category: Sensitivity) throws {
        let text =
            #"{"resourceType":"Condition","subject":{"reference":"Patient/a"},"code":{"coding":[{"system":"\#(system)","code":"\#(code)","display":"\#(display)"}]}}"#
        let labels = try Self.labels(text)
        #expect(labels.sensitivities == [category])
        #expect(DataLevel.of(labels) == .strict)
    }

    @Test(
        "do not take others for sensitive",
        arguments: ["J06.900", "B19", "A16.200", "B18.100", "E11.900", "B25.9", "O80.900"])
    func plain(code: String) throws {
        let text =
            #"{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\#(code)"}]}}"#
        #expect(try Self.labels(text).sensitivities.isEmpty)
    }

    @Test("know tuberculosis and hepatitis where the city chose so")
    func local() throws {
        func labels(_ code: String) throws -> Set<Sensitivity> {
            try Self.labels(
                #"{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\#(code)"}]}}"#,
                sensitive: Set(Sensitivity.allCases)
            ).sensitivities
        }
        #expect(try labels("A16.200x002") == [.tuberculosis])
        #expect(try labels("B18.100") == [.hepatitis])
        #expect(try labels("B18.800").isEmpty)
    }

    @Test(
        "read security labels",
        arguments: [
            ("v3-ActCode", "HIV", Sensitivity.hiv), ("v3-ActCode", "MH", .mentalHealth),
            ("v3-ActCode", "SEX", .reproductive),
            ("v3-ActCode", "SDV", .abuse), ("v3-ActCode", "GDIS", .genetic), ("v3-Confidentiality", "V", .restricted),
        ])
    func security(system: String, code: String, category: Sensitivity) throws {
        let text =
            #"{"resourceType":"Observation","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/\#(system)","code":"\#(code)"}]}}"#
        #expect(try Self.labels(text).sensitivities == [category])
    }

    @Test(
        "tell cases of notifiable diseases",
        arguments: [
            ("A38.x00", "NID-B-021"), ("A16.200x002", "NID-B-015"), ("J10.100", "NID-C-001"), ("B08.401", "NID-C-010"),
            ("A90", "NID-B-011"), ("B20.9", "NID-B-003"), ("J06.900", ""), ("B08.500", ""), ("A16.500", ""),
        ])
    func cases(code: String, disease: String) throws {
        let text =
            #"{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\#(code)"}]}}"#
        #expect(try Self.labels(text).diseases == (disease.isEmpty ? [] : [disease]))
    }

    @Test("name all notifiable diseases of the national list")
    func list() throws {
        let path = Suites.root.deletingLastPathComponent().appending(path: "domain/data/notifiable-diseases.csv")
        guard let text = try? String(contentsOf: path, encoding: .utf8) else { return }
        let ids = text.split(separator: "\n").dropFirst().compactMap { $0.split(separator: ",").first.map(String.init) }
            .filter { !$0.contains("-S0") }
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        var found: Set<String> = []
        for letter in letters {
            for number in 0..<1000 {
                let digits = String(number + 1000).dropFirst()
                let code = "\(letter)\(digits.prefix(2)).\(digits.suffix(1))"
                found.formUnion(NotifiableDiseases.ids(system: "http://hl7.org/fhir/sid/icd-10", code: code))
            }
        }
        #expect(found == Set(ids))
    }

    @Test("give each kind of data its level of GB/T 39725")
    func levels() throws {
        #expect(DataLevel.of(try Self.labels(#"{"resourceType":"Organization","id":"o"}"#)) == .open)
        #expect(DataLevel.of(try Self.labels(#"{"resourceType":"Practitioner","id":"o"}"#)) == .medium)
        #expect(DataLevel.of(try Self.labels(#"{"resourceType":"MeasureReport","id":"o"}"#)) == .wide)
        #expect(DataLevel.of(try Self.labels(#"{"resourceType":"Patient","id":"o"}"#)) == .narrow)
        #expect(DataLevel.of(element: "telecom", dataType: "ContactPoint", in: .narrow) == .narrow)
        #expect(DataLevel.of(element: "telecom", dataType: "ContactPoint", in: .open) == .open)
        #expect(DataLevel.of(element: "birthDate", dataType: "date", in: .medium) == .narrow)
        #expect(DataLevel.of(element: "gender", dataType: "code", in: .medium) == .medium)
    }

    @Test("find the division as the city writes it, of the first address in use")
    func division() throws {
        func address(_ use: String, _ code: String) -> String {
            #"{"use":"\#(use)","extension":[{"url":"\#(LabelReader.divisionURL)","valueCode":"\#(code)"}]}"#
        }
        let text =
            #"{"resourceType":"Patient","id":"a","address":[\#(address("old", "330108")),\#(address("home", "330106"))]}"#
        #expect(try Self.labels(text).divisions.map(\.code) == ["330106"])
    }

    static let examples = Suites.files("fhir-examples")

    @Test(
        "of every personal example either name persons, or say that they are about nobody or unknown",
        .enabled(if: !examples.isEmpty, "the suites beside the repository are absent"))
    func everyExample() throws {
        let reader = LabelReader(try Definitions.r4())
        for name in Self.examples {
            let document = try JSONDocument(parsing: Suites.bytes("fhir-examples/\(name)"))
            let labels = reader.labels(of: document.root)
            guard reader.definitions.isResourceType(labels.type) else { continue }
            let mentions = String(decoding: document.text, as: UTF8.self).contains("\"Patient/")
            // A document that mentions a patient is impersonal only where it is a definition or of the directory.
            if mentions, labels.resourceClass == .personal {
                #expect(!labels.isImpersonal || Self.mentionsOnly.contains(labels.type), "\(name)")
            }
        }
    }

    /// Types that mention patients without being about them: a list without a subject.
    static let mentionsOnly: Set<String> = ["List"]
}
