import Access
import Synchronization

/// How somebody stands to the store, and what was worked out of it for their requests: the rules as SQL above all, which
/// costs more than a read by id.
final class SightMemory: Sendable {
    /// For so long it may be used again, in milliseconds: rules ask for the time.
    static let freshMilliseconds: Int64 = 1_000

    let standing: Standing
    /// When it was made, in milliseconds since 1970 UTC.
    let at: Int64
    /// The newest change of the store that was known then.
    let head: Int64
    private let state: Mutex<State>

    /// The plans hold for one state of the store alone.
    private struct State {
        var sequence: Int64
        var plans: [Action: SightPlan] = [:]
        /// Why actions are refused on types as such; nil where they are not.
        var refusals: [Action: [String: Refusal?]] = [:]
    }

    /// - Parameter head: the newest change of the store that is known.
    init(_ standing: Standing, at: Int64, head: Int64) {
        self.standing = standing
        self.at = at
        self.head = head
        state = Mutex(State(sequence: head))
    }

    func isFresh(at now: Int64) -> Bool { (0..<Self.freshMilliseconds).contains(now - at) }

    fileprivate func plan(
        for action: Action, at sequence: Int64?, _ make: () -> SightPlan
    ) -> (plan: SightPlan, sequence: Int64?) {
        state.withLock { state in
            if let sequence, sequence != state.sequence { state = State(sequence: sequence) }
            if let known = state.plans[action] { return (known, state.sequence) }
            let plan = make()
            state.plans[action] = plan
            return (plan, state.sequence)
        }
    }
}

extension SightMemory {
    fileprivate func refusal(_ action: Action, of type: String, _ make: () -> Refusal?) -> Refusal? {
        if let known = state.withLock({ $0.refusals[action]?[type] }) { return known }
        let refusal = make()
        state.withLock { $0.refusals[action, default: [:]][type] = .some(refusal) }
        return refusal
    }
}

extension Sight {
    /// Why an action is refused on a type as such; nil where that depends on the resource, or it is permitted.
    func refusal(_ action: Action, of type: String) -> Refusal? {
        func decided() -> Refusal? {
            policy.decide(subject, action, on: .type(type), relations: relations, at: now).refusal
        }
        guard let memory else { return decided() }
        return memory.refusal(action, of: type, decided)
    }

    /// The plan for an action in the state of the store that ends with a place of the feed, and the place for which it was
    /// made; where no place is given, the plan last made. The place is nil for a plan that is not kept.
    func plan(for action: Action, at sequence: Int64?) -> (plan: SightPlan, sequence: Int64?) {
        var own = self
        own.memory = nil
        guard let memory else { return (SightPlan(own, for: action), nil) }
        return memory.plan(for: action, at: sequence) { SightPlan(own, for: action) }
    }
}

/// The memories of those who asked since something was written.
final class SightMemories: Sendable {
    /// When there are more, all are forgotten.
    private static let keptMax = 4_096

    /// Who asks, as far as tells most people apart.
    struct Key: Hashable {
        var account: String
        var role: Role
        var purpose: Purpose
        /// The newest change of the store.
        var head: Int64

        /// Nil for those of whom nothing is kept: what opens a record to them is no change of the store.
        init?(_ subject: Subject, head: Int64) {
            guard subject.purpose != .emergency, subject.purpose != .research else { return nil }
            account = subject.account
            role = subject.role
            purpose = subject.purpose
            self.head = head
        }
    }

    private let kept = Mutex<(head: Int64, memories: [Key: SightMemory])>((-1, [:]))

    func find(_ key: Key, _ subject: Subject, _ policy: AccessPolicy, at now: Int64) -> SightMemory? {
        guard let found = kept.withLock({ $0.memories[key] }), found.standing.subject == subject,
            found.standing.policy == policy, found.isFresh(at: now)
        else { return nil }
        return found
    }

    func keep(_ memory: SightMemory, _ key: Key) {
        kept.withLock { kept in
            if kept.head != key.head || kept.memories.count >= Self.keptMax { kept = (key.head, [:]) }
            kept.memories[key] = memory
        }
    }
}
