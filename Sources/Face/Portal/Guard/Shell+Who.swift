import Access
import Accounts
import Records

extension Shell.Who {
    /// Who is signed in, and the pages of their face.
    init(_ caller: PortalCaller, _ gate: PortalGate, _ visit: Portal.Visit) throws {
        let words = visit.words
        name = caller.signedIn.account.displayName
        role = words.role(caller.assignment)
        form = try gate.accounts.formToken(for: caller.token)
        var rail: [(place: RailPlace, href: String, text: String)] = []
        switch caller.assignment?.role {
        case .resident:
            if let id = caller.ownPatient { rail.append((.own, Address.resident(id), words["railOwn"])) }
            if gate.hasCodes, caller.ownPatient != nil { rail.append((.code, "/my/code", words["railCode"])) }
            if gate.hasProgrammes, caller.ownPatient != nil {
                rail.append((.programmes, "/my/programmes", words["railOwnProgrammes"]))
            }
            if caller.ownPatient != nil { rail.append((.forms, "/forms", words["railForms"])) }
            rail.append((.family, "/my/family", words["railFamily"]))
            rail.append((.accesses, "/my/accesses", words["railAccesses"]))
        case .clinician:
            if gate.hasProgrammes { rail.append((.today, "/today", words["railToday"])) }
            rail.append((.residents, "/residents", words["railResidents"]))
            if gate.hasReports { rail.append((.reports, "/reports", words["railReports"])) }
            if gate.hasSignals { rail.append((.notices, "/notices", words["railNotices"])) }
            if gate.hasReviews { rail.append((.identity, "/identity", words["railIdentity"])) }
        case .epidemiologist:
            if gate.hasSignals { rail.append((.signals, "/signals", words["railSignals"])) }
            if gate.hasReports { rail.append((.reports, "/reports", words["railReports"])) }
            if gate.hasHazards { rail.append((.hazards, "/hazards", words["railHazards"])) }
            if gate.hasPopulation { rail.append((.population, "/population", words["railPopulation"])) }
            if gate.hasLaboratories { rail.append((.laboratories, "/laboratories", words["railLaboratories"])) }
            if gate.hasSignals { rail.append((.notices, "/notices", words["railNotices"])) }
            rail.append((.city, "/", words["railCity"]))
        case .manager:
            rail.append((.city, "/", words["railCity"]))
            if gate.hasProgrammes { rail.append((.programmes, "/programmes", words["railProgrammes"])) }
            if gate.hasPopulation { rail.append((.population, "/population", words["railPopulation"])) }
            if gate.hasLaboratories { rail.append((.laboratories, "/laboratories", words["railLaboratories"])) }
            if gate.hasSignals { rail.append((.notices, "/notices", words["railNotices"])) }
        case .operator:
            if gate.may(caller, .accountAdministration) {
                rail.append((.accounts, "/operator/accounts", words["railAccounts"]))
            }
            if gate.may(caller, .auditRead) { rail.append((.audit, "/operator/audit", words["railAudit"])) }
            if gate.hasHighway, gate.may(caller, .transportRead) {
                rail.append((.highway, "/ops/highway", words["railHighway"]))
            }
            if gate.hasReviews, gate.may(caller, .configuration) {
                rail.append((.identity, "/identity", words["railIdentity"]))
            }
        case nil: break
        }
        rail.append((.account, "/account", words["railAccount"]))
        self.rail = rail
    }
}

extension PortalCaller {
    /// The id of the resident's own Patient, or of who stands for it since a merge; nil for staff.
    static func ownPatient(of assignment: RoleAssignment, in store: RecordStore) -> String? {
        guard assignment.role == .resident,
            let own = assignment.person.flatMap({ ResourceKey(reference: $0) })?.id
        else { return nil }
        // Where the store can't be asked now, the page itself will say so.
        return (try? store.standIn(for: own)) ?? own
    }
}

extension Words {
    /// What a role is called; an operator's with the duty.
    func role(_ assignment: RoleAssignment?) -> String {
        guard let assignment else { return self["roleNone"] }
        guard assignment.role == .operator, let duty = assignment.duty else { return role(assignment.role) }
        return self.duty(duty)
    }

    /// What a role is called.
    func role(_ role: AccountRole) -> String {
        switch role {
        case .resident: self["roleResident"]
        case .clinician: self["roleClinician"]
        case .epidemiologist: self["roleEpidemiologist"]
        case .manager: self["roleManager"]
        case .operator: self["roleOperator"]
        }
    }

    /// What an operator with a duty is called.
    func duty(_ duty: OperatorDuty) -> String {
        switch duty {
        case .system: self["dutySystem"]
        case .security: self["dutySecurity"]
        case .audit: self["dutyAudit"]
        }
    }

    /// What a level of the tree of organisations is called.
    func level(_ level: OrganizationLevel) -> String {
        switch level {
        case .city: self["levelCity"]
        case .district: self["levelDistrict"]
        case .institution: self["levelInstitution"]
        case .department: self["levelDepartment"]
        }
    }

    /// A time that somebody has to wait, rounded up: `15 分钟`.
    func wait(seconds: Int) -> String {
        seconds < 60 ? counted("delaySeconds", seconds) : counted("delayMinutes", (seconds + 59) / 60)
    }
}
