import FHIR
import Foundation
import JSON
import Testing

/// The official examples of R4 and the bundles of Synthea, as they lie beside the repository.
@Suite("Real resources")
struct RealInputTests {
    static let examples = Suites.files("fhir-examples").filter { $0 != "package.json" }

    /// Examples that the published definitions themselves contradict.
    static let contradicted = [
        "DeviceMetric-example.json": "parent refers to a DeviceDefinition; the definition allows Device",
        "DeviceUseStatement-example.json": "reasonReference refers to a Procedure, which the definition does not list",
        "ImplementationGuide-fhir.json": "lacks name and status, and refers to an id of more than 64 characters",
        "MedicationRequest-medrx0301.json":
            "dispenseRequest.performer refers to a Practitioner; only Organization is allowed",
        "Questionnaire-qs1.json": "items lack linkId, which is required",
    ]

    @Test(
        "of the official examples keep their text and are clean",
        .enabled(if: !examples.isEmpty, "the suites beside the repository are absent"), arguments: examples)
    func example(_ name: String) throws {
        let document = try JSONDocument(parsing: Suites.bytes("fhir-examples/\(name)"))
        let compact = try JSONDocument(parsing: document.compactText())
        #expect(compact.root.hasSameValue(as: document.root))
        #expect(compact.compactText() == compact.text)
        let findings = Validator(try Definitions.r4()).validate(document)
        if Self.contradicted[name] == nil {
            let faults = findings.map { "\($0.expression ?? "-"): \($0.diagnostics)" }
            #expect(faults == [])
        } else {
            #expect(!findings.isEmpty, "no longer contradicted: take it off the list")
        }
    }

    @Test(
        "of the Synthea bundles are clean",
        .enabled(if: !Suites.files("synthea", suffix: ".gz").isEmpty, "the suites beside the repository are absent"))
    func synthea() throws {
        let validator = Validator(try Definitions.r4())
        var resources = 0
        for line in try Suites.gunzipped("synthea/bundles.ndjson.gz").split(separator: UInt8(ascii: "\n")) {
            let document = try JSONDocument(parsing: Array(line))
            let findings = validator.validate(document)
            #expect(findings.isEmpty, "\(findings.prefix(5).map { "\($0.expression ?? "-"): \($0.diagnostics)" })")
            for entry in document.root["entry"]?.elements.map({ $0 }) ?? [] {
                guard let resource = entry["resource"] else { continue }
                resources += 1
                #expect(validator.validate(resource).isEmpty)
            }
        }
        #expect(resources > 10_000)
    }

    /// Rows of `summary.tsv` in which the reference validator finds no error.
    static let faultless: [(name: String, file: String)] = {
        guard let text = try? Suites.bytes("validator/summary.tsv") else { return [] }
        let files = Suites.files("validator/files")
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { row in
            let cells = row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count > 4, cells[4] == "0", files.contains(cells[1]) else { return nil }
            return (cells[0], cells[1])
        }
    }()

    /// Cases that depend on a setting of the reference validator.
    static let dependent = ["contained-resource-bad-id-ignore"]

    @Test(
        "in which the reference validator finds no error are clean here too",
        .enabled(if: !faultless.isEmpty, "the suites beside the repository are absent"), arguments: faultless)
    func validatorCase(_ name: String, _ file: String) throws {
        guard !Self.dependent.contains(name) else { return }
        let document = try JSONDocument(parsing: Suites.bytes("validator/files/\(file)"))
        let faults = Validator(try Definitions.r4()).validate(document).map(\.diagnostics)
        #expect(faults == [])
    }
}
