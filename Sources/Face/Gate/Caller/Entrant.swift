import Access
import Accounts
import AuditLog
import Foundation

/// Who a request comes from, as far as that is the same for all that they send now.
///
/// One reference: it is handed on many times in a request, and shared by the requests of one sender.
public final class Entrant: Sendable {
    /// Who.
    public let caller: Caller
    /// The same for the audit log.
    let party: AuditParty
    /// When what proves it ends, in milliseconds since 1970 UTC, where that is known beforehand.
    let expires: Int64

    init(_ caller: Caller, expires: Int64 = .max) {
        self.caller = caller
        self.expires = expires
        party = AuditParty(caller)
    }
}

extension AuditParty {
    /// Who somebody is for the audit log, whatever they ask.
    convenience init(_ caller: Caller) {
        self.init(
            caller.agent, session: caller.session?.id.uuidString ?? "", purpose: caller.subject.purpose.rawValue)
    }
}
