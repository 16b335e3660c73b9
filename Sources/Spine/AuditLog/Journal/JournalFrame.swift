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

    /// The bytes of the frame.
    func encoded() throws(AuditError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.prefixBytes)
        bytes.reserveCapacity(320)
        switch self {
        case .header(let at, let boot):
            bytes += [0, Self.layout]
            bytes.appendInteger(at)
            bytes.appendText(boot)
        case .entry(_, let encoding):
            bytes.append(1)
            bytes.append(contentsOf: encoding)
        case .mark(let at):
            bytes.append(2)
            bytes.appendInteger(at)
        }
        let count = bytes.count - Self.prefixBytes
        guard count <= Self.payloadBytesMax else {
            throw .journal("An event of \(count) bytes is too long for the audit journal.")
        }
        bytes.withUnsafeMutableBytes { buffer in
            let payload = UnsafeRawBufferPointer(rebasing: buffer[Self.prefixBytes...])
            buffer.storeBytes(of: UInt32(count).littleEndian, as: UInt32.self)
            buffer.storeBytes(of: CRC32C.checksum(payload).littleEndian, toByteOffset: 4, as: UInt32.self)
        }
        return bytes
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
        /// With bytes that are no frame.
        case damaged
    }

    /// Reads frames up to the first that is not whole.
    ///
    /// - Returns: the frames, the bytes they take, and what stands behind them.
    static func scan(_ bytes: [UInt8]) throws(AuditEncodingError) -> (frames: [JournalFrame], count: Int, end: End) {
        var frames: [JournalFrame] = []
        var place = 0
        while place < bytes.count {
            guard bytes.count - place >= prefixBytes else { return (frames, place, .cut) }
            let (length, checksum) = bytes.withUnsafeBytes { buffer in
                (
                    Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: place, as: UInt32.self))),
                    UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
                )
            }
            guard length > 0, length <= payloadBytesMax else { return (frames, place, .damaged) }
            let start = place + prefixBytes
            guard bytes.count - start >= length else { return (frames, place, .cut) }
            let sum = bytes.withUnsafeBytes { buffer in
                CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer[start..<start + length]))
            }
            guard sum == checksum else { return (frames, place, .damaged) }
            frames.append(try JournalFrame(bytes, payload: start..<start + length))
            place = start + length
        }
        return (frames, place, .whole)
    }
}
