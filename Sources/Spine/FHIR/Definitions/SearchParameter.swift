/// How a search parameter compares: FHIR's value set `search-param-type`.
public enum SearchParameterType: String, Sendable, CaseIterable {
    /// A number.
    case number
    /// A date, dateTime, instant or period.
    case date
    /// A text.
    case string
    /// A code with its system, an identifier or a truth value.
    case token
    /// A reference to a resource.
    case reference
    /// Several parameters bound together.
    case composite
    /// A quantity with its unit.
    case quantity
    /// A URI.
    case uri
    /// Logic of its own.
    case special
}

/// One row of R4's search parameters: a code on one base resource type.
public struct SearchParameter: Sendable, Hashable {
    /// One part of a composite parameter.
    public struct Component: Sendable, Hashable {
        /// The code of the parameter that the part stands for.
        public let code: String
        /// How the part compares.
        public let type: SearchParameterType
        /// FHIRPath, relative to a node that the composite's expression selects.
        public let expression: String

        /// A part of a composite.
        ///
        /// - Parameters:
        ///   - code: the code of the parameter that it stands for.
        ///   - type: how it compares.
        ///   - expression: FHIRPath, relative to a node that the composite's expression selects.
        public init(code: String, type: SearchParameterType, expression: String) {
            self.code = code
            self.type = type
            self.expression = expression
        }
    }

    /// The resource type, or `DomainResource` or `Resource` for a parameter of all of them.
    public let resource: String
    /// The name in a query, such as `birthdate`.
    public let code: String
    /// How it compares.
    public let type: SearchParameterType
    /// FHIRPath that selects what is indexed; empty where the parameter has none, such as `_text`.
    public let expression: String
    /// Resource types that a reference may point to; empty: any.
    public let targets: [String]
    /// The parts of a composite; empty for other parameters.
    public let components: [Component]

    /// A parameter of one base type.
    ///
    /// - Parameters:
    ///   - resource: the resource type.
    ///   - code: the name in a query.
    ///   - type: how it compares.
    ///   - expression: FHIRPath that selects what is indexed.
    ///   - targets: resource types that a reference may point to; empty: any.
    ///   - components: the parts of a composite.
    public init(
        resource: String, code: String, type: SearchParameterType, expression: String, targets: [String],
        components: [Component]
    ) {
        self.resource = resource
        self.code = code
        self.type = type
        self.expression = expression
        self.targets = targets
        self.components = components
    }
}
