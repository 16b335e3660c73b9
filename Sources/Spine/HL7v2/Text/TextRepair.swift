/// Makes sure that bytes are UTF-8.
enum TextRepair {
    /// Whether bytes are UTF-8 as they stand.
    static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var isASCII = true
        var place = 0
        if let base = bytes.baseAddress {
            let raw = UnsafeRawPointer(base)
            while place + 8 <= bytes.count {
                if raw.loadUnaligned(fromByteOffset: place, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
                    isASCII = false
                    break
                }
                place += 8
            }
        }
        if isASCII, bytes[place...].allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }

    /// Appends bytes, putting U+FFFD where they are no UTF-8.
    static func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        if isUTF8(bytes) {
            output.append(contentsOf: bytes)
        } else {
            output.append(contentsOf: String(decoding: bytes, as: UTF8.self).utf8)
        }
    }
}
