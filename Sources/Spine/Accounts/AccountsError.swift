import SQL

/// What the accounts refuse or can't do. No text holds a name, a password, a code or a token.
public enum AccountsError: Error, Sendable, Hashable {
    /// Name, password or code is not right, or there were too many attempts: which, is not told, and it makes no
    /// difference whether the account exists. Another attempt is taken after so many seconds.
    case refused(retryAfterSeconds: Int)
    /// The password was right, but it was for one use and its time is over: an operator gives a new one.
    case passwordExpired
    /// The session is not there, has ended, or does not stand at the step that the call belongs to.
    case notSignedIn
    /// The second factor has to be given again.
    case stepUpNeeded
    /// More sign-ins are under way than the machine takes; try again after so many seconds.
    case busy(retryAfterSeconds: Int)
    /// A password that does not keep the rules, with all that is wrong.
    case password([PasswordFault])
    /// A field that does not keep its rule.
    case invalid(field: String, rule: String)
    /// Another account has the login name.
    case loginTaken
    /// There is no such account, or session.
    case notFound
    /// The server key can't be used, or is not the one that the database was made with.
    case key(String)
    /// The file of breached passwords can't be used.
    case breachList(String)
    /// The database can't be used.
    case unavailable(String)

    /// What went wrong and what to do, for a person; English.
    public var message: String {
        switch self {
        case .refused(let seconds) where seconds > 0:
            "The sign-in was refused. Check what you typed and try again in \(seconds) seconds."
        case .refused: "The sign-in was refused. Check what you typed and try again."
        case .passwordExpired: "This password was for one use, and its time is over. Ask an operator for a new one."
        case .notSignedIn: "Sign in first."
        case .stepUpNeeded: "Give a code of your second factor first."
        case .busy(let seconds): "Many people are signing in. Try again in \(seconds) seconds."
        case .password(let faults): faults.map(\.message).joined(separator: " ")
        case .invalid(let field, let rule): "\(field): \(rule)"
        case .loginTaken: "Another account has this login name. Choose another one."
        case .notFound: "There is no such account or session."
        case .key(let text), .breachList(let text), .unavailable(let text): text
        }
    }

    init(translating error: any Error) {
        switch error {
        case let own as AccountsError: self = own
        case let fault as SQLError: self = .unavailable("The database of the accounts failed: \(fault.message)")
        default: self = .unavailable("The accounts failed: \(error)")
        }
    }
}
