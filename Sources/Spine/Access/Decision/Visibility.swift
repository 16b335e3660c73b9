/// What of one type somebody reaches: conditions that a store conjoins to every table that it reads rows of the type from,
/// be it for results, chains, `_has`, includes, sorting or totals.
public struct Visibility: Sendable, Hashable {
    /// The resource type.
    public let type: String
    /// A row is reached when one of these holds; the first that does says how it is masked.
    public let clauses: [Clause]

    /// One way in which rows are reached.
    public struct Clause: Sendable, Hashable {
        /// Which rows.
        public let condition: RowCondition
        /// How much of them is hidden.
        public let masking: Masking
        /// On what it stands.
        public let basis: Basis
        /// Consents that take rows away again.
        public let consents: [ConsentFilter]
        /// Whether small counts are not shown.
        public let suppressesSmallCells: Bool

        /// Whether a row is reached by the clause.
        public func holds(for labels: ResourceLabels, isInCare: (String, Reach) -> Bool) -> Bool {
            condition.holds(for: labels, isInCare: isInCare) && !consents.contains { $0.denies(labels) }
        }
    }

    /// Whether nothing is reached.
    public var isEmpty: Bool { clauses.isEmpty }

    /// The clauses that are open to a search or a sort by these parameters. A search by what is masked would tell it.
    public func clauses(searching parameters: some Sequence<String>) -> [Clause] {
        let parameters = Set(parameters)
        return clauses.filter { clause in !parameters.contains { clause.masking.hides(parameter: $0, of: type) } }
    }

    /// The clause by which a row is reached, the least masking first; nil when it is not.
    ///
    /// - Parameters:
    ///   - labels: the row's labels.
    ///   - parameters: the parameters searched and sorted by.
    ///   - isInCare: whether a patient is in the care of one of the organisations now.
    public func clause(
        for labels: ResourceLabels, searching parameters: Set<String> = [], isInCare: (String, Reach) -> Bool
    ) -> Clause? {
        clauses(searching: parameters).first { $0.holds(for: labels, isInCare: isInCare) }
    }
}

extension AccessPolicy {
    /// What of a type somebody reaches.
    ///
    /// - Parameters:
    ///   - subject: who asks.
    ///   - type: the resource type.
    ///   - action: what for; unless said otherwise, a search.
    ///   - relations: how the one who asks stands to patients; care relations are not used.
    ///   - consents: the consents of all patients that could be reached, as far as they deny anything.
    ///   - now: milliseconds since 1970-01-01T00:00:00Z.
    public func visibility(
        of subject: Subject, _ type: String, for action: Action = .search, relations: Relations = Relations(),
        consents: [ConsentDirective] = [], at now: Int64
    ) -> Visibility {
        guard let need = action.need else { return Visibility(type: type, clauses: []) }
        return visibility(
            of: subject, type, need, need.permissions(action, isType: true), relations: relations, consents: consents,
            at: now)
    }

    func visibility(
        of subject: Subject, _ type: String, _ need: Need, _ permissions: Scope.Permissions, relations: Relations,
        consents: [ConsentDirective], ignoringScopes: Bool = false, at now: Int64
    ) -> Visibility {
        // A program without scopes was granted nothing.
        let unscoped: RowCondition = subject.role == .system && !ignoringScopes ? .noRow : .everyRow
        let scopes = ignoringScopes ? nil : subject.scopes
        let scope =
            scopes?.condition(for: type, permissions, role: subject.role, context: relations.context).simplified
            ?? unscoped
        let grants = Grants(
            policy: self, subject: subject, relations: relations, type: type, need: need, now: now)
        let clauses = grants.all.compactMap { grant -> Visibility.Clause? in
            let condition = RowCondition.all([grant.condition, scope]).simplified
            guard condition != .noRow else { return nil }
            return Visibility.Clause(
                condition: condition, masking: grant.masking, basis: grant.basis,
                consents: grant.binding == .none
                    ? []
                    : consents.compactMap {
                        $0.filter(
                            subject, own: relations.own, need.consentActions, onlyNaming: grant.binding == .naming,
                            at: now)
                    },
                suppressesSmallCells: grant.suppressesSmallCells)
        }
        return Visibility(type: type, clauses: clauses.sorted { $0.masking < $1.masking })
    }
}
