public import JSON

/// Checks a resource against the structure that R4 defines for its type.
///
/// Checked are names, cardinalities, types and forms of all elements, choices, required bindings, the types that
/// references point to, and the resources inside others (`contained`, `Bundle.entry.resource`,
/// `Parameters.parameter.resource`). Invariants are not evaluated here: they need FHIRPath, which stands above this
/// target. Their place is after the structure is found clean, on the same document; `Definitions.invariants()` has
/// the rules.
public struct Validator: Sendable {
    /// The tables that are checked against.
    public let definitions: Definitions
    /// The most findings that are reported of one resource; one more then says that there are others.
    public let issuesMax: Int

    /// - Parameters:
    ///   - definitions: the tables to check against.
    ///   - issuesMax: the most findings to report of one resource.
    public init(_ definitions: Definitions, issuesMax: Int = 500) {
        self.definitions = definitions
        self.issuesMax = issuesMax
    }

    /// Every fault of a resource that is a whole document, in the order of the text.
    ///
    /// - Returns: nothing when the resource is clean. Takes time in proportion to the text.
    public func validate(_ document: JSONDocument) -> [Issue] {
        validate(document.root)
    }

    /// Every fault of a resource that may be part of a document, in the order of the text; locations start at the
    /// resource.
    public func validate(_ resource: JSONNode) -> [Issue] {
        resource.document.withCursor { cursor in
            withUnsafeTemporaryAllocation(of: PathStep.self, capacity: ValidationWalk.depthMax) { path in
                var walk = ValidationWalk(cursor, definitions, path: path, issuesMax: issuesMax)
                walk.resource(resource.identity)
                return walk.issues
            }
        }
    }
}
