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
        /// The words of a search.
        var query: String?
        /// What an answer holds.
        var reached: [Reached] = []
        /// What was refused.
        var refused: ResourceKey?
        /// Whom a refusal concerns.
        var persons: Set<String> = []

        var patients: [String] {
            guard let first = reached.first else { return persons.sorted() }
            if reached.count == 1 { return first.patients.count == 1 ? Array(first.patients) : first.patients.sorted() }
            var patients: [String] = []
            var known: Set<String> = []
            var last: Set<String>?
            for one in reached where one.patients != last {
                // What is found together is mostly about the same people.
                patients += one.patients.sorted().filter { known.insert($0).inserted }
                last = one.patients
            }
            return patients
        }

        var resources: [AuditResource] {
            if let refused { return [AuditResource(type: refused.type, id: refused.id)] }
            return reached.map { AuditResource(type: $0.key.type, id: $0.key.id, version: $0.versionID) }
        }

        var entities: [AuditEntity] {
            (query.map { [.query(Array($0.utf8))] } ?? []) + resources.map(\.entity)
        }
    }

    private struct State {
        var events: [Event] = []
        var reached: [Reached] = []
        var refusals: [Refusal] = []
    }

    private let party: AuditParty
    private let network: String
    private let request: String
    private let state = Mutex(State())

    /// A trace of one request.
    public convenience init(_ who: Who) {
        self.init(
            AuditParty(who.agent, session: who.session, purpose: who.purpose), network: who.network,
            request: who.request)
    }

    /// A trace of one request.
    ///
    /// - Parameters:
    ///   - party: who asks, from which session and why.
    ///   - network: the address of the network that the request came from, or a hash of it.
    ///   - request: the `X-Request-Id`.
    public init(_ party: AuditParty, network: String, request: String) {
        self.party = party
        self.network = network
        self.request = request
    }

    /// Who asks.
    public var who: Who {
        Who(
            agent: party.agent, network: network, session: party.session, purpose: party.purpose, request: request)
    }

    /// What was reached so far, in order.
    public var reached: [Reached] { state.withLock { $0.reached } }

    /// Why something was refused, in order; the true reasons, which only the audit log may tell.
    public var refusals: [Refusal] { state.withLock { $0.refusals } }

    /// What the journal is to be told: reads, searches and refusals since the trace was made or last taken. What was
    /// written is in the log already, beside its effect.
    ///
    /// - Parameter milliseconds: when, since 1970 UTC.
    public func entries(at milliseconds: Int64) -> [AuditEntry] {
        taken().map { event in
            entry(
                event.action, at: milliseconds, outcome: event.outcome, reason: event.reason, patients: event.patients,
                entities: event.entities)
        }
    }

    /// The same as ``entries(at:)``, already as the journal's bytes.
    ///
    /// - Throws: ``AuditError`` when an event is longer than the journal takes.
    public func frames(at milliseconds: Int64) throws(AuditError) -> AuditFrames {
        var frames = AuditFrames()
        for event in taken() {
            try frames.append(
                event.action, at: milliseconds, outcome: event.outcome, reason: event.reason, by: party,
                network: network, request: request, patients: event.patients, query: event.query,
                resources: event.resources)
        }
        return frames
    }

    private func taken() -> [Event] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
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
            at: milliseconds, action: action, outcome: outcome, reason: reason, agent: party.agent, network: network,
            session: party.session, purpose: party.purpose, request: request,
            patients: patients.map { "Patient/" + $0 }, entities: entities)
    }

    // MARK: Gathering

    /// Notes what an answer holds. Reads of one request come to one event, and so do its searches by the same text.
    func reach(_ action: AuditAction, query: String? = nil, _ reached: [Reached]) {
        state.withLock { state in
            if state.reached.isEmpty { state.reached = reached } else { state.reached += reached }
            let known =
                query == nil
                ? state.events.firstIndex { $0.action == action && $0.outcome == .success && $0.query == nil } : nil
            if let known {
                state.events[known].reached += reached
            } else {
                state.events.append(Event(action: action, query: query, reached: reached))
            }
        }
    }

    /// Notes a refusal, with its true reason.
    func refuse(
        _ action: AuditAction, _ refusal: Refusal?, query: String? = nil, key: ResourceKey? = nil,
        patients: Set<String> = []
    ) {
        state.withLock { state in
            if let refusal { state.refusals.append(refusal) }
            state.events.append(
                Event(
                    action: action, outcome: .refused, reason: refusal?.rawValue ?? "not-found", query: query,
                    refused: key, persons: patients))
        }
    }
}
