import Records
import Synchronization

/// How long it took from event to record, and from record and event to each projection, since the server started.
final class Lags: Sendable {
    struct OfSender: Sendable {
        var fromEvent = LagHistogram()
        var fromReceipt = LagHistogram()
    }

    /// Between the places that each message passes.
    struct OfStations: Sendable {
        var toTaken = LagHistogram()
        var toReady = LagHistogram()
        var toRecord = LagHistogram()
    }

    struct OfProjection: Sendable {
        var fromRecord = LagHistogram()
        var fromEvent = LagHistogram()
    }

    /// Messages that were written together: the newest change, when that was, and when what they say has happened.
    private struct Head {
        var sequence: Int64
        var at: Int64
        var events: [Int64]
    }

    private struct State {
        var senders: [String: OfSender] = [:]
        var projections: [String: OfProjection] = [:]
        var stations = OfStations()
        /// What was written and has not been seen in each projection.
        var heads: [Head] = []
        var reached: [String: Int64] = [:]
    }

    private static let sendersMax = 2000
    private static let headsMax = 10_000
    private let state = Mutex(State())

    func note(
        _ sender: String, event: Int64?, received: Int64, stops: (taken: Int64, ready: Int64), recorded: Int64
    ) {
        state.withLock { state in
            state.stations.toTaken.add(milliseconds: stops.taken - received)
            state.stations.toReady.add(milliseconds: stops.ready - stops.taken)
            state.stations.toRecord.add(milliseconds: recorded - stops.ready)
            let name = state.senders[sender] != nil || state.senders.count < Self.sendersMax ? sender : "others"
            if let event { state.senders[name, default: OfSender()].fromEvent.add(milliseconds: recorded - event) }
            state.senders[name, default: OfSender()].fromReceipt.add(milliseconds: recorded - received)
        }
    }

    func wrote(_ head: Int64, of events: [Int64], at: Int64) {
        state.withLock { state in
            if state.heads.count < Self.headsMax { state.heads.append(Head(sequence: head, at: at, events: events)) }
        }
    }

    var senders: [String: OfSender] { state.withLock { $0.senders } }
    var stations: OfStations { state.withLock { $0.stations } }
    var projections: [String: OfProjection] { state.withLock { $0.projections } }

    /// Watches how far the projections are, until the task is cancelled.
    ///
    /// - Parameter now: the clock that ``wrote(_:of:at:)`` goes by.
    func follow(_ store: RecordStore, now: @Sendable () -> Int64) async {
        while !Task.isCancelled {
            let isBusy = state.withLock { !$0.heads.isEmpty }
            if isBusy { look(store.feed.projectionStates.map { ($0.name, $0.sequence) }, now()) }
            try? await Task.sleep(for: .milliseconds(isBusy ? 20 : 200))
        }
    }

    private func look(_ places: [(name: String, sequence: Int64)], _ now: Int64) {
        state.withLock { state in
            for (name, sequence) in places {
                let before = state.reached[name] ?? (state.heads.first?.sequence ?? 1) - 1
                var lags = state.projections[name] ?? OfProjection()
                for head in state.heads where head.sequence > before && head.sequence <= sequence {
                    lags.fromRecord.add(milliseconds: now - head.at)
                    for event in head.events { lags.fromEvent.add(milliseconds: now - event) }
                }
                state.projections[name] = lags
                state.reached[name] = max(before, sequence)
            }
            let slowest = places.map(\.sequence).min() ?? .max
            state.heads.removeAll { $0.sequence <= slowest }
        }
    }
}
