import Synchronization

/// A token bucket for each of many keys, of one rate.
///
/// Of each bucket one number is kept: when it will be full again. Memory is bounded: buckets live in two generations of at
/// most `keysMax` each; when the younger one is full it becomes the elder, and the former elder is forgotten. Whoever has
/// the means to push others out by that many addresses at once gains a burst, not the server's memory.
package final class TokenBuckets<Key: Hashable & Sendable>: Sendable {
    private struct Generations {
        var younger: [Key: Int64] = [:]
        var elder: [Key: Int64] = [:]
    }

    private let rate: Rate
    private let keysMax: Int
    private let generations = Mutex(Generations())

    package init(_ rate: Rate, keysMax: Int) {
        self.rate = rate
        self.keysMax = keysMax
    }

    /// Takes a token.
    /// - Parameter now: nanoseconds of a clock that only goes forth.
    /// - Returns: nil when there was one, else after how many nanoseconds there will be.
    package func take(_ key: Key, now: Int64) -> Int64? {
        generations.withLock { all in
            let full = max(all.younger[key] ?? all.elder[key] ?? now, now)
            let wait = full - now - rate.tolerance
            if wait > 0 { return wait }
            if all.younger[key] == nil, all.younger.count >= keysMax {
                all.elder = all.younger
                all.younger = [:]
            }
            all.younger[key] = full + rate.interval
            return nil
        }
    }

    /// How many keys are known.
    package var count: Int { generations.withLock { $0.younger.count + $0.elder.count } }
}
