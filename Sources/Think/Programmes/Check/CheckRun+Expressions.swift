import FHIR
import FHIRPath
import JSON

// Expressions, compiled where they stand.
extension CheckRun {
    /// Compiles the expression of an `Expression` element; tells what is wrong with it, and notes what it uses.
    ///
    /// - Returns: nil when it can't be compiled.
    @discardableResult
    mutating func expression(
        _ file: ProgrammeFile, _ node: JSONNode?, _ path: String, _ scope: ExpressionScope, _ wanted: Wanted = .anything
    ) -> ProgrammeExpression? {
        guard let node, node.isObject else { return nil }
        if let language = node["language"]?.string, language != "text/fhirpath" {
            tell(
                file, .expression, path + ".language", node["language"],
                "expressions are written in text/fhirpath; found \(language)")
            return nil
        }
        guard let text = node["expression"]?.string else {
            tell(file, .expression, path, node, "the expression is missing", hint: "add “expression:”")
            return nil
        }
        let place = path + ".expression"
        let words = ExpressionText(text)
        usedParameters.formUnion(words.variables)
        for call in words.calls where call.name == "memberOf" {
            guard let url = call.literal else { continue }
            knownValueSet(file, url, place, node["expression"] ?? node)
        }
        do throws(ExpressionFault) {
            let compiled = try scope.compile(text, definitions)
            result(file, compiled, wanted, place, node["expression"])
            return compiled
        } catch {
            tell(file, .expression, place, node["expression"], row: error.row, error.message, hint: error.hint)
            return nil
        }
    }

    private mutating func result(
        _ file: ProgrammeFile, _ compiled: ProgrammeExpression, _ wanted: Wanted, _ path: String, _ node: JSONNode?
    ) {
        guard let types = compiled.expression.resultTypes, !types.isEmpty else { return }
        let wrong = types.filter { !wanted.allows($0, definitions) }.sorted()
        guard !wrong.isEmpty else { return }
        tell(
            file, .expression, path, node,
            "the expression gives \(wrong.joined(separator: ", ")), where \(wanted.words) is wanted")
    }
}

/// What an expression may give.
enum Wanted {
    case anything
    case truth
    /// Dates, dateTimes or resources.
    case moments
    /// A truth value, or resources.
    case evidence
    /// A span of time.
    case span

    var words: String {
        switch self {
        case .anything: "anything"
        case .truth: "true or false"
        case .moments: "dates or resources"
        case .evidence: "true or false, or resources"
        case .span: "a span of time"
        }
    }

    func allows(_ type: String, _ definitions: Definitions) -> Bool {
        let isResource = definitions.structure(type)?.kind == .resource
        return switch self {
        case .anything: true
        case .truth: type == "boolean"
        case .moments: isResource || ["date", "dateTime", "instant"].contains(type)
        case .evidence: isResource || type == "boolean"
        case .span: ["Quantity", "Duration", "Age", "SimpleQuantity"].contains(type)
        }
    }
}
