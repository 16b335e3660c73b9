/// What is wrong with a message, a batch or a mapping, told so that a person can act on it.
public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
    /// HL7 table 0516, what an `ERR` segment carries.
    public enum Severity: String, Sendable, CaseIterable {
        /// The message can't be used.
        case error = "E"
        /// The message is used, and somebody should look.
        case warning = "W"
        /// Worth knowing.
        case information = "I"
    }

    /// HL7 table 0357, message error conditions.
    public enum Code: Int, Sendable, CaseIterable {
        case accepted = 0
        case segmentSequence = 100
        case requiredFieldMissing = 101
        case dataType = 102
        case tableValueNotFound = 103
        case unsupportedMessageType = 200
        case unsupportedEventCode = 201
        case unsupportedProcessingID = 202
        case unsupportedVersion = 203
        case unknownKey = 204
        case duplicateKey = 205
        case recordLocked = 206
        case internalError = 207

        /// The condition's name as the table has it.
        public var name: String {
            switch self {
            case .accepted: "Message accepted"
            case .segmentSequence: "Segment sequence error"
            case .requiredFieldMissing: "Required field missing"
            case .dataType: "Data type error"
            case .tableValueNotFound: "Table value not found"
            case .unsupportedMessageType: "Unsupported message type"
            case .unsupportedEventCode: "Unsupported event code"
            case .unsupportedProcessingID: "Unsupported processing id"
            case .unsupportedVersion: "Unsupported version id"
            case .unknownKey: "Unknown key identifier"
            case .duplicateKey: "Duplicate key identifier"
            case .recordLocked: "Application record locked"
            case .internalError: "Application internal error"
            }
        }
    }

    /// Where in the message.
    public struct Place: Sendable, Hashable, CustomStringConvertible {
        /// `PID`.
        public var segment: String
        /// Which of the segments with this name, from 1.
        public var occurrence: Int
        /// The field from 1; nil: the segment as a whole.
        public var field: Int?
        /// The component from 1.
        public var component: Int?

        /// Creates a place.
        public init(_ segment: String, occurrence: Int = 1, field: Int? = nil, component: Int? = nil) {
            self.segment = segment
            self.occurrence = occurrence
            self.field = field
            self.component = component
        }

        /// `PID-3`, `OBX[2]-5.1`.
        public var description: String {
            var text = occurrence > 1 ? "\(segment)[\(occurrence)]" : segment
            if let field { text += "-\(field)" }
            if let component { text += ".\(component)" }
            return text
        }
    }

    /// How bad it is.
    public var severity: Severity
    /// Which condition.
    public var code: Code
    /// Where; nil: the input as a whole.
    public var place: Place?
    /// What was found.
    public var what: String
    /// What to do about it.
    public var hint: String

    /// Creates a fault.
    public init(_ severity: Severity, _ code: Code, _ place: Place?, _ what: String, hint: String) {
        self.severity = severity
        self.code = code
        self.place = place
        self.what = what
        self.hint = hint
    }

    /// Creates a fault of the input as a whole.
    public init(_ severity: Severity, _ code: Code, _ what: String, hint: String) {
        self.init(severity, code, nil, what, hint: hint)
    }

    /// `error 101 at PID-3: …; …`
    public var description: String {
        let kind = severity == .error ? "error" : severity == .warning ? "warning" : "information"
        return "\(kind) \(code.rawValue)\(place.map { " at \($0)" } ?? ""): \(what); \(hint)"
    }
}

extension Sequence<Fault> {
    /// Whether any of them makes the message unusable.
    public var refuses: Bool { contains { $0.severity == .error } }
}
