public import Accounts
public import AuditLog
import Foundation

/// Tells the audit log what happens to accounts: give ``take(_:)`` to `AccountsOptions.onEvent`.
public final class AccountAudit: Sendable {
    /// Who changes an account, where it isn't the account itself: an operator at a page.
    @TaskLocal public static var actor: AuditAgent?

    private let journal: AuditJournal
    private let onFault: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - journal: where events go.
    ///   - onFault: told when the log does not take one.
    public init(_ journal: AuditJournal, onFault: @escaping @Sendable (any Error) -> Void) {
        self.journal = journal
        self.onFault = onFault
    }

    /// Hands an event on.
    public func take(_ event: AccountEvent) {
        do { try journal.hand(Self.entry(event)) } catch { onFault(error) }
    }

    static func entry(_ event: AccountEvent) -> AuditEntry {
        let account = event.accountID?.uuidString ?? ""
        let (action, outcome): (AuditAction, AuditOutcome) =
            switch event.kind {
            case .signedIn: (.signIn, .success)
            case .refused: (.signInFailed, .refused)
            case .sessionEnded: (.signOut, .success)
            case .accountAdded, .stateChanged, .rolesChanged, .sensitivitiesChanged, .passwordChanged, .passwordReset,
                .secondFactorGiven, .secondFactorEnrolled, .secondFactorRemoved, .recoveryCodeUsed:
                (.configuration, .success)
            }
        let isPlain = action != .configuration
        return AuditEntry(
            at: event.at, action: action, outcome: outcome,
            reason: isPlain ? "" : "\(event.kind.rawValue) \(account)",
            agent: actor ?? AuditAgent(account: account), network: event.address ?? PeerAddress.current)
    }
}
