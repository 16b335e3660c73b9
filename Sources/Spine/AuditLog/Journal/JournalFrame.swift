/// A frame of the journal: four bytes of length, four of CRC-32C (both with the lowest byte first), and the payload they
/// speak of.
enum JournalFrame: Equatable {
    /// The first frame of a segment: when it was begun, and in which life of the machine.
    case header(at: Int64, boot: String)
    /// An event, and its encoding.
    case entry(AuditEntry, encoding: [UInt8])
    /// Everything handed before this instant stands before this frame.
    case mark(at: Int64)

    /// Bytes before the payload.
    static let prefixBytes = 8
    /// The longest payload, in bytes.
    static let payloadBytesMax = 2 << 20
    private static let layout: UInt8 = 1
    /// The first byte of the payload of an event.
    static let entryKind: UInt8 = 1

    /// The bytes of the frame.
    func encoded() throws(AuditError) -> [UInt8] {
        var bytes: [UInt8] = []
        try Self.append(to: &bytes) { bytes in
            switch self {
            case .header(let at, let boot):
                bytes += [0, Self.layout]
                bytes.appendInteger(at)
                bytes.appendText(boot)
            case .entry(_, let encoding):
                bytes.append(Self.entryKind)
                bytes.append(contentsOf: encoding)
            case .mark(let at):
                bytes.append(2)
                bytes.appendInteger(at)
            }
        }
        return bytes
    }

    /// Appends the frame of an event.
    static func append(_ entry: AuditEntry, to bytes: inout [UInt8]) throws(AuditError) {
        try append(to: &bytes) { bytes in
            bytes.append(entryKind)
            entry.encode(into: &bytes)
        }
    }

    /// Appends a frame whose payload a closure appends.
    static func append(to bytes: inout [UInt8], _ payload: (inout [UInt8]) -> Void) throws(AuditError) {
        let start = bytes.count + prefixBytes
        bytes.append(contentsOf: repeatElement(0, count: prefixBytes))
        payload(&bytes)
        let count = bytes.count - start
        guard count <= payloadBytesMax else {
            throw .journal("An event of \(count) bytes is too long for the audit journal.")
        }
        bytes.withUnsafeMutableBytes { buffer in
            let payload = UnsafeRawBufferPointer(rebasing: buffer[start...])
            buffer.storeBytes(of: UInt32(count).littleEndian, toByteOffset: start - prefixBytes, as: UInt32.self)
            buffer.storeBytes(
                of: CRC32C.checksum(payload).littleEndian, toByteOffset: start - prefixBytes + 4, as: UInt32.self)
        }
    }

    private init(_ bytes: [UInt8], payload: Range<Int>) throws(AuditEncodingError) {
        var reader = AuditByteReader(bytes, payload)
        switch try reader.byte() {
        case 0:
            guard try reader.byte() == Self.layout else { throw .unknownLayout }
            self = .header(at: try reader.integer(), boot: try reader.text())
        case 1:
            self = .entry(try AuditEntry(&reader), encoding: Array(bytes[payload.dropFirst()]))
            return
        case 2: self = .mark(at: try reader.integer())
        default: throw .unknownCode
        }
        guard reader.isAtEnd else { throw .malformed }
    }

    /// The event, where it is one.
    var encodedEntry: AuditTrail.Encoded? {
        if case .entry(let entry, let encoding) = self {
            AuditTrail.Encoded(entry: entry, bytes: encoding)
        } else {
            nil
        }
    }

    /// How the frames of some bytes end.
    enum End: Equatable {
        /// With the bytes.
        case whole
        /// In the middle of a frame, as a write that was broken off leaves it.
        case cut
        /// With zeros to which nobody had come, or whose frame was not finished.
        case blank
        /// With bytes that are no frame.
        case damaged
    }

    /// Reads frames up to the first that is not whole.
    ///
    /// - Returns: the frames, the bytes they take, and what stands behind them.
    static func scan(_ bytes: [UInt8]) throws(AuditEncodingError) -> (frames: [JournalFrame], count: Int, end: End) {
        var frames: [JournalFrame] = []
        let (count, end) = try walk(bytes) { payload throws(AuditEncodingError) in
            frames.append(try JournalFrame(bytes, payload: payload))
        }
        return (frames, count, end)
    }

    /// Reads the events of frames up to the first that is not whole, of each only what the log needs besides its bytes.
    ///
    /// - Returns: the events, and the bytes that the frames take.
    static func events(
        _ bytes: [UInt8]
    ) throws(AuditEncodingError) -> (events: [AuditTrail.Encoded], count: Int) {
        var events: [AuditTrail.Encoded] = []
        let (count, _) = try walk(bytes) { payload throws(AuditEncodingError) in
            guard bytes[payload.lowerBound] == entryKind else { return }
            events.append(try AuditTrail.Encoded(bytes, payload.dropFirst()))
        }
        return (events, count)
    }

    /// Calls `body` with the place of each payload, up to the first frame that is not whole.
    private static func walk(
        _ bytes: [UInt8], _ body: (Range<Int>) throws(AuditEncodingError) -> Void
    ) throws(AuditEncodingError) -> (count: Int, end: End) {
        var place = 0
        while place < bytes.count {
            guard bytes.count - place >= prefixBytes else { return (place, .cut) }
            let (length, checksum) = bytes.withUnsafeBytes { buffer in
                (
                    Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: place, as: UInt32.self))),
                    UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
                )
            }
            if length == 0, checksum == 0 { return (place, .blank) }
            guard length > 0, length <= payloadBytesMax else { return (place, .damaged) }
            let start = place + prefixBytes
            guard bytes.count - start >= length else { return (place, .cut) }
            let sum = bytes.withUnsafeBytes { buffer in
                CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer[start..<start + length]))
            }
            guard sum == checksum else { return (place, .damaged) }
            try body(start..<start + length)
            place = start + length
        }
        return (place, .whole)
    }
}
