/// One condition on a resource: all clauses of a search must hold.
struct Clause: Sendable {
    indirect enum Test: Sendable {
        /// Has any of these ids.
        case ids([String])
        /// Last changed in any of these ranges.
        case lastUpdated([DateCondition])
        /// Any of these conditions holds for the parameter.
        case any(IndexedParameter, [Condition])
        /// None of these conditions holds.
        case none(IndexedParameter, [Condition])
        /// The parameter has no value, or has one.
        case missing(IndexedParameter, Bool)
        /// It refers by the parameter to a resource for which one of the links holds: `subject.name`.
        case chain(IndexedParameter, [Link])
        /// Some resource for which the link holds refers to it by the link's parameter: `_has`.
        case has(IndexedParameter, Link)
        /// It stands in any of these lists.
        case listed([ResourceKey])
        /// It is in the compartment of a resource: one of the parameters refers to that.
        case member(of: ResourceKey, by: [IndexedParameter], includesItself: Bool)
    }

    var test: Test
}

/// A clause on the resource at the other end of a reference.
struct Link: Sendable {
    var type: String
    var clause: Clause
    /// The codes of parameters of the type that lead to it: of `_has`.
    var through: Set<String> = []
}

/// One alternative of a clause, for one kind of index row.
enum Condition: Sendable {
    case token(code: String?, system: SystemForm)
    /// Any of many codes, as a value set or a branch of a code system has them.
    case tokens([CodeGroup])
    case identifier(value: String?, system: SystemForm)
    case reference([ResourceKey])
    case string(value: String, mode: StringMode, raw: String)
    case date(DateCondition)
    case number(NumberCondition)
    case quantity(NumberCondition, system: SystemForm, code: String?)
    case uri(String, mode: URIMode)
    /// Not further from a place than this.
    case near(Near)
    /// All of these stand in the texts of the resource.
    case words([TextTerm])
    /// Each component's own alternatives, in order.
    case composite([[Condition]])
    /// The text that goes with a code begins so, compared as strings are; only the document tells.
    case conceptText(String)
    /// An identifier whose type has this code; only the document tells.
    case typedIdentifier(system: SystemForm, code: String, value: String)

    enum SystemForm: Equatable {
        case any
        case exactly(String)
    }

    /// Codes of one system; the empty system stands for `code` elements, which name none.
    struct CodeGroup: Equatable {
        var system: String
        var codes: [String]
    }

    enum StringMode { case startsWith, contains, exact }
    enum URIMode {
        case exact, below, above
        /// A canonical: without a version it means every version (references.html#canonical).
        case canonical
        /// A canonical by the beginning of its version, or of its path.
        case canonicalBelow
    }

    /// Whether index rows alone decide it.
    var isDecidedByRows: Bool {
        switch self {
        case .conceptText, .typedIdentifier: false
        default: true
        }
    }
}

/// FHIR's prefixes of ordered values (search.html#prefix).
enum Prefix: String {
    case eq, ne, gt, lt, ge, le, sa, eb, ap
}

/// A range of time looked for. Both ends belong to the range.
struct DateCondition {
    var prefix: Prefix
    var low: Int64
    var high: Int64
}

/// A range of numbers looked for: the value with the half of its last digit to either side.
struct NumberCondition {
    var prefix: Prefix
    var value: Double
    /// At or above.
    var low: Double
    /// Below.
    var high: Double
}
