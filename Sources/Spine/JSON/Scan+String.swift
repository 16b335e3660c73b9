extension Scan {
    /// The offset after the closing quote of a string whose characters begin at `from`, and whether it holds escapes.
    ///
    /// Plain ASCII is looked at eight bytes at a time; anything else goes to the thorough scanner.
    @inline(__always)
    static func string(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int
    ) throws(ParseFault) -> (end: Int, hasEscapes: Bool) {
        var offset = from
        while offset &+ 8 <= count {
            let found = special(in: word(UnsafeRawPointer(base), offset))
            if found == 0 {
                offset &+= 8
                continue
            }
            offset &+= found.trailingZeroBitCount &>> 3
            if base[offset] == UInt8(ascii: "\"") { return (offset &+ 1, false) }
            break
        }
        return try thoroughString(base, offset, count)
    }

    /// The high bit of each byte that ends plain ASCII: quote, backslash, control character or a byte of 0x80 and more.
    /// Bits above the lowest one set may be wrong.
    @inline(__always)
    private static func special(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let quotes = (quote &- ones) & ~quote
        let backslashes = (backslash &- ones) & ~backslash
        let controls = (word &- ones &* 0x20) & ~word
        return (quotes | backslashes | controls | word) & highs
    }

    /// As `string`, for a string of any characters; `from` may stand anywhere between two characters.
    @inline(never)
    private static func thoroughString(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int
    ) throws(ParseFault) -> (end: Int, hasEscapes: Bool) {
        var offset = from
        var hasEscapes = false
        while offset < count {
            let byte = base[offset]
            if byte == UInt8(ascii: "\"") { return (offset &+ 1, hasEscapes) }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                offset = try escape(base, offset, count)
            } else if byte < 0x20 {
                throw ParseFault(code: .controlCharacter, offset: offset)
            } else if byte < 0x80 {
                offset &+= 1
                while offset &+ 8 <= count {
                    let found = special(in: word(UnsafeRawPointer(base), offset))
                    if found != 0 {
                        offset &+= found.trailingZeroBitCount &>> 3
                        break
                    }
                    offset &+= 8
                }
            } else {
                offset = try sequence(base, offset, count)
            }
        }
        throw ParseFault(code: .unexpectedEnd, offset: count)
    }

    /// The end of the escape whose backslash stands at `from`; a surrogate pair counts as one.
    private static func escape(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int
    ) throws(ParseFault) -> Int {
        guard from &+ 1 < count else { throw ParseFault(code: .unexpectedEnd, offset: count) }
        switch base[from &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return from &+ 2
        case UInt8(ascii: "u"):
            let unit = try hexadecimal(base, from &+ 2, count, of: from)
            guard unit & 0xF800 == 0xD800 else { return from &+ 6 }
            guard unit < 0xDC00, from &+ 7 < count, base[from &+ 6] == UInt8(ascii: "\\"),
                base[from &+ 7] == UInt8(ascii: "u")
            else { throw ParseFault(code: .unpairedSurrogate, offset: from) }
            let low = try hexadecimal(base, from &+ 8, count, of: from &+ 6)
            guard low & 0xFC00 == 0xDC00 else { throw ParseFault(code: .unpairedSurrogate, offset: from) }
            return from &+ 12
        default:
            throw ParseFault(code: .invalidEscape, offset: from)
        }
    }

    private static func hexadecimal(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int, of escape: Int
    ) throws(ParseFault) -> UInt32 {
        var value: UInt32 = 0
        for offset in from..<(from &+ 4) {
            guard offset < count else { throw ParseFault(code: .unexpectedEnd, offset: count) }
            guard let digit = hexadecimalDigit(base[offset]) else {
                throw ParseFault(code: .invalidEscape, offset: escape)
            }
            value = value &<< 4 | digit
        }
        return value
    }

    static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }

    /// The end of the UTF-8 sequence of two to four bytes at `from` (RFC 3629, section 4).
    @inline(__always)
    private static func sequence(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int
    ) throws(ParseFault) -> Int {
        let lead = base[from]
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard lead >= 0xC2, lead <= 0xF4, from &+ length <= count else {
            throw ParseFault(code: .invalidUTF8, offset: from)
        }
        let second = base[from &+ 1]
        let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard second >= lowest, second <= highest else { throw ParseFault(code: .invalidUTF8, offset: from) }
        if length > 2, base[from &+ 2] & 0xC0 != 0x80 { throw ParseFault(code: .invalidUTF8, offset: from) }
        if length > 3, base[from &+ 3] & 0xC0 != 0x80 { throw ParseFault(code: .invalidUTF8, offset: from) }
        return from &+ length
    }
}
