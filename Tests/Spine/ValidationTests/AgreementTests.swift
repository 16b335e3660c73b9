import FHIR
import Foundation
import JSON
import Testing
import Validation

/// Findings compared with those of the reference validator, HL7's own in Java.
@Suite("Agreement with the reference validator")
struct AgreementTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let file: String
        let errors: Int
        var testDescription: String { name }
    }

    /// The rows of `summary.tsv` with a count.
    static let cases: [Case] = {
        guard let text = try? Suites.bytes("validator/summary.tsv") else { return [] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { row in
            let cells = row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count > 4, let errors = Int(cells[4]) else { return nil }
            return Case(name: cells[0], file: String(cells[1].split(separator: "/").last ?? ""), errors: errors)
        }
    }()

    static let absent: Comment = "the suites beside the repository are absent"

    /// Cases in which one of the two finds errors and the other none, and why.
    static let otherVerdicts: [String: String] = [
        "dr-example-org": "that run was set to refuse example.org",
        "bundle-id-5": "the display of a code of CVX, which is not at hand",
        "contained-resource-bad-id-ignore": "that run was set to pass over contained resources' ids",
        "bad-markdown-no-html": "that run was set to refuse HTML in Markdown",
        "ips-nz-pj": "codes and profiles from servers; the reference's later release finds none either",
    ]

    /// Cases in which both find errors but not as many, and why.
    static let otherCounts: [String: String] = [
        "bundle-with-contained": "the displays of codes of LOINC and NCIt, which are not at hand",
        "ext-ccuk": "tells of the sliced root as sdf-20 and once more, not twice more",
    ]

    static func errors(_ file: String) throws -> [FHIR.Issue] {
        do {
            let document = try JSONDocument(parsing: Suites.bytes("validator/files/\(file)"))
            let issues = try ResourceValidator(definitions: .r4()).validate(document)
            return issues.filter { $0.severity == .error || $0.severity == .fatal }
        } catch let error as JSONError {
            return [FHIR.Issue(error)]
        }
    }

    @Test("on whether a resource has errors", .enabled(if: !cases.isEmpty, absent), arguments: cases)
    func verdict(_ row: Case) throws {
        let errors = try Self.errors(row.file)
        let told = errors.map { "\($0.expression ?? "-"): \($0.diagnostics)" }
        if Self.otherVerdicts[row.name] == nil {
            #expect(errors.isEmpty == (row.errors == 0), "\(told)")
        } else {
            #expect(errors.isEmpty != (row.errors == 0), "agrees now: take it off the list")
        }
    }

    @Test("on how many errors there are", .enabled(if: !cases.isEmpty, absent), arguments: cases)
    func count(_ row: Case) throws {
        guard Self.otherVerdicts[row.name] == nil else { return }
        let errors = try Self.errors(row.file)
        let told = errors.map { "\($0.expression ?? "-"): \($0.diagnostics)" }
        if Self.otherCounts[row.name] == nil {
            #expect(errors.count == row.errors, "\(told)")
        } else {
            #expect(errors.count != row.errors, "agrees now: take it off the list")
        }
    }

    static let examples = Suites.files("fhir-examples").filter { $0 != "package.json" }

    /// Official examples that the specification itself contradicts.
    static let contradicted = [
        "Bundle-10bb101f-a121-4264-a920-67be9cb82c74.json": "a fullUrl ends with another id than its resource has",
        "Bundle-hla-1.json": "an extension has a part uri, which its definition does not have",
        "DeviceMetric-example.json": "parent refers to a DeviceDefinition; the definition allows Device",
        "DeviceUseStatement-example.json": "reasonReference refers to a Procedure, which the definition does not list",
        "ImplementationGuide-fhir.json": "lacks name and status, and refers to an id of more than 64 characters",
        "Library-zika-virus-intervention-logic.json": "urn:oid:X.Y.Z is no OID",
        "MedicationRequest-medrx0301.json":
            "dispenseRequest.performer refers to a Practitioner; only Organization is allowed",
        "Organization-2.16.840.1.113883.19.5.json": "an identifier of system urn:ietf:rfc:3986 is no URI",
        "Questionnaire-qs1.json": "items lack linkId, which is required",
    ]

    @Test("raises nothing on the official examples", .enabled(if: !examples.isEmpty, absent), arguments: examples)
    func example(_ name: String) throws {
        let document = try JSONDocument(parsing: Suites.bytes("fhir-examples/\(name)"))
        let issues = try ResourceValidator(definitions: .r4()).validate(document, .init(tellsBestPractice: true))
        let errors = issues.filter { $0.severity == .error }.map { "\($0.expression ?? "-"): \($0.diagnostics)" }
        if Self.contradicted[name] == nil {
            #expect(errors == [])
        } else {
            #expect(!errors.isEmpty, "no longer contradicted: take it off the list")
        }
        // Every invariant could be evaluated.
        #expect(!issues.contains { $0.code == .exception })
    }
}
