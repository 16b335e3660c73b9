import FHIR
import JSON

// Definitions that make sense in themselves (R4, "ElementDefinition", section 2.27.0.1, and "StructureDefinition").
extension RuleRun {
    private static let context: JSONKey = "context"
    private static let contextInvariant: JSONKey = "contextInvariant"
    private static let constraint: JSONKey = "constraint"
    private static let key: JSONKey = "key"
    private static let expression: JSONKey = "expression"
    private static let source: JSONKey = "source"
    private static let targetProfile: JSONKey = "targetProfile"
    private static let core = "http://hl7.org/fhir/StructureDefinition/"

    /// Only extensions have contexts, and these name elements that there are.
    mutating func contexts(_ value: JSONNode, _ visit: Int) {
        let isExtension = value[Keys.type]?.equals("Extension") == true
        for (position, context) in (value[Self.context]?.elements.map { $0 } ?? []).enumerated() {
            let place = "context[\(position)]"
            guard isExtension else {
                report(.error, .invalid, "only an extension has a context", visit, below: place)
                continue
            }
            guard context[Keys.type]?.equals("element") == true, let path = context[Self.expression]?.string,
                let name = path.split(separator: ".").first.map(String.init), !path.contains("#")
            else { continue }
            if let structure = definitions.structure(name) {
                if case .success = PathReader(definitions: definitions).read(path, in: structure) { continue }
            } else if definitions.isPrimitive(name) || name == "CanonicalResource" || name == "MetadataResource" {
                continue
            }
            report(.error, .invalid, "there is no element \(shown(path))", visit, below: place)
        }
        guard !isExtension else { return }
        for position in 0..<(value[Self.contextInvariant]?.count ?? 0) {
            report(
                .error, .invalid, "only an extension has a contextInvariant", visit,
                below: "contextInvariant[\(position)]")
        }
    }

    /// What holds for each element of a differential and of a snapshot.
    mutating func elementRules(_ value: JSONNode, _ visit: Int) {
        for list in ["differential", "snapshot"] {
            var expressions: [String: String] = [:]
            let elements = value[JSONKey(list)]?[Keys.element]?.elements.map { $0 } ?? []
            for (position, element) in elements.enumerated() {
                let place = "\(list).element[\(position)]"
                types(of: element, visit, place)
                limits(of: element, visit, place)
                if list == "differential" {
                    meaning(of: element, visit, place)
                    constraints(of: element, value, &expressions, visit, place)
                } else {
                    snapshot(element, visit, place)
                }
            }
        }
    }

    private func codes(of element: JSONNode) -> [String] {
        (element[Keys.type]?.elements.map { $0 } ?? []).compactMap { $0[Keys.code]?.string }
    }

    private mutating func types(of element: JSONNode, _ visit: Int, _ place: String) {
        for (position, type) in (element[Keys.type]?.elements.map { $0 } ?? []).enumerated() {
            guard let code = type[Keys.code]?.string else { continue }
            let place = "\(place).type[\(position)]"
            for profile in type[Keys.profile]?.elements.compactMap(\.string) ?? [] {
                guard let structure = coreStructure(profile), !derives(structure, from: code) else { continue }
                report(.error, .invalid, "\(profile) is no profile on \(code)", visit, below: place)
            }
            guard let targets = type[Self.targetProfile] else { continue }
            guard code == "Reference" || code == "canonical" else {
                report(
                    .error, .invalid, "only Reference and canonical have a target; found \(code)", visit, below: place)
                continue
            }
            for target in targets.elements.compactMap(\.string) {
                guard let structure = coreStructure(target), structure.kind != .resource else { continue }
                report(.error, .invalid, "\(target) is no resource, so nothing can refer to it", visit, below: place)
            }
        }
    }

    /// The structure of R4 that a canonical means.
    private func coreStructure(_ url: String) -> Structure? {
        guard url.hasPrefix(Self.core) else { return nil }
        return definitions.structure(String(url.dropFirst(Self.core.count)))
    }

    private func derives(_ structure: Structure, from name: String) -> Bool {
        var at: Structure? = structure
        while let found = at {
            if found.name == name { return true }
            guard found.base != found.name else { return false }
            at = definitions.structure(found.base)
        }
        return false
    }

    private static let ranged: Set<String> = [
        "integer", "decimal", "instant", "date", "dateTime", "time", "positiveInt", "unsignedInt", "Age", "Count",
        "Distance", "Duration", "Money", "Quantity", "SimpleQuantity", "MoneyQuantity",
    ]
    private static let withoutLength: Set<String> = ["boolean", "base64Binary", "xhtml"]

    /// Limits stand on types that have something to limit.
    private mutating func limits(of element: JSONNode, _ visit: Int, _ place: String) {
        let codes = codes(of: element)
        guard !codes.isEmpty else { return }
        for (key, _) in element.members {
            guard let name = key.string else { continue }
            if name.hasPrefix("minValue") || name.hasPrefix("maxValue"), !codes.contains(where: Self.ranged.contains) {
                report(
                    .error, .businessRule, "\(codes.joined(separator: ", ")) has no order to limit", visit, below: place
                )
            } else if name == "maxLength",
                !codes.contains(where: { definitions.isPrimitive($0) && !Self.withoutLength.contains($0) })
            {
                report(
                    .error, .businessRule, "\(codes.joined(separator: ", ")) has no length to limit", visit,
                    below: place)
            }
        }
    }

    /// A profile can't say what a missing element means, but an extension on itself.
    private mutating func meaning(of element: JSONNode, _ visit: Int, _ place: String) {
        guard element["meaningWhenMissing"] != nil, let path = element[Keys.path]?.string, path != "Extension",
            !path.hasSuffix(".extension")
        else { return }
        report(
            .error, .invalid, "a profile can't change what a missing element means", visit,
            below: place + ".meaningWhenMissing")
    }

    /// The key of an invariant means one expression, in the profile and in R4.
    private mutating func constraints(
        of element: JSONNode, _ value: JSONNode, _ expressions: inout [String: String], _ visit: Int, _ place: String
    ) {
        let url = value[Keys.url]?.string ?? ""
        for (position, constraint) in (element[Self.constraint]?.elements.map { $0 } ?? []).enumerated() {
            guard let key = constraint[Self.key]?.string, let expression = constraint[Self.expression]?.string else {
                continue
            }
            let place = "\(place).constraint[\(position)]"
            if let source = constraint[Self.source]?.string, source.prefix(while: { $0 != "|" }) != url[...] {
                report(
                    .error, .invalid,
                    "an invariant that the differential states has this profile as source; found "
                        + shown(source), visit, below: place)
            } else if let known = book.expressions[key], !known.contains(expression) {
                report(.error, .invalid, "R4 has an invariant \(key) that says something else", visit, below: place)
            } else if let other = expressions.updateValue(expression, forKey: key), other != expression {
                report(.error, .invalid, "the invariant \(key) has two expressions", visit, below: place)
            }
        }
    }

    private static let notAtRoot = [
        "sliceName", "slicing", "requirements", "meaningWhenMissing", "example", "maxLength",
    ]
    private static let notAtRootPrefixes = ["defaultValue", "fixed", "pattern", "minValue", "maxValue"]

    /// A snapshot says of every element what it is (R4, "ElementDefinition", the table of section 2.27.0.1).
    private mutating func snapshot(_ element: JSONNode, _ visit: Int, _ place: String) {
        guard let path = element[Keys.path]?.string else { return }
        let names = element.members.compactMap(\.key.string)
        guard path.contains(".") else {
            for name in names
            where Self.notAtRoot.contains(name) || Self.notAtRootPrefixes.contains(where: name.hasPrefix) {
                report(.error, .invalid, "the root of a definition has no \(name)", visit, below: place)
            }
            return
        }
        let codes = codes(of: element)
        if codes.isEmpty, element["contentReference"] == nil {
            return report(.error, .required, "\(shown(path)) needs a type or a contentReference", visit, below: place)
        }
        for name in names {
            guard let prefix = ["defaultValue", "fixed", "pattern"].first(where: name.hasPrefix) else { continue }
            let type = String(name.dropFirst(prefix.count))
            let isKnown = codes.contains { code in
                code.prefix(1).uppercased() + code.dropFirst() == type || code.hasPrefix("http://hl7.org/fhirpath/")
            }
            if !isKnown {
                report(
                    .error, .invalid, "\(name) is none of the types \(codes.joined(separator: ", "))", visit,
                    below: place)
            }
        }
    }
}
