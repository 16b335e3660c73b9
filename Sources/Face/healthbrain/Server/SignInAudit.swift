import AuditLog
import Foundation
import Gate
import SignIn

/// Tells the audit log what happens at the sign-in of programs.
enum SignInAudit {
    /// Hands events to a journal, each with who asks and from where.
    static func recording(into journal: AuditJournal) -> @Sendable () -> SignInRecorder {
        {
            let (agent, network) = (AccountAudit.actor, PeerAddress.current)
            return { event, _ in
                // The session's own event tells of it.
                if event.kind == .providerSignedIn { return }
                try journal.hand(entry(event, by: agent, network: network))
            }
        }
    }

    /// An event as the log keeps it.
    ///
    /// - Parameter agent: who did it; nil for the account and the program of the event.
    static func entry(_ event: SignInEvent, by agent: AuditAgent?, network: String) -> AuditEntry {
        let (action, outcome): (AuditAction, AuditOutcome) =
            switch event.kind {
            case .tokenIssued, .providerSignedIn: (.signIn, .success)
            case .refused, .replayed, .providerRefused: (.signInFailed, .refused)
            case .granted, .launched, .clientAdded, .clientDisabled, .clientEnabled, .clientRotated, .identityTied,
                .identityUntied, .signingKeyRotated:
                (.configuration, .success)
            case .denied: (.configuration, .refused)
            case .revoked: (.signOut, .success)
            }
        let own = AuditAgent(account: event.account?.uuidString ?? "", client: event.client ?? "")
        // Where somebody else acts, what they changed is named by the reason.
        let about =
            agent == nil ? nil : [event.client, event.account?.uuidString].compactMap { $0 }.joined(separator: " ")
        return AuditEntry(
            at: event.at, action: action, outcome: outcome,
            reason: [about.map { "\(event.kind.rawValue) \($0)" } ?? event.kind.rawValue, event.reason]
                .compactMap { $0 }.joined(separator: ": "),
            agent: agent ?? own, network: network, patients: event.patient.map { ["Patient/\($0)"] } ?? [])
    }
}
