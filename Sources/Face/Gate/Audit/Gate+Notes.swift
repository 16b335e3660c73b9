public import Access
import Accounts
public import AuditLog
import Foundation

extension Gate {
    /// Hands an event to the audit log; it is there when this returns.
    ///
    /// - Parameters:
    ///   - action: what was done or tried.
    ///   - caller: who did it.
    ///   - outcome: how it ended.
    ///   - reason: why, or why not: a code or a few words.
    ///   - patients: whose record it concerns: `Patient/…`.
    ///   - entities: what was touched.
    ///   - request: the `X-Request-Id`.
    /// - Throws: ``GateError/auditUnavailable(_:)``: what it tells of must not be answered then.
    public func note(
        _ action: AuditAction, by caller: Caller, outcome: AuditOutcome = .success, reason: String = "",
        patients: [String] = [], entities: [AuditEntity] = [], request: String = ""
    ) throws(GateError) {
        let entry = entry(
            action, by: caller, outcome: outcome, reason: reason, patients: patients, entities: entities,
            request: request)
        do { try journal.hand(entry) } catch { throw .auditUnavailable("\(error)") }
    }

    func entry(
        _ action: AuditAction, by caller: Caller, outcome: AuditOutcome = .success, reason: String = "",
        patients: [String] = [], entities: [AuditEntity] = [], request: String
    ) -> AuditEntry {
        let isKnown = !caller.isAnonymous
        return AuditEntry(
            at: options.now(), action: action, outcome: outcome, reason: reason, agent: caller.agent,
            network: PeerAddress.current, session: caller.session?.id.uuidString ?? "",
            purpose: isKnown ? caller.subject.purpose.rawValue : "", request: request, patients: patients,
            entities: entities)
    }

    /// Decides about what is about no record: reading the log, transport, accounts, settings. An operator without a duty of
    /// its own has all of them. A refusal is noted.
    public func decide(_ caller: Caller, _ action: Action, request: String) throws(GateError) -> Decision {
        let decision = decide(caller, action)
        if let refusal = decision.refusal {
            try note(.refusal, by: caller, outcome: .refused, reason: refusal.rawValue, request: request)
        }
        return decision
    }

    /// Whether somebody may do what is about no record; nothing is noted.
    public func may(_ caller: Caller, _ action: Action) -> Bool { decide(caller, action).isPermit }

    private func decide(_ caller: Caller, _ action: Action) -> Decision {
        let decisions = ([caller] + Access.Role.Duty.allCases.map(caller.on)).map {
            options.policy.decide($0.subject, action, on: .server, at: options.now())
        }
        return decisions.first(where: \.isPermit) ?? decisions[0]
    }
}
