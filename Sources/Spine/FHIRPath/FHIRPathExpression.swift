public import FHIR
public import JSON

/// A FHIRPath expression, read and compiled once and evaluated as often as wanted, from any thread.
///
/// ```swift
/// let official = try FHIRPathExpression("name.where(use = 'official').family", definitions: .r4())
/// let families = try official.evaluate(on: document.root)
/// ```
public struct FHIRPathExpression: Sendable {
    /// The expression's text.
    public let text: String
    private let plan: Plan
    private let inferred: Inferred
    private let model: TypeModel
    private let options: FHIRPathOptions

    /// Reads and compiles an expression.
    ///
    /// - Parameters:
    ///   - text: FHIRPath 2.0 as FHIR R4 uses it; at most 64 KiB.
    ///   - definitions: the types and their members.
    ///   - options: what is known of the context, and how strict to be.
    /// - Throws: what is wrong with the text, with its place.
    public init(
        _ text: String, definitions: Definitions, options: FHIRPathOptions = FHIRPathOptions()
    ) throws(FHIRPathError) {
        self.text = text
        self.options = options
        model = TypeModel.of(definitions)
        if let type = options.contextType, model.type(type) == nil {
            throw FHIRPathError(.semantic, "unknown context type '\(type)'", at: 0, in: text)
        }
        var compiler = Compiler(text, model, options)
        (plan, inferred) = try compiler.compile(try Parser.parse(text))
    }

    /// The types that the values can have, as ``FHIRPathValue/shortTypeName`` tells them; nil where that isn't known before
    /// evaluation.
    public var resultTypes: Set<String>? {
        inferred.kinds.map { kinds in
            Set(
                kinds.map { kind in
                    switch kind {
                    case .fhir(let type): model.types[Int(type)].name
                    case .system(let type): type == .quantity ? type.rawValue : type.rawValue.lowercasedFirst
                    }
                })
        }
    }

    /// Evaluates on one value of a document.
    ///
    /// - Parameters:
    ///   - node: the context; a resource, or an element whose type is given.
    ///   - type: the FHIR type of the node; nil: what its `resourceType` says.
    ///   - environment: variables, the time and hooks.
    /// - Returns: the collection that the expression yields, in order.
    public func evaluate(
        on node: JSONNode, type: String? = nil, _ environment: FHIRPathEnvironment = FHIRPathEnvironment()
    ) throws(FHIRPathError) -> [FHIRPathValue] {
        try run(on: item(node, type), environment).array
    }

    /// Evaluates on a collection: it is the context.
    public func evaluate(
        on values: [FHIRPathValue], _ environment: FHIRPathEnvironment
    ) throws(FHIRPathError) -> [FHIRPathValue] {
        try run(on: Items(values), environment).array
    }

    /// Evaluates a criterion, such as an invariant.
    ///
    /// - Returns: the truth value; nil when the result is empty. One value that is no Boolean counts as true.
    /// - Throws: also when there are several values.
    public func isTrue(
        on node: JSONNode, type: String?, _ environment: FHIRPathEnvironment = FHIRPathEnvironment()
    ) throws(FHIRPathError) -> Bool? {
        let result = try run(on: item(node, type), environment)
        guard let value = result.first else { return nil }
        guard result.rest.isEmpty else {
            throw FHIRPathError(.execution, "\(result.count) values where one truth value is wanted", at: 0, in: text)
        }
        if case .boolean(let truth) = value.system { return truth }
        return true
    }

    private func item(_ node: JSONNode, _ type: String?) -> Items {
        let number = (type ?? options.contextType).flatMap(model.type)
        guard let number, number != model.resource else {
            return Items(.node(FHIRPathNode(node, type: model.resourceType(of: node))))
        }
        // An abstract type says less than the resource itself.
        if case .resource(isAbstract: true) = model.types[Int(number)].kind {
            return Items(.node(FHIRPathNode(node, type: model.resourceType(of: node))))
        }
        return Items(.node(FHIRPathNode(node, type: number)))
    }

    private func run(on context: Items, _ environment: FHIRPathEnvironment) throws(FHIRPathError) -> Items {
        var evaluator = Evaluator(text, model, environment, options, context: context)
        return try evaluator.evaluate(plan)
    }
}

extension String {
    /// `DateTime` → `dateTime`.
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
