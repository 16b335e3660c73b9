import Access
import Accounts
import AuditLog
import Foundation
import Records
import Synchronization

/// Who a request comes from, as far as that is the same for all that they send now.
///
/// One reference: it is handed on many times in a request, and shared by the requests of one sender.
public final class Entrant: Sendable {
    /// Who.
    public let caller: Caller
    /// Whether it is a person in a role, or a program.
    public let hasRole: Bool
    /// The account or client program, as the rules know it.
    public var account: String { subject.account }
    /// Whether a browser sends what proves it along with every request.
    let isByCookie: Bool
    /// The same for the rules.
    let subject: Subject
    /// The same for the audit log.
    let party: AuditParty
    /// When what proves it ends, in milliseconds since 1970 UTC, where that is known beforehand.
    let expires: Int64
    private let sight = Mutex<Sight?>(nil)

    init(_ caller: Caller, expires: Int64 = .max) {
        self.caller = caller
        self.expires = expires
        isByCookie = caller.isByCookie
        hasRole =
            switch caller {
            case .anonymous, .roleless: false
            case .person, .app, .program: true
            }
        subject = caller.subject
        party = AuditParty(caller)
    }

    /// What they reach of a store by some rules, which are the same each time.
    func sight(
        of store: RecordStore, policy: AccessPolicy, now: Int64
    ) throws(RecordsError) -> Sight {
        let earlier = sight.withLock { $0 }
        if let earlier, let known = store.sight(like: earlier, now: now) { return known }
        let found = try store.sight(of: subject, policy: policy, now: now)
        sight.withLock { $0 = found }
        return found
    }
}

extension AuditParty {
    /// Who somebody is for the audit log, whatever they ask.
    convenience init(_ caller: Caller) {
        self.init(
            caller.agent, session: caller.session?.id.uuidString ?? "", purpose: caller.subject.purpose.rawValue)
    }
}
