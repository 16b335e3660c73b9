/// A condition on one resource, small enough that a store can turn it into SQL and plain enough that it can be checked
/// on labels; both must agree.
public indirect enum RowCondition: Sendable, Hashable {
    /// Every resource.
    case everyRow
    /// None.
    case noRow
    /// All of these hold.
    case all([RowCondition])
    /// One of these holds.
    case any([RowCondition])
    /// It is about somebody, everybody it is about is known, and is one of these patients.
    case persons(Set<String>)
    /// It is about somebody, everybody it is about is known and in the care of one of these organisations now.
    case personsInCare(Reach)
    /// It is about nobody.
    case impersonal
    /// One of these organisations answers for it.
    case organisations(Reach)
    /// Nobody answers for it, or one of these organisations does.
    case notForeign(Reach)
    /// Its sensitive categories are all among these.
    case sensitivities(Set<Sensitivity>)
    /// It is case data of a notifiable disease with sensitive categories among these; of a Patient: the person has such a
    /// case.
    case caseData(Set<Sensitivity>)
    /// The persons it is about live in the division.
    case livingIn(Division)
    /// A search by the restriction of a scope finds it.
    case matches(Scope.Restriction)

    /// The same condition without parts that say nothing.
    public var simplified: RowCondition {
        switch self {
        case .all(let parts):
            var rest: [RowCondition] = []
            for part in parts.map(\.simplified) {
                switch part {
                case .noRow: return .noRow
                case .everyRow: continue
                case .all(let inner): rest += inner
                default: rest.append(part)
                }
            }
            return rest.isEmpty ? .everyRow : rest.count == 1 ? rest[0] : .all(rest)
        case .any(let parts):
            var rest: [RowCondition] = []
            for part in parts.map(\.simplified) {
                switch part {
                case .everyRow: return .everyRow
                case .noRow: continue
                case .any(let inner): rest += inner
                default: rest.append(part)
                }
            }
            return rest.isEmpty ? .noRow : rest.count == 1 ? rest[0] : .any(rest)
        case .persons(let ids) where ids.isEmpty: return .noRow
        case .personsInCare(.organisations(let ids)) where ids.isEmpty: return .noRow
        case .organisations(.organisations(let ids)) where ids.isEmpty: return .noRow
        case .personsInCare(.city), .notForeign(.city): return .everyRow
        default: return self
        }
    }

    /// Whether it holds for a resource.
    ///
    /// - Parameters:
    ///   - labels: the resource's labels.
    ///   - isInCare: whether a patient is in the care of one of the organisations now.
    public func holds(for labels: ResourceLabels, isInCare: (String, Reach) -> Bool) -> Bool {
        switch self {
        case .everyRow: true
        case .noRow: false
        case .all(let parts): parts.allSatisfy { $0.holds(for: labels, isInCare: isInCare) }
        case .any(let parts): parts.contains { $0.holds(for: labels, isInCare: isInCare) }
        case .persons(let ids): labels.isOnlyAbout(ids.contains)
        case .personsInCare(let reach): labels.isOnlyAbout { isInCare($0, reach) }
        case .impersonal: labels.isImpersonal
        case .organisations(let reach): !labels.organisations.isEmpty && reach.meets(labels.organisations)
        case .notForeign(let reach): labels.organisations.isEmpty || reach.meets(labels.organisations)
        case .sensitivities(let allowed): labels.sensitivities.isSubset(of: allowed)
        case .caseData(let allowed):
            labels.type == "Patient"
                ? labels.cases.contains { $0.isSubset(of: allowed) }
                : !labels.diseases.isEmpty && labels.sensitivities.isSubset(of: allowed)
        case .livingIn(let division):
            !labels.divisions.isEmpty && labels.divisions.allSatisfy(division.contains)
        case .matches(let restriction):
            (labels.parameters[restriction.parameter] ?? []).contains { token in
                restriction.values.contains { token.matches($0) }
            }
        }
    }

    /// The same condition with every sensitive category allowed; tells why a resource was refused.
    var ignoringSensitivity: RowCondition {
        switch self {
        case .all(let parts): .all(parts.map(\.ignoringSensitivity))
        case .any(let parts): .any(parts.map(\.ignoringSensitivity))
        case .sensitivities: .everyRow
        case .caseData: .caseData(Set(Sensitivity.allCases))
        default: self
        }
    }
}
