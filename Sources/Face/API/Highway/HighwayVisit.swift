import Access
import AuditLog
import FHIR
import Gate
import HTTPTypes
import Hummingbird

/// One request to the highway, and what the one who asks may do there. In an open house everybody may do everything.
struct HighwayVisit {
    let request: Request
    let pairs: [(String, String)]
    let gate: Gate?
    /// Nil in an open house.
    let caller: Caller?
    let requestID: String

    /// The shortest reason for which values are shown, in characters.
    static let reasonCharactersMin = 10

    func value(_ name: String) -> String? { pairs.last { $0.0 == name }?.1 }

    /// Programs with the right to create whatever they send, each in the name of its own organisation; the house's own in
    /// everybody's.
    func maySend(as sender: String) throws {
        guard let gate, let caller else { return }
        if caller.isAnonymous { throw Fault.notSignedIn }
        guard case .program(_, let subject) = caller else { throw try refused(gate, caller, .role) }
        let mayCreate = subject.scopes?.scopes.contains {
            $0.context == .system && $0.type == nil && $0.permissions.contains(.create) && $0.restrictions.isEmpty
        }
        guard mayCreate ?? true else { throw try refused(gate, caller, .scope) }
        guard isHouse || isOwn(sender, subject) else { throw try refused(gate, caller, .role) }
    }

    /// Operators with the system duty, and the house's own programs: they see how messages fare, and none of what they say.
    func mayOperate() throws {
        guard let gate, let caller, !isHouse else { return }
        if caller.isAnonymous { throw Fault.notSignedIn }
        if let refusal = try gate.decide(caller, .transportRead, request: requestID).refusal {
            throw Fault.refused(refusal)
        }
    }

    /// The same, for what changes something: by a form of our own pages where a cookie says who it is.
    func mayChange() throws {
        try mayOperate()
        guard let gate, let caller else { return }
        try gate.checkForm(request.head, caller)
        try gate.note(
            .configuration, by: caller.on(.system), reason: "highway \(value("why") ?? "")",
            entities: [.query(Array((request.head.path ?? "").utf8))], request: requestID)
    }

    /// Operators, and programs of the sender itself.
    func mayLookAfter(_ sender: String) throws {
        if !reaches(sender) { try mayOperate() }
    }

    /// Whether the one who asks acts for the sender, whose messages these are.
    func reaches(_ sender: String) -> Bool {
        guard let caller else { return true }
        if isHouse { return true }
        guard case .program(_, let subject) = caller else { return false }
        return isOwn(sender, subject)
    }

    /// Whether values are shown: to the sender's own programs and those of the house, who say why by `?reason=`. It is noted
    /// in the audit log before anything leaves.
    func reveals(_ sender: String, message: Int64) throws -> Bool {
        guard let reason = value("reason") else { return false }
        guard reason.count >= Self.reasonCharactersMin else {
            throw Fault(
                .unprocessableContent, .value, "A reason of at least \(Self.reasonCharactersMin) characters is needed.")
        }
        guard let gate, let caller else { return true }
        guard reaches(sender) else { throw try refused(gate, caller, .role) }
        try gate.note(
            .reveal, by: caller, reason: reason, entities: [.query(Array("highway/dead/\(message)".utf8))],
            request: requestID)
        return true
    }

    private var isHouse: Bool {
        if case .program(HouseToken.client, let subject)? = caller, case .city = subject.reach { true } else { false }
    }

    private func isOwn(_ sender: String, _ subject: Subject) -> Bool {
        guard case .organisations(let own) = subject.reach else { return false }
        return own.contains(sender)
    }

    private func refused(_ gate: Gate, _ caller: Caller, _ refusal: Refusal) throws -> Fault {
        try gate.note(
            .refusal, by: caller, outcome: .refused, reason: "highway \(refusal.rawValue)", request: requestID)
        return Fault.refused(refusal)
    }
}
