public import FHIR
public import JSON

/// Masks resources before they leave, at the one place where everything leaves.
public struct Masker: Sendable {
    private let definitions: Definitions

    /// - Parameter definitions: the tables of R4.
    public init(_ definitions: Definitions) {
        self.definitions = definitions
    }

    /// A resource masked for a screen. It stays valid R4, and says in `meta.security` that it was masked.
    ///
    /// - Parameters:
    ///   - resource: the resource.
    ///   - masking: how much to hide; for `.deidentified` see `researchCopy(of:…)`, here it is masked as for a screen.
    ///   - names: names of persons to be hidden in free text, beside those that the resource has itself.
    ///   - now: milliseconds since 1970-01-01T00:00:00Z, for ages.
    /// - Returns: compact JSON; nil for what is no resource of a known type.
    public func masked(_ resource: JSONNode, _ masking: Masking, names: Set<String> = [], now: Int64) -> [UInt8]? {
        let type = resource["resourceType"]?.string ?? ""
        switch masking {
        case .none: return resource.compactText()
        case .directory:
            return MaskingWalk(definitions: definitions, rule: DirectoryMasking()).resource(resource)
        case .masked, .deidentified:
            switch ResourceClass.of(type) {
            case .definition: return resource.compactText()
            case .directory where type.hasPrefix("Practitioner"):
                return MaskingWalk(definitions: definitions, rule: DirectoryMasking()).resource(resource)
            case .directory where type != "Schedule" && type != "Slot": return resource.compactText()
            default: break
            }
            let text = FreeText(names: names.union(Self.names(in: resource)))
            return MaskingWalk(definitions: definitions, rule: DisplayMasking(now: now, text: text)).resource(resource)
        }
    }

    /// A resource as a copy for research: without names, phones, numbers and words; tokens for ids, the same in one
    /// export; ages in bands, places to the district, times moved by the same days for all of a person's resources.
    ///
    /// - Parameters:
    ///   - resource: the resource.
    ///   - person: the id of the patient that it is about, by which times are moved; empty for nobody.
    ///   - pseudonyms: the tokens of this export.
    ///   - shiftDaysMax: by how many days times are moved at most.
    ///   - now: milliseconds since 1970-01-01T00:00:00Z, for ages.
    /// - Returns: compact JSON; nil for what is no resource of a known type.
    public func researchCopy(
        of resource: JSONNode, person: String, _ pseudonyms: Pseudonyms, shiftDaysMax: Int = 30, now: Int64
    ) -> [UInt8]? {
        let rule = ResearchCopy(
            pseudonyms: pseudonyms, shiftDays: pseudonyms.shiftDays(of: person, daysMax: shiftDaysMax), now: now)
        guard let bytes = MaskingWalk(definitions: definitions, rule: rule).resource(resource) else { return nil }
        return Self.withoutOrphans(bytes)
    }

    /// A resource as one line of an export for research: as ``researchCopy(of:person:_:shiftDaysMax:now:)``, and without
    /// anything else that says where, how old or of which sex somebody is. Of a Patient only what ``GeneralisedPerson`` tells
    /// is left.
    ///
    /// - Parameters:
    ///   - resource: the resource; of a Patient, use ``GeneralisedPerson/resource(of:_:)``.
    ///   - identifiers: what tells the persons that it is about.
    /// - Returns: compact JSON; nil for what is no resource of a known type.
    public func researchLine(
        of resource: JSONNode, person: String, _ pseudonyms: Pseudonyms, identifiers: DirectIdentifiers,
        shiftDaysMax: Int, now: Int64
    ) -> [UInt8]? {
        let rule = ResearchCopy(
            pseudonyms: pseudonyms, shiftDays: pseudonyms.shiftDays(of: person, daysMax: shiftDaysMax), now: now,
            guarding: identifiers)
        guard let bytes = MaskingWalk(definitions: definitions, rule: rule).resource(resource) else { return nil }
        return Self.withoutOrphans(bytes)
    }

    /// What is contained but no longer referred to goes (dom-3).
    private static func withoutOrphans(_ bytes: [UInt8]) -> [UInt8] {
        guard let document = try? JSONDocument(parsing: bytes), let contained = document.root["contained"] else {
            return bytes
        }
        var referred: Set<String> = []
        var waiting = [document.root]
        while let node = waiting.popLast() {
            if let text = node["reference"]?.string, text.hasPrefix("#") { referred.insert(String(text.dropFirst())) }
            if node.isArray { waiting += node.elements } else { waiting += node.members.map(\.value) }
        }
        let kept = contained.elements.filter { $0["id"]?.string.map(referred.contains) == true }
        var edits = JSONEdits()
        if kept.isEmpty {
            edits.removeMember("contained", of: document.root)
        } else {
            let json = kept.map { $0.compactText() }.joined(separator: Array(",".utf8))
            edits.replace(contained, with: Array("[".utf8) + Array(json) + Array("]".utf8))
        }
        return edits.applied(to: document)
    }

    /// The names that a resource gives for persons: of names and of references to persons.
    public static func names(in resource: JSONNode) -> Set<String> {
        var found: Set<String> = []
        var waiting = [resource]
        while let node = waiting.popLast() {
            guard node.isObject else {
                waiting += node.elements
                continue
            }
            if let family = node["family"]?.string {
                let given = node["given"]?.elements.compactMap(\.string).joined() ?? ""
                if !given.isEmpty { found.insert(family + given) }
                if let text = node["text"]?.string { found.insert(text) }
            }
            for name in ["name", "contact"] as [JSONKey] {
                let values = node[name].map { $0.isArray ? Array($0.elements) : [$0] } ?? []
                for value in values { value["text"]?.string.map { _ = found.insert($0) } }
            }
            if let text = node["reference"]?.string.flatMap({ LiteralReference($0) }), text.type == "Patient",
                let display = node["display"]?.string
            {
                found.insert(display)
            }
            waiting += node.members.map(\.value)
        }
        return found
    }
}
