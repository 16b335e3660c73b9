import Accounts
import AuditLog
import Gate
import Highway
import Logging
import Records

extension Portal.Visit {
    /// What page an error of the accounts, the audit log or a form comes to; nil for other errors.
    func accountFault(_ error: any Error) -> ErrorView.Fault? {
        switch error {
        case is FormBody.Fault: return .malformed
        case let error as GateError:
            switch error {
            case .notForRole: return .forbidden
            case .forged: return .formExpired
            case .unknownPurpose, .reasonTooShort: return .malformed
            case .badToken: return .notSignedIn
            case .unavailable, .auditUnavailable:
                logger.error("the gate can't answer", metadata: ["path": "\(path)", "error": "\(error)"])
                return .unavailable
            }
        case let error as HighwayError:
            switch error {
            case .busy, .unavailable: return .unavailable
            case .refused: return .malformed
            case .notFound: return .notFound
            }
        case let error as RecordsError:
            switch error.category {
            case .unauthorized: return .notSignedIn
            case .forbidden: return .forbidden
            default: return nil
            }
        case is AuditError:
            logger.error("the audit log can't be used", metadata: ["path": "\(path)", "error": "\(error)"])
            return .unavailable
        case let error as AccountsError:
            switch error {
            case .notSignedIn: return .notSignedIn
            case .notFound: return .notFound
            case .unavailable, .busy: return .unavailable
            default: return nil
            }
        default: return nil
        }
    }
}
