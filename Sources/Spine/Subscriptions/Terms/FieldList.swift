public import FHIR
public import JSON

/// The elements of a resource type that may be sent, and no others (最小必要): `status`, `code.coding`,
/// `Observation.subject.reference`; of a choice by its stem, `value`, or by one of its names, `valueQuantity`.
///
/// Unlike `_elements`, mandatory elements do not come along: what is not named is not sent. `resourceType`, `id`,
/// `meta.versionId` and `meta.lastUpdated` always are, and `meta.tag` says SUBSETTED.
public struct FieldList: Sendable, Equatable {
    /// The paths as they were given, in order.
    public let paths: [String]
    private let tree: Branch

    /// The elements below one; a leaf keeps all that is in it.
    private struct Branch: Sendable, Equatable {
        var below: [String: Branch] = [:]
        var isLeaf = false

        mutating func add(_ steps: ArraySlice<Substring>) {
            guard let first = steps.first else {
                isLeaf = true
                return
            }
            below[String(first), default: Branch()].add(steps.dropFirst())
        }
    }

    /// Why a path is none.
    public struct Malformed: Error, CustomStringConvertible {
        /// What to tell.
        public let description: String
    }

    /// Reads paths of a resource type.
    public init(_ paths: [String], of type: String, _ definitions: Definitions) throws(Malformed) {
        var tree = Branch()
        for path in paths {
            var steps = path.split(separator: ".", omittingEmptySubsequences: false)[...]
            if steps.first.map({ $0 == type }) == true { steps = steps.dropFirst() }
            try Self.check(steps, of: type, path, definitions)
            tree.add(steps)
        }
        self.paths = paths
        self.tree = tree
    }

    private static func check(
        _ steps: ArraySlice<Substring>, of type: String, _ path: String, _ definitions: Definitions
    ) throws(Malformed) {
        guard !steps.isEmpty, var structures = definitions.structure(type).map({ [$0] }) else {
            throw Malformed(description: "“\(path.prefix(80))” names no element of \(type).")
        }
        for step in steps {
            let name = String(step)
            let members = structures.flatMap { $0.member(name).map { [$0] } ?? $0.members(ofElement: name) }
            guard !members.isEmpty, name != "meta", name != "id" else {
                throw Malformed(
                    description: name == "meta" || name == "id"
                        ? "“\(name)” is always sent in part; leave it out."
                        : "\(type) has no element “\(path.prefix(80))”: there is no “\(name.prefix(40))”.")
            }
            structures = members.compactMap { $0.structureIndex.map { definitions.structure(at: $0) } }
        }
    }

    /// Whether something in the references to patients is among them, so that the receiver knows whose a resource is.
    public var tellsPerson: Bool {
        ["subject", "patient", "for", "beneficiary", "individual", "link"].contains { tree.below[$0] != nil }
    }

    /// The part of a resource that may be sent, as compact JSON.
    ///
    /// - Parameters:
    ///   - resource: the resource, masked already.
    ///   - isMasked: whether it was; the receiver is told.
    public func json(of resource: JSONNode, isMasked: Bool, _ definitions: Definitions) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        let type = resource["resourceType"]?.string ?? ""
        json.member("resourceType", string: type)
        if let id = resource["id"]?.string { json.member("id", string: id) }
        json.key("meta")
        json.beginObject()
        for name in ["versionId", "lastUpdated"] as [JSONKey] {
            if let value = resource["meta"]?[name]?.string { json.member(name.string, string: value) }
        }
        if isMasked { json.member("security", raw: Array("[\(Self.masked)]".utf8)) }
        json.member("tag", raw: Array("[\(Self.subsetted)]".utf8))
        json.endObject()
        if let structure = definitions.structure(type) { write(resource, structure, tree, definitions, &json) }
        json.endObject()
        return json.bytes
    }

    private func write(
        _ object: JSONNode, _ structure: Structure?, _ branch: Branch, _ definitions: Definitions,
        _ json: inout JSONWriter
    ) {
        for (key, value) in object.members {
            guard let name = key.string else { continue }
            let element = name.hasPrefix("_") ? String(name.dropFirst()) : name
            let member = structure?.member(element)
            guard let next = branch.below[element] ?? member.flatMap({ branch.below[$0.element] }) else { continue }
            json.key(name)
            if next.isLeaf {
                json.raw(value.compactText())
                continue
            }
            let inner = member?.structureIndex.map { definitions.structure(at: $0) }
            if value.isArray {
                json.beginArray()
                for element in value.elements { one(element, inner, next, definitions, &json) }
                json.endArray()
            } else {
                one(value, inner, next, definitions, &json)
            }
        }
    }

    private func one(
        _ value: JSONNode, _ structure: Structure?, _ branch: Branch, _ definitions: Definitions,
        _ json: inout JSONWriter
    ) {
        guard value.isObject else { return json.null() }
        json.beginObject()
        write(value, structure, branch, definitions, &json)
        json.endObject()
    }

    private static let subsetted =
        #"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#
    private static let masked =
        #"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"MASKED"}"#
}
