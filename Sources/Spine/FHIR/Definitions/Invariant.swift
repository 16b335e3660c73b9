/// A rule of the specification in FHIRPath.
public struct Invariant: Sendable, Hashable {
    /// The element that it is stated on, such as `Patient.contact`; it holds for all that derives from there.
    public let path: String
    /// Its name, such as `pat-1`.
    public let key: String
    /// Error or warning.
    public let severity: Issue.Severity
    /// FHIRPath, true where the rule is kept.
    public let expression: String
}
