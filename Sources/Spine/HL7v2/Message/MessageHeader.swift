/// What MSH says about a message: who sent what to whom, and how it wants to be answered.
public struct MessageHeader: Sendable, Hashable {
    /// MSH-3.
    public var sendingApplication: String?
    /// MSH-4.
    public var sendingFacility: String?
    /// MSH-5.
    public var receivingApplication: String?
    /// MSH-6.
    public var receivingFacility: String?
    /// MSH-7 as it stands.
    public var time: String?
    /// MSH-9.1: `ADT`.
    public var type: String?
    /// MSH-9.2: `A01`.
    public var event: String?
    /// MSH-9.3: `ADT_A01`.
    public var structure: String?
    /// MSH-10.
    public var controlID: String?
    /// MSH-11: `P` production, `T` training, `D` debugging.
    public var processingID: String?
    /// MSH-12: `2.5.1`.
    public var version: String?
    /// MSH-15: when a commit acknowledgment is wanted (`AL`, `NE`, `ER`, `SU`).
    public var acceptAcknowledgment: String?
    /// MSH-16: when an application acknowledgment is wanted.
    public var applicationAcknowledgment: String?
    /// MSH-18.
    public var characterSet: String?

    /// The header of something that says nothing about itself.
    public init() {}

    /// Reads the header of a message.
    public init(_ message: Message) {
        guard let segment = message.firstSegment("MSH") else { return }
        message.bytes.withUnsafeBufferPointer { bytes in
            func text(_ field: Int, _ component: Int = 1) -> String? {
                Self.text(message, bytes, message.fieldRange(segment, field), component)
            }
            sendingApplication = text(3)
            sendingFacility = text(4)
            receivingApplication = text(5)
            receivingFacility = text(6)
            time = text(7)
            type = text(9)
            event = text(9, 2)
            structure = text(9, 3)
            controlID = text(10)
            processingID = text(11)
            version = text(12)
            acceptAcknowledgment = text(15)
            applicationAcknowledgment = text(16)
            characterSet = text(18)
        }
    }

    /// The first subcomponent of a component of the first repetition, without blanks at its ends; nil where there is none.
    private static func text(
        _ message: Message, _ bytes: UnsafeBufferPointer<UInt8>, _ field: Range<Int>, _ component: Int
    ) -> String? {
        if field.isEmpty { return nil }
        var range = V2Splitting.part(bytes, field, message.delimiters.repetition, 1)
        range = V2Splitting.part(bytes, range, message.delimiters.component, component)
        range = V2Splitting.part(bytes, range, message.delimiters.subcomponent, 1)
        if range.isEmpty || range.count == 2 && bytes[range.lowerBound] == 0x22 && bytes[range.upperBound - 1] == 0x22 {
            return nil
        }
        // Blanks and escapes are rare, and plain ASCII letters at both ends need no look at Unicode.
        let isPlain = { (byte: UInt8) in byte > 0x20 && byte < 0x80 }
        let slice = UnsafeBufferPointer(rebasing: bytes[range])
        if isPlain(slice[0]), isPlain(slice[slice.count - 1]), !slice.contains(message.delimiters.escape) {
            return String(decoding: slice, as: UTF8.self)
        }
        var plain: [UInt8] = []
        Escapes(message.delimiters).resolve(slice, to: &plain)
        let text = String(decoding: plain, as: UTF8.self).trimmingBlanks
        return text.isEmpty ? nil : text
    }

    /// `ADT^A01`.
    public var kind: String { [type, event].compactMap { $0 }.joined(separator: "^") }

    /// Whether the sender uses enhanced acknowledgment: it does when it fills MSH-15 or MSH-16.
    public var isEnhanced: Bool { acceptAcknowledgment != nil || applicationAcknowledgment != nil }

    /// Checks what every message must say, whatever its type.
    public func faults() -> [Fault] {
        var faults: [Fault] = []
        func missing(_ severity: Fault.Severity, _ field: Int, _ what: String, _ hint: String) {
            faults.append(Fault(severity, .requiredFieldMissing, Fault.Place("MSH", field: field), what, hint: hint))
        }
        if type == nil {
            missing(.error, 9, "the message doesn't say its type", "write MSH-9 as type^event, such as ADT^A01")
        }
        if controlID == nil {
            missing(.warning, 10, "the message has no control id", "give each message its own MSH-10; replies name it")
        }
        if processingID == nil {
            missing(.warning, 11, "the message doesn't say its processing id", "write P for production in MSH-11")
        }
        if let version {
            if !version.hasPrefix("2.") || version.dropFirst(2).first?.isNumber != true {
                faults.append(
                    Fault(
                        .error, .unsupportedVersion, Fault.Place("MSH", field: 12),
                        "the version '\(version.prefix(20))' is none of 2.1 to 2.9", hint: "send HL7 version 2"))
            }
        } else {
            missing(.warning, 12, "the message doesn't say its version", "write the version in MSH-12; 2.5 is assumed")
        }
        return faults
    }
}

extension String {
    /// Without blanks at its ends.
    var trimmingBlanks: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
