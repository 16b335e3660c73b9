public import Foundation

/// Something that happened to an account, for the audit. It names the account by its id alone.
public struct AccountEvent: Sendable, Hashable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// Signed in, the last step done.
        case signedIn
        /// An attempt was refused: wrong, locked, or out of use.
        case refused
        /// A session was ended by its person or an operator.
        case sessionEnded
        case accountAdded, stateChanged, rolesChanged, sensitivitiesChanged
        case passwordChanged, passwordReset
        case secondFactorGiven, secondFactorEnrolled, secondFactorRemoved
        /// A recovery code was used.
        case recoveryCodeUsed
    }

    /// What happened.
    public let kind: Kind
    /// To which account; nil for an attempt on a name that nobody has.
    public let accountID: UUID?
    /// When, in milliseconds since 1970 UTC.
    public let at: Int64
    /// From which network address; nil for an operator's command.
    public let address: String?
}
