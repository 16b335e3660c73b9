import AuditLog
import Gate

extension Words {
    /// The kinds of access that may be chosen.
    func tabs(_ choice: AccessesModel.Choice) -> [AccessesView.Tab] {
        let kinds: [(AccessesModel.Kind?, String)] = [
            (nil, self["kindAll"]), (.view, self["accessView"]), (.write, self["accessWrite"]),
            (.export, self["accessExport"]), (.emergency, self["accessEmergency"]), (.refused, self["accessRefused"]),
        ]
        return kinds.map { kind, name in
            var other = choice
            other.kind = kind
            other.below = nil
            return AccessesView.Tab(href: other.href, text: name, isCurrent: choice.kind == kind)
        }
    }

    /// Who it was: a name from the directory, the person themself, or a program.
    func who(_ agent: AuditAgent, isOwn: Bool, isPatient: Bool, _ names: HouseNames) -> String {
        if isOwn { return self["whoYou"] }
        if isPatient { return self["whoPatient"] }
        if agent.person.hasPrefix("Patient/") { return self["whoFamily"] }
        if let name = names.name(agent.person) { return name }
        if agent.client == HouseToken.client { return self["whoPlatform"] }
        if !agent.client.isEmpty { return text("whoProgram", ["name": agent.client]) }
        return self["whoStaff"]
    }

    /// The role that an agent acted in; nil for residents and for programs.
    func agentRole(_ agent: AuditAgent) -> String? {
        switch agent.role {
        case "clinician": self["roleClinician"]
        case "epidemiologist": self["roleEpidemiologist"]
        case "manager": self["roleManager"]
        case "operator": self["roleOperator"]
        default: nil
        }
    }

    /// What was done: “查看了诊断 3 份、检验检查 5 份”.
    func what(_ access: AccessesModel.Access) -> String {
        let types = access.types.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let listed = types.prefix(4).map { type, count in
            counted("accessCount", count, ["type": table["type_plain_\(type)"] ?? self["typeOther"]])
        }
        var what = listed.joined(separator: self["listComma"])
        if types.count > 4 { what = text("accessMore", ["what": what]) }
        if what.isEmpty { what = self["accessRecord"] }
        switch access.action {
        case .breakGlass: return self["didEmergency"]
        case .objection: return self["didObject"]
        case .export: return text("didExport", ["what": what])
        case .disclosure: return text("didDisclose", ["what": what])
        case .create: return text("didCreate", ["what": what])
        case .update, .patch, .transaction: return text("didUpdate", ["what": what])
        case .delete: return text("didDelete", ["what": what])
        case .reveal: return text("didReveal", ["what": what])
        case .auditRead: return self["didReadLog"]
        default: break
        }
        if access.kind == .refused { return text("didTry", ["what": what]) }
        return text(access.wasSearched && access.types.isEmpty ? "didFind" : "didView", ["what": what])
    }

    /// Why: the reason given, or the purpose in words.
    func why(_ access: AccessesModel.Access) -> String {
        access.reason.isEmpty ? purpose(access.purpose) : text("whyGiven", ["reason": access.reason])
    }

    /// A purpose of use in words; the codes are those of HL7's PurposeOfUse.
    func purpose(_ code: String) -> String {
        switch code {
        case "TREAT": self["purposeTreatment"]
        case "ETREAT": self["purposeEmergency"]
        case "PATRQT", "FAMRQT": self["purposePatient"]
        case "PUBHLTH": self["purposePublicHealth"]
        case "HOPERAT": self["purposeOperations"]
        case "HRESCH": self["purposeResearch"]
        case "HSYSADMIN": self["purposeAudit"]
        default: self["purposeNone"]
        }
    }

    /// How far an objection has come.
    func objectionStatus(_ code: String) -> (text: String, tone: String) {
        switch code {
        case "requested": (self["objectionSent"], "watch")
        case "received", "accepted", "in-progress", "ready", "on-hold": (self["objectionWorking"], "watch")
        case "completed": (self["objectionDone"], "good")
        case "rejected", "cancelled", "failed": (self["objectionClosed"], "")
        default: (self["objectionSent"], "watch")
        }
    }

    func row(_ objection: Objection, _ names: HouseNames) -> AccessesView.ObjectionRow {
        let status = objectionStatus(objection.status)
        return AccessesView.ObjectionRow(
            when: fhirDate(objection.authored),
            institution: objection.owner.flatMap { names.name($0) } ?? self["placeUnknown"], status: status.text,
            tone: status.tone, reason: objection.reason, reply: objection.reply)
    }
}
