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
        var start = 0
        for index in 0..<characters.count {
            let byte = characters[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: characters[start..<index]))
            start = index + 1
            appendEscape(of: byte, to: &bytes)
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: characters[start...]))
        bytes.append(UInt8(ascii: "\""))
    }
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
