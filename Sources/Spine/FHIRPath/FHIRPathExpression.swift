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
    public var text: String { compiled.text }
    let compiled: CompiledExpression

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
        compiled = try CompiledExpression(text, TypeModel.of(definitions), options)
    }

    /// The types that the values can have, as ``FHIRPathValue/shortTypeName`` tells them; nil where that isn't known before
    /// evaluation.
    public var resultTypes: Set<String>? {
        compiled.inferred.kinds.map { kinds in
            Set(
                kinds.map { kind in
                    switch kind {
                    case .fhir(let type): compiled.model.types[Int(type)].name
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
    ///   - environment: variables, the time and hooks; nil: none.
    /// - Returns: the collection that the expression yields, in order.
    public func evaluate(
        on node: JSONNode, type: String? = nil, _ environment: FHIRPathEnvironment? = nil
    ) throws(FHIRPathError) -> [FHIRPathValue] {
        try withExtendedLifetime(node) { () throws(FHIRPathError) in
            try compiled.evaluate(on: compiled.item(node, type), environment) { $0.values }
        }
    }

    /// The same, for the next of many evaluations on one value.
    ///
    /// - Parameter memory: what parts of the expression have yielded before, and do now.
    public func evaluate(
        on node: JSONNode, _ environment: FHIRPathEnvironment, keeping memory: FHIRPathMemory
    ) throws(FHIRPathError) -> [FHIRPathValue] {
        try withExtendedLifetime(node) { () throws(FHIRPathError) in
            try compiled.evaluate(on: compiled.item(node, nil), environment, keeping: memory) { $0.values }
        }
    }

    /// Evaluates on a collection: it is the context.
    public func evaluate(
        on values: [FHIRPathValue], _ environment: FHIRPathEnvironment
    ) throws(FHIRPathError) -> [FHIRPathValue] {
        try withExtendedLifetime(values) { () throws(FHIRPathError) in
            try compiled.evaluate(on: Items(values: values), environment) { $0.values }
        }
    }

    /// Evaluates a criterion, such as an invariant.
    ///
    /// - Returns: the truth value; nil when the result is empty. One value that is no Boolean counts as true.
    /// - Throws: also when there are several values.
    public func isTrue(
        on node: JSONNode, type: String?, _ environment: FHIRPathEnvironment? = nil
    ) throws(FHIRPathError) -> Bool? {
        try withExtendedLifetime(node) { () throws(FHIRPathError) in
            try compiled.evaluate(on: compiled.item(node, type), environment) { result throws(FHIRPathError) in
                guard let value = result.first else { return nil }
                guard result.rest.isEmpty else {
                    throw FHIRPathError(
                        .execution, "\(result.count) values where one truth value is wanted", at: 0, in: text)
                }
                if case .boolean(let truth) = value.system { return truth }
                return true
            }
        }
    }
}

extension String {
    /// `DateTime` → `dateTime`.
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
