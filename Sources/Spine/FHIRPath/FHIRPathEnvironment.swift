public import JSON

/// What surrounds an evaluation: variables, the time, and what only others can answer.
public struct FHIRPathEnvironment: Sendable {
    /// `%resource`: the resource that holds the context; nil: the context itself.
    public var resource: JSONNode?
    /// `%rootResource`: the resource that contains `%resource`; nil: the same as `%resource`.
    public var rootResource: JSONNode?
    /// Variables by name, without `%`.
    public var variables: [String: [FHIRPathValue]]
    /// What `now()`, `today()` and `timeOfDay()` say; nil: the wall clock at +08:00, read once an evaluation.
    public var now: FHIRPathInstant?
    /// `resolve()`: the resource behind a reference; nil when it can't be found. References to contained resources
    /// and to entries of a surrounding Bundle are resolved without it.
    public var resolve: (@Sendable (_ reference: String) -> JSONNode?)?
    /// `memberOf()`: whether a code is in a value set; nil when that isn't known.
    public var memberOf: (@Sendable (_ system: String?, _ code: String, _ valueSet: String) -> Bool?)?
    /// `conformsTo()`: whether a value conforms to a profile; nil when the profile isn't known.
    public var conformsTo: (@Sendable (_ node: JSONNode, _ profile: String) -> Bool?)?
    /// `subsumes()`, `subsumedBy()`: whether the first code is the second one or an ancestor of it.
    public var subsumes: (@Sendable (_ system: String, _ code: String, _ other: String) -> Bool?)?
    /// `trace()`: is told the name and the values.
    public var trace: (@Sendable (_ name: String, _ values: [FHIRPathValue]) -> Void)?
    /// The most steps an evaluation may take before it is given up.
    public var stepsMax: Int = 20_000_000

    /// An environment without hooks.
    /// - Parameters:
    ///   - resource: `%resource`.
    ///   - rootResource: `%rootResource`.
    ///   - variables: variables by name, without `%`.
    public init(
        resource: JSONNode? = nil, rootResource: JSONNode? = nil, variables: [String: [FHIRPathValue]] = [:]
    ) {
        self.resource = resource
        self.rootResource = rootResource
        self.variables = variables
    }

    /// An environment without variables and hooks, where it stays.
    nonisolated(unsafe) static let none: UnsafePointer<FHIRPathEnvironment> = {
        let room = UnsafeMutablePointer<FHIRPathEnvironment>.allocate(capacity: 1)
        room.initialize(to: FHIRPathEnvironment())
        return UnsafePointer(room)
    }()
}

/// A moment with the zone in which it is told.
public struct FHIRPathInstant: Sendable, Hashable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int
    /// Minutes east of Greenwich.
    public var offsetMinutes: Int

    /// - Parameters:
    ///   - milliseconds: since 1970-01-01T00:00:00Z.
    ///   - offsetMinutes: minutes east of Greenwich; 480 unless said otherwise.
    public init(milliseconds: Int, offsetMinutes: Int = 480) {
        self.milliseconds = milliseconds
        self.offsetMinutes = offsetMinutes
    }
}
