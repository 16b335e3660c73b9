/// How attempts to sign in are slowed down and stopped after failures.
public struct LockoutRule: Sendable, Hashable {
    /// The failure from which the next attempt has to wait.
    public var backOffFrom: Int
    /// How long it waits then, in seconds; doubled by each further failure.
    public var backOffSeconds: Int
    /// But never longer than this before the failure that locks, in seconds.
    public var backOffSecondsMax: Int
    /// The failure that locks.
    public var lockFrom: Int
    /// How long, in seconds; doubled by each further failure.
    public var lockSeconds: Int
    /// No wait is longer than this, in seconds.
    public var lockSecondsMax: Int
    /// After so many seconds one failure is forgotten.
    public var forgetSeconds: Int

    /// Of one account: locked for 15 minutes by the fifth failure, for 30 by more (GB/T 22239 level 3, 身份鉴别 b, and its
    /// assessors' practice of 5 failures and 15 to 30 minutes).
    public static let account = LockoutRule(
        backOffFrom: 3, backOffSeconds: 2, backOffSecondsMax: 60, lockFrom: 5, lockSeconds: 900, lockSecondsMax: 1_800,
        forgetSeconds: 86_400)

    /// Of one network address, behind which a whole hospital may sit: slower from the 100th failure, locked by the 200th;
    /// one is forgotten every half minute. Our choice: in an hour two thousand people mistype a hundred passwords.
    public static let network = LockoutRule(
        backOffFrom: 100, backOffSeconds: 1, backOffSecondsMax: 8, lockFrom: 200, lockSeconds: 900, lockSecondsMax: 900,
        forgetSeconds: 30)

    /// The wait after so many failures, in milliseconds.
    public func waitMilliseconds(failures: Int) -> Int64 {
        func doubled(_ seconds: Int, from first: Int, atMost limit: Int) -> Int64 {
            Int64(min(seconds << min(failures - first, 30), limit)) * 1_000
        }
        if failures >= lockFrom { return doubled(lockSeconds, from: lockFrom, atMost: lockSecondsMax) }
        return failures < backOffFrom ? 0 : doubled(backOffSeconds, from: backOffFrom, atMost: backOffSecondsMax)
    }
}

/// The failures of one account or network address.
public struct AttemptCount: Sendable, Hashable {
    /// How many are not forgotten yet.
    public private(set) var failures: Int
    /// From when forgetting is counted, in milliseconds since 1970 UTC.
    public private(set) var since: Int64
    /// Until when no attempt is taken.
    public private(set) var blockedUntil: Int64

    /// A count as it was kept; none at first.
    public init(failures: Int = 0, since: Int64 = 0, blockedUntil: Int64 = 0) {
        self.failures = failures
        self.since = since
        self.blockedUntil = blockedUntil
    }

    /// An attempt begins. It counts as a failure until it has succeeded, so that many at once are no way around.
    ///
    /// - Returns: nil when it may go on; else how long to wait, in milliseconds. An attempt that has to wait is not counted.
    public mutating func begin(at now: Int64, _ rule: LockoutRule) -> Int64? {
        let wait = wait(at: now, rule)
        if wait > 0 { return wait }
        forget(at: now, rule)
        failures += 1
        if failures == 1 { since = now }
        blockedUntil = now + rule.waitMilliseconds(failures: failures)
        return nil
    }

    /// How long the next attempt has to wait, in milliseconds. A clock that was set back makes it no longer than the rule's
    /// longest wait.
    public func wait(at now: Int64, _ rule: LockoutRule) -> Int64 {
        min(max(0, blockedUntil - now), Int64(rule.lockSecondsMax) * 1_000)
    }

    /// An attempt that had begun was none, or says nothing about the next one; `blockedUntil` is as it left it.
    public mutating func withdraw(_ own: AttemptCount) {
        failures = max(0, failures - 1)
        if blockedUntil == own.blockedUntil { blockedUntil = 0 }
    }

    /// When nothing is left to remember.
    public func forgotten(_ rule: LockoutRule) -> Int64 {
        max(blockedUntil, since + Int64(failures) * Int64(rule.forgetSeconds) * 1_000)
    }

    private mutating func forget(at now: Int64, _ rule: LockoutRule) {
        let period = Int64(rule.forgetSeconds) * 1_000
        let count = max(0, now - since) / period
        if count >= failures {
            failures = 0
            since = now
        } else {
            failures -= Int(count)
            since += count * period
        }
    }
}
