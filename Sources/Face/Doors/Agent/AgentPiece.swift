/// What an agent has taken in and is about to send, for who looks at it on the way.
public struct AgentPiece: Sendable, Hashable {
    /// In which form it is.
    public enum Form: Sendable, Hashable {
        /// HL7 v2 messages.
        case hl7v2
        /// FHIR: one resource or Bundle.
        case fhir
        /// FHIR: one resource a line.
        case ndjson
        /// Rows of a table by its name.
        case table(String)
    }

    /// The name that the platform knows the institution by.
    public let sender: String
    /// The file, or what else people know it by.
    public let origin: String
    /// Its form.
    public let form: Form
    /// As it came.
    public let body: [UInt8]

    init(_ item: AgentQueue.Item) {
        sender = item.sender
        origin = item.origin
        form =
            switch item.content {
            case .hl7v2: .hl7v2
            case .fhir: .fhir
            case .ndjson: .ndjson
            case .table(let name): .table(name)
            }
        body = item.body
    }
}
