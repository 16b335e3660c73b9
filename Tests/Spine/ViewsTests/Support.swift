import FHIR
import Foundation
import JSON
import Testing
import Views

func json(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

/// Compiles a view from its JSON text.
func view(_ text: String) throws -> View {
    let definitions = try Definitions.r4()
    return try View(ViewDefinition(json(text).root, definitions: definitions), definitions: definitions)
}

/// The rows of resources as one JSON text, without line breaks.
func rows(_ view: View, _ resources: JSONNode...) throws -> String {
    let text = ViewText(view, format: .json)
    var body: [UInt8] = []
    for resource in resources { text.append(try view.rows(of: resource), to: &body) }
    text.dropSeparator(&body)
    return String(decoding: text.head + body + text.tail, as: UTF8.self).filter { !$0.isNewline }
}

/// The message of the error that a body throws.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return "\(error)"
    }
}

/// The files of the public suites, beside the repository; nil where they are absent.
enum Suites {
    static let folder: URL? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/suites")
        return FileManager.default.fileExists(atPath: root.path()) ? root : nil
    }()

    static func files(_ name: String) -> [URL] {
        guard let folder = folder?.appending(path: name) else { return [] }
        let found = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (found ?? []).sorted { $0.path() < $1.path() }
    }
}
