public import Access
public import Accounts
import AuditLog
import Foundation
public import Records

extension Gate {
    /// What a caller reaches of the records for one request, and what gathers what came of it.
    ///
    /// - Parameter request: the `X-Request-Id`.
    public func records(_ caller: Caller, request: String) throws(RecordsError) -> (SeenRecords, AccessTrace) {
        let trace = trace(caller, request: request)
        let sight = try store.sight(of: caller.subject, policy: options.policy, now: options.now())
        return (store.seen(by: sight, trace: trace), trace)
    }

    /// What a caller reaches of the records for one request, and what gathers what came of it.
    ///
    /// - Parameters:
    ///   - network: the address that the request came from; empty when it is not known.
    ///   - request: the `X-Request-Id`.
    public func records(
        _ entrant: Entrant, network: String, request: String
    ) throws(RecordsError) -> (SeenRecords, AccessTrace) {
        let trace = AccessTrace(entrant.party, network: network, request: request)
        let sight = try entrant.sight(of: store, policy: options.policy, now: options.now())
        return (store.seen(by: sight, trace: trace), trace)
    }

    /// What a clinician reaches for the purpose of an emergency that they have opened.
    ///
    /// - Parameter patient: the patient's id; nil for any.
    /// - Returns: nil when no such emergency access is open.
    public func emergencyRecords(
        _ caller: Caller, patient: String? = nil, request: String
    ) throws(RecordsError) -> (SeenRecords, AccessTrace)? {
        guard case .clinician = caller.subject.role else { return nil }
        var subject = caller.subject
        subject.purpose = .emergency
        let now = options.now()
        let sight = try store.sight(of: subject, policy: options.policy, now: now)
        let isOpen = sight.relations.breakGlass.contains { glass in
            glass.holds(at: now, options.policy) && (patient.map { $0 == glass.patient } ?? true)
        }
        guard isOpen else { return nil }
        let trace = trace(caller.with(subject), request: request)
        return (store.seen(by: sight, trace: trace), trace)
    }

    /// What a person reaches in a role, for what is asked on their behalf beside a request of theirs.
    ///
    /// - Parameter client: the program for which it is asked.
    public func records(
        of account: Account, as assignment: RoleAssignment, client: String
    ) throws(RecordsError) -> (SeenRecords, AccessTrace) {
        let subject = try subjects.subject(account, assignment, purpose: nil)
        return try records(.app(client: client, account, assignment, subject), request: "")
    }

    /// What a registered program reaches, for what is sent to it without its asking at that moment.
    ///
    /// - Parameters:
    ///   - client: the program's id.
    ///   - rights: what it was registered for.
    ///   - purpose: why it is sent something.
    ///   - scopes: the most that it can get.
    public func records(
        program client: String, _ rights: ProgramRights, purpose: Purpose, scopes: Scopes
    ) throws(RecordsError) -> SeenRecords {
        let subject = try subjects.subject(client: client, rights, purpose: purpose, scopes: scopes)
        let agent = AuditAgent(
            account: client, role: "program", organization: rights.organization ?? "", client: client)
        let sight = try store.sight(of: subject, policy: options.policy, now: options.now())
        let who = AccessTrace.Who(agent: agent, purpose: purpose.rawValue)
        return store.seen(by: sight, trace: AccessTrace(who))
    }

    /// All records, for what the house does by itself; what it writes is in the audit log.
    ///
    /// - Parameter trace: on whose account; nil for the house's own.
    public func ownRecords(_ trace: AccessTrace? = nil) throws(RecordsError) -> SeenRecords {
        let sight = try store.sight(of: HouseToken.subject(ownScopes, nil), policy: options.policy, now: options.now())
        let agent = AuditAgent(account: HouseToken.client, role: "program", client: HouseToken.client)
        let own = AccessTrace(AccessTrace.Who(agent: agent, purpose: sight.subject.purpose.rawValue))
        return store.seen(by: sight, trace: trace ?? own)
    }

    func trace(_ caller: Caller, request: String) -> AccessTrace {
        AccessTrace(AuditParty(caller), network: PeerAddress.current, request: request)
    }

    /// Hands what was reached to the audit log.
    ///
    /// - Throws: ``GateError/auditUnavailable(_:)``: nothing of it may leave then.
    public func finish(_ trace: AccessTrace) throws(GateError) {
        do { try journal.hand(trace.frames(at: options.now())) } catch { throw .auditUnavailable("\(error)") }
    }
}
