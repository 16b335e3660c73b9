import Accounts
import Testing

@Suite struct LockoutTests {
    @Test("an account waits longer and longer, and is locked by the fifth failure")
    func account() {
        let seconds = (0...8).map { LockoutRule.account.waitMilliseconds(failures: $0) / 1_000 }
        #expect(seconds == [0, 0, 0, 2, 4, 900, 1_800, 1_800, 1_800])
    }

    @Test("no number of failures overflows", arguments: [0, 1, 5, 63, 64, 1_000, Int.max / 2])
    func bounds(failures: Int) {
        for rule in [LockoutRule.account, .network] {
            let wait = rule.waitMilliseconds(failures: failures)
            #expect(wait >= 0 && wait <= Int64(rule.lockSecondsMax) * 1_000)
        }
    }

    @Test("waits never grow shorter with more failures")
    func monotone() {
        for rule in [LockoutRule.account, .network] {
            let waits = (0...400).map { rule.waitMilliseconds(failures: $0) }
            #expect(waits == waits.sorted())
        }
    }

    /// A count that keeps the instant of every failure and forgets the oldest ones by walking through time.
    private struct Naive {
        var failures = 0
        var since: Int64 = 0
        var blocked: Int64 = 0

        mutating func attempt(_ now: Int64, _ rule: LockoutRule, succeeds: Bool) -> Bool {
            if now < blocked { return false }
            while failures > 0, now - since >= Int64(rule.forgetSeconds) * 1_000 {
                failures -= 1
                since += Int64(rule.forgetSeconds) * 1_000
            }
            if failures == 0 { since = now }
            failures += 1
            blocked = now + rule.waitMilliseconds(failures: failures)
            if succeeds { self = Naive() }
            return true
        }
    }

    @Test("counts as a naive model does", arguments: 0..<50 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rule = seed % 2 == 0 ? LockoutRule.account : .network
        var (count, naive, now) = (AttemptCount(), Naive(), Int64(1_767_225_600_000))
        for _ in 0..<2_000 {
            now += Int64.random(in: 0...(Bool.random(using: &random) ? 3_000 : 2_000_000), using: &random)
            let succeeds = Int.random(in: 0..<20, using: &random) == 0
            let isTaken = count.begin(at: now, rule) == nil
            if isTaken, succeeds { count = AttemptCount() }
            #expect(isTaken == naive.attempt(now, rule, succeeds: succeeds))
            #expect(count.failures == naive.failures)
            #expect(count.forgotten(rule) >= count.blockedUntil)
        }
    }

    @Test("an attempt that was none leaves no trace")
    func withdraw() {
        var count = AttemptCount()
        for _ in 0..<2 { #expect(count.begin(at: 1_000, .account) == nil) }
        let before = count
        #expect(count.begin(at: 1_000, .account) == nil)
        let own = count
        #expect(count.wait(at: 1_000, .account) == 2_000)
        count.withdraw(own)
        #expect(count.failures == before.failures)
        #expect(count.wait(at: 1_000, .account) == 0)
    }

    @Test("a clock that was set back locks for no longer than the longest wait")
    func clock() {
        var count = AttemptCount()
        for _ in 0..<5 { #expect(count.begin(at: max(10_000_000_000, count.blockedUntil), .account) == nil) }
        #expect(count.wait(at: 0, .account) == 1_800_000)
    }
}
