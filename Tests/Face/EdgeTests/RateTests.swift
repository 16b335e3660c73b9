import Edge
import Synchronization
import Testing

/// How often somebody may ask.
@Suite("rates")
struct RateTests {
    private static let second: Int64 = 1_000_000_000

    @Test("gives a burst, then so many a second, and says when to come again")
    func bucket() {
        let buckets = TokenBuckets<Int>(Rate(perSecond: 2, burst: 3), keysMax: 8)
        let start = 7 * Self.second
        for _ in 0..<3 { #expect(buckets.take(1, now: start) == nil) }
        #expect(buckets.take(1, now: start) == Self.second / 2)
        #expect(buckets.take(2, now: start) == nil, "another key has a bucket of its own")
        #expect(buckets.take(1, now: start + Self.second / 2) == nil)
        #expect(buckets.take(1, now: start + Self.second / 2) == Self.second / 2)
        for _ in 0..<3 { #expect(buckets.take(1, now: start + 60 * Self.second) == nil) }
        #expect(buckets.take(1, now: start + 60 * Self.second) != nil, "a rest gives a burst and no more")
    }

    @Test("never lets more through than burst and rate allow", arguments: 0..<50 as Range<UInt64>)
    func bound(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
        let perSecond = Double(1 + random(50)), burst = Double(1 + random(20))
        let buckets = TokenBuckets<Int>(Rate(perSecond: perSecond, burst: burst), keysMax: 4)
        var now: Int64 = 0
        var taken: [Int64] = []
        for _ in 0..<500 {
            now += Int64(random(200_000_000))
            if buckets.take(0, now: now) == nil { taken.append(now) }
        }
        for (index, start) in taken.enumerated() {
            for (further, end) in taken[index...].enumerated() {
                let allowed = burst + Double(end - start) * 1e-9 * perSecond + 0.001
                #expect(Double(further + 1) <= allowed)
            }
        }
    }

    @Test("remembers a bounded number of keys, the newest ones among them")
    func memory() {
        let buckets = TokenBuckets<Int>(Rate(perSecond: 1, burst: 1), keysMax: 100)
        for key in 0..<10_000 {
            #expect(buckets.take(key, now: 0) == nil)
            #expect(buckets.take(key, now: 0) != nil)
            #expect(buckets.count <= 200)
        }
    }

    @Test("limits kinds, networks and accounts apart")
    func limits() throws {
        let clock = Mutex<Int64>(0)
        let limits = RateLimits(
            [
                .writes: .init(address: Rate(perSecond: 1, burst: 2), account: Rate(perSecond: 1, burst: 1)),
                .reads: .init(address: Rate(perSecond: 1, burst: 1), account: nil),
            ]
        ) { clock.withLock { $0 } }
        let one = try #require(NetworkAddress("2001:db8::1")), neighbour = try #require(NetworkAddress("2001:db8::2"))
        let other = try #require(NetworkAddress("2001:db8:0:1::1"))
        #expect(limits.admit(.writes, address: one) == nil)
        #expect(limits.admit(.writes, address: neighbour) == nil)
        let refusal = try #require(limits.admit(.writes, address: one))
        #expect(refusal.retrySeconds == 1 && refusal.kind == .writes)
        #expect(limits.admit(.writes, address: other) == nil)
        #expect(limits.admit(.reads, address: one) == nil)
        #expect(limits.admit(.reads, address: one) != nil)
        #expect(limits.admit(.exports, address: one) == nil, "a kind without rates has no limit")
        #expect(limits.admit(.writes, account: "a") == nil)
        #expect(limits.admit(.writes, account: "a") != nil)
        #expect(limits.admit(.writes, account: "b") == nil)
        clock.withLock { $0 += Self.second }
        #expect(limits.admit(.writes, address: one) == nil)
    }

    @Test("reads what an operator writes")
    func texts() throws {
        let rates = try RateLimits.rates(["reads=off", "sign-in=5:300/0.2:20"])
        #expect(rates[.reads] == nil)
        #expect(
            rates[.signIn] == .init(address: Rate(perSecond: 5, burst: 300), account: Rate(perSecond: 0.2, burst: 20)))
        #expect(rates[.writes] == RateLimits.standard[.writes])
    }

    @Test(
        "refuses a limit that is none",
        arguments: [
            "", "reads", "reads=", "reads=1:1", "reads=1:1/1", "reads=0:1/1:1", "reads=1:0/1:1", "x=off",
            "reads=-1:1/1:1",
        ])
    func malformed(text: String) {
        #expect(throws: RateLimits.Malformed.self) { try RateLimits.rates([text]) }
    }
}
