public import FHIR
import SQL

/// Why Records refused. Every refusal explains itself by issues that a FHIR face can answer with.
public struct RecordsError: Error, Sendable {
    /// The kind of refusal; a face maps each to one status.
    public enum Category: Sendable, Equatable {
        /// There never was such a resource or version.
        case notFound
        /// It was there, and is deleted.
        case gone
        /// Nobody is signed in.
        case unauthorized
        /// Who is signed in may not do this; the reason tells nothing of any record.
        case forbidden
        /// The request collides with what is stored.
        case conflict
        /// `If-Match`, `If-None-Match` or a condition does not hold.
        case preconditionFailed
        /// A condition that must name one resource names several.
        case multipleMatches
        /// The request itself is malformed.
        case invalid
        /// The request is well formed, but its content breaks a rule.
        case unprocessable
        /// It would take more work than is allowed.
        case tooCostly
        /// This server does not do that.
        case notSupported
        /// The store can't serve now; try again.
        case unavailable
        /// A fault of ours.
        case `internal`
    }

    /// The kind of refusal.
    public var category: Category
    /// What is wrong, where, and what to do.
    public var issues: [Issue]

    /// Refuses with several issues.
    public init(_ category: Category, issues: [Issue]) {
        self.category = category
        self.issues = issues
    }

    /// Refuses with one issue.
    public init(_ category: Category, _ diagnostics: String, expression: String? = nil) {
        self.init(
            category,
            issues: [
                Issue(
                    severity: .error, code: category.issueCode, diagnostics: diagnostics, expression: expression)
            ])
    }

    /// What any error means to a caller of Records.
    init(translating error: any Error) {
        if let own = error as? RecordsError {
            self = own
        } else if let sql = error as? SQLError {
            switch sql.reason {
            case .busy, .closed: self.init(.unavailable, "The record store is busy or closing; try again.")
            case .full: self.init(.unavailable, "The disk of the record store is full; free some space and try again.")
            case .unavailable: self.init(.unavailable, sql.message)
            default: self.init(.internal, "The record store failed: \(sql.message)")
            }
        } else {
            self.init(.internal, "The record store failed: \(type(of: error))")
        }
    }
}

extension RecordsError.Category {
    var issueCode: IssueCode {
        switch self {
        case .notFound: .notFound
        case .gone: .deleted
        case .unauthorized: .login
        case .forbidden: .forbidden
        case .conflict, .preconditionFailed: .conflict
        case .multipleMatches: .multipleMatches
        case .invalid: .invalid
        case .unprocessable: .processing
        case .tooCostly: .tooCostly
        case .notSupported: .notSupported
        case .unavailable: .transient
        case .internal: .exception
        }
    }
}
