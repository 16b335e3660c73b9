/// Why somebody was not let in.
public enum GateError: Error, Sendable, Equatable {
    /// The bearer token is not good.
    case badToken
    /// Neither session nor token can be looked at now.
    case unavailable(String)
    /// The stated purpose is no code of PurposeOfUse that is known here.
    case unknownPurpose(String)
    /// A browser says that a page of another site made it ask, or the form's token is missing or wrong.
    case forged
    /// What was done can't be written into the audit log, so that no answer may leave.
    case auditUnavailable(String)
    /// Break-glass is not for this role.
    case notForRole
    /// The reason of break-glass is too short.
    case reasonTooShort(characters: Int)

    /// What went wrong and what to do, for the one who asked.
    public var message: String {
        switch self {
        case .badToken: "The token is not good: it has expired, was revoked, or is none of this server."
        case .unavailable: "It can't be found out now who is signed in; try again."
        case .unknownPurpose(let code):
            "X-Purpose-Of-Use is \"\(code.prefix(40))\". It must be a code of PurposeOfUse such as TREAT, ETREAT or PUBHLTH."
        case .forged:
            "A request that changes something, and that is signed in by a cookie, must come from a page of this server and "
                + "bring its token in X-Form-Token."
        case .auditUnavailable: "The audit log can't take what was done, so nothing is answered; try again."
        case .notForRole: "Break-glass is for clinicians."
        case .reasonTooShort(let characters): "A reason of at least \(characters) characters is needed."
        }
    }
}
