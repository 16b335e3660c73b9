/// What the accounts are run with.
public struct AccountsOptions: Sendable {
    /// The rules for new passwords.
    public var passwords = PasswordPolicy()
    /// What argon2id is computed with; older hashes are made anew at the next sign-in.
    public var argon2 = Argon2Parameters.recommended
    /// How many passwords are hashed at once, each in ``Argon2Parameters/memoryKiB`` of memory.
    public var hashingConcurrency = 2
    /// How many more may wait before sign-ins are told to come again.
    public var hashingWaitingMax = 64
    /// A file of breached passwords (``HashList``); nil for none but the program's own.
    public var breachList: String?
    /// How failures slow an account down.
    public var accountLockout = LockoutRule.account
    /// How failures slow a network address down.
    public var networkLockout = LockoutRule.network
    /// How long a session of staff may lie idle, in seconds. Assessors of GB/T 22239 level 3: 15 to 30 minutes.
    public var staffIdleSeconds = 1_800
    /// How long another session may lie idle, in seconds.
    public var residentIdleSeconds = 3_600
    /// When a session of staff ends in any case, in seconds: a shift.
    public var staffSessionSeconds = 12 * 3_600
    /// When another session ends in any case, in seconds.
    public var residentSessionSeconds = 24 * 3_600
    /// How long a sign-in may stand at a step before the last, in seconds.
    public var stageSeconds = 900
    /// How many sessions an account has; a new one ends the oldest.
    public var sessionsMax = 10
    /// The roles that can't go without a second factor. GB/T 22239 level 3, 身份鉴别 d, asks for two factors of staff.
    public var rolesWithSecondFactor: Set<Role> = []
    /// The name of the platform in authenticator apps.
    public var issuer = "健康大脑 Health Brain"
    /// The time, in milliseconds since 1970 UTC.
    public var now: @Sendable () -> Int64
    /// So many random bytes, as good as those of the operating system.
    public var random: @Sendable (Int) -> [UInt8]
    /// Begins to record what a call does; called in the task of the call, so that it knows who asks. What can't be recorded
    /// is not done.
    public var recording: @Sendable () -> AccountRecorder = { { _, _ in } }
    /// After how many seconds an account, by its login name or id, may try to sign in again; nil when it may now. Asked before
    /// anything is looked at, beside the lock-out.
    public var admission: @Sendable (_ account: String) -> Int? = { _ in nil }

    /// The rules of the house.
    ///
    /// - Parameters:
    ///   - now: the time, in milliseconds since 1970 UTC.
    ///   - random: so many random bytes; those of the operating system when nil.
    public init(now: @escaping @Sendable () -> Int64, random: (@Sendable (Int) -> [UInt8])? = nil) {
        self.now = now
        self.random = random ?? randomBytes
    }
}
