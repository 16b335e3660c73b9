import FHIR
import Foundation
import HL7v2
import JSON
import Mapping
import Testing
import Validation

/// All messages of the suite are taken, and their bundles are valid R4, but for those that are refused here by name.
@Suite("The suite of HL7 v2 messages", .enabled(if: Suite.isHere, "../shared/suites/hl7v2 is not at hand"))
struct SuiteTests {
    /// What is refused, and why.
    private static let refused: [String: String] = [
        "messages.ndjson:32": "ServiceRequest.subject is required",
        "messages.ndjson:56": "needs the segment PID",
        "messages.ndjson:57": "needs the segment PID",
        "messages.ndjson:58": "needs the segment PID",
        "messages.ndjson:64": "begins with 'MPID'",
        "messages.ndjson:95": "Immunization.vaccineCode is required",
        "batches-and-broken.ndjson:8": "belongs to no message",
        "batches-and-broken.ndjson:9": "a batch begins inside of a batch",
        "batches-and-broken.ndjson:17": "belongs to no message",
        "batches-and-broken.ndjson:18": "a batch begins inside of a batch",
        "batches-and-broken.ndjson:19": "a second file begins inside of the first",
        "batches-and-broken.ndjson:20": "belongs to no message",
    ]

    @Test("is taken or refused as it should be, and what comes out is valid")
    func all() throws {
        let mapping = try House.mapping.get()
        let validator = try ResourceValidator(definitions: try House.definitions.get())
        var seen: Set<String> = []
        for input in try Suite.inputs() {
            let reading = Reading(input.bytes)
            let outcomes = reading.items.map { mapping.convert($0, received: "2026-01-01T00:00:00Z") }
            let errors = (reading.faults + outcomes.flatMap(\.faults)).filter { $0.severity == .error }
            if let reason = Self.refused[input.name] {
                seen.insert(input.name)
                #expect(errors.contains { $0.what.contains(reason) }, "\(input.name): \(errors)")
                continue
            }
            #expect(errors == [], "\(input.name)")
            #expect(!outcomes.isEmpty, "\(input.name)")
            for outcome in outcomes {
                guard let bundle = outcome.bundle else { continue }
                let issues = validator.validate(try JSONDocument(parsing: bundle))
                let bad = issues.filter { $0.severity == .error || $0.severity == .fatal }
                #expect(bad == [], "\(input.name)")
            }
        }
        #expect(seen == Set(Self.refused.keys))
    }

    @Test("gives the same bytes for the same message")
    func same() throws {
        let mapping = try House.mapping.get()
        for input in try Suite.inputs() {
            let once = Reading(input.bytes).items.map { mapping.convert($0, received: "2026-01-01T00:00:00Z").bundle }
            let twice = Reading(input.bytes).items.map { mapping.convert($0, received: "2026-01-01T00:00:00Z").bundle }
            #expect(once == twice, "\(input.name)")
        }
    }

    /// The other converter makes other resources of the rarer segments, numbers its resources in its own way, and names
    /// code systems and assigners as its authors chose. What both must agree on are the values that stand in the message: so
    /// the values below each element of a type are compared, times as moments, without ids, references, narratives,
    /// extensions, displays and systems.
    @Test(
        "agrees with what another converter makes of it, value by value",
        arguments: [
            ("Patient", 0.82), ("Encounter", 0.87), ("Immunization", 0.85), ("AllergyIntolerance", 0.79),
            ("MessageHeader", 0.99),
            ("Practitioner", 0.68), ("Condition", 0.74),
        ])
    func agrees(_ type: String, _ share: Double) throws {
        let messages = Suite.folder.appendingPathComponent("converter/messages")
        let names = try FileManager.default.contentsOfDirectory(atPath: messages.path)
        try expect(
            type, share,
            names.sorted().map { name in
                let expected = "converter/expected/\(name.replacing(".hl7", with: "-expected.json"))"
                return (messages.appendingPathComponent(name), Suite.folder.appendingPathComponent(expected))
            })
    }

    /// One field at a time, after HL7's own maps; the same is passed over.
    @Test(
        "agrees with the pairs that show field by field what becomes of it",
        arguments: [
            ("Patient", 0.88), ("Encounter", 0.93), ("DiagnosticReport", 0.93), ("ServiceRequest", 0.84),
            ("MessageHeader", 0.87), ("Observation", 0.76), ("Specimen", 0.74), ("RelatedPerson", 0.66),
        ])
    func pairs(_ type: String, _ share: Double) throws {
        let folder = Suite.folder.appendingPathComponent("mapping-inventory")
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        try expect(
            type, share,
            names.sorted().filter { $0.hasSuffix(".hl7") }.map { name in
                (
                    folder.appendingPathComponent(name),
                    folder.appendingPathComponent(name.replacing(".hl7", with: ".fhir"))
                )
            })
    }

    private func expect(_ type: String, _ share: Double, _ pairs: [(message: URL, expected: URL)]) throws {
        let mapping = try House.mapping.get()
        var expected = 0
        var found = 0
        for pair in pairs {
            guard var text = (try? Data(contentsOf: pair.expected)).map({ Array($0) }) else { continue }
            if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
            guard let other = try? JSONDocument(parsing: text),
                let item = Reading(Array(try Data(contentsOf: pair.message))).items.first,
                let bundle = mapping.convert(item, received: "2026-01-01T00:00:00Z").bundle
            else { continue }
            let ours = Facts(House.resources(type, try JSONDocument(parsing: bundle)))
            let theirs = Facts(House.resources(type, other))
            expected += theirs.values.count
            found += theirs.values.intersection(ours.values).count
        }
        #expect(expected > 50)
        #expect(Double(found) >= share * Double(expected), "\(type): \(found) of \(expected)")
    }
}

/// The values of resources with their paths.
private struct Facts {
    var values: Set<String> = []

    private static let passedOver: Set<String> = [
        "id", "meta", "text", "extension", "reference", "url", "display", "div", "system", "version", "resourceType",
    ]

    init(_ resources: [JSONNode]) {
        for resource in resources { read(resource, "") }
    }

    private mutating func read(_ node: JSONNode, _ path: String) {
        if node.isObject {
            for (key, value) in node.members {
                guard let name = key.string, !Self.passedOver.contains(name) else { continue }
                read(value, "\(path).\(name)")
            }
        } else if node.isArray {
            for element in node.elements { read(element, path) }
        } else {
            let text = node.string ?? String(decoding: node.rawText, as: UTF8.self)
            let moment = text.count > 10 && text.contains("T") ? try? Date(text, strategy: .iso8601) : nil
            let number = moment == nil ? Double(text) : nil
            values.insert(
                "\(path) \(moment.map { "\($0)" } ?? number.map { "\($0)" } ?? text.trimmingCharacters(in: .whitespaces))"
            )
        }
    }
}
