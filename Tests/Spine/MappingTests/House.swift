import FHIR
import Foundation
import HL7v2
import JSON
import Mapping

/// The mappings of the house, compiled once.
enum House {
    static let definitions = Result { try Definitions.r4() }
    static let mapping = Result { try Mapping.house(try definitions.get()) }

    /// The bundle of a message written one segment a line; nil where it is refused.
    static func bundle(_ text: String, _ mapping: Mapping) throws -> JSONDocument? {
        guard let item = Reading(Array(text.replacing("\n", with: "\r").utf8)).items.first else { return nil }
        return try mapping.convert(item, received: "2026-01-01T00:00:00Z").bundle.map { try JSONDocument(parsing: $0) }
    }

    /// The resources of a type in a bundle.
    static func resources(_ type: String, _ bundle: JSONDocument) -> [JSONNode] {
        (bundle.root["entry"].map { Array($0.elements) } ?? []).compactMap { $0["resource"] }.filter {
            $0["resourceType"]?.string == type
        }
    }
}

/// Messages that nobody here wrote, where they are at hand; never copied into the project.
enum Suite {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../shared/suites/hl7v2").standardizedFileURL
    static var isHere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    /// Names and bytes of all inputs.
    static func inputs() throws -> [(name: String, bytes: [UInt8])] {
        var inputs: [(name: String, bytes: [UInt8])] = []
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        for name in names.sorted() where name.hasSuffix(".hl7") {
            inputs.append((name, Array(try Data(contentsOf: folder.appendingPathComponent(name)))))
        }
        for name in ["messages.ndjson", "batches-and-broken.ndjson"] {
            let text = try Data(contentsOf: folder.appendingPathComponent(name))
            for (number, line) in text.split(separator: 0x0A).enumerated() {
                guard let message = try JSONDocument(parsing: Array(line)).root["message"]?.string else { continue }
                inputs.append(("\(name):\(number + 1)", Array(message.utf8)))
            }
        }
        return inputs
    }
}
