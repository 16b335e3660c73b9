public import FHIRPath
public import JSON

/// Whom a form is filled for, and when.
public struct FormContext: Sendable {
    /// `%patient`.
    public var patient: JSONNode?
    /// What the launch context names: `user`, `encounter` …
    public var launch: [String: [JSONNode]]
    /// `%record`: what is known of the person, by clinical date.
    public var record: [JSONNode]
    /// Other variables, such as parameters, by name.
    public var variables: [String: [FHIRPathValue]]
    /// Now.
    public var now: FHIRPathInstant

    /// Describes whom a form is filled for.
    public init(
        patient: JSONNode? = nil, launch: [String: [JSONNode]] = [:], record: [JSONNode] = [],
        variables: [String: [FHIRPathValue]] = [:], now: FHIRPathInstant
    ) {
        self.patient = patient
        self.launch = launch
        self.record = record
        self.variables = variables
        self.now = now
    }

    /// The surroundings of every expression, without what the questionnaire defines itself.
    func environment(_ form: Form, resource: JSONNode?) -> FHIRPathEnvironment {
        func nodes(_ found: [JSONNode]) -> [FHIRPathValue] { found.map { .node(FHIRPathNode($0)) } }
        var environment = FHIRPathEnvironment(resource: resource)
        environment.now = now
        environment.variables = variables
        for (name, found) in launch { environment.variables[name] = nodes(found) }
        for name in form.launchNames where environment.variables[name] == nil { environment.variables[name] = [] }
        environment.variables["patient"] = nodes([patient].compactMap { $0 })
        environment.variables["record"] = nodes(record)
        environment.variables["questionnaire"] = nodes([form.questionnaire])
        return environment
    }

    /// The patient's reference; nil for nobody.
    public var subject: String? { patient?["id"]?.string.map { "Patient/" + $0 } }
}
