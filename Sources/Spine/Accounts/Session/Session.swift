public import Foundation

/// A person's stay, from sign-in to its end.
public struct Session: Sendable, Hashable, Identifiable {
    /// How far a sign-in has come. Only ``full`` opens anything but the next step.
    public enum Stage: Int64, Sendable {
        /// The password was right; the second factor is still to come: ``Accounts/giveSecondFactor(_:token:request:)``.
        case secondFactor = 0
        /// A new password is to be chosen: ``Accounts/changePassword(current:new:token:words:request:)``.
        case newPassword = 1
        /// A second factor is to be enrolled: ``Accounts/beginEnrolment(token:algorithm:)``.
        case enrolment = 2
        /// Signed in.
        case full = 3
    }

    /// What names it in lists; it opens nothing.
    public let id: UUID
    /// Whose it is.
    public let accountID: UUID
    /// How far it has come.
    public internal(set) var stage: Stage
    /// When it began, in milliseconds since 1970 UTC.
    public let created: Int64
    /// When it was last used, to the minute.
    public internal(set) var seen: Int64
    /// When it ends in any case.
    public internal(set) var expires: Int64
    /// How long it may lie idle, in milliseconds.
    public internal(set) var idleMilliseconds: Int64
    /// The device in short words: `Firefox · Windows`.
    public internal(set) var device: String
    /// The network address that it began at.
    public internal(set) var address: String
    /// When the second factor was last given; nil for not at all.
    public internal(set) var secondFactorAt: Int64?

    /// The bit between two writes of ``seen``, in milliseconds.
    public static let seenMilliseconds: Int64 = 60_000

    /// Whether it is still good at an instant.
    public func isAlive(at now: Int64) -> Bool { now < expires && now < seen + idleMilliseconds }

    /// Whether the second factor was given within so many seconds.
    public func hasSecondFactor(withinSeconds seconds: Int, at now: Int64) -> Bool {
        guard let secondFactorAt else { return false }
        return now - secondFactorAt < Int64(seconds) * 1_000
    }
}

/// A session and whose it is.
public struct SignedIn: Sendable, Hashable {
    /// The session.
    public internal(set) var session: Session
    /// The account, with all its roles.
    public let account: Account
}

/// A session that has just begun or changed its token.
public struct NewSession: Sendable {
    /// The value of the session's cookie. It is nowhere else: only its SHA-256 is kept.
    public let token: String
    /// The session and whose it is.
    public let signedIn: SignedIn
}
