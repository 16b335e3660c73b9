public import JSON

/// A part of a resource that a client asks for instead of the whole
/// (<https://hl7.org/fhir/R4/search.html#summary>, <https://hl7.org/fhir/R4/search.html#elements>).
///
/// Whatever is asked for, `resourceType`, `id`, `meta` and the mandatory elements stay, and `meta.tag` says SUBSETTED, so
/// that nobody writes the part back for the whole.
public enum ResourceSubset: Sendable, Equatable {
    /// `_summary=true`: the elements that the definitions mark as summary.
    case summary
    /// `_summary=text`: the narrative.
    case text
    /// `_summary=data`: everything but the narrative.
    case data
    /// `_elements`: the elements named, as `name` or `Patient.name`.
    case elements([String])

    /// The subset of a resource as compact JSON.
    ///
    /// - Parameter resource: the resource; what is no object of a known resource type comes back as it is.
    public func json(of resource: JSONNode, _ definitions: Definitions) -> [UInt8] {
        guard let type = resource["resourceType"]?.string, let structure = definitions.structure(type) else {
            return resource.compactText()
        }
        var writer = JSONWriter()
        writer.beginObject()
        var isTagged = false
        for (key, value) in resource.members {
            guard let name = key.string else { continue }
            if name == "meta" {
                writer.member(name, raw: Self.tagged(value))
                isTagged = true
            } else if keeps(name, structure) {
                write(name, value, structure, definitions, &writer)
            }
            let isHead = name == "id" || (name == "resourceType" && resource["id"] == nil)
            if isHead, !isTagged, resource["meta"] == nil {
                writer.member("meta", raw: Array("{\"tag\":[\(Self.tag)]}".utf8))
                isTagged = true
            }
        }
        writer.endObject()
        return writer.bytes
    }

    private func keeps(_ name: String, _ structure: Structure) -> Bool {
        let element = name.hasPrefix("_") ? String(name.dropFirst()) : name
        if element == "resourceType" || element == "id" { return true }
        guard let member = structure.member(element) else { return self == .data }
        switch self {
        case .summary: return member.isSummary || member.min > 0
        case .text: return element == "text" || member.min > 0
        case .data: return element != "text"
        case .elements(let names):
            return member.min > 0
                || names.contains { wanted in
                    let parts = wanted.split(separator: ".", maxSplits: 1)
                    guard parts.count == 2, parts[0].first?.isUppercase == true else {
                        let own = parts.first.map(String.init) ?? wanted
                        return own == element || own == member.element
                    }
                    return parts[0] == structure.name && (parts[1] == element || parts[1] == member.element)
                }
        }
    }

    private func write(
        _ name: String, _ value: JSONNode, _ structure: Structure, _ definitions: Definitions,
        _ writer: inout JSONWriter
    ) {
        writer.key(name)
        guard self == .summary, let index = structure.member(name)?.structureIndex else {
            return writer.raw(value.compactText())
        }
        let inner = definitions.structure(at: index)
        // Data types are kept whole: a part of a name or a quantity could be misread.
        guard inner.kind == .backbone else { return writer.raw(value.compactText()) }
        if value.isArray {
            writer.beginArray()
            for element in value.elements { summary(element, inner, definitions, &writer) }
            writer.endArray()
        } else {
            summary(value, inner, definitions, &writer)
        }
    }

    private func summary(
        _ value: JSONNode, _ structure: Structure, _ definitions: Definitions, _ writer: inout JSONWriter
    ) {
        guard value.isObject else { return writer.raw(value.compactText()) }
        writer.beginObject()
        for (key, child) in value.members {
            if let name = key.string, keeps(name, structure) { write(name, child, structure, definitions, &writer) }
        }
        writer.endObject()
    }

    private static let tag =
        #"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#

    /// A `meta` with the tag.
    private static func tagged(_ meta: JSONNode) -> [UInt8] {
        let tags = meta["tag"]
        if tags?.elements.contains(where: { $0["code"]?.equals("SUBSETTED") == true }) == true {
            return meta.compactText()
        }
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in meta.members where !key.equals("tag") {
            writer.member(key.string ?? "", raw: value.compactText())
        }
        writer.key("tag")
        writer.beginArray()
        for held in tags.map({ Array($0.elements) }) ?? [] { writer.raw(held.compactText()) }
        writer.raw(Array(tag.utf8))
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
