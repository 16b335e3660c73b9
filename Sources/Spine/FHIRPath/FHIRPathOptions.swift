/// How an expression is compiled.
public struct FHIRPathOptions: Sendable {
    /// The type of the values that the expression will be evaluated on, such as `Patient` or `Patient.contact`; nil when
    /// it isn't known.
    public var contextType: String?
    /// Whether everything that can be known to be wrong before evaluation is an error: members that the type doesn't have,
    /// operands and arguments of wrong types, positions in collections without an order.
    public var isStrict = false
    /// The names of the variables that the environment will hold; others are refused when the expression is compiled. Nil:
    /// any name may come.
    public var variables: Set<String>?
    /// Whether `as` refuses a collection of several items, as FHIRPath 2.0 wants, instead of filtering it like `ofType`, as
    /// the invariants and search parameters of R4 need.
    public var refusesAsOnCollections = false
    /// Whether `join` of nothing is an empty text, as the views of SQL on FHIR have it, instead of nothing.
    public var joinsNothingToText = false

    /// - Parameters:
    ///   - contextType: the type of what the expression will be evaluated on.
    ///   - isStrict: whether what can be known to be wrong is an error.
    ///   - variables: the names of the variables that will be there; nil: any.
    public init(contextType: String? = nil, isStrict: Bool = false, variables: Set<String>? = nil) {
        self.contextType = contextType
        self.isStrict = isStrict
        self.variables = variables
    }
}
