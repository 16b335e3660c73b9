public import Accounts
public import AuditLog
import Foundation

/// Tells the audit log what happens to accounts.
public enum AccountAudit {
    /// Who changes an account, where it isn't the account itself: an operator at a page.
    @TaskLocal public static var actor: AuditAgent?

    /// Hands events to a journal, each with who asks and from where: for `AccountsOptions.recording`.
    public static func recording(into journal: AuditJournal) -> @Sendable () -> AccountRecorder {
        {
            let (agent, network) = (actor, PeerAddress.current)
            return { event, _ in try journal.hand(entry(event, by: agent, network: network)) }
        }
    }

    /// An event as the log keeps it.
    ///
    /// - Parameters:
    ///   - agent: who did it; nil for the account itself.
    ///   - network: the address, where the event has none.
    public static func entry(_ event: AccountEvent, by agent: AuditAgent?, network: String) -> AuditEntry {
        let account = event.accountID?.uuidString ?? ""
        let (action, outcome): (AuditAction, AuditOutcome) =
            switch event.kind {
            case .signedIn: (.signIn, .success)
            case .refused: (.signInFailed, .refused)
            case .sessionEnded: (.signOut, .success)
            case .accountAdded, .stateChanged, .rolesChanged, .sensitivitiesChanged, .passwordChanged, .passwordReset,
                .secondFactorGiven, .secondFactorEnrolled, .secondFactorRemoved, .recoveryCodeUsed,
                .recoveryCodesRenewed, .displayChanged, .serverKeyChanged:
                (.configuration, .success)
            }
        // Who ends another's session is not whose session it was.
        let isPlain = action != .configuration && (agent == nil || action != .signOut)
        return AuditEntry(
            at: event.at, action: action, outcome: outcome,
            reason: isPlain ? "" : account.isEmpty ? event.kind.rawValue : "\(event.kind.rawValue) \(account)",
            agent: agent ?? AuditAgent(account: account), network: event.address ?? network)
    }
}
