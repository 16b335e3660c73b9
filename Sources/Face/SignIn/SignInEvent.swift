public import Foundation
public import SQL

/// Something that happened at the sign-in of programs or by another provider, for the audit. It holds no token.
public struct SignInEvent: Sendable, Hashable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// A person let a program act.
        case granted
        /// A person did not.
        case denied
        /// A client was refused, or what it asked for.
        case refused
        /// A client got a token.
        case tokenIssued
        /// A code or a refresh token came a second time: the grant was ended.
        case replayed
        /// A grant was ended by its client.
        case revoked
        /// A program was started for a patient from a page.
        case launched
        /// Somebody signed in by another provider.
        case providerSignedIn
        /// An identity of another provider was refused.
        case providerRefused
        /// A program was added, put out of use or into use again, or got another secret or other keys.
        case clientAdded, clientDisabled, clientEnabled, clientRotated
        /// An identity of another provider was tied to an account, or its tie was undone.
        case identityTied, identityUntied
        /// A new key signs identities.
        case signingKeyRotated
    }

    /// What happened.
    public let kind: Kind
    /// When, in milliseconds since 1970 UTC.
    public let at: Int64
    /// The client's id, or the provider's name; nil where it is not known.
    public let client: String?
    /// The account.
    public let account: UUID?
    /// The id of the patient in context.
    public let patient: String?
    /// Why something was refused, for the operators; English.
    public let reason: String?
}

/// Takes an event into the audit log. A change of programs, identities and keys comes inside its transaction, on whose
/// connection the log may be written too: what is thrown undoes it. Others come before the answer leaves, and an error is the
/// answer.
public typealias SignInRecorder = @Sendable (_ event: SignInEvent, _ transaction: SQLConnection?) throws -> Void
