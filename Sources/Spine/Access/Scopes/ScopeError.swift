/// Why a scope was not understood.
public enum ScopeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not of the form `context/Type.permissions`.
    case malformed(String)
    /// The part before the slash is none of `patient`, `user`, `system`.
    case unknownContext(String)
    /// No resource type of R4.
    case unknownType(scope: String, type: String)
    /// Permissions that are neither `read`, `write`, `*` nor letters of `cruds` in this order.
    case permissions(scope: String, found: String)
    /// The restriction is not of the form `parameter=value`.
    case restriction(scope: String, found: String)
    /// The type has no such search parameter.
    case unknownParameter(scope: String, type: String, parameter: String)
    /// The search parameter is there, but a scope cannot be restricted by it.
    case unsupportedParameter(scope: String, parameter: String)
    /// A restriction on every type.
    case restrictedWildcard(String)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .malformed(let scope):
            "the scope \(scope) has not the form context/Type.permissions, as patient/Observation.rs"
        case .unknownContext(let scope):
            "the scope \(scope) begins with none of patient/, user/ and system/"
        case .unknownType(let scope, let type):
            "the scope \(scope) names \(type), which is no resource type of FHIR R4; * stands for all types"
        case .permissions(let scope, let found):
            "the scope \(scope) has the permissions \"\(found)\"; allowed are letters of \"cruds\" in this order, "
                + "read, write and *"
        case .restriction(let scope, let found):
            "the scope \(scope) is restricted by \"\(found)\", which has not the form parameter=value"
        case .unknownParameter(let scope, let type, let parameter):
            "the scope \(scope) is restricted by \(parameter), which is no search parameter of \(type)"
        case .unsupportedParameter(let scope, let parameter):
            "the scope \(scope) is restricted by \(parameter); a scope can be restricted by plain parameters of type "
                + "token and reference, without modifiers"
        case .restrictedWildcard(let scope):
            "the scope \(scope) restricts all types at once; name the types one by one"
        }
    }
}
