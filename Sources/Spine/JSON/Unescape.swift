/// The characters of a string with its escapes resolved. The escapes must be valid, as the parser left them.
func unescaped(_ escaped: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: escaped.count) { room, count in
        var offset = 0
        while offset < escaped.count {
            let byte = escaped[offset]
            if byte != UInt8(ascii: "\\") {
                room[count] = byte
                count += 1
                offset += 1
                continue
            }
            let letter = escaped[offset + 1]
            offset += 2
            switch letter {
            case UInt8(ascii: "b"): room[count] = 0x08
            case UInt8(ascii: "f"): room[count] = 0x0C
            case UInt8(ascii: "n"): room[count] = 0x0A
            case UInt8(ascii: "r"): room[count] = 0x0D
            case UInt8(ascii: "t"): room[count] = 0x09
            case UInt8(ascii: "u"):
                var scalar = codeUnit(escaped, offset)
                offset += 4
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + (codeUnit(escaped, offset + 2) & 0x3FF)
                    offset += 6
                }
                count += encode(scalar, room, count)
                continue
            default: room[count] = letter
            }
            count += 1
        }
    }
}

private func codeUnit(_ escaped: UnsafeBufferPointer<UInt8>, _ offset: Int) -> UInt32 {
    var unit: UInt32 = 0
    for digit in escaped[offset..<(offset + 4)] { unit = unit << 4 | (Scan.hexadecimalDigit(digit) ?? 0) }
    return unit
}

/// Writes a scalar as UTF-8 and says how many bytes it took: never more than the escape that stood for it.
private func encode(_ scalar: UInt32, _ room: UnsafeMutableBufferPointer<UInt8>, _ at: Int) -> Int {
    func byte(_ bits: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: bits) }
    if scalar < 0x80 {
        room[at] = byte(scalar)
        return 1
    }
    if scalar < 0x800 {
        room[at] = byte(0xC0 | scalar >> 6)
        room[at + 1] = byte(0x80 | scalar & 0x3F)
        return 2
    }
    if scalar < 0x10000 {
        room[at] = byte(0xE0 | scalar >> 12)
        room[at + 1] = byte(0x80 | scalar >> 6 & 0x3F)
        room[at + 2] = byte(0x80 | scalar & 0x3F)
        return 3
    }
    room[at] = byte(0xF0 | scalar >> 18)
    room[at + 1] = byte(0x80 | scalar >> 12 & 0x3F)
    room[at + 2] = byte(0x80 | scalar >> 6 & 0x3F)
    room[at + 3] = byte(0x80 | scalar & 0x3F)
    return 4
}
