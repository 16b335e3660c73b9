/// One finding about a resource or a request, as FHIR's OperationOutcome lists them.
public struct Issue: Sendable, Equatable {
    /// How bad a finding is: the value set `issue-severity`.
    public enum Severity: String, Sendable, CaseIterable {
        /// The action could not go on.
        case fatal
        /// The content or the request is wrong.
        case error
        /// Worth attention, but no reason to refuse.
        case warning
        /// Only to be known.
        case information
    }

    /// How bad it is.
    public var severity: Severity
    /// What kind of finding it is.
    public var code: IssueCode
    /// What was found and what is allowed, in words for a person. A malformed code, date, id or reference may be
    /// quoted, cut to 80 characters; free text never is.
    public var diagnostics: String
    /// Where in the resource, as a FHIRPath such as `Patient.name[0].given[1]`; nil when it concerns no element.
    public var expression: String?
    /// Where in the text, in bytes from its start; nil when not known.
    public var byteOffset: Int?

    /// - Parameters:
    ///   - severity: how bad it is.
    ///   - code: what kind of finding it is.
    ///   - diagnostics: what was found and what is allowed, in words.
    ///   - expression: where in the resource, as FHIRPath.
    ///   - byteOffset: where in the text, in bytes from its start.
    public init(
        _ severity: Severity, _ code: IssueCode, _ diagnostics: String, expression: String? = nil,
        byteOffset: Int? = nil
    ) {
        self.severity = severity
        self.code = code
        self.diagnostics = diagnostics
        self.expression = expression
        self.byteOffset = byteOffset
    }

    /// The same as `init(_:_:_:expression:byteOffset:)` with every part named.
    public init(
        severity: Severity, code: IssueCode, diagnostics: String, expression: String? = nil, byteOffset: Int? = nil
    ) {
        self.init(severity, code, diagnostics, expression: expression, byteOffset: byteOffset)
    }
}
