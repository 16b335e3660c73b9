import AuditLog
import Foundation
import Gate
import Logging
import SignIn

/// Tells the audit log what happens at the sign-in of programs.
enum SignInAudit {
    /// What takes events.
    static func taker(_ journal: AuditJournal, _ logger: Logger) -> @Sendable (SignInEvent) -> Void {
        { event in
            // The session's own event tells of it.
            if event.kind == .providerSignedIn { return }
            do { try journal.hand(entry(event)) } catch {
                logger.error("the audit log does not take an event of a sign-in", metadata: ["error": "\(error)"])
            }
        }
    }

    private static func entry(_ event: SignInEvent) -> AuditEntry {
        let (action, outcome): (AuditAction, AuditOutcome) =
            switch event.kind {
            case .tokenIssued, .providerSignedIn: (.signIn, .success)
            case .refused, .replayed, .providerRefused: (.signInFailed, .refused)
            case .granted, .launched: (.configuration, .success)
            case .denied: (.configuration, .refused)
            case .revoked: (.signOut, .success)
            }
        return AuditEntry(
            at: event.at, action: action, outcome: outcome,
            reason: [event.kind.rawValue, event.reason].compactMap { $0 }.joined(separator: ": "),
            agent: AuditAgent(account: event.account?.uuidString ?? "", client: event.client ?? ""),
            network: PeerAddress.current, patients: event.patient.map { ["Patient/\($0)"] } ?? [])
    }
}
