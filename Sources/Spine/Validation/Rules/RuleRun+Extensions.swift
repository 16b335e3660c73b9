import FHIR
import JSON

// Extensions: where they stand, and R4's own definitions of them.
extension RuleRun {
    mutating func `extension`(_ visit: Int) {
        guard let written = node(visit)[Keys.url]?.string else {
            return report(.error, .extension, "without its url nobody can tell what the extension means", visit)
        }
        let url = String(written.prefix { $0 != "|" })
        if url.utf8.count != written.utf8.count {
            report(.error, .invalid, "the URL of an extension must not name a version; found \(shown(written))", visit)
        }
        let parent = Int(survey.visits[visit].parent)
        let isNested = parent >= 0 && survey.visits[parent].structure == survey.visits[visit].structure
        guard isNested || URIForms.isAbsolute(url) else {
            return report(.error, .invalid, "the URL of an extension must be absolute; found \(shown(url))", visit)
        }
        if let definition = book.extensions[url] {
            defined(by: definition, written, visit)
        } else if isNested, let around = node(parent)[Keys.url]?.string, let outer = book.extensions[around] {
            part(url, of: outer, visit)
        }
    }

    private mutating func defined(by definition: ExtensionDefinition, _ written: String, _ visit: Int) {
        if written != definition.url {
            report(.error, .value, "url must be \(definition.url)", visit, below: "url")
        }
        placed(definition, visit)
        let isModifier = survey.element(of: visit) == "modifierExtension"
        if isModifier != definition.isModifier {
            report(
                .error, .structure,
                definition.isModifier
                    ? "\(definition.url) changes the meaning of what holds it: it stands in modifierExtension"
                    : "\(definition.url) does not change the meaning of what holds it: it stands in extension", visit)
        }
        let value = valueType(visit)
        typed(value, definition.types, definition.url, visit)
        if value == nil, definition.valueMin > 0, !definition.types.isEmpty {
            report(.error, .required, "\(definition.url) needs a value", visit, below: "value")
        }
        guard !definition.parts.isEmpty else { return }
        var counts: [String: Int] = [:]
        for inner in node(visit)[Keys.extension]?.elements.map({ $0 }) ?? [] {
            counts[inner[Keys.url]?.string ?? "", default: 0] += 1
        }
        for part in definition.parts {
            let count = counts[part.url] ?? 0
            if count < part.min {
                report(.error, .required, "\(definition.url) needs its part \(part.url)", visit)
            } else if let max = part.max, count > max {
                report(.error, .structure, "\(definition.url) has at most \(max) of its part \(part.url)", visit)
            }
        }
    }

    private mutating func part(_ url: String, of outer: ExtensionDefinition, _ visit: Int) {
        guard !outer.parts.isEmpty else { return }
        guard let part = outer.parts.first(where: { $0.url == url }) else {
            let known = outer.parts.map(\.url).joined(separator: ", ")
            return report(.error, .extension, "\(outer.url) has no part \(shown(url)), only \(known)", visit)
        }
        let value = valueType(visit)
        if value != nil { typed(value, part.types, url, visit) }
    }

    private mutating func typed(_ value: String?, _ types: [String], _ url: String, _ visit: Int) {
        if let value {
            guard !types.contains(value), types != ["*"] else { return }
            let allowed = types.isEmpty ? "no value" : "a value of type \(types.joined(separator: ", "))"
            report(.error, .structure, "\(url) has \(allowed); found \(value)", visit, below: "value")
        } else if !types.isEmpty {
            report(
                .error, .structure,
                node(visit)[Keys.extension] == nil
                    ? "\(url) has a value, which is missing" : "\(url) has a value and no parts", visit)
        }
    }

    /// The type of the extension's value.
    private func valueType(_ visit: Int) -> String? {
        let structure = definitions.structure(at: Int(survey.visits[visit].structure))
        for (key, _) in node(visit).members {
            guard let name = key.string, name.hasPrefix("value") || name.hasPrefix("_value") else { continue }
            let plain = name.hasPrefix("_") ? String(name.dropFirst()) : name
            if let member = structure.member(plain) { return member.type }
        }
        return nil
    }

    /// Whether the extension stands where its definition allows.
    private mutating func placed(_ definition: ExtensionDefinition, _ visit: Int) {
        let isFree =
            definition.contexts.isEmpty || definition.contexts.contains("Element")
            || Self.contextsInPractice.contains(definition.url)
        guard !isFree else { return }
        let holder = Int(survey.visits[visit].parent)
        guard holder >= 0 else { return }
        let paths = elementPaths(of: holder)
        if paths.contains(where: { $0.hasPrefix("ElementDefinition.") && Self.isSample($0) }) { return }
        guard !definition.contexts.contains(where: paths.contains) else { return }
        report(
            .error, .structure,
            "\(definition.url) may stand on \(definition.contexts.joined(separator: ", ")), not on "
                + survey.expression(of: holder), visit)
    }

    /// Extensions that R4 itself uses on more elements than their definitions name.
    private static let contextsInPractice: Set<String> = Set(
        [
            "structuredefinition-fhir-type", "regex", "structuredefinition-normative-version",
            "capabilitystatement-expectation", "capabilitystatement-prohibited",
        ].map { "http://hl7.org/fhir/StructureDefinition/" + $0 })

    private static func isSample(_ path: String) -> Bool {
        ["ElementDefinition.example", "ElementDefinition.fixed", "ElementDefinition.pattern"].contains {
            path.hasPrefix($0)
        }
    }

    /// Every way to name an element: from each type around it, and by its own type and what that derives from.
    private func elementPaths(of visit: Int) -> Set<String> {
        var paths: Set<String> = []
        var tails = [""]
        var at = visit
        while at >= 0 {
            let place = survey.visits[at]
            if survey.isSibling(at) {
                let property = String(survey.property(of: at).dropFirst())
                let holder = definitions.structure(at: Int(survey.visits[Int(place.parent)].structure))
                if let type = holder.member(property)?.type { paths.insert(type) }
            } else {
                var name = definitions.structure(at: Int(place.structure)).name
                while !name.isEmpty {
                    for tail in tails { paths.insert(name + tail) }
                    let base = definitions.structure(name)?.base ?? ""
                    name = base == name ? "" : base
                }
            }
            if survey.element(of: at).isEmpty || resource(around: at) == at { break }
            let element = survey.element(of: at)
            let property = survey.property(of: at)
            let isChoice = (property.hasPrefix("_") ? String(property.dropFirst()) : property) != element
            tails = tails.flatMap { isChoice ? [".\(element)\($0)", ".\(element)[x]\($0)"] : [".\(element)\($0)"] }
            at = Int(place.parent)
        }
        return paths
    }
}
