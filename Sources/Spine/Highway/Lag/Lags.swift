import Records
import Synchronization

/// How long it took from event to record, and from record to each projection, since the server started.
final class Lags: Sendable {
    struct OfSender: Sendable {
        var fromEvent = LagHistogram()
        var fromReceipt = LagHistogram()
    }

    private struct State {
        var senders: [String: OfSender] = [:]
        var projections: [String: LagHistogram] = [:]
        /// What was written and has not been seen in each projection: the head and its instant.
        var heads: [(sequence: Int64, at: ContinuousClock.Instant)] = []
        var reached: [String: Int64] = [:]
    }

    private static let sendersMax = 2000
    private static let headsMax = 10_000
    private let state = Mutex(State())

    func note(_ sender: String, event: Int64?, received: Int64, recorded: Int64) {
        state.withLock { state in
            let name = state.senders[sender] != nil || state.senders.count < Self.sendersMax ? sender : "others"
            if let event { state.senders[name, default: OfSender()].fromEvent.add(milliseconds: recorded - event) }
            state.senders[name, default: OfSender()].fromReceipt.add(milliseconds: recorded - received)
        }
    }

    func wrote(_ head: Int64, at: Int64) {
        state.withLock { state in
            if state.heads.count < Self.headsMax { state.heads.append((head, .now)) }
        }
    }

    var senders: [String: OfSender] { state.withLock { $0.senders } }
    var projections: [String: LagHistogram] { state.withLock { $0.projections } }

    /// Watches how far the projections are, until the task is cancelled.
    func follow(_ store: RecordStore) async {
        while !Task.isCancelled {
            let isBusy = state.withLock { !$0.heads.isEmpty }
            if isBusy { look(store.feed.projectionStates.map { ($0.name, $0.sequence) }) }
            try? await Task.sleep(for: .milliseconds(isBusy ? 20 : 200))
        }
    }

    private func look(_ places: [(name: String, sequence: Int64)]) {
        let now = ContinuousClock.now
        state.withLock { state in
            for (name, sequence) in places {
                let before = state.reached[name] ?? (state.heads.first?.sequence ?? 1) - 1
                for head in state.heads where head.sequence > before && head.sequence <= sequence {
                    let lag = head.at.duration(to: now).components
                    state.projections[name, default: LagHistogram()].add(
                        milliseconds: lag.seconds * 1000 + lag.attoseconds / 1_000_000_000_000_000)
                }
                state.reached[name] = max(before, sequence)
            }
            let slowest = places.map(\.sequence).min() ?? .max
            state.heads.removeAll { $0.sequence <= slowest }
        }
    }
}
