public import Foundation
public import SQL

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
        /// Everything that is sealed was sealed with another server key.
        case serverKeyChanged
        /// Recovery codes were made anew.
        case recoveryCodesRenewed
        /// Name or language were changed.
        case displayChanged
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

/// Takes an event into the audit log. A change comes inside its transaction, on whose connection the log may be written too:
/// what is thrown undoes the change. What changes nothing comes without one, and an error is the answer.
public typealias AccountRecorder = @Sendable (_ event: AccountEvent, _ transaction: SQLConnection?) throws -> Void

/// How a call tells of what it does.
struct AccountTelling: Sendable {
    let record: AccountRecorder
    let now: @Sendable () -> Int64
    let address: String?

    /// - Throws: ``AccountsError/unavailable(_:)`` when the log does not take it.
    func callAsFunction(
        _ kind: AccountEvent.Kind, _ account: UUID?, in db: SQLConnection? = nil
    ) throws(AccountsError) {
        do { try record(AccountEvent(kind: kind, accountID: account, at: now(), address: address), db) } catch {
            throw .unavailable("The audit log can't take what was done, so it was not done; try again. \(error)")
        }
    }
}
