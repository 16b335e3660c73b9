import Access

/// The rules once more, from their words and from nothing else, as tables of plain facts: who, why, what, whose.
///
/// It shares no code with the target, and takes the facts that a situation was made from rather than labels read off a
/// document, so that a slip in reading is found too.
struct Oracle {
    let at: Situation

    /// What is expected: nil for a refusal, else how much must be hidden.
    var answer: Masking? {
        if at.action == .conformance { return Masking.none }
        if at.who == .anonymous { return nil }
        if let duty = duties[at.action] { return at.who == duty && at.scopes == nil ? Masking.none : nil }
        guard let what else { return nil }
        guard scopesCover else { return nil }
        return ways(what).min()
    }

    // MARK: - Actions

    private enum What { case look, count, create, update, delete, export }

    private var duties: [Action: Situation.Who] {
        [
            .auditRead: .auditDuty, .transportRead: .systemDuty, .configuration: .systemDuty,
            .accountAdministration: .securityDuty,
        ]
    }

    private var what: What? {
        switch at.action {
        case .read, .vread, .history, .search, .operation("everything"): .look
        case .count: .count
        case .create: .create
        case .update: .update
        case .delete: .delete
        case .export: .export
        default: nil
        }
    }

    // MARK: - Scopes

    private var scopesCover: Bool {
        let isProgram = at.who == .program || at.who == .platform
        guard let scopes = at.scopes else { return !isProgram }
        let needed: [Character]
        switch at.action {
        case .read, .vread, .history, .operation: needed = ["r"]
        case .search, .count: needed = ["s"]
        case .create: needed = ["c"]
        case .update: needed = ["u"]
        case .delete: needed = ["d"]
        case .export: needed = ["r", "s"]
        default: return false
        }
        return needed.allSatisfy { letter in
            scopes.contains { scope in
                let letters = ["read": "rs", "*": "cruds"][scope.letters] ?? scope.letters
                guard letters.contains(letter), scope.type == "*" || scope.type == at.type else { return false }
                guard (scope.context == "system") == isProgram else { return false }
                if let category = scope.category, category != at.category { return false }
                guard scope.context == "patient" else { return true }
                guard let patient = at.scopePatient else { return false }
                return at.about == .nobody || at.about == .patient(patient)
            }
        }
    }

    // MARK: - Facts

    private var person: String? { if case .patient(let id) = at.about { id } else { nil } }
    private var ownOrganisations: [String] { at.hospital == "o0" ? ["o0", "o0d"] : ["o1"] }
    private var isOurs: Bool { at.answering.map { ownOrganisations.contains($0) } ?? false }
    private var isOthers: Bool { at.answering != nil && !isOurs }
    private var mayKnow: Bool { !at.isHIV || at.mayHIV }

    private var isInOurCare: Bool {
        at.cares.contains { care in
            guard care.patient == person, ownOrganisations.contains(care.organisation) else { return false }
            guard let days = care.endedDaysAgo else { return true }
            switch care.kind {
            case .visit: return days <= 90
            case .contract: return false
            case .referral: return days <= 30
            case .appointment: return days <= 7
            }
        }
    }

    private var isOwnOrYoungChild: Bool {
        guard let person else { return false }
        return at.own == person || at.children.contains { $0.id == person && $0.age < 14 }
    }

    /// Consents in force for the person: whether one of them denies this.
    private func isDenied(_ what: What, emergency: Bool = false) -> Bool {
        at.consents.contains { consent in
            guard consent.patient == person else { return false }
            if emergency { return consent.kind == .denyEmergency }
            switch consent.kind {
            case .denyAll: return true
            // The platform acts for every organisation of the city.
            case .denyOwnHospital: return true
            case .denyOtherHospital: return at.who == .platform
            case .denyTreatment: return at.purpose == .treatment
            case .denyEmergency: return at.purpose == .emergency
            case .denyResearch: return at.purpose == .research
            case .denyObservations: return at.type == "Observation"
            case .denyHIV: return at.isHIV
            case .denyAllButOwnHospital, .optOutButOwnHospital: return false
            case .over, .draft, .permitAll: return false
            case .denyCollect: return what == .create
            }
        }
    }

    // MARK: - The table

    private static let definitions = ["ValueSet"]
    private static let directory = ["Practitioner", "Location"]

    /// Every way in which it may be done, with what must be hidden then.
    private func ways(_ what: What) -> [Masking] {
        let isLook = what == .look || what == .count
        if Self.definitions.contains(at.type) {
            if isLook { return [.none] }
            if what == .export { return at.who == .program || at.who == .platform ? [.none] : [] }
            return at.who == .platform || at.who == .systemDuty ? [.none] : []
        }
        if Self.directory.contains(at.type) { return directoryWays(what) }
        if at.type == "AuditEvent" {
            guard isLook else { return [] }
            return at.who == .auditDuty || (at.who == .resident && isOwnOrYoungChild) ? [.none] : []
        }
        if at.type == "Subscription" {
            let isOwn = at.who == .program && isOurs
            return at.who == .platform || (what != .export && (at.who == .systemDuty || isOwn)) ? [.none] : []
        }
        switch what {
        case .look: return looks
        case .count:
            return at.who == .manager && [.operations, .publicHealth].contains(at.purpose) ? [.masked] + looks : looks
        case .create, .update, .delete: return writes(what)
        case .export: return exports
        }
    }

    private func directoryWays(_ what: What) -> [Masking] {
        let hidden: Masking = at.type == "Practitioner" ? .directory : .none
        switch (what, at.who) {
        case (_, .platform): return [.none]
        case (.look, .program), (.count, .program): return isOurs ? [hidden, .none] : [hidden]
        case (.count, .manager): return [hidden]
        case (.look, _), (.count, _): return [hidden]
        case (.export, .program): return [hidden]
        case (.export, _): return []
        case (_, .systemDuty): return [.none]
        case (_, .program): return at.purpose == .operations && isOurs ? [.none] : []
        default: return []
        }
    }

    private var looks: [Masking] {
        let look = at.action == .export ? What.export : .look
        var ways: [Masking] = []
        let seesStatistics = [.clinician, .epidemiologist, .manager, .program].contains(at.who)
        if at.type == "MeasureReport", at.about == .nobody, seesStatistics { ways.append(.none) }
        switch at.who {
        case .resident:
            if isOwnOrYoungChild { ways.append(.none) }
            let isGuarded = at.children.contains {
                $0.id == person && (14...17).contains($0.age) && (!at.isHIV || $0.allowsHIV)
            }
            if isGuarded { ways.append(.none) }
            let isMandated = at.mandates.contains {
                $0.patient == person && $0.state == .good && ($0.onlyType ?? at.type) == at.type
                    && (!at.isHIV || $0.namesHIV)
            }
            if isMandated, !isDenied(look) { ways.append(.none) }
        case .clinician:
            guard [.treatment, .emergency, .patientRequest].contains(at.purpose) else { break }
            if isInOurCare, mayKnow, !isDenied(look) { ways.append(.none) }
            if at.about == .nobody, isOurs, mayKnow { ways.append(.none) }
            if isCardOfOurs { ways.append(.none) }
            let isBroken = at.emergencies.contains {
                $0.patient == person && $0.minutesAgo >= 0 && $0.minutesAgo < 120 && $0.reason.count > 4
            }
            if at.purpose == .emergency, isBroken, mayKnow, !isDenied(look, emergency: true) { ways.append(.none) }
        case .epidemiologist:
            if at.purpose == .publicHealth { ways += caseWays }
            if isSignalOrCardOfOurs { ways.append(.none) }
        case .program:
            if [.treatment, .operations].contains(at.purpose), mayKnow {
                if isInOurCare, !isDenied(look) { ways.append(.none) }
                if at.about == .nobody, isOurs { ways.append(.none) }
            }
            if at.purpose == .publicHealth { ways += caseWays }
        case .platform:
            if mayKnow, !isDenied(look) { ways.append(.none) }
        case .anonymous, .manager, .systemDuty, .securityDuty, .auditDuty: break
        }
        return ways
    }

    private var caseWays: [Masking] {
        guard at.isCase, mayKnow else { return [] }
        let isOwnDistrict = at.home.map { $0 == at.division || (at.division == "330100" && $0.hasPrefix("3301")) }
        // A Task's words hold who is ill: of other districts none is seen.
        if at.type == "Task", isOwnDistrict != true { return [] }
        return [isOwnDistrict == true ? .none : .masked]
    }

    /// A case that the own institution has to report.
    private var isCardOfOurs: Bool { at.type == "Task" && at.isCase && isOurs && mayKnow }

    /// A signal, which is about nobody, or the report card of a case.
    private var isSignalOrCardOfOurs: Bool {
        at.purpose == .publicHealth && at.type == "Task" && (at.about == .nobody || at.isCase) && isOurs && mayKnow
    }

    private func writes(_ what: What) -> [Masking] {
        let isAllowed: Bool
        switch at.who {
        case .resident:
            isAllowed =
                what != .delete && isOwnOrYoungChild
                && ["QuestionnaireResponse", "Consent", "Communication", "Task"].contains(at.type)
        case .clinician:
            isAllowed =
                what != .delete && [.treatment, .emergency, .patientRequest].contains(at.purpose)
                && (institutionMayWrite(what) || (what == .update && isCardOfOurs))
        case .program:
            isAllowed = [.treatment, .operations].contains(at.purpose) && institutionMayWrite(what)
        case .epidemiologist:
            isAllowed =
                what != .delete && isSignalOrCardOfOurs && (what != .create || at.about == .nobody)
        case .platform: isAllowed = !isDenied(what)
        default: isAllowed = false
        }
        return isAllowed ? [.none] : []
    }

    private func institutionMayWrite(_ what: What) -> Bool {
        guard !isDenied(what) else { return false }
        switch what {
        case .delete: return isOurs && mayKnow
        case .create:
            if isOurs, at.type == "Patient" || at.type == "Encounter" { return true }
            return (isInOurCare && !isOthers) || (at.about == .nobody && isOurs)
        default: return mayKnow && ((isInOurCare && !isOthers) || (at.about == .nobody && isOurs))
        }
    }

    private var exports: [Masking] {
        if at.purpose == .research {
            guard let approval = at.approval, approval.state == .good, approval.types.contains(at.type),
                !at.isHIV || approval.hiv, !isDenied(.export)
            else { return [] }
            return [.deidentified]
        }
        switch at.who {
        case .resident: return isOwnOrYoungChild ? [.none] : []
        case .program, .platform: return looks
        default: return []
        }
    }
}
