import ArgumentParser
import FHIR
import FHIRPath
import Foundation
import JSON
import Terminology
import UCUM

/// `healthbrain fhirpath`: evaluates one expression on one resource.
struct FHIRPathCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fhirpath",
        abstract: "Evaluate a FHIRPath expression on a resource.",
        discussion: """
            Prints a JSON array with an object {"type", "value"} for each item. The type of an element is its FHIR type \
            (code, HumanName, Patient); of a System value boolean, integer, decimal, string, date, dateTime, time or \
            Quantity. Values stand as JSON: decimals with the digits they have, dates and times as FHIR writes them \
            (without @), quantities as text (10.1 'mg'). trace() writes to the standard error.

            memberOf() knows the value sets to which R4 requires codes to belong, and the code tables that come along; \
            subsumes() the hierarchies of these tables.

            --strict refuses what is known to be wrong before evaluation, such as members that the type doesn't have.

            The exit code is 2 when the expression is wrong, or fails on this resource; the message names line and column.
            """)

    // Taken as they are, because an expression may begin with a sign: -1.
    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "--strict if wanted, the expression, and the file with the resource as JSON (-: standard input).",
            valueName: "[--strict] expression file"))
    var arguments: [String] = []

    func run() async throws {
        if ["-h", "--help"].contains(arguments.first) { throw CleanExit.helpRequest(self) }
        var words = arguments
        let strict = words.first == "--strict" || words.last == "--strict"
        if strict { words.remove(at: words.first == "--strict" ? 0 : words.count - 1) }
        if words.first == "--" { words.removeFirst() }
        guard words.count == 2 else {
            throw Misuse("fhirpath wants an expression and a file: healthbrain fhirpath [--strict] EXPRESSION FILE")
        }
        let (expression, path) = (words[0], words[1])
        let document = try Self.document(path)
        let definitions = try Definitions.r4()
        do throws(FHIRPathError) {
            var options = FHIRPathOptions(isStrict: strict)
            options.refusesAsOnCollections = true
            if let type = document.root["resourceType"]?.string, definitions.isResourceType(type) {
                options.contextType = type
            }
            let compiled = try FHIRPathExpression(expression, definitions: definitions, options: options)
            var environment = FHIRPathEnvironment()
            environment.trace = { name, values in
                Terminal.complain("\(name): \(String(decoding: Self.json(values), as: UTF8.self))")
            }
            let terminology = TerminologyService(
                source: ListedTerminology(), definitions: definitions,
                grammars: ["http://unitsofmeasure.org": { UCUM.isValid($0) }])
            environment.memberOf = { system, code, valueSet in
                terminology.contains(valueSet: valueSet, system: system, code: code)
            }
            environment.subsumes = { system, code, other in
                terminology.isSubsumed(system: system, code: other, by: code)
            }
            let values = try compiled.evaluate(on: document.root, environment)
            Terminal.say(String(decoding: Self.json(values), as: UTF8.self) + "\n")
        } catch {
            throw Misuse("\(error)")
        }
    }

    private static func document(_ path: String) throws -> JSONDocument {
        let bytes: Data
        do {
            bytes =
                path == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data()
                : try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Misuse("\(path) can't be read: \(error.localizedDescription)")
        }
        do throws(JSONError) {
            return try JSONDocument(
                parsing: [UInt8](bytes), limits: JSONLimits(bytesMax: DocumentReader.documentBytesMax))
        } catch {
            throw Misuse("\(path): \(error)")
        }
    }

    private static func json(_ values: [FHIRPathValue]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for value in values {
            writer.beginObject()
            writer.member("type", string: value.shortTypeName)
            writer.member("value", raw: value.json())
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }
}
