/// One way in which a role reaches resources of a type.
struct Grant {
    var condition: RowCondition
    var basis: Basis
    var masking = Masking.none
    /// Which consents narrow it.
    var binding = Binding.all
    var suppressesSmallCells = false

    enum Binding {
        /// Every consent.
        case all
        /// Those that name the purpose.
        case naming
        /// None.
        case none
    }
}

/// The rules: for each role what it reaches, of one type, for one need.
struct Grants {
    let policy: AccessPolicy
    let subject: Subject
    let relations: Relations
    let type: String
    let need: Need
    let now: Int64

    var all: [Grant] {
        if subject.role == .anonymous { return [] }
        switch ResourceClass.of(type) {
        case .definition: return definitions
        case .directory: return directory
        case .audit: return audit
        case .transport: return transport
        case .personal: return personal
        }
    }

    private var isLooking: Bool { need == .see || need == .count }
    private var isPlatform: Bool { subject.role == .system && subject.reach == .city }
    private var isSystemOperator: Bool { subject.role == .operator(.system) }

    // MARK: - Not about persons

    private var definitions: [Grant] {
        if isLooking { return [Grant(condition: .everyRow, basis: .definition, binding: .none)] }
        if need == .export, subject.role == .system {
            return [Grant(condition: .everyRow, basis: .definition, binding: .none)]
        }
        guard need != .export, isPlatform || isSystemOperator else { return [] }
        return [Grant(condition: .everyRow, basis: .administration, binding: .none)]
    }

    private var directory: [Grant] {
        let isStaff = type.hasPrefix("Practitioner")
        let masking: Masking = isStaff ? .directory : .none
        if isPlatform { return [Grant(condition: .impersonal, basis: .platform, binding: .none)] }
        switch need {
        case .see, .count:
            var found = [Grant(condition: .impersonal, basis: .directory, masking: masking, binding: .none)]
            if subject.role == .system {
                let own = RowCondition.all([.impersonal, .organisations(subject.reach)])
                found.append(Grant(condition: own, basis: .institution, binding: .none))
            }
            return found + personal
        case .export:
            guard subject.role == .system else { return [] }
            return [Grant(condition: .impersonal, basis: .directory, masking: masking, binding: .none)]
        case .create, .update, .delete:
            if isSystemOperator { return [Grant(condition: .impersonal, basis: .administration, binding: .none)] }
            guard subject.role == .system, isMeant([.operations]) else { return [] }
            let own = RowCondition.all([.impersonal, .organisations(subject.reach)])
            return [Grant(condition: own, basis: .institution, binding: .none)]
        }
    }

    private var audit: [Grant] {
        guard isLooking else { return [] }
        switch subject.role {
        case .operator(.audit): return [Grant(condition: .everyRow, basis: .audit, binding: .none)]
        case .resident: return [Grant(condition: .persons(ownAndYoung), basis: .own, binding: .none)]
        default: return []
        }
    }

    private var transport: [Grant] {
        if isPlatform { return [Grant(condition: .everyRow, basis: .platform, binding: .none)] }
        if type == "Subscription", subject.role == .system, need != .export {
            return [Grant(condition: .organisations(subject.reach), basis: .institution, binding: .none)]
        }
        guard isSystemOperator, need != .export else { return [] }
        return [Grant(condition: .everyRow, basis: .transport, binding: .none)]
    }

    // MARK: - About persons

    private var personal: [Grant] {
        switch need {
        case .see: return personalReads
        case .count:
            let counted = Grant(
                condition: .everyRow, basis: .statistics, masking: .masked, binding: .none, suppressesSmallCells: true)
            let countsAll = subject.role == .manager && isMeant([.operations, .publicHealth])
            return (countsAll ? [counted] : []) + personalReads
        case .create, .update, .delete: return personalWrites
        case .export: return exports
        }
    }

    private func isMeant(_ purposes: Set<Purpose>) -> Bool { purposes.contains(subject.purpose) }

    private var granted: RowCondition { .sensitivities(subject.sensitivities) }

    private var personalReads: [Grant] {
        switch subject.role {
        case .resident: return resident
        case .clinician: return care([.treatment, .emergency, .patientRequest]) + ownCards + breakGlass + statistics
        case .epidemiologist: return cases + signals + statistics
        case .manager: return statistics
        case .system:
            if isPlatform { return [Grant(condition: granted, basis: .platform)] }
            return care([.treatment, .operations]) + cases + statistics
        case .anonymous, .operator: return []
        }
    }

    /// Children below the age of full guardianship, and oneself.
    private var ownAndYoung: Set<String> {
        let young = relations.guardianships.filter { $0.extent(at: now, policy) == .everything }.map(\.child)
        return relations.own.union(young + [subject.patient].compactMap { $0 })
    }

    private var resident: [Grant] {
        var found = [Grant(condition: .persons(ownAndYoung), basis: .own, binding: .none)]
        for guardianship in relations.guardianships where guardianship.extent(at: now, policy) == .allButSensitive {
            let condition = RowCondition.all([
                .persons(ownAndYoung.union([guardianship.child])),
                .sensitivities(guardianship.sensitivitiesAllowed),
            ])
            found.append(Grant(condition: condition, basis: .guardianship, binding: .none))
        }
        for delegation in relations.delegations where delegation.holds(at: now) {
            guard delegation.types?.contains(type) != false else { continue }
            let condition = RowCondition.all([
                .persons([delegation.patient]), .sensitivities(delegation.sensitivities),
            ])
            found.append(Grant(condition: condition, basis: .delegation))
        }
        return found
    }

    private func care(_ purposes: Set<Purpose>) -> [Grant] {
        guard isMeant(purposes) else { return [] }
        return [
            Grant(condition: .all([.personsInCare(subject.reach), granted]), basis: .care),
            Grant(
                condition: .all([.impersonal, .organisations(subject.reach), granted]), basis: .institution),
        ]
    }

    private var breakGlass: [Grant] {
        guard subject.purpose == .emergency else { return [] }
        let opened = policy.breakGlassOpensSensitive ? Set(Sensitivity.allCases) : subject.sensitivities
        return relations.breakGlass.filter { $0.holds(at: now, policy) }.map {
            Grant(
                condition: .all([.persons([$0.patient]), .sensitivities(opened)]), basis: .breakGlass,
                binding: .naming)
        }
    }

    private var cases: [Grant] {
        guard isMeant([.publicHealth]), let division = subject.division else { return [] }
        let known = RowCondition.all([.caseData(subject.sensitivities), granted])
        // A Task tells who is ill in words that no masking finds: report cards of elsewhere are not seen at all.
        if type == "Task" {
            return [Grant(condition: .all([known, .livingIn(division)]), basis: .caseData, binding: .none)]
        }
        return [
            Grant(condition: .all([known, .livingIn(division)]), basis: .caseData, binding: .none),
            Grant(condition: known, basis: .caseData, masking: .masked, binding: .none),
        ]
    }

    /// Tasks that the own centre answers for: signals of surveillance, which are about nobody; and report cards of cases, which
    /// institutions begin and the centre reviews.
    private var signals: [Grant] {
        guard type == "Task", isMeant([.publicHealth]) else { return [] }
        let own = RowCondition.all([.organisations(subject.reach), granted])
        let about: RowCondition =
            need == .create ? .impersonal : .any([.impersonal, .caseData(subject.sensitivities)])
        return [Grant(condition: .all([own, about]), basis: .institution, binding: .none)]
    }

    /// Report cards of cases that the own institution has to make, as of a positive test of somebody who never came; no consent
    /// binds a duty of the law.
    private var ownCards: [Grant] {
        guard type == "Task", isMeant([.treatment, .emergency, .patientRequest]) else { return [] }
        let own = RowCondition.all([.organisations(subject.reach), .caseData(subject.sensitivities), granted])
        return [Grant(condition: own, basis: .institution, binding: .none)]
    }

    /// Reports of counts that are about nobody.
    private var statistics: [Grant] {
        guard type == "MeasureReport" else { return [] }
        return [
            Grant(condition: .impersonal, basis: .statistics, binding: .none, suppressesSmallCells: true)
        ]
    }

    private var personalWrites: [Grant] {
        switch subject.role {
        case .resident:
            guard need != .delete, policy.residentWrites.contains(type) else { return [] }
            return [Grant(condition: .persons(ownAndYoung), basis: .own, binding: .none)]
        case .clinician:
            guard need != .delete, isMeant([.treatment, .emergency, .patientRequest]) else { return [] }
            return institutionWrites + (need == .update ? ownCards : [])
        case .system:
            if isPlatform { return [Grant(condition: .everyRow, basis: .platform)] }
            guard isMeant([.treatment, .operations]) else { return [] }
            return institutionWrites
        case .epidemiologist: return need == .delete ? [] : signals
        case .anonymous, .manager, .operator: return []
        }
    }

    private var institutionWrites: [Grant] {
        let own = RowCondition.organisations(subject.reach)
        // Who writes a new record knows what is in it.
        let seen: RowCondition = need == .create ? .everyRow : granted
        if need == .delete {
            return [Grant(condition: .all([own, seen]), basis: .institution)]
        }
        var found = [
            Grant(
                condition: .all([.personsInCare(subject.reach), .notForeign(subject.reach), seen]), basis: .care),
            Grant(condition: .all([.impersonal, own, seen]), basis: .institution),
        ]
        if need == .create, policy.registrations.contains(type) {
            found.append(Grant(condition: own, basis: .registration))
        }
        return found
    }

    private var exports: [Grant] {
        if subject.purpose == .research {
            return relations.approvals.filter { $0.until >= now && $0.types.contains(type) }.map {
                Grant(condition: .sensitivities($0.sensitivities), basis: .research, masking: .deidentified)
            }
        }
        switch subject.role {
        case .resident: return [Grant(condition: .persons(ownAndYoung), basis: .own, binding: .none)]
        case .system: return personalReads
        case .anonymous, .clinician, .epidemiologist, .manager, .operator: return []
        }
    }
}
