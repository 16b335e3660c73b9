import Accounts
import Calendar

/// The fields of a role in a form: as typed, and as a role.
struct RoleFields {
    struct Option {
        let value: String
        let text: String
        let isChosen: Bool
    }

    let roles: [Option]
    let levels: [Option]
    let duties: [Option]
    let person: String
    let practitionerRole: String
    let organization: String
    let district: String
    let from: String
    let until: String

    init(_ form: FormBody, words: Words) {
        roles =
            [Option(value: "", text: words["chooseRole"], isChosen: form["role"].isEmpty)]
            + AccountRole.allCases.map {
                Option(value: $0.rawValue, text: words.role($0), isChosen: form["role"] == $0.rawValue)
            }
        levels =
            [Option(value: "", text: words["chooseNone"], isChosen: form["level"].isEmpty)]
            + OrganizationLevel.allCases.map {
                Option(value: $0.rawValue, text: words.level($0), isChosen: form["level"] == $0.rawValue)
            }
        duties =
            [Option(value: "", text: words["dutyAll"], isChosen: form["duty"].isEmpty)]
            + OperatorDuty.allCases.map {
                Option(value: $0.rawValue, text: words.duty($0), isChosen: form["duty"] == $0.rawValue)
            }
        person = form["person"]
        practitionerRole = form["practitionerRole"]
        organization = form["organization"]
        district = form["district"]
        from = form["validFrom"]
        until = form["validUntil"]
    }

    /// The role that was typed; nil when none was chosen.
    /// - Throws: ``AccountsError/invalid(field:rule:)`` for a day that is none.
    static func assignment(_ form: FormBody) throws -> RoleAssignment? {
        guard let role = AccountRole(rawValue: form["role"]) else { return nil }
        return RoleAssignment(
            role, duty: role == .operator ? OperatorDuty(rawValue: form["duty"]) : nil, person: form.given("person"),
            practitionerRole: form.given("practitionerRole"), organization: form.given("organization"),
            level: OrganizationLevel(rawValue: form["level"]), district: form.given("district"),
            validFrom: try day(form.given("validFrom"), "validUntil"),
            // The last day is included.
            validUntil: try day(form.given("validUntil"), "validUntil").map { $0 + 86_400_000 })
    }

    /// Midnight of a day in China.
    private static func day(_ text: String?, _ field: String) throws -> Int64? {
        guard let text else { return nil }
        guard let day = CivilDay(text) else {
            throw AccountsError.invalid(field: field, rule: "A day looks like 2026-03-01.")
        }
        return day.startMilliseconds
    }
}

/// The form for a new account as its template reads it.
struct NewAccountView {
    let form: String
    let login: String
    let name: String
    let problems: [Problem]
    let hasProblems: Bool
    let fields: RoleFields
}
