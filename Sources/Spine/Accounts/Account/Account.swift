public import Foundation

/// A person's account.
public struct Account: Sendable, Hashable, Identifiable {
    /// Whether an account may be used.
    public enum State: String, Sendable, CaseIterable {
        /// It may.
        case active
        /// An operator has locked it until it is enabled again. Failed sign-ins lock for a time of their own.
        case locked
        /// It is out of use for good.
        case disabled
    }

    /// What names the account for ever.
    public let id: UUID
    /// The name to sign in with.
    public var login: LoginName
    /// The name that pages show.
    public var displayName: String
    /// The language of the person, a BCP 47 tag.
    public var locale: String
    /// Whether it may be used.
    public var state: State
    /// Whether the next sign-in leads to a new password first.
    public var mustChangePassword: Bool
    /// Whether a second factor is enrolled.
    public var hasSecondFactor: Bool
    /// The roles, past and future ones among them.
    public var assignments: [RoleAssignment]
    /// Sensitive categories of records that were granted to the account, each by its own act: `hiv`, `mentalHealth`, ….
    public var sensitivities: Set<String> = []
    /// When it was made, in milliseconds since 1970 UTC.
    public let created: Int64
    /// When it was last changed.
    public var changed: Int64

    /// The roles that hold at an instant.
    public func assignments(at now: Int64) -> [RoleAssignment] { assignments.filter { $0.holds(at: now) } }

    /// Whether a role of staff holds at an instant.
    public func isStaff(at now: Int64) -> Bool { assignments(at: now).contains { $0.role.isStaff } }
}
