public import Access

/// A program that may ask for access: an app of people, or a program of an institution.
public struct Client: Sendable, Hashable, Identifiable {
    /// What a program can keep secret, and for whom it acts (RFC 6749 §2.1).
    public enum Kind: String, Sendable, CaseIterable {
        /// An app on a person's device or in a browser; it keeps no secret.
        case `public`
        /// An app of people with a server of its own.
        case confidential
        /// A program without people (SMART Backend Services).
        case backend
    }

    /// How a program shows that it is itself.
    public enum Credential: Sendable, Hashable {
        /// It doesn't: public clients.
        case none
        /// By a secret, of which the SHA-256 is kept.
        case secret
        /// By a signature; its public keys are given here, as a JWK set.
        case keys(String)
        /// By a signature; its public keys are fetched from this address.
        case keysAt(String)
    }

    /// What it calls itself in every request.
    public let id: String
    /// What people read on the page that asks them.
    public var name: String
    /// What it can keep secret.
    public var kind: Kind
    /// Where answers may go, compared letter by letter.
    public var redirectURIs: [String]
    /// Where it is started from a page of the platform (EHR launch).
    public var launchURI: String?
    /// The most that it can get: scopes with blanks between them.
    public var scopes: String
    /// `Organization/…` that it belongs to; nil for a program of the whole city.
    public var organization: String?
    /// The division that a program of disease control answers for.
    public var division: Division?
    /// Why a backend program acts.
    public var purpose: Purpose
    /// Sensitive categories that were granted to a backend program.
    public var sensitivities: Set<Sensitivity> = []
    /// How it shows that it is itself.
    public internal(set) var credential: Credential
    /// Whether it may be used.
    public internal(set) var isEnabled = true
    /// When it was added, in milliseconds since 1970 UTC.
    public internal(set) var created: Int64 = 0

    var secretDigest: [UInt8]?
}

/// What a client is made with.
public struct NewClient: Sendable {
    /// What people read on the page that asks them.
    public var name: String
    /// What it can keep secret.
    public var kind: Client.Kind
    /// Where answers may go.
    public var redirectURIs: [String]
    /// Where it is started from a page of the platform.
    public var launchURI: String?
    /// The most that it can get.
    public var scopes: String
    /// `Organization/…` that it belongs to.
    public var organization: String?
    /// The division that a program of disease control answers for.
    public var division: Division?
    /// Why a backend program acts.
    public var purpose: Purpose
    /// Sensitive categories granted to a backend program.
    public var sensitivities: Set<Sensitivity>
    /// Its public keys as a JWK set, or where they are; nil for a secret (confidential) or nothing (public).
    public var keys: String?

    /// Describes a client.
    public init(
        name: String, kind: Client.Kind, redirectURIs: [String] = [], launchURI: String? = nil, scopes: String,
        organization: String? = nil, division: Division? = nil, purpose: Purpose = .treatment,
        sensitivities: Set<Sensitivity> = [], keys: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.redirectURIs = redirectURIs
        self.launchURI = launchURI
        self.scopes = scopes
        self.organization = organization
        self.division = division
        self.purpose = purpose
        self.sensitivities = sensitivities
        self.keys = keys
    }
}

/// Why a client can't be kept as described.
public struct ClientFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field.
    public let field: String
    /// The rule that it breaks, for a person.
    public let rule: String

    /// One sentence.
    public var description: String { "\(field): \(rule)" }
}
