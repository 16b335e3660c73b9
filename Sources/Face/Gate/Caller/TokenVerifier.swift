public import Access
public import Accounts

/// Knows what a bearer token stands for (RFC 6750).
public protocol TokenVerifier: Sendable {
    /// What a token stands for; nil when it is not good, any more or at all.
    ///
    /// Asked at every request: it should be cheap for a token that was just looked at, and know within a second that one
    /// was revoked.
    ///
    /// - Throws: when that can't be known now; nobody is signed in then.
    func grant(of token: String) async throws -> TokenGrant?
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

    /// - Parameters:
    ///   - client: the client's id.
    ///   - holder: on whose behalf.
    ///   - scopes: what the token is limited to.
    ///   - purpose: why; nil for what the role or program usually does.
    public init(client: String, holder: Holder, scopes: Scopes, purpose: Purpose? = nil) {
        self.client = client
        self.holder = holder
        self.scopes = scopes
        self.purpose = purpose
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
