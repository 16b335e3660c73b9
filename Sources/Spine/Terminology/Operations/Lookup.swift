public import JSON

/// `$lookup`: what a code means. <https://hl7.org/fhir/R4/codesystem-operation-lookup.html>
public struct Lookup: Sendable {
    /// The concept.
    public let concept: Concept
    private let languages: Languages?
    private let wanted: Set<String>

    init(_ concept: Concept, languages: Languages?, properties: [String]) {
        self.concept = concept
        self.languages = languages
        wanted = Set(properties)
    }

    /// The name in the language that was asked for.
    public var display: String? { concept.display(in: languages) }

    /// The answer as a `Parameters` resource.
    ///
    /// Without wanted properties, all that is known is given. With some, those alone: the concept's own, and `definition`,
    /// `designation`, `parent`, `child`, and `lang.` with a tag for designations of one language.
    public func parameters() -> [UInt8] {
        var out = ParametersWriter()
        out.add("name", string: concept.table.name)
        out.add("version", string: concept.table.version)
        out.add("display", string: display ?? concept.code)
        for designation in concept.designations where wants(designation) {
            out.add("designation") { parts in
                parts.add("language", code: designation.language)
                parts.add("use", "valueCoding", node: designation.node["use"])
                parts.add("value", string: designation.value)
            }
        }
        let given = concept.properties
        for property in given where wants(property.code) && property.code != "parent" && property.code != "child" {
            out.add("property") { parts in
                parts.add("code", code: property.code)
                parts.add("value", property.member, node: property.value)
            }
        }
        if wants("definition"), let definition = concept.definition {
            Self.property("definition", "valueString", definition, nil, &out)
        }
        if wants("inactive"), !given.contains(where: { $0.code == "inactive" }) {
            out.add("property") { parts in
                parts.add("code", code: "inactive")
                parts.add("value", bool: concept.isInactive)
            }
        }
        if wants("parent") { for code in concept.parents { relative("parent", code, &out) } }
        if wants("child") { for code in concept.children { relative("child", code, &out) } }
        return out.finished()
    }

    private func wants(_ property: String) -> Bool { wanted.isEmpty || wanted.contains(property) }

    private func wants(_ designation: Designation) -> Bool {
        if wants("designation") { return true }
        guard let language = designation.language else { return false }
        return wanted.contains("lang.\(language)")
    }

    private func relative(_ name: String, _ code: String, _ out: inout ParametersWriter) {
        Self.property(name, "valueCode", code, concept.table.concept(code)?.display(in: languages), &out)
    }

    private static func property(
        _ name: String, _ member: String, _ value: String, _ description: String?, _ out: inout ParametersWriter
    ) {
        out.add("property") { parts in
            parts.add("code", code: name)
            parts.add("value", member, value)
            parts.add("description", string: description)
        }
    }
}

extension TerminologyService {
    /// Looks a code up.
    ///
    /// - Parameters:
    ///   - coding: the code and its system.
    ///   - supplied: a CodeSystem to look in instead of the known ones; nil for those.
    ///   - displayLanguage: the language of the display; nil for the preferred name.
    ///   - properties: which properties to give; none for all.
    /// - Throws: ``TerminologyError`` of kind `notFound` when the system or the code is not known here, `invalid` without a
    ///   system.
    public func lookup(
        _ coding: CodingReference, in supplied: JSONNode? = nil, displayLanguage: String? = nil,
        properties: [String] = []
    ) throws(TerminologyError) -> Lookup {
        let table = try table(of: coding, supplied)
        guard let concept = table.concept(coding.code) else { throw Self.unknown(code: coding.code, table) }
        return Lookup(concept, languages: displayLanguage.map(Languages.init), properties: properties)
    }

    func table(of coding: CodingReference, _ supplied: JSONNode?) throws(TerminologyError) -> CodeSystemTable {
        if let supplied {
            let table = try CodeSystemTable(supplied)
            guard coding.system == nil || coding.system == table.url else {
                throw TerminologyError(
                    .invalid, "The code is from \(coding.system ?? ""), and the code system asked is \(table.url).")
            }
            return table
        }
        guard let system = coding.system else {
            throw TerminologyError(
                .invalid, "Say which code system the code “\(coding.code)” is from: system is missing.")
        }
        return try codeSystem(system, version: coding.version)
    }
}
