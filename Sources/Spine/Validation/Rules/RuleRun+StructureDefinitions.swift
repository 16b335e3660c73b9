import FHIR
import JSON

// Definitions that fit the type that they constrain.
extension RuleRun {
    private static let kind: JSONKey = "kind"
    private static let derivation: JSONKey = "derivation"
    private static let baseDefinition: JSONKey = "baseDefinition"
    private static let differential: JSONKey = "differential"
    private static let snapshot: JSONKey = "snapshot"
    private static let sliceName: JSONKey = "sliceName"
    private static let fixedURI: JSONKey = "fixedUri"
    private static let binding: JSONKey = "binding"
    private static let slicing: JSONKey = "slicing"
    private static let min: JSONKey = "min"
    private static let max: JSONKey = "max"
    private static let core = "http://hl7.org/fhir/StructureDefinition/"

    mutating func structureDefinition(_ visit: Int) {
        let value = node(visit)
        contexts(value, visit)
        guard let base = value[Self.baseDefinition]?.string else { return }
        guard base.hasPrefix(Self.core), let structure = definitions.structure(String(base.dropFirst(Self.core.count))),
            structure.kind != .backbone
        else {
            return report(
                .warning, .notFound, "the base \(shown(base)) is not known here; the differential is not checked", visit
            )
        }
        guard let derivation = value[Self.derivation]?.string else {
            return report(
                .error, .required, "a definition with a base must say its derivation", visit, below: "derivation")
        }
        let type = value[Keys.type]?.string ?? ""
        guard derivation == "constraint" else {
            if type == structure.name {
                report(
                    .error, .invalid, "a specialization must have a type of its own, not \(type)", visit, below: "type")
            }
            return
        }
        if type != structure.name {
            report(
                .error, .invalid, "the type must be that of the base, \(structure.name); found \(shown(type))", visit,
                below: "type")
        }
        if let kind = value[Self.kind]?.string, kind != structure.kind.rawValue {
            report(
                .error, .invalid, "the kind must be that of the base, \(structure.kind.rawValue); found \(shown(kind))",
                visit, below: "kind")
        }
        differential(value, structure, visit)
        elementRules(value, visit)
        if structure.name == "Extension" { extensionURL(value, visit) }
    }

    /// An extension fixes its own URL.
    private mutating func extensionURL(_ value: JSONNode, _ visit: Int) {
        guard let url = value[Keys.url]?.string else { return }
        let lists = [value[Self.snapshot], value[Self.differential]].compactMap { $0?[Keys.element] }
        let fixed = lists.lazy.flatMap { $0.elements.map { $0 } }
            .first { $0[Keys.path]?.equals("Extension.url") == true }?[Self.fixedURI]?.string
        guard let fixed else {
            return report(.error, .required, "an extension must fix Extension.url to its own URL", visit)
        }
        if fixed != url {
            report(
                .error, .invalid,
                "Extension.url is fixed to \(shown(fixed)), but the definition's URL is \(shown(url))",
                visit)
        }
    }

    private mutating func differential(_ value: JSONNode, _ structure: Structure, _ visit: Int) {
        var before: [Int] = []
        for (position, element) in (value[Self.differential]?[Keys.element]?.elements.map { $0 } ?? []).enumerated() {
            guard let path = element[Keys.path]?.string else { continue }
            let place = "differential.element[\(position)]"
            switch PathReader(definitions: definitions).read(path, in: structure) {
            case .failure(let fault):
                report(.error, .value, "the path \(shown(path)): \(fault.text)", visit, below: place)
            case .success(let target):
                if element[Self.slicing] != nil { sliced(element, path, target, visit, place) }
                if isOutOfOrder(target.ordinals, after: before) {
                    report(
                        .error, .value,
                        "\(shown(path)) stands after an element that follows it in \(structure.name): "
                            + "elements of a differential keep the order of the base", visit, below: place)
                    // One finding of the place, one of the whole: it can't be laid over the base.
                    report(
                        .error, .invalid,
                        "the differential can't be applied: nothing of the base is left for \(shown(path))",
                        visit, below: "differential")
                }
                before = target.ordinals
                constraint(element, target, visit, place)
            }
        }
    }

    private mutating func sliced(
        _ element: JSONNode, _ path: String, _ target: PathReader.Target, _ visit: Int, _ place: String
    ) {
        if target.ordinals.isEmpty {
            report(.error, .invalid, "the root of a profile can't be sliced", visit, below: place)
        } else if target.max == 1, !path.contains("[x]") {
            report(
                .error, .invalid, "\(shown(path)) can't be sliced: it stands at most once", visit,
                below: place + ".slicing")
        }
    }

    /// Siblings stand in the order of the base; a path that begins one of before starts a new slice.
    private func isOutOfOrder(_ ordinals: [Int], after before: [Int]) -> Bool {
        for (own, other) in zip(ordinals, before) where own != other { return own < other }
        return false
    }

    private mutating func constraint(_ element: JSONNode, _ target: PathReader.Target, _ visit: Int, _ place: String) {
        let codes = (element[Keys.type]?.elements.map { $0 } ?? []).compactMap { $0[Keys.code]?.string }
        let types = target.types
        for code in codes where !types.isEmpty && !types.contains(code) {
            let isSpecial =
                code.hasPrefix("http://hl7.org/fhirpath/") || types.contains("Resource")
                || types.contains("Element")
            if !isSpecial {
                report(
                    .error, .invalid,
                    "the base allows the types \(types.sorted().joined(separator: ", ")); found \(code)",
                    visit, below: place + ".type")
            }
        }
        let bound = codes.isEmpty ? Array(types) : codes
        if element[Self.binding] != nil, !bound.isEmpty, !bound.contains(where: Self.bindable.contains) {
            report(
                .error, .businessRule,
                "a binding makes no sense for \(bound.sorted().joined(separator: ", "))", visit,
                below: place + ".binding")
        }
        guard element[Self.sliceName] == nil else { return }
        if let min = element[Self.min]?.integer, min < target.min {
            report(
                .error, .invalid, "min is \(min), but the base asks for at least \(target.min)", visit,
                below: place + ".min")
        }
        if let limit = target.max, let text = element[Self.max]?.string, (Int(text) ?? .max) > limit {
            report(
                .error, .invalid, "max is \(shown(text)), but the base allows at most \(limit)", visit,
                below: place + ".max")
        }
    }

    private static let bindable: Set<String> = [
        "code", "Coding", "CodeableConcept", "CodeableReference", "Quantity", "string", "uri", "url", "canonical",
        "oid",
        "uuid", "id", "Extension", "SimpleQuantity", "http://hl7.org/fhirpath/System.String",
    ]
}

/// Follows the path of an ElementDefinition through the structures of R4.
struct PathReader {
    struct Fault: Error {
        let text: String
    }

    /// The element that a path leads to.
    struct Target {
        /// The element's position among its siblings, from the root on; empty of the root itself.
        var ordinals: [Int] = []
        /// The types that the base allows; empty of the root.
        var types: Set<String> = []
        var min = 0
        /// Nil: any number.
        var max: Int?
    }

    let definitions: Definitions

    func read(_ path: String, in root: Structure) -> Result<Target, Fault> {
        let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.first == root.name else {
            return .failure(Fault(text: "it must begin with \(root.name)"))
        }
        guard !parts.contains("") else { return .failure(Fault(text: "a name is missing between two points")) }
        var target = Target()
        var structures: [Structure] = [root]
        for part in parts.dropFirst() {
            // What stands in a resource of any type, or below a primitive, can't be told from the base.
            guard !structures.isEmpty else {
                target.types = []
                return .success(target)
            }
            var members: [Member] = []
            var ordinal = 0
            for structure in structures {
                let found = Self.members(part, of: structure)
                if members.isEmpty, let first = found.first {
                    let elements = structure.members.map(\.element)
                    ordinal = elements.firstIndex(of: first.element) ?? 0
                }
                members += found
            }
            guard let first = members.first else {
                return .failure(Fault(text: "\(structures[0].name) has no element \(part)"))
            }
            target.ordinals.append(ordinal)
            target.types = Set(members.map(\.type))
            target.min = first.min
            target.max = first.max
            structures = members.compactMap { member in member.structureIndex.map { definitions.structure(at: $0) } }
        }
        return .success(target)
    }

    /// The members that a part of a path means: `value[x]`, `valueQuantity` or `subject`.
    private static func members(_ part: String, of structure: Structure) -> [Member] {
        if part.hasSuffix("[x]") {
            return structure.members(ofElement: String(part.dropLast(3))).filter(\.isChoice)
        }
        let plain = structure.members(ofElement: part)
        if !plain.isEmpty, !plain[0].isChoice { return plain }
        return structure.members.filter { $0.isChoice && $0.name == part }
    }
}
