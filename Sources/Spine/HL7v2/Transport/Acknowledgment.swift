/// The reply to a message.
///
/// Source: HL7 v2.8, chapter 2.9, "Message processing rules": original mode answers once the message was processed,
/// enhanced mode first says that it is safe (`CA`) and later what came of it (`AA`).
public struct Acknowledgment: Sendable, Hashable {
    /// Which question the reply answers.
    public enum Stage: Sendable, Hashable {
        /// Is the message kept safely?
        case accept
        /// What came of it?
        case application
    }

    /// What the receiver says.
    public enum Verdict: Sendable, Hashable {
        /// It is fine.
        case accepted
        /// Something in it is wrong.
        case error
        /// It can't be taken at all: its type, version or processing id isn't supported, or the receiver can't work now.
        case rejected
    }

    /// What is said when.
    public struct Reply: Sendable, Hashable {
        /// HL7 table 0008: `AA`, `AE`, `AR`, `CA`, `CE`, `CR`.
        public var code: String
        /// The whole message, in the character set of the one it answers.
        public var bytes: [UInt8]
    }

    /// Who answers, when, and under which id: what a pure function can't know.
    public struct Occasion: Sendable, Hashable {
        /// MSH-7 of the reply: `20261122120000+0800`.
        public var time: String
        /// MSH-10 of the reply.
        public var controlID: String

        /// Creates an occasion.
        public init(time: String, controlID: String) {
            self.time = time
            self.controlID = controlID
        }
    }

    private let header: MessageHeader
    private let delimiters: Delimiters
    private let charset: Charset

    /// The replies to a message.
    ///
    /// - Parameters:
    ///   - header: of the message that is answered.
    ///   - delimiters: its delimiters, in which the reply is written too.
    ///   - charset: its character set, in which the reply is written too.
    public init(to header: MessageHeader, delimiters: Delimiters = .usual, charset: Charset = .utf8) {
        self.header = header
        self.delimiters = delimiters
        self.charset = charset
    }

    /// The verdict that faults lead to.
    public static func verdict(_ faults: [Fault]) -> Verdict {
        let errors = faults.filter { $0.severity == .error }
        if errors.isEmpty { return .accepted }
        let rejects: Set<Fault.Code> = [
            .unsupportedMessageType, .unsupportedEventCode, .unsupportedProcessingID, .unsupportedVersion,
            .recordLocked,
            .internalError,
        ]
        return errors.contains { rejects.contains($0.code) } ? .rejected : .error
    }

    /// The reply of a stage, or nil when the sender doesn't want one.
    ///
    /// - Parameter decided: what the receiver has decided; nil: what the faults lead to.
    public func reply(
        _ stage: Stage, faults: [Fault], _ decided: Verdict? = nil, on occasion: Occasion
    ) -> Reply? {
        let verdict = decided ?? Self.verdict(faults)
        guard isWanted(stage, verdict) else { return nil }
        let letter = header.isEnhanced && stage == .accept ? "C" : "A"
        let code = letter + (verdict == .accepted ? "A" : verdict == .error ? "E" : "R")
        return Reply(code: code, bytes: message(code, faults, occasion))
    }

    /// In original mode there is one reply, of the application. In enhanced mode MSH-15 and MSH-16 say when; what isn't
    /// filled there counts as never.
    private func isWanted(_ stage: Stage, _ verdict: Verdict) -> Bool {
        guard header.isEnhanced else { return stage == .application }
        switch stage == .accept ? header.acceptAcknowledgment : header.applicationAcknowledgment {
        case "AL": return true
        case "ER": return verdict != .accepted
        case "SU": return verdict == .accepted
        default: return false
        }
    }

    private func message(_ code: String, _ faults: [Fault], _ occasion: Occasion) -> [UInt8] {
        var writer = MessageWriter(delimiters: delimiters)
        let version = header.version ?? "2.5"
        writer.segment(
            "MSH",
            [
                .init(header.receivingApplication), .init(header.receivingFacility), .init(header.sendingApplication),
                .init(header.sendingFacility), .init(occasion.time), "",
                isLater(version, than: "2.3") ? .init(components: ["ACK", header.event, "ACK"]) : "ACK",
                .init(occasion.controlID), .init(header.processingID ?? "P"), .init(version), "", "", "", "", "",
                .init(header.characterSet),
            ])
        let worst = faults.first { $0.severity == .error } ?? faults.first
        // MSA-3 was withdrawn with version 2.7, which keeps the reason in ERR alone.
        let text = isLater(version, than: "2.6") ? nil : worst.map { String("\($0)".prefix(250)) }
        writer.segment("MSA", [.init(code), .init(header.controlID), .init(text)])
        for fault in faults.prefix(Self.errorsMax) { write(fault, &writer, version) }
        return charset.encode(writer.bytes) ?? writer.bytes
    }

    /// How many `ERR` segments a reply has at most.
    private static let errorsMax = 50

    private func write(_ fault: Fault, _ writer: inout MessageWriter, _ version: String) {
        let place = fault.place
        let number = { (value: Int?) in value.map { String($0) } }
        if isLater(version, than: "2.4") {
            writer.segment(
                "ERR",
                [
                    "",
                    .init(components: [
                        place?.segment, place.map { String($0.occurrence) }, number(place?.field),
                        place?.field == nil ? nil : "1", number(place?.component),
                    ]),
                    .init(components: [String(fault.code.rawValue), fault.code.name, "HL70357"]),
                    .init(fault.severity.rawValue), "", "", .init(fault.what), .init(fault.hint),
                ])
        } else {
            // ERR-1 before version 2.5: segment, sequence, field, and the condition in subcomponents.
            writer.segment(
                "ERR",
                [
                    .init(repetitions: [
                        [
                            [place?.segment ?? ""], [place.map { String($0.occurrence) } ?? ""],
                            [number(place?.field) ?? ""], [String(fault.code.rawValue), fault.what, "HL70357"],
                        ]
                    ])
                ])
        }
    }

    private func isLater(_ version: String, than other: String) -> Bool {
        let parts = { (text: String) in text.split(separator: ".").compactMap { Int($0) } }
        return parts(other).lexicographicallyPrecedes(Array(parts(version).prefix(2)))
    }
}
