import FHIR
import JSON

/// What becomes of one value.
enum MaskingOutcome {
    /// It stays as it is.
    case keep
    /// It goes.
    case drop
    /// Other JSON takes its place.
    case replace([UInt8])
    /// Its members are looked at one by one.
    case descend
}

/// Decides what becomes of the values of a resource.
protocol MaskingRule {
    /// The outcome for one value (of a list, one element).
    ///
    /// - Parameters:
    ///   - member: the JSON property as defined.
    ///   - structure: the name of the structure that the property belongs to.
    ///   - node: the value.
    ///   - parent: the object that holds it.
    func outcome(_ member: Member, in structure: Structure, _ node: JSONNode, parent: JSONNode) -> MaskingOutcome
    /// Members to be added to an object, as keys and JSON.
    func additions(to object: JSONNode, _ structure: Structure) -> [(String, [UInt8])]
    /// The id of a resource, or nil to leave it out.
    func id(of resource: JSONNode, isContained: Bool) -> String?
    /// The codes put into `meta.security`.
    var marks: [String] { get }
    /// Whether `meta` keeps its version and time.
    var keepsVersion: Bool { get }
}

/// Writes a resource anew, each value as the rule says. What the definitions do not know is left out, and the result stays
/// valid: what is mandatory is replaced by a sign of its absence.
struct MaskingWalk<Rule: MaskingRule> {
    let definitions: Definitions
    let rule: Rule

    func resource(_ node: JSONNode, isContained: Bool = false) -> [UInt8]? {
        guard let type = node["resourceType"]?.string, let structure = definitions.structure(type) else { return nil }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: type)
        if let id = rule.id(of: node, isContained: isContained) { writer.member("id", string: id) }
        if let meta = meta(node["meta"], isContained: isContained) { writer.member("meta", raw: meta) }
        write(membersOf: node, structure, &writer, except: ["resourceType", "id", "meta"])
        writer.endObject()
        return writer.bytes
    }

    private func meta(_ meta: JSONNode?, isContained: Bool) -> [UInt8]? {
        var writer = JSONWriter()
        writer.beginObject()
        for member in meta.map({ Array($0.members) }) ?? [] {
            let (key, value) = (member.key, member.value)
            let isVersion = key.equals("versionId") || key.equals("lastUpdated")
            let isTag = key.equals("tag") && rule.keepsVersion
            guard isVersion ? rule.keepsVersion : key.equals("profile") || isTag else { continue }
            writer.member(key.string ?? "", node: value)
        }
        var labels = meta?["security"].map { Array($0.elements) } ?? []
        labels.removeAll { label in rule.marks.contains { label["code"]?.equals($0) == true } }
        if !isContained, !labels.isEmpty || !rule.marks.isEmpty {
            writer.key("security")
            writer.beginArray()
            for label in labels { writer.node(label) }
            for mark in rule.marks {
                writer.beginObject()
                writer.member("system", string: "http://terminology.hl7.org/CodeSystem/v3-ObservationValue")
                writer.member("code", string: mark)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes.count > 2 ? writer.bytes : nil
    }

    private func write(
        membersOf node: JSONNode, _ structure: Structure, _ writer: inout JSONWriter, except: Set<String> = []
    ) {
        let additions = rule.additions(to: node, structure)
        let added = Set(additions.map(\.0))
        for (key, value) in node.members {
            guard let name = key.string, !except.contains(name), !added.contains(name) else { continue }
            if name.hasPrefix("_") {
                // Extensions of primitives may hold the whole value; where one stands for a mandatory value, its absence
                // is said again.
                let base = String(name.dropFirst())
                guard let member = structure.member(base), member.min > 0, !member.isList, node[JSONKey(base)] == nil
                else { continue }
                writer.member(name, raw: Self.absent)
            } else if let member = structure.member(name), let json = json(of: value, member, structure, node) {
                writer.member(name, raw: json)
            }
        }
        for (name, json) in additions { writer.member(name, raw: json) }
    }

    private func json(
        of value: JSONNode, _ member: Member, _ structure: Structure, _ parent: JSONNode
    ) -> [UInt8]? {
        guard value.isArray else {
            return element(value, member, structure, parent) ?? (member.min > 0 ? substitute(member) : nil)
        }
        var found = value.elements.compactMap { element($0, member, structure, parent) }
        if found.isEmpty, member.min > 0 { found = [substitute(member)] }
        guard !found.isEmpty else { return nil }
        return Array("[".utf8) + Array(found.joined(separator: Array(",".utf8))) + Array("]".utf8)
    }

    private func substitute(_ member: Member) -> [UInt8] {
        member.isPrimitive ? Array("\"***\"".utf8) : Self.absent
    }

    private func element(
        _ node: JSONNode, _ member: Member, _ structure: Structure, _ parent: JSONNode
    ) -> [UInt8]? {
        guard !node.isNull else { return nil }
        if member.type == "Resource" { return resource(node, isContained: member.name == "contained") }
        switch rule.outcome(member, in: structure, node, parent: parent) {
        case .keep: return node.compactText()
        case .drop: return nil
        case .replace(let json): return json
        case .descend:
            guard let index = member.structureIndex, node.isObject else { return node.compactText() }
            let inner = definitions.structure(at: index)
            var writer = JSONWriter()
            writer.beginObject()
            write(membersOf: node, inner, &writer)
            writer.endObject()
            // An object with nothing left goes, and so does an extension with its URL alone.
            if writer.bytes.count == 2 { return nil }
            if inner.name == "Extension", writer.bytes.lastIndex(of: UInt8(ascii: ",")) == nil { return nil }
            return writer.bytes
        }
    }

    static var absent: [UInt8] {
        Array(
            (#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","#
                + #""valueCode":"masked"}]}"#).utf8)
    }
}
