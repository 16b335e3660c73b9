/// What an action is about.
public enum Target: Sendable, Hashable {
    /// The server as a whole.
    case server
    /// A resource type.
    case type(String)
    /// One resource.
    case resource(ResourceLabels)

    var type: String? {
        switch self {
        case .server: nil
        case .type(let type): type
        case .resource(let labels): labels.type
        }
    }
}

extension AccessPolicy {
    /// Decides whether somebody may do something. The one place of decision: every face, and every row that leaves, goes
    /// through it or through `visibility(of:_:for:relations:consents:at:)`, which states the same rules for many rows.
    ///
    /// - Parameters:
    ///   - subject: who asks.
    ///   - action: what.
    ///   - target: with what. Of a type it is permitted where some of its rows could be reached.
    ///   - relations: how the one who asks stands to the resource's patients, their care relations included.
    ///   - consents: the consents of the resource's patients.
    ///   - now: milliseconds since 1970-01-01T00:00:00Z.
    public func decide(
        _ subject: Subject, _ action: Action, on target: Target, relations: Relations = Relations(),
        consents: [ConsentDirective] = [], at now: Int64
    ) -> Decision {
        if action == .conformance {
            return .permit(Obligations(masking: .none, basis: .definition))
        }
        guard subject.role != .anonymous else { return .refuse(.notSignedIn) }
        if let duty = duty(subject, action) { return duty }
        guard let need = action.need else { return .refuse(.unknownOperation) }
        guard let type = target.type else { return decide(subject, need, onServer: action) }
        let isType = if case .type = target { true } else { false }
        let permissions = need.permissions(action, isType: isType)
        let visible = visibility(
            of: subject, type, need, permissions, relations: relations, consents: consents, at: now)
        guard !visible.isEmpty else {
            return .refuse(reason(subject, type, need, permissions, relations, now))
        }
        guard case .resource(let labels) = target else {
            // The least masking comes first.
            return .permit(obligations(visible.clauses[0]))
        }
        let isInCare = careLookup(relations, now)
        if let clause = visible.clause(for: labels, isInCare: isInCare) { return .permit(obligations(clause)) }
        return .refuse(reason(subject, labels, need, permissions, relations, visible, now))
    }

    /// Whether a patient is in the care of organisations now, by the relations given.
    public func careLookup(_ relations: Relations, _ now: Int64) -> (String, Reach) -> Bool {
        { patient, reach in
            relations.care.contains {
                $0.patient == patient && reach.meets([$0.organisation]) && $0.holds(at: now, self)
            }
        }
    }

    private func obligations(_ clause: Visibility.Clause) -> Obligations {
        let isBreakGlass = clause.basis == .breakGlass
        return Obligations(
            masking: clause.masking, smallCellsBelow: clause.suppressesSmallCells ? smallCellsBelow : nil,
            basis: clause.basis, tellsPatient: isBreakGlass,
            reviewWithinHours: isBreakGlass ? reviewWithinHours : nil)
    }

    /// What is bound to duties and not to resources; nil for other actions.
    private func duty(_ subject: Subject, _ action: Action) -> Decision? {
        let basis: Basis
        let roles: Set<Role>
        switch action {
        case .auditRead: (basis, roles) = (.audit, [.operator(.audit)])
        case .transportRead: (basis, roles) = (.transport, [.operator(.system)])
        case .accountAdministration: (basis, roles) = (.administration, [.operator(.security)])
        case .exportApproval: (basis, roles) = (.administration, [.operator(.security), .manager])
        case .configuration: (basis, roles) = (.administration, [.operator(.system)])
        default: return nil
        }
        guard roles.contains(subject.role) else { return .refuse(.role) }
        // These are pages of the operators, for which there are no scopes.
        guard subject.scopes == nil else { return .refuse(.scope) }
        return .permit(Obligations(masking: .none, basis: basis))
    }

    /// Searches and batches over the whole server are decided type by type and row by row.
    private func decide(_ subject: Subject, _ need: Need, onServer action: Action) -> Decision {
        switch need {
        case .see, .count: .permit(Obligations(masking: .none, basis: .definition))
        case .export where subject.role == .system || subject.purpose == .research:
            .permit(Obligations(masking: .none, basis: .platform))
        case .export, .create, .update, .delete: .refuse(.role)
        }
    }

    // MARK: - Reasons

    /// Why nothing of a type is reached.
    private func reason(
        _ subject: Subject, _ type: String, _ need: Need, _ permissions: Scope.Permissions, _ relations: Relations,
        _ now: Int64
    ) -> Refusal {
        func reaches(_ purpose: Purpose) -> Bool {
            var other = subject
            other.purpose = purpose
            return !visibility(
                of: other, type, need, permissions, relations: relations, consents: [], ignoringScopes: true, at: now
            ).isEmpty
        }
        if reaches(subject.purpose) { return .scope }
        if need == .export, subject.purpose == .research { return .exportNotApproved }
        return Purpose.allCases.contains(where: reaches) ? .purpose : .role
    }

    /// Why a resource of a type of which something is reached is not.
    private func reason(
        _ subject: Subject, _ labels: ResourceLabels, _ need: Need, _ permissions: Scope.Permissions,
        _ relations: Relations, _ visible: Visibility, _ now: Int64
    ) -> Refusal {
        let isInCare = careLookup(relations, now)
        if visible.clauses.contains(where: { $0.condition.holds(for: labels, isInCare: isInCare) }) { return .consent }
        let all = visibility(
            of: subject, labels.type, need, permissions, relations: relations, consents: [], ignoringScopes: true,
            at: now)
        if all.clause(for: labels, isInCare: isInCare) != nil { return .scopeRestriction }
        let isOnlySensitive = all.clauses.contains {
            $0.condition.ignoringSensitivity.holds(for: labels, isInCare: isInCare)
        }
        if isOnlySensitive { return subject.role == .resident ? .childsPrivacy : .sensitivity }
        if labels.hasUnknownPersons || !labels.dependsOn.isEmpty { return .unknownPerson }
        switch subject.role {
        case .resident: return .notOwnRecord
        case .epidemiologist: return .notCaseData
        case .clinician, .system:
            if subject.purpose == .publicHealth { return .notCaseData }
            return labels.isOnlyAbout({ isInCare($0, subject.reach) }) ? .foreignRecord : .noCareRelation
        case .anonymous, .manager, .operator: return .role
        }
    }
}
