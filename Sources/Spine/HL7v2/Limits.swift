/// How large a message and its parts may be.
public struct V2Limits: Sendable, Hashable {
    /// A whole file or batch, in bytes.
    public var inputBytesMax = 256 << 20
    /// One message, in bytes. An `int` in HL7 has no bound; a scanned document in OBX-5 may be large.
    public var messageBytesMax = 32 << 20
    /// Segments of one message.
    public var segmentsMax = 100_000
    /// Fields of one segment.
    public var fieldsMax = 10_000
    /// Messages of one file.
    public var messagesMax = 1_000_000

    /// The usual limits.
    public init() {}
}
