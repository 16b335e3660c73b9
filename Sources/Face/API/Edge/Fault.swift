import Accounts
import FHIR
import Gate
import HTTPTypes
import JSON
import Records
import Terminology

/// A request that is not done: the status, the issues that explain it to the client, and headers that belong to it.
struct Fault: Error {
    var status: HTTPResponse.Status
    var issues: [Issue]
    var fields = HTTPFields()

    init(_ status: HTTPResponse.Status, _ code: IssueCode, _ diagnostics: String, severity: Issue.Severity = .error) {
        self.status = status
        issues = [Issue(severity: severity, code: code, diagnostics: diagnostics)]
    }

    init(_ error: RecordsError) {
        status = HTTPResponse.Status(code: error.category.statusCode)
        issues = error.issues
        if status == .serviceUnavailable { fields[.retryAfter] = "1" }
        if status == .unauthorized { fields = Self.notSignedIn.fields }
    }

    /// Any error that reaches the edge. What isn't meant for clients stays in the log: they read only that it is ours.
    init(_ error: any Error) {
        switch error {
        case let fault as Fault: self = fault
        case let error as RecordsError: self.init(error)
        case let error as JSONError: self.init(error)
        case let error as TerminologyError: self.init(error)
        case let error as GateError: self.init(error)
        case let refused as Refused: self = .refused(refused.refusal)
        case let error as AccountsError: self.init(error)
        case let error as Form.Malformed: self = .malformedQuery(error)
        default: self.init(.internalServerError, .exception, "The server failed. The log has the reason.")
        }
    }

    init(_ error: JSONError) {
        if case .tooLarge(let limit) = error.reason {
            self = .bodyTooLarge(limit: limit)
        } else {
            self.init(.badRequest, .structure, "The body can't be read as JSON: \(error)", severity: .fatal)
        }
    }
}

/// The faults that the door itself finds.
extension Fault {
    /// In the words in which the store says that something is not there.
    static func noSuchRecord(_ key: ResourceKey) -> Fault { Fault(RecordsError(.notFound, "There is no \(key).")) }

    static func unknownType(_ name: String) -> Fault {
        Fault(.notFound, .notSupported, "\"\(clipped(name))\" is not a resource type of FHIR R4.")
    }

    static func unknownRoute(_ path: String) -> Fault {
        Fault(
            .notFound, .notFound,
            "There is nothing at \"/fhir\(clipped(path))\". Addresses are /fhir/[type], /fhir/[type]/[id], "
                + "/fhir/[type]/[id]/_history/[version] and /fhir/metadata.")
    }

    static func unknownOperation(_ name: String) -> Fault {
        Fault(.notFound, .notSupported, "The operation \"\(clipped(name))\" is not available on this server.")
    }

    static func methodNotAllowed(_ method: HTTPRequest.Method, _ allowed: [HTTPRequest.Method]) -> Fault {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        var fault = Fault(
            .methodNotAllowed, .notSupported, "\(method.rawValue) is not possible here. Possible: \(names).")
        fault.fields[.allow] = names
        return fault
    }

    static func notAcceptable(_ wanted: String) -> Fault {
        Fault(
            .notAcceptable, .notSupported,
            "\"\(clipped(wanted))\" can't be answered. This server speaks application/fhir+json, FHIR 4.0.")
    }

    static func unsupportedMediaType(_ sent: String) -> Fault {
        Fault(
            .unsupportedMediaType, .notSupported,
            "A body of \"\(clipped(sent))\" can't be read. Send application/fhir+json in UTF-8.")
    }

    static func unsupportedCoding(_ sent: String) -> Fault {
        var fault = Fault(
            .unsupportedMediaType, .notSupported,
            "A body with the content coding \"\(clipped(sent))\" can't be read. Send it plain or with gzip.")
        fault.fields[.acceptEncoding] = "gzip, deflate, identity"
        return fault
    }

    static func bodyTooLarge(limit: Int) -> Fault {
        Fault(.contentTooLarge, .tooLong, "The body is larger than \(limit) bytes, which is the most that is read.")
    }

    static func bodyTooSlow(seconds: Double) -> Fault {
        Fault(.requestTimeout, .timeout, "The body did not arrive within \(seconds) seconds.")
    }

    static let bodyDamaged = Fault(.badRequest, .structure, "The body is said to be compressed but can't be expanded.")

    static let bodyIncomplete = Fault(.badRequest, .incomplete, "The body ended before it was complete.")

    static let bodyMissing = Fault(.badRequest, .required, "A body with a resource is needed.")

    static func malformedQuery(_ error: Form.Malformed) -> Fault {
        Fault(
            .badRequest, .invalid,
            "A name or value of the query is not percent-encoded UTF-8 text (\(error.text.utf8.count) bytes long).")
    }

    static func malformedHeader(_ name: HTTPField.Name, _ expectation: String) -> Fault {
        Fault(.badRequest, .value, "The header \(name.canonicalName) must be \(expectation).")
    }

    static func malformedParameter(_ name: String, _ expectation: String) -> Fault {
        Fault(.badRequest, .value, "The parameter \(name) must be \(expectation).")
    }

    static func unknownParameter(_ name: String, _ known: [String]) -> Fault {
        Fault(
            .badRequest, .notSupported,
            "The parameter \"\(clipped(name))\" is not known here. Known: \(known.joined(separator: ", ")).")
    }

    /// Names that a client sent come back at most this long.
    private static func clipped(_ text: String) -> String {
        text.count <= 100 ? text : text.prefix(100) + "…"
    }
}
