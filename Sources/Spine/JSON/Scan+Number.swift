extension Scan {
    /// The end of the number that starts at `from` with a minus sign or a digit, and whether it is written as an
    /// integer.
    @inline(__always)
    static func number(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int
    ) throws(ParseFault) -> (end: Int, isInteger: Bool) {
        var offset = from
        if base[offset] == UInt8(ascii: "-") { offset &+= 1 }
        guard offset < count else { throw ParseFault(code: .unexpectedEnd, offset: count) }
        if base[offset] == UInt8(ascii: "0") {
            offset &+= 1
            if offset < count, isDigit(base[offset]) { throw ParseFault(code: .invalidNumber, offset: from) }
        } else {
            offset = try digits(base, offset, count, of: from)
        }
        guard offset < count else { return (offset, true) }
        var isInteger = true
        if base[offset] == UInt8(ascii: ".") {
            isInteger = false
            offset = try digits(base, offset &+ 1, count, of: from)
        }
        if offset < count, base[offset] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            offset &+= 1
            if offset < count, base[offset] == UInt8(ascii: "+") || base[offset] == UInt8(ascii: "-") { offset &+= 1 }
            offset = try digits(base, offset, count, of: from)
        }
        return (offset, isInteger)
    }

    /// The end of one or more digits.
    @inline(__always)
    private static func digits(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int, of number: Int
    ) throws(ParseFault) -> Int {
        var offset = from
        while offset < count, isDigit(base[offset]) { offset &+= 1 }
        guard offset > from else {
            if offset == count { throw ParseFault(code: .unexpectedEnd, offset: count) }
            throw ParseFault(code: .invalidNumber, offset: number)
        }
        return offset
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }
}
