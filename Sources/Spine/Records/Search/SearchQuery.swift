import FHIR

/// A search as understood: what to match, in which order, and what to send along.
struct SearchQuery {
    enum Total { case none, estimate, accurate }

    struct Sort: Equatable {
        enum Key: Equatable {
            case id
            case lastUpdated
            case parameter(String)
        }

        var key: Key
        var isDescending: Bool
    }

    struct Include: Equatable {
        /// The type that has the reference.
        var source: String
        /// The code of the reference parameter; nil for every one (`*`).
        var code: String?
        /// The wanted type of the target.
        var target: String?
    }

    let type: String
    var clauses: [Clause] = []
    var sorts: [Sort] = []
    var count = 20
    var total: Total?
    var countsOnly = false
    /// The part of each resource that is wanted; nil for the whole.
    var subset: ResourceSubset?
    var includes: [Include] = []
    var reverseIncludes: [Include] = []
    var cursor: Cursor?
    /// What was understood, for the `self` link.
    var understood: [(String, String)] = []
    /// What was passed over in lenient mode.
    var warnings: [Issue] = []

    static let countMax = 1000
}

/// One condition on a resource: all clauses of a search must hold.
struct Clause {
    enum Test {
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
    }

    var test: Test
}

/// One alternative of a clause, for one kind of index row.
enum Condition {
    case token(code: String?, system: SystemForm)
    case identifier(value: String?, system: SystemForm)
    case reference([ResourceKey])
    case string(value: String, mode: StringMode, raw: String)
    case date(DateCondition)
    case number(NumberCondition)
    case quantity(NumberCondition, system: SystemForm, code: String?)
    case uri(String, mode: URIMode)
    /// Each component's own alternatives, in order.
    case composite([[Condition]])

    enum SystemForm: Equatable {
        case any
        case exactly(String)
    }

    enum StringMode { case startsWith, contains, exact }
    enum URIMode { case exact, below, above }
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
