/// From bytes to messages: character set, envelope, segments, header.
public struct Reading: Sendable {
    /// A message that came, readable or not.
    public struct Item: Sendable {
        /// Where it stands in the decoded text.
        public var piece: Envelope.Piece
        /// The message; nil when it can't be read.
        public var message: Message?
        /// What MSH says; nil where there is no message.
        public var header: MessageHeader?
        /// What is wrong with it; the message is refused when one is an error.
        public var faults: [Fault]
    }

    /// The messages in order; none when the envelope is refused.
    public let items: [Item]
    /// What is wrong with the input as a whole.
    public let faults: [Fault]
    /// In which character set it stood.
    public let charset: Charset

    /// Reads all messages of a file, a frame or a batch.
    ///
    /// - Parameters:
    ///   - bytes: as they came.
    ///   - assumed: the character set of senders that name none.
    public init(_ bytes: [UInt8], assumed: Charset? = nil, limits: V2Limits = V2Limits()) {
        let decoded = TextDecoding(assumed: assumed).decode(bytes)
        let envelope = Envelope(decoded.text, limits: limits)
        charset = decoded.charset
        faults = decoded.faults + envelope.faults
        guard !envelope.faults.refuses else {
            items = []
            return
        }
        let parser = MessageParser(limits: limits)
        items = envelope.pieces.map { piece in
            let result = parser.parse(envelope.bytes(piece))
            let header = result.message.map { MessageHeader($0) }
            return Item(
                piece: piece, message: result.message, header: header, faults: result.faults + (header?.faults() ?? []))
        }
    }
}
