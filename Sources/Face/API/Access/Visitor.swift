import Access
import AuditLog
import Edge
import Gate
import HTTPTypes
import Records

/// Who asks, what they reach, and what came of it, for one request.
///
/// It goes from hand to hand many times in a request: one reference.
final class Visitor: Sendable {
    let gate: Gate
    private let entrant: Entrant
    let records: SeenRecords
    let trace: AccessTrace
    let requestID: String

    var caller: Caller { entrant.caller }

    private init(gate: Gate, entrant: Entrant, records: SeenRecords, trace: AccessTrace, requestID: String) {
        self.gate = gate
        self.entrant = entrant
        self.records = records
        self.trace = trace
        self.requestID = requestID
    }

    /// Lets somebody in, or says why not.
    ///
    /// - Throws: ``Fault``: 401 for nobody, 403 for a request that another site has made a browser send.
    static func enter(_ gate: Gate, _ head: HTTPRequest, requestID: String) async throws -> Visitor {
        let entrant: Entrant
        do throws(GateError) {
            entrant = try await gate.entrant(head)
        } catch {
            if case .badToken = error {
                try gate.note(.signInFailed, by: .anonymous, outcome: .refused, reason: "token", request: requestID)
            }
            throw error
        }
        return try enter(gate, entrant, head, requestID: requestID)
    }

    /// Lets somebody in who is known already.
    ///
    /// - Throws: ``Fault``: 401 for nobody, 403 for a request that another site has made a browser send.
    static func enter(_ gate: Gate, _ entrant: Entrant, _ head: HTTPRequest, requestID: String) throws -> Visitor {
        if !entrant.hasRole {
            let isAnonymous = entrant.caller.isAnonymous
            try gate.note(
                .refusal, by: entrant.caller, outcome: .refused, reason: isAnonymous ? "not-signed-in" : "role",
                request: requestID)
            throw isAnonymous ? Fault.notSignedIn : Fault.refused(.role)
        }
        let arrival = Arrival.current
        if !arrival.isFromHere, let refusal = arrival.admit(account: entrant.account) {
            throw Fault.tooMany(refusal)
        }
        do throws(GateError) {
            try gate.checkForm(head, entrant)
        } catch {
            try gate.note(
                .refusal, by: entrant.caller, outcome: .refused, reason: "forged", request: requestID)
            throw error
        }
        let (records, trace) = try gate.records(
            entrant, network: arrival.client?.description ?? "", request: requestID)
        return Visitor(gate: gate, entrant: entrant, records: records, trace: trace, requestID: requestID)
    }

    /// Decides whether an operation may be invoked, and notes it.
    /// - Throws: ``Fault`` when it may not.
    func decide(_ operation: any FHIROperation, at place: OperationPlace) throws {
        guard !operation.isDecidedByRecords else { return }
        let target: Target = place.type.map { .type($0) } ?? .server
        let decision = gate.options.policy.decide(
            caller.subject, .operation(operation.name), on: target, at: gate.options.now())
        try note(operation, at: place, refusal: decision.refusal)
        if let refusal = decision.refusal { throw Fault.refused(refusal) }
    }

    /// Notes that an operation was invoked.
    func note(_ operation: any FHIROperation, at place: OperationPlace, refusal: Refusal? = nil) throws {
        let name = "\(place.key?.description ?? place.type ?? "")/$\(operation.name)"
        try gate.note(
            .operation, by: caller, outcome: refusal == nil ? .success : .refused, reason: refusal?.rawValue ?? "",
            entities: [.query(Array(name.utf8))], request: requestID)
    }

    /// Hands what was reached to the audit log. Nothing of it leaves before this has returned.
    func finish() throws { try gate.finish(trace) }
}
