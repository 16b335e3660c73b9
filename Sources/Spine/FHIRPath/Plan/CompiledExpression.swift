import JSON

/// An expression's plan with all that its parts refer to.
final class CompiledExpression: @unchecked Sendable {
    // Never changed once it is made, so that any thread may read it.
    let text: String
    let options: FHIRPathOptions
    let model: TypeModel
    /// What is known of the result before evaluation.
    let inferred: Inferred
    /// The variables of the environment on which each closed part depends.
    let closedNames: [Set<String>]
    private let plan: Plan
    private let store: PlanStore
    /// The type of the context, unless the context's `resourceType` says more.
    private let contextType: Int32?

    init(_ text: String, _ model: TypeModel, _ options: FHIRPathOptions) throws(FHIRPathError) {
        contextType = options.contextType.flatMap(model.type)
        if let type = options.contextType, contextType == nil {
            throw FHIRPathError(.semantic, "unknown context type '\(type)'", at: 0, in: text)
        }
        self.text = text
        self.options = options
        self.model = model
        store = PlanStore()
        var compiler = Compiler(text, model, options, store)
        (plan, inferred) = try compiler.compile(try Parser.parse(text))
        closedNames = compiler.closedNames
    }

    /// A node as the context.
    ///
    /// - Parameter type: the node's type; nil: what the options say.
    func item(_ node: JSONNode, _ type: String?) -> Items {
        let place = JSONPlace(node)
        let given = type == nil ? contextType : type.flatMap(model.type)
        guard let given, !model.isOpen(given) else {
            return Items(.node(Node(place, type: model.resourceType(of: place))))
        }
        return Items(.node(Node(place, type: given)))
    }

    /// Evaluates on a context, whose documents the caller keeps alive.
    ///
    /// - Parameters:
    ///   - memory: what parts have yielded at evaluations before, nil: it isn't kept.
    ///   - body: takes the result, which lives no longer than the call.
    func evaluate<R>(
        on context: Items, _ environment: FHIRPathEnvironment?, keeping memory: FHIRPathMemory? = nil,
        _ body: (Items) throws(FHIRPathError) -> R
    ) throws(FHIRPathError) -> R {
        guard let environment else { return try evaluate(on: context, FHIRPathEnvironment.none, memory, body) }
        return try withUnsafePointer(to: environment) { environment throws(FHIRPathError) in
            try evaluate(on: context, environment, memory, body)
        }
    }

    private func evaluate<R>(
        on context: Items, _ environment: UnsafePointer<FHIRPathEnvironment>, _ memory: FHIRPathMemory?,
        _ body: (Items) throws(FHIRPathError) -> R
    ) throws(FHIRPathError) -> R {
        var evaluator = Evaluator(self, environment, context: context, memory?.parts(of: self))
        // Also where it fails: what was worked out before is kept.
        defer { memory?.documents += evaluator.documents }
        let result = try body(try evaluator.evaluate(plan))
        // Not before the result is taken.
        if memory == nil { evaluator.documents.removeAll() }
        return result
    }
}
