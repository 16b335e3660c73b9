import Accounts
import Foundation
import Records

/// A person's own account as its template reads it.
struct AccountView {
    struct SessionRow {
        let id: String
        let device: String
        let place: String
        let used: String
        let began: String
        let isThis: Bool
    }

    /// A program that the person has let in.
    struct Program {
        let id: String
        let name: String
        let rights: [String]
        let about: String?
        let since: String
        let until: String
    }

    struct RoleRow {
        let place: Int
        let name: String
        let detail: String
        let isChosen: Bool
    }

    let form: String
    let name: String
    let login: String
    let notice: String?
    let roles: [RoleRow]
    let hasRoles: Bool
    let canChoose: Bool
    let sessions: [SessionRow]
    let hasOthers: Bool
    let programs: [Program]
    let hasPrograms: Bool
    let factor: String
    let hasFactor: Bool
    let codeHref: String
    let languageHref: String
    let typeHref: String

    /// - Parameter placeName: the name of an organisation by its reference.
    init(
        _ caller: PortalCaller, sessions: [Session], programs: [Program], form: String, notice: String?, now: Int64,
        words: Words,
        placeName: (String) -> String?
    ) {
        self.form = form
        self.notice = notice
        name = caller.signedIn.account.displayName
        login = caller.signedIn.account.login.description
        let assignments = caller.assignments(at: now)
        roles = assignments.enumerated().map { place, assignment in
            RoleRow(
                place: place, name: words.role(assignment), detail: words.detail(assignment, placeName),
                isChosen: assignment == caller.assignment)
        }
        hasRoles = !roles.isEmpty
        canChoose = roles.count > 1
        let own = caller.signedIn.session.id
        self.sessions = sessions.map { session in
            SessionRow(
                id: session.id.uuidString.lowercased(),
                device: session.device.isEmpty ? words["deviceUnknown"] : session.device,
                place: session.address.isEmpty ? words["placeUnknown"] : session.address,
                used: words.dateTime(milliseconds: session.seen), began: words.dateTime(milliseconds: session.created),
                isThis: session.id == own)
        }
        hasOthers = sessions.contains { $0.id != own }
        self.programs = programs
        hasPrograms = !programs.isEmpty
        hasFactor = caller.signedIn.account.hasSecondFactor
        factor = words[hasFactor ? "factorOn" : "factorOff"]
        codeHref = "/account/second-factor"
        languageHref = Address.make("/account", [("lang", words.language == .zh ? "en" : "zh")])
        typeHref = "/account?type=large"
    }
}

extension Words {
    /// What belongs to a role: the institution, the district, the time.
    func detail(_ assignment: RoleAssignment, _ placeName: (String) -> String?) -> String {
        var parts: [String] = []
        if let organization = assignment.organization { parts.append(placeName(organization) ?? organization) }
        if let district = assignment.district { parts.append(text("roleDistrict", ["code": district])) }
        if let from = assignment.validFrom { parts.append(text("roleFrom", ["time": dateTime(milliseconds: from)])) }
        if let until = assignment.validUntil {
            parts.append(text("roleUntil", ["time": dateTime(milliseconds: until)]))
        }
        return parts.joined(separator: self["comma"])
    }
}
