import FHIR
import JSON

/// The value sets that R4 binds with strength `required`, and the code systems they draw on, as resources.
///
/// The definitions have codes without names, and of a system no more than its required value sets use; so a code system is
/// a fragment, unless a value set of the same name lists it whole, as R4 does for its own.
struct R4Codes {
    private let definitions: Definitions
    private static let version = "4.0.1"
    private static let base = "http://hl7.org/fhir/"
    /// Value sets of everything that a grammar allows.
    private static let grammars = [
        "http://hl7.org/fhir/ValueSet/mimetypes": "urn:ietf:bcp:13",
        "http://hl7.org/fhir/ValueSet/all-languages": "urn:ietf:bcp:47",
        "http://hl7.org/fhir/ValueSet/currencies": "urn:iso:std:iso:4217",
        "http://hl7.org/fhir/ValueSet/ucum-units": "http://unitsofmeasure.org",
    ]

    init(_ definitions: Definitions) {
        self.definitions = definitions
    }

    func valueSet(_ url: String) -> JSONDocument? {
        if let system = Self.grammars[url] { return BuiltInTerminology.valueSet(url: url, system: system, below: nil) }
        guard let set = definitions.valueSet(url) else { return nil }
        var writer = JSONWriter()
        begin(&writer, "ValueSet", url)
        writer.key("compose")
        writer.beginObject()
        writer.key("include")
        writer.beginArray()
        for (system, codes) in zip(set.systems, set.codesBySystem) {
            writer.beginObject()
            writer.member("system", string: system)
            concepts(codes, &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }

    func codeSystem(_ url: String) -> JSONDocument? {
        var codes: [String] = []
        var seen: Set<String> = []
        var isWhole = false
        for set in definitions.requiredValueSets {
            guard let place = set.systems.firstIndex(of: url) else { continue }
            let name = url.split(separator: "/").last ?? ""
            if url.hasPrefix(Self.base), set.systems.count == 1, set.url == "\(Self.base)ValueSet/\(name)" {
                isWhole = true
            }
            for code in set.codesBySystem[place] where seen.insert(code).inserted { codes.append(code) }
        }
        guard !codes.isEmpty else { return nil }
        var writer = JSONWriter()
        begin(&writer, "CodeSystem", url)
        writer.member("caseSensitive", bool: true)
        writer.member("content", string: isWhole ? "complete" : "fragment")
        concepts(codes, &writer)
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }

    private func begin(_ writer: inout JSONWriter, _ type: String, _ url: String) {
        writer.beginObject()
        writer.member("resourceType", string: type)
        writer.member("url", string: url)
        if url.hasPrefix(Self.base) { writer.member("version", string: Self.version) }
        if let name = url.split(separator: "/").last { writer.member("name", string: String(name)) }
        writer.member("status", string: "active")
    }

    private func concepts(_ codes: [String], _ writer: inout JSONWriter) {
        writer.key("concept")
        writer.beginArray()
        for code in codes {
            writer.beginObject()
            writer.member("code", string: code)
            writer.endObject()
        }
        writer.endArray()
    }
}
