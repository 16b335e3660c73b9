/// What a door hands over: one message, a batch, a bundle, a file, as it came.
public struct Delivery: Sendable {
    /// The connection's name: of v2 MSH-4 or the configured name, of HTTP the client's organisation.
    public var sender: String
    /// Where it came in.
    public var door: Door
    /// What it is.
    public var format: Format
    /// The character set to assume where the message names none; nil: it is found out.
    public var charset: String?
    /// As they came.
    public var bytes: [UInt8]
    /// Milliseconds since 1970 UTC.
    public var receivedAt: Int64

    /// Describes a delivery.
    public init(
        sender: String, door: Door, format: Format, charset: String? = nil, bytes: [UInt8], receivedAt: Int64
    ) {
        self.sender = sender
        self.door = door
        self.format = format
        self.charset = charset
        self.bytes = bytes
        self.receivedAt = receivedAt
    }
}

/// A way in.
public enum Door: String, Sendable, CaseIterable {
    case mllp, http, file, agent, form
}

/// What a delivery is.
public enum Format: Sendable, Hashable {
    /// HL7 version 2: a message, several, a batch, or a file of batches.
    case hl7v2
    /// FHIR in JSON: a Bundle, or one resource.
    case fhir
    /// FHIR resources in JSON, one a line.
    case ndjson
    /// Rows of a text file, by the name of the table that they belong to.
    case table(String)
    /// Something that the door has refused, with its reason: kept for the operator, never worked on.
    case refused(String)

    /// `hl7v2`, `table:NAME`.
    public var text: String {
        switch self {
        case .hl7v2: "hl7v2"
        case .fhir: "fhir"
        case .ndjson: "ndjson"
        case .table(let name): "table:\(name)"
        case .refused(let why): "refused:\(why)"
        }
    }

    init?(text: String) {
        switch text {
        case "hl7v2": self = .hl7v2
        case "fhir": self = .fhir
        case "ndjson": self = .ndjson
        default:
            if text.hasPrefix("table:") {
                self = .table(String(text.dropFirst(6)))
            } else if text.hasPrefix("refused:") {
                self = .refused(String(text.dropFirst(8)))
            } else {
                return nil
            }
        }
    }
}

/// What became of a delivery when it was durable.
public enum Acceptance: Sendable, Hashable {
    /// It is in the inbox under this number.
    case taken(id: Int64)
    /// It had come before, under this number; it is not worked on again.
    case duplicate(of: Int64)

    /// The number to ask about it by.
    public var id: Int64 {
        switch self {
        case .taken(let id), .duplicate(let id): id
        }
    }
}

/// Why the highway refused.
public enum HighwayError: Error, Sendable, Hashable {
    /// The sender has too much waiting; nothing of other senders is held up by it.
    case busy(retrySeconds: Int)
    /// It can't be made durable now.
    case unavailable(String)
    /// It is none of what the door takes.
    case refused(String)
    /// There is no such message, or it is not on the shelf.
    case notFound(String)

    /// What went wrong, and what to do.
    public var message: String {
        switch self {
        case .busy(let seconds): "Too much of this sender is waiting; send again in \(seconds) s."
        case .unavailable(let why): "It can't be kept now: \(why) Send it again."
        case .refused(let why): why
        case .notFound(let what): "There is no \(what)."
        }
    }
}
