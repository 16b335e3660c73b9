import FHIR
import FHIRPath
import JSON
import Testing

/// The official FHIRPath tests: <https://github.com/FHIR/fhir-test-cases>, for R4.
@Suite("official FHIRPath tests")
struct OfficialSuiteTests {
    @Test(
        "gives the expected output",
        .enabled(if: !OfficialSuite.cases.isEmpty, "the suite isn't beside the repository"),
        arguments: OfficialSuite.cases)
    func output(test: OfficialSuite.Case) throws {
        let document = test.input.isEmpty ? nil : try JSONDocument(parsing: OfficialSuite.input(test.input))
        guard test.invalid.isEmpty else {
            #expect(throws: FHIRPathError.self) { try evaluate(test, on: document) }
            return
        }
        let found = try evaluate(test, on: document)
        if test.isPredicate {
            #expect(test.outputs.first?.value == (found.isEmpty ? "false" : "true"))
            return
        }
        var (values, wanted) = (found.map(text), test.outputs.map { plain($0.value) })
        if test.isOrdered {
            #expect(zip(found, test.outputs).allSatisfy { $1.type.isEmpty || $0.shortTypeName == $1.type })
        } else {
            values.sort()
            wanted.sort()
        }
        #expect(values == wanted)
    }

    private func evaluate(_ test: OfficialSuite.Case, on document: JSONDocument?) throws -> [FHIRPathValue] {
        var options = FHIRPathOptions(contextType: document?.root["resourceType"]?.string, isStrict: test.isStrict)
        options.refusesAsOnCollections = true
        let expression = try FHIRPathExpression(test.expression, definitions: .r4(), options: options)
        guard let document else { return try expression.evaluate(on: [], FHIRPathEnvironment()) }
        return try expression.evaluate(on: document.root)
    }

    private func text(_ value: FHIRPathValue) -> String {
        let json = value.json()
        guard let document = try? JSONDocument(parsing: json) else { return "" }
        return document.root.string ?? String(decoding: json, as: UTF8.self)
    }

    /// The suite writes dates and times as literals.
    private func plain(_ literal: String) -> String {
        literal.hasPrefix("@T")
            ? String(literal.dropFirst(2)) : literal.hasPrefix("@") ? String(literal.dropFirst()) : literal
    }
}
