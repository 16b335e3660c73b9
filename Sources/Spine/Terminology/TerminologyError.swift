public import FHIR

/// Why a question about codes could not be answered.
public struct TerminologyError: Error, Sendable, Equatable {
    /// What kind of failure it is; each has one issue code and one HTTP status.
    public enum Kind: Sendable, Equatable {
        /// A code system, value set, concept map or code that is not known here: 404.
        case notFound
        /// The question is malformed or lacks something: 400.
        case invalid
        /// A value set that imports itself, or content that can't be used: 422.
        case unprocessable
        /// The answer would be too large, or too dear to find: 422, issue code `too-costly`.
        case tooCostly
        /// Something of the specification that is not done here, such as an unknown filter: 422.
        case notSupported
        /// Only a part of a code system is here, and the answer depends on the rest: 422.
        case incomplete
        /// The source of terminology resources failed: 503.
        case unavailable
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// What was asked, what was found and what to do, in words.
    public let message: String

    /// - Parameters:
    ///   - kind: what kind of failure it is.
    ///   - message: words for a person.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The HTTP status that a server answers with.
    public var status: Int {
        switch kind {
        case .notFound: 404
        case .invalid: 400
        case .unprocessable, .tooCostly, .notSupported, .incomplete: 422
        case .unavailable: 503
        }
    }

    /// The failure as a finding.
    public var issue: Issue {
        let code: IssueCode =
            switch kind {
            case .notFound: .notFound
            case .invalid: .invalid
            case .unprocessable: .processing
            case .tooCostly: .tooCostly
            case .notSupported: .notSupported
            case .incomplete: .incomplete
            case .unavailable: .transient
            }
        return Issue(.error, code, message)
    }
}

extension TerminologyError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
