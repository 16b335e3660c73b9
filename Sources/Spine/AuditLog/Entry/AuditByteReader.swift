extension [UInt8] {
    /// Eight bytes, the highest first.
    mutating func appendInteger(_ value: Int64) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// Seven bits a byte, the lowest first; the high bit says that more follow.
    mutating func appendCount(_ count: Int) {
        var rest = UInt64(count)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// The number of UTF-8 bytes and the bytes.
    mutating func appendText(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            appendCount(utf8.count)
            append(contentsOf: utf8)
        }
    }
}

/// Reads what the methods above wrote, and nothing else.
struct AuditByteReader {
    private let source: [UInt8]
    private var place: Int
    private let end: Int

    init(_ bytes: [UInt8]) { self.init(bytes, bytes.indices) }

    /// Reads a part of some bytes, without a copy.
    init(_ bytes: [UInt8], _ part: Range<Int>) {
        source = bytes
        place = part.lowerBound
        end = part.upperBound
    }

    var isAtEnd: Bool { place == end }

    mutating func byte() throws(AuditEncodingError) -> UInt8 {
        guard place < end else { throw .truncated }
        defer { place += 1 }
        return source[place]
    }

    mutating func integer() throws(AuditEncodingError) -> Int64 {
        guard end - place >= 8 else { throw .truncated }
        var value: UInt64 = 0
        for byte in source[place..<place + 8] { value = value << 8 | UInt64(byte) }
        place += 8
        return Int64(bitPattern: value)
    }

    /// A number of things that follow, each of a byte at least.
    mutating func count() throws(AuditEncodingError) -> Int {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                // A last byte of zero says nothing that a shorter form would not.
                if byte == 0, shift > 0 { throw .malformed }
                break
            }
            shift += 7
            if shift > 28 { throw .malformed }
        }
        guard value <= UInt64(end - place) else { throw .truncated }
        return Int(value)
    }

    /// Where some counted bytes are, which are passed over.
    mutating func part() throws(AuditEncodingError) -> Range<Int> {
        let count = try count()
        defer { place += count }
        return place..<place + count
    }

    mutating func bytes() throws(AuditEncodingError) -> [UInt8] { Array(source[try part()]) }

    mutating func text() throws(AuditEncodingError) -> String {
        let part = try part()
        if part.isEmpty { return "" }
        let text = source.withUnsafeBufferPointer { buffer -> String? in
            let bytes = UnsafeBufferPointer(rebasing: buffer[part])
            // What is ASCII needs no validation, which costs more than all the rest.
            return bytes.allSatisfy { $0 < 0x80 }
                ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
        }
        guard let text else { throw .malformed }
        return text
    }
}
