import Synchronization

/// What the door counts about its own work.
final class Metrics: Sendable {
    /// A class of statuses: `2xx` is 2.
    struct Series: Hashable, Sendable {
        let interaction: Interaction
        let statusClass: Int
    }

    private struct State {
        /// Indexed by interaction and status class, because a read can't afford a hash.
        var requests = [Histogram?](repeating: nil, count: Interaction.allCases.count * 6)
        var writes = Histogram()
    }

    private let state = Mutex(State())
    private let load: RequestLoad

    init(_ load: RequestLoad) { self.load = load }

    /// Counts a request that begins.
    func began() {
        load.began()
    }

    /// Counts a request that ended.
    func ended(_ interaction: Interaction, status: Int, seconds: Double) {
        let index = interaction.rawValue * 6 + min(max(status / 100, 0), 5)
        load.ended()
        state.withLock { state in
            if state.requests[index] == nil { state.requests[index] = Histogram() }
            state.requests[index]?.observe(seconds: seconds)
        }
    }

    /// Runs a write and counts how long the records took for it.
    func timingWrite<Value>(_ write: () async throws -> Value) async throws -> Value {
        let start = ContinuousClock.now
        defer {
            let seconds = start.duration(to: .now).seconds
            state.withLock { $0.writes.observe(seconds: seconds) }
        }
        return try await write()
    }

    /// Everything counted so far.
    func snapshot() -> (requests: [(Series, Histogram)], writes: Histogram, inFlight: Int) {
        state.withLock { state in
            var series: [(Series, Histogram)] = []
            for (index, interaction) in Interaction.allCases.enumerated() {
                for statusClass in 0..<6 {
                    guard let histogram = state.requests[index * 6 + statusClass] else { continue }
                    series.append((Series(interaction: interaction, statusClass: statusClass), histogram))
                }
            }
            return (series, state.writes, load.inFlight)
        }
    }
}

extension Duration {
    /// The length in seconds, with the fraction.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
