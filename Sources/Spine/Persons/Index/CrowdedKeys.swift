import Synchronization

/// Keys that more records share than are ever compared, so that these records needn't be read to find that out each time.
///
/// A key seldom empties again; all are looked at anew after a while.
final class CrowdedKeys: Sendable {
    /// For how long what was seen counts.
    private static let life = Duration.seconds(600)
    private static let countMax = 1 << 16

    private struct State {
        var keys: Set<Int64> = []
        var since = ContinuousClock.now
    }

    private let state = Mutex(State())

    /// Those of the keys that are not known to be crowded.
    func others(among keys: [Int64]) -> [Int64] {
        state.withLock { state in
            if !state.keys.isEmpty, state.since.duration(to: .now) > Self.life { state.keys = [] }
            return state.keys.isEmpty ? keys : keys.filter { !state.keys.contains($0) }
        }
    }

    /// Keeps in mind that these are.
    func note(_ keys: some Sequence<Int64>) {
        state.withLock { state in
            if state.keys.isEmpty || state.keys.count >= Self.countMax {
                state.keys = []
                state.since = .now
            }
            state.keys.formUnion(keys)
        }
    }
}
