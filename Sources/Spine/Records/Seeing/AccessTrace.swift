public import Access
public import AuditLog
import Synchronization

/// What one request reached, searched for, and was refused: gathered where it happens, and told to the audit log.
public final class AccessTrace: Sendable {
    /// Who asks, from where and why.
    public struct Who: Sendable {
        /// The account, the person, the role, the organisation and the program.
        public var agent: AuditAgent
        /// The address of the network that the request came from, or a hash of it.
        public var network: String
        /// The session, by an identifier that can't be used to enter it.
        public var session: String
        /// The purpose of use, a code of v3-ActReason.
        public var purpose: String
        /// The `X-Request-Id`.
        public var request: String

        /// Describes who asks; what is left out is not known.
        public init(
            agent: AuditAgent = AuditAgent(), network: String = "", session: String = "", purpose: String = "",
            request: String = ""
        ) {
            self.agent = agent
            self.network = network
            self.session = session
            self.purpose = purpose
            self.request = request
        }
    }

    /// One resource that was reached.
    public struct Reached: Sendable, Hashable {
        /// Which.
        public var key: ResourceKey
        /// The version that was given.
        public var versionID: Int
        /// The ids of the patients that it is about, as far as they are known.
        public var patients: Set<String>
        /// On what it stands that it was reached.
        public var basis: Basis
        /// How much of it was hidden.
        public var masking: Masking
    }

    /// One thing that was done or tried.
    private struct Event {
        var action: AuditAction
        var outcome = AuditOutcome.success
        var reason = ""
        var patients: [String] = []
        var entities: [AuditEntity] = []

        var isAsked: Bool { entities.contains { if case .query = $0 { true } else { false } } }
    }

    private struct State {
        var events: [Event] = []
        var reached: [Reached] = []
        var refusals: [Refusal] = []
    }

    /// Who asks.
    public let who: Who
    private let state = Mutex(State())

    /// A trace of one request.
    public init(_ who: Who) { self.who = who }

    /// What was reached so far, in order.
    public var reached: [Reached] { state.withLock { $0.reached } }

    /// Why something was refused, in order; the true reasons, which only the audit log may tell.
    public var refusals: [Refusal] { state.withLock { $0.refusals } }

    /// What the journal is to be told: reads, searches and refusals since the trace was made or last taken. What was
    /// written is in the log already, beside its effect.
    ///
    /// - Parameter milliseconds: when, since 1970 UTC.
    public func entries(at milliseconds: Int64) -> [AuditEntry] {
        let events = state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
        return events.map { event in
            entry(
                event.action, at: milliseconds, outcome: event.outcome, reason: event.reason, patients: event.patients,
                entities: event.entities)
        }
    }

    /// An entry about this request.
    ///
    /// - Parameter patients: ids of patients.
    public func entry(
        _ action: AuditAction, at milliseconds: Int64, outcome: AuditOutcome = .success, reason: String = "",
        patients: [String], entities: [AuditEntity]
    ) -> AuditEntry {
        AuditEntry(
            at: milliseconds, action: action, outcome: outcome, reason: reason, agent: who.agent, network: who.network,
            session: who.session, purpose: who.purpose, request: who.request,
            patients: patients.map { "Patient/" + $0 }, entities: entities)
    }

    // MARK: Gathering

    /// Notes what an answer holds. Reads of one request come to one event, and so do its searches by the same text.
    func reach(_ action: AuditAction, query: String? = nil, _ reached: [Reached]) {
        state.withLock { state in
            state.reached += reached
            let asked = query.map { AuditEntity.query(Array($0.utf8)) }
            let place =
                asked == nil
                ? state.events.firstIndex { $0.action == action && $0.outcome == .success && !$0.isAsked } : nil
            var event = place.map { state.events[$0] } ?? Event(action: action, entities: asked.map { [$0] } ?? [])
            var known = Set(event.patients)
            for one in reached {
                event.patients += one.patients.sorted().filter { known.insert($0).inserted }
                event.entities.append(.resource(one.key.description, version: "\(one.versionID)"))
            }
            if let place { state.events[place] = event } else { state.events.append(event) }
        }
    }

    /// Notes a refusal, with its true reason.
    func refuse(
        _ action: AuditAction, _ refusal: Refusal?, query: String? = nil, key: ResourceKey? = nil,
        patients: Set<String> = []
    ) {
        state.withLock { state in
            if let refusal { state.refusals.append(refusal) }
            var entities: [AuditEntity] = []
            if let query { entities.append(.query(Array(query.utf8))) }
            if let key { entities.append(.resource(key.description)) }
            state.events.append(
                Event(
                    action: action, outcome: .refused, reason: refusal?.rawValue ?? "not-found",
                    patients: patients.sorted(), entities: entities))
        }
    }
}
