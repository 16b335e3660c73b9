import FHIR
import FHIRPath

/// The expression of a SearchParameter, held against the types that it is for.
struct ParameterExpression {
    let text: String
    let definitions: Definitions
    /// Where it stands in the resource.
    let place: String
    private let parts: ExpressionText

    init(_ text: String, at place: String, definitions: Definitions) {
        self.text = text
        self.place = place
        self.definitions = definitions
        parts = ExpressionText(text)
    }

    /// Whether a name is that of all resources, or nearly all.
    static func isAbstract(_ name: String) -> Bool { name == "Resource" || name == "DomainResource" }

    /// Functions whose answer is not in the resource: an index row could not be found again by them.
    private static let outside: [String: String] = [
        "now": "the time", "today": "the time", "timeOfDay": "the time", "memberOf": "a value set",
        "subsumes": "a code system", "subsumedBy": "a code system", "conformsTo": "a profile",
        "elementDefinition": "a profile", "slice": "a profile", "checkModifiers": "a profile",
    ]

    /// What keeps the expression from being indexed, whatever the type.
    func faults() -> [Issue] {
        if let error = fault(text, nil, isStrict: false) { return [issue(error.description)] }
        return parts.calls.compactMap { call in
            let position = "line \(call.line), column \(call.column): "
            if let subject = Self.outside[call.name] {
                return issue(
                    position
                        + "\(call.name)() asks for \(subject), which is not in the resource; an index can't follow it.")
            }
            guard call.name == "resolve", call.next != "is" else { return nil }
            return issue(
                position
                    + "resolve() can be asked for its type alone, as in where(resolve() is Patient); to search what is "
                    + "referred to, use a chain such as subject.name.")
        }
    }

    /// What the values on a type can be: all that its alternatives yield.
    ///
    /// - Parameter type: a resource type, an abstract one, or an element such as `Observation.component`.
    /// - Returns: the types of the values, nil where they can't be known; or what is wrong.
    func values(on type: String) -> Result<Set<String>?, ParameterFault> {
        var types: Set<String>? = []
        var isFound = false
        for alternative in parts.alternatives {
            guard let context = context(alternative.head, type) else { continue }
            if let error = fault(alternative.text, context, isStrict: true) {
                return .failure(ParameterFault(issue(error.description + " (on \(context))")))
            }
            isFound = true
            let options = FHIRPathOptions(contextType: context)
            let found = (try? FHIRPathExpression(alternative.text, definitions: definitions, options: options))?
                .resultTypes
            if let known = types, let found { types = known.union(found) } else { types = nil }
        }
        guard isFound else {
            return .failure(ParameterFault(issue("The expression names nothing of the base \(type).")))
        }
        return .success(types)
    }

    /// The type that an alternative is evaluated on; nil when it belongs to another base.
    private func context(_ head: String, _ type: String) -> String? {
        guard definitions.structure(head)?.kind == .resource, head != type, !Self.isAbstract(head) else { return type }
        return Self.isAbstract(type) ? head : nil
    }

    private func fault(_ text: String, _ context: String?, isStrict: Bool) -> FHIRPathError? {
        do throws(FHIRPathError) {
            _ = try FHIRPathExpression(
                text, definitions: definitions,
                options: FHIRPathOptions(contextType: context, isStrict: isStrict, variables: []))
            return nil
        } catch {
            return error
        }
    }

    private func issue(_ diagnostics: String) -> Issue {
        Issue(.error, .invalid, "The FHIRPath expression can't be used: \(diagnostics)", expression: place)
    }
}

/// What is wrong with a SearchParameter.
struct ParameterFault: Error {
    var issue: Issue

    init(_ issue: Issue) { self.issue = issue }
}
