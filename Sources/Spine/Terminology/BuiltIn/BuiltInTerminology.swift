import FHIR
import Foundation
import JSON
import Synchronization

/// The code systems and value sets that come with the house: HL7's own systems and those of R4's required bindings, and the
/// tables under `Resources`, each made into a resource when it is first asked for.
final class BuiltInTerminology: TerminologySource {
    private let definitions: Definitions
    private let made = Mutex<[String: JSONDocument?]>([:])

    init(_ definitions: Definitions) {
        self.definitions = definitions
    }

    /// Never changes.
    var revision: Int64 { 0 }

    func resource(type: String, url: String, version: String?) throws -> JSONDocument? {
        let key = "\(type) \(url)"
        let known = made.withLock { $0[key] }
        let document: JSONDocument?
        if let known {
            document = known
        } else {
            document = try make(type, url)
            // Only what is here is remembered: unknown names are without number.
            if let document { made.withLock { $0[key] = document } }
        }
        guard let document, let version else { return document }
        return document.root["version"]?.string == version ? document : nil
    }

    /// No concept map is built in.
    func resources(type: String) -> [JSONDocument] { [] }

    private func make(_ type: String, _ url: String) throws -> JSONDocument? {
        switch type {
        case "CodeSystem":
            if let table = CodeTable.all.first(where: { $0.system == url }) { return try table.codeSystem() }
            return R4CodeSystems.codeSystem(url) ?? R4Codes(definitions).codeSystem(url)
        case "ValueSet":
            if let table = CodeTable.all.first(where: { $0.valueSet == url }) {
                return Self.valueSet(url: url, system: table.system, below: nil, title: table.title)
            }
            return R4Codes(definitions).valueSet(url)
        default: return nil
        }
    }

    /// A value set of all codes of a system, or of one concept and everything below it.
    static func valueSet(
        url: String, system: String, below: String?, title: String? = nil, version: String? = nil
    ) -> JSONDocument? {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "ValueSet")
        writer.member("url", string: url)
        if let version { writer.member("version", string: version) }
        if let title { writer.member("title", string: title) }
        writer.member("status", string: "active")
        writer.key("compose")
        writer.beginObject()
        writer.key("include")
        writer.beginArray()
        writer.beginObject()
        writer.member("system", string: system)
        if let below {
            writer.key("filter")
            writer.beginArray()
            writer.beginObject()
            writer.member("property", string: "concept")
            writer.member("op", string: "is-a")
            writer.member("value", string: below)
            writer.endObject()
            writer.endArray()
        }
        writer.endObject()
        writer.endArray()
        writer.endObject()
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }
}
