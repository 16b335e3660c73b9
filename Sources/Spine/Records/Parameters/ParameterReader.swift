import FHIR
import JSON

/// Reads a SearchParameter resource, and refuses one that the store could not search by.
struct ParameterReader: Sendable {
    let definitions: Definitions

    /// Names that mean something else in a search (FHIR R4, search.html).
    private static let reserved: Set<String> = [
        "_id", "_lastUpdated", "_tag", "_profile", "_security", "_source", "_text", "_content", "_list", "_has",
        "_type",
        "_query", "_filter", "_sort", "_count", "_include", "_revinclude", "_summary", "_total", "_elements",
        "_contained",
        "_containedType", "_cursor", "_format", "_pretty", "_since", "_at", "_page", "_score", "_method",
    ]

    /// - Returns: nil for one that adds nothing: it is retired, or says what the standard says already.
    /// - Throws: ``RecordsError`` of category `unprocessable` with all that is wrong, each at its element.
    func read(_ document: JSONDocument) throws(RecordsError) -> CustomParameter? {
        let root = document.root
        guard root["status"]?.equals("retired") != true, let code = root["code"]?.string,
            let type = root["type"]?.string.flatMap(SearchParameterType.init), let bases = root["base"]?.strings
        else { return nil }
        let targets = root["target"]?.strings ?? []
        var parameter = CustomParameter(
            url: root["url"]?.string ?? "", code: code, type: type, bases: bases,
            expression: root["expression"]?.string ?? "",
            targets: targets.contains(where: ParameterExpression.isAbstract) ? [] : targets,
            components: (root["component"].map { Array($0.elements) } ?? []).map {
                .init(definition: $0["definition"]?.string ?? "", expression: $0["expression"]?.string ?? "")
            })
        if isStandard(parameter, derivedFrom: root["derivedFrom"]?.string) { return nil }
        if type == .composite, parameter.expression.isEmpty { parameter.expression = bases.joined(separator: " | ") }
        let issues = faults(of: parameter)
        guard issues.isEmpty else { throw RecordsError(.unprocessable, issues: issues) }
        return parameter
    }

    /// Whether it repeats what FHIR R4 defines: by its URL, by what it derives from, or by its words.
    private func isStandard(_ parameter: CustomParameter, derivedFrom: String?) -> Bool {
        let types = parameter.types(definitions)
        let standard = types.map { definitions.searchParameter(parameter.code, of: $0) }
        guard !types.isEmpty, standard.allSatisfy({ $0 != nil }) else { return false }
        if [parameter.url, derivedFrom ?? ""].contains(where: { $0.hasPrefix(Definitions.standardParameters) }) {
            return true
        }
        return standard.allSatisfy { known in
            guard let known, known.type == parameter.type, known.components.isEmpty else { return false }
            let own = Set(ExpressionText(parameter.expression).alternatives.map(\.text.trimmed))
            return own.isSuperset(of: ExpressionText(known.expression).alternatives.map(\.text.trimmed))
        }
    }

    private func faults(of parameter: CustomParameter) -> [Issue] {
        var issues: [Issue] = []
        func fault(_ element: String, _ diagnostics: String, _ code: IssueCode = .invalid) {
            issues.append(Issue(.error, code, diagnostics, expression: "SearchParameter.\(element)"))
        }
        for (place, base) in parameter.bases.enumerated() where definitions.structure(base)?.kind != .resource {
            fault("base[\(place)]", "“\(base)” is not a resource type of FHIR R4.", .codeInvalid)
        }
        guard issues.isEmpty else { return issues }
        if parameter.type == .special {
            fault(
                "type", "A parameter of type special has a logic of its own, which a server must be written for.",
                .notSupported)
        }
        let isName = parameter.code.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_"
        }
        if !isName || parameter.code.isEmpty {
            fault(
                "code", "“\(parameter.code)” can't stand in a search: a code is made of letters, digits, “-” and “_”.")
        } else if Self.reserved.contains(parameter.code) {
            fault(
                "code",
                "\(parameter.code) has a meaning of its own in every search (FHIR R4, search.html). Choose another code."
            )
        } else {
            let taken = parameter.types(definitions).filter {
                definitions.searchParameter(parameter.code, of: $0) != nil
            }
            if let first = taken.first {
                let others = taken.count > 1 ? " (and \(taken.count - 1) more)" : ""
                fault(
                    "code",
                    "FHIR R4 defines the search parameter “\(parameter.code)” of \(first)\(others) already. Choose another code, or take "
                        + "the type out of SearchParameter.base.", .duplicate)
            }
        }
        guard parameter.type != .special else { return issues }
        guard !parameter.expression.isEmpty else {
            fault("expression", "Without a FHIRPath expression the server can't tell what to index.", .required)
            return issues
        }
        return issues + expressionFaults(of: parameter)
    }

    private func expressionFaults(of parameter: CustomParameter) -> [Issue] {
        let expression = ParameterExpression(
            parameter.expression, at: "SearchParameter.expression", definitions: definitions)
        var issues = expression.faults()
        guard issues.isEmpty else { return issues }
        var elements: Set<String>? = []
        for base in parameter.bases {
            switch expression.values(on: base) {
            case .failure(let fault):
                if !issues.contains(fault.issue) { issues.append(fault.issue) }
            case .success(let types):
                if let known = elements, let types { elements = known.union(types) } else { elements = nil }
                guard parameter.type != .composite, let types, !types.contains(where: { parameter.type.takes($0) })
                else {
                    continue
                }
                issues.append(
                    Issue(
                        .error, .invalid,
                        "The expression yields \(types.isEmpty ? "nothing" : types.sorted().joined(separator: ", ")) on \(base), which "
                            + "a parameter of type \(parameter.type) can't compare.", expression: "SearchParameter.type"
                    ))
            }
        }
        if parameter.type == .composite, issues.isEmpty { issues = componentFaults(of: parameter, on: elements) }
        return issues
    }

    private func componentFaults(of parameter: CustomParameter, on elements: Set<String>?) -> [Issue] {
        guard !parameter.components.isEmpty else {
            return [
                Issue(
                    .error, .required, "A composite names the parameters that it is made of.",
                    expression: "SearchParameter.component")
            ]
        }
        return parameter.components.enumerated().flatMap { place, component -> [Issue] in
            let expression = ParameterExpression(
                component.expression, at: "SearchParameter.component[\(place)].expression", definitions: definitions)
            let faults = expression.faults()
            guard faults.isEmpty, let elements else { return faults }
            // One of the types that the composite's expression yields has to know the component.
            var first: [Issue] = []
            for element in elements.sorted() {
                switch expression.values(on: element) {
                case .success: return []
                case .failure(let fault): if first.isEmpty { first = [fault.issue] }
                }
            }
            return first
        }
    }
}

extension JSONNode {
    /// The strings of a list.
    fileprivate var strings: [String] { elements.compactMap(\.string) }
}

extension String {
    /// Without white space around it and within.
    fileprivate var trimmed: String { String(filter { !$0.isWhitespace }) }
}
