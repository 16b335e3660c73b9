/// What was done or tried. The raw value is what the log stores; values are never used again for another meaning.
public enum AuditAction: UInt8, Sendable, CaseIterable {
    /// Someone proved who they are.
    case signIn = 1
    /// Someone ended a session, or it was ended for them.
    case signOut = 2
    /// Someone failed to prove who they are.
    case signInFailed = 3
    /// FHIR interaction.
    case read = 4
    /// FHIR interaction: one version.
    case vread = 5
    /// FHIR interaction: versions of a resource, a type or the whole store.
    case history = 6
    /// FHIR interaction.
    case search = 7
    /// FHIR interaction.
    case create = 8
    /// FHIR interaction.
    case update = 9
    /// FHIR interaction: an update by its differences.
    case patch = 10
    /// FHIR interaction.
    case delete = 11
    /// FHIR operation, `$…`.
    case operation = 12
    /// FHIR interaction: batch or transaction, where its parts are not told one by one.
    case transaction = 13
    /// Data of many people left the house.
    case export = 14
    /// Something was refused that is no FHIR interaction. A refused interaction is that interaction with the outcome
    /// ``AuditOutcome/refused``.
    case refusal = 15
    /// Someone opened a record without a care relation, with a reason.
    case breakGlass = 16
    /// A setting, an account, a role or a rule was changed.
    case configuration = 17
    /// The log itself was read.
    case auditRead = 18
    /// A masked value was shown in full.
    case reveal = 19
    /// A resident objects to an access.
    case objection = 20
    /// A server began to keep this log.
    case start = 21
    /// A server ended in order.
    case stop = 22
    /// Events of ``AuditEntry/period`` may be missing: the machine stopped before they were on disk.
    case possibleLoss = 23
    /// Records were handed to a receiver outside, by a subscription.
    case disclosure = 24
}

/// How it ended, by the codes of <http://hl7.org/fhir/R4/valueset-audit-event-outcome.html>.
public enum AuditOutcome: UInt8, Sendable, CaseIterable {
    /// It was done.
    case success = 0
    /// It was not allowed, or the request was wrong: the requester's part.
    case refused = 4
    /// It could not be done: the server's part.
    case failed = 8
    /// It could not be done, and more may be wrong.
    case majorFailure = 12
}
