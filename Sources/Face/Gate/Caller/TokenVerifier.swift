public import Access
public import Accounts

/// Knows what a bearer token stands for (RFC 6750).
public protocol TokenVerifier: Sendable {
    /// What a token stands for; nil when it is not good, any more or at all.
    ///
    /// What it says counts for a quarter of a second, or until ``generation`` rises: it should know within half a second that
    /// a token was revoked elsewhere.
    ///
    /// - Throws: when that can't be known now; nobody is signed in then.
    func grant(of token: String) async throws -> TokenGrant?

    /// Rises whenever a token is ended in this process: what ``grant(of:)`` gave before may not hold any more. What others
    /// have ended is learnt by asking.
    var generation: UInt64 { get }
}

extension TokenVerifier {
    /// For verifiers that end no tokens.
    public var generation: UInt64 { 0 }
}

/// What a token lets its holder do.
public struct TokenGrant: Sendable {
    /// On whose behalf.
    public enum Holder: Sendable {
        /// A person, as the account is now; with the role that they chose, which must be one of the account's own.
        case person(Account, RoleAssignment)
        /// The program itself.
        case program(ProgramRights)
    }

    /// The client's id.
    public var client: String
    /// On whose behalf.
    public var holder: Holder
    /// What the token is limited to.
    public var scopes: Scopes
    /// Why; nil for what the role or program usually does.
    public var purpose: Purpose?
    /// When the token ends, in milliseconds since 1970 UTC.
    public var expires: Int64

    /// - Parameters:
    ///   - client: the client's id.
    ///   - holder: on whose behalf.
    ///   - scopes: what the token is limited to.
    ///   - purpose: why; nil for what the role or program usually does.
    ///   - expires: when the token ends, in milliseconds since 1970 UTC; never, where nothing is said.
    public init(client: String, holder: Holder, scopes: Scopes, purpose: Purpose? = nil, expires: Int64 = .max) {
        self.client = client
        self.holder = holder
        self.scopes = scopes
        self.purpose = purpose
        self.expires = expires
    }
}

/// What a program by itself was registered for.
public struct ProgramRights: Sendable, Hashable {
    /// The institution that it belongs to, by Organization id; nil for a program of the whole city.
    public var organization: String?
    /// The division of a program of disease control.
    public var division: Division?
    /// Sensitive categories granted to it.
    public var sensitivities: Set<Sensitivity>
    /// What it usually acts for.
    public var purpose: Purpose

    /// - Parameters:
    ///   - organization: the institution that it belongs to; nil for the whole city.
    ///   - division: the division of a program of disease control.
    ///   - sensitivities: sensitive categories granted to it.
    ///   - purpose: what it usually acts for.
    public init(
        organization: String?, division: Division? = nil, sensitivities: Set<Sensitivity> = [],
        purpose: Purpose = .operations
    ) {
        self.organization = organization
        self.division = division
        self.sensitivities = sensitivities
        self.purpose = purpose
    }
}
