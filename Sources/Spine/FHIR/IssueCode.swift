/// The kinds of finding: FHIR's code system `issue-type`.
public enum IssueCode: String, Sendable, CaseIterable {
    /// Content invalid against the specification or a profile.
    case invalid
    /// A structural issue: unparsable, or not the shape that is asked for.
    case structure
    /// A required element is missing.
    case required
    /// An element or header value is invalid.
    case value
    /// A content validation rule failed.
    case invariant
    /// An authentication, authorisation or permissions issue.
    case security
    /// The client needs to log in.
    case login
    /// The user or system was not known.
    case unknown
    /// The session expired.
    case expired
    /// The user does not have the rights.
    case forbidden
    /// Some information was withheld.
    case suppressed
    /// Processing issues.
    case processing
    /// The request or content is not supported.
    case notSupported = "not-supported"
    /// A duplicate record.
    case duplicate
    /// More than one record matched where one was wanted.
    case multipleMatches = "multiple-matches"
    /// What the content refers to was not found.
    case notFound = "not-found"
    /// What the content refers to was deleted.
    case deleted
    /// Too long to be processed.
    case tooLong = "too-long"
    /// A code or system could not be understood.
    case codeInvalid = "code-invalid"
    /// An extension that the receiver could not process.
    case `extension`
    /// Too costly to be processed.
    case tooCostly = "too-costly"
    /// A business rule failed.
    case businessRule = "business-rule"
    /// An edit version conflict.
    case conflict
    /// Transient processing issues; the same may work later.
    case transient
    /// A resource or record lock failure.
    case lockError = "lock-error"
    /// No persistent store is there.
    case noStore = "no-store"
    /// An unexpected internal error.
    case exception
    /// An internal timeout.
    case timeout
    /// Not all of the results are there.
    case incomplete
    /// The system is throttled.
    case throttled
    /// A message for information.
    case informational
}
