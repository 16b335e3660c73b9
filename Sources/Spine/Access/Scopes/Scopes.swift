/// The scopes of a token. They narrow what the one who signed in may do, and never widen it.
public struct Scopes: Sendable, Hashable {
    /// The scopes for resources.
    public let scopes: [Scope]
    /// The others: `openid`, `fhirUser`, `launch/patient`, `offline_access`.
    public let others: [String]
    /// The id of the patient in context; scopes for `patient/` allow nothing without it.
    public let patient: String?

    /// - Parameters:
    ///   - scopes: the scopes for resources.
    ///   - others: other scopes.
    ///   - patient: the id of the patient in context.
    public init(_ scopes: [Scope], others: [String] = [], patient: String? = nil) {
        self.scopes = scopes
        self.others = others
        self.patient = patient
    }

    /// Reads what a token request says in `scope`.
    ///
    /// - Parameters:
    ///   - text: scopes with spaces between them.
    ///   - patient: the id of the patient in context.
    ///   - labels: knows the types and search parameters.
    public init(_ text: String, patient: String? = nil, _ labels: LabelReader) throws(ScopeError) {
        var scopes: [Scope] = []
        var others: [String] = []
        for part in text.split(separator: " ") {
            let isForResources = part.contains("/") && !part.hasPrefix("launch/") && !part.hasPrefix("http")
            if !isForResources {
                others.append(String(part))
            } else {
                scopes.append(try Scope(String(part), labels))
            }
        }
        self.init(scopes, others: others, patient: patient)
    }

    /// The search parameters by which the scopes restrict a type; labels must hold their values.
    public func parameters(of type: String) -> Set<String> {
        Set(scopes.filter { $0.type == type }.flatMap(\.restrictions).map(\.parameter))
    }

    /// What the scopes leave of a type: a condition on its rows.
    ///
    /// - Parameters:
    ///   - needed: permissions that one scope or several together must give.
    ///   - role: `system/` is for programs alone, `patient/` and `user/` for people.
    ///   - context: who stands for the patient in context since a merge.
    func condition(
        for type: String, _ needed: Scope.Permissions, role: Role, context: String? = nil
    ) -> RowCondition {
        Scope.Permissions.letters.map(\.1).filter { needed.contains($0) }
            .map { letter in
                .any(
                    scopes.filter { $0.permissions.contains(letter) && ($0.type ?? type) == type }
                        .map { condition(of: $0, role: role, context: context) })
            }
            .reduce(.everyRow) { .all([$0, $1]) }
    }

    private func condition(of scope: Scope, role: Role, context: String?) -> RowCondition {
        guard (scope.context == .system) == (role == .system) else { return .noRow }
        let parts = scope.restrictions.map { RowCondition.matches($0) }
        guard scope.context == .patient else { return .all(parts) }
        guard let patient else { return .noRow }
        return .all([.any([.persons([context ?? patient]), .impersonal])] + parts)
    }
}
