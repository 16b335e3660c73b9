/// A fault as the parser meets it; the path is worked out afterwards.
struct ParseFault: Error {
    enum Code {
        case unexpectedEnd, unexpectedByte, invalidNumber, invalidEscape, invalidUTF8, unpairedSurrogate
        case controlCharacter, duplicateKey, tooDeep, trailingBytes
    }

    var code: Code
    /// Byte in the text.
    var offset: Int
}

/// The scanners of single tokens. Each takes the text as base and count, and an offset into it, which is where it
/// starts.
enum Scan {
    @inline(__always)
    static func spaces(_ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int) -> Int {
        var offset = from
        while offset < count {
            let byte = base[offset]
            guard byte <= 0x20 else { break }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            offset &+= 1
        }
        return offset
    }

    /// The end of a literal that starts at `from`; its first letter has been seen.
    @inline(__always)
    static func literal(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int, _ rest: StaticString
    ) throws(ParseFault) -> Int {
        let length = rest.utf8CodeUnitCount
        let letters = rest.utf8Start
        var index = 0
        while index < length {
            let offset = from &+ 1 &+ index
            guard offset < count else { throw ParseFault(code: .unexpectedEnd, offset: count) }
            guard base[offset] == letters[index] else { throw ParseFault(code: .unexpectedByte, offset: offset) }
            index &+= 1
        }
        return from &+ 1 &+ length
    }
}
