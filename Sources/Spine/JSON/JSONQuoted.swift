/// A string as JSON text: quoted, with the escapes that RFC 8259 demands and no others.
public func jsonQuoted(_ string: String) -> [UInt8] {
    var bytes: [UInt8] = []
    appendQuoted(string, to: &bytes)
    return bytes
}

func appendQuoted(_ string: String, to bytes: inout [UInt8]) {
    var string = string
    string.withUTF8 { characters in
        let needed = bytes.count + characters.count + 2
        // Room for as much again: to reserve just what is needed would copy everything for every text.
        if needed > bytes.capacity { bytes.reserveCapacity(max(needed, 2 * bytes.capacity)) }
        bytes.append(UInt8(ascii: "\""))
        var (start, index) = (0, plainCount(characters, from: 0))
        while index < characters.count {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: characters[start..<index]))
            appendEscape(of: characters[index], to: &bytes)
            start = index + 1
            index = plainCount(characters, from: start)
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: characters[start...]))
        bytes.append(UInt8(ascii: "\""))
    }
}

/// The place of the next character that is to be escaped, else the count.
private func plainCount(_ characters: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var index = start
    if let base = UnsafeRawPointer(characters.baseAddress) {
        // Eight at a time: the highest bit of each byte tells whether it is one of those.
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }
        while index &+ 8 <= characters.count {
            let text = word(base, index)
            let found =
                ((text &- ones &* 0x20) & ~text & highs) | zeros(text ^ ones &* UInt64(UInt8(ascii: "\"")))
                | zeros(text ^ ones &* UInt64(UInt8(ascii: "\\")))
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index &+= 8
        }
    }
    while index < characters.count {
        let byte = characters[index]
        if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
        index &+= 1
    }
    return index
}

private func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x00..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: Array("u00".utf8))
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
    default: bytes.append(byte)
    }
}
