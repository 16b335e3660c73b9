/// Base 64 with the URL-safe alphabet of RFC 4648 §5, without padding.
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// The value of each character; 64 for those that are none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: [UInt8]) -> String {
        let (alphabet, length) = (alphabet, (bytes.count * 4 + 2) / 3)
        return String(unsafeUninitializedCapacity: length) { text in
            var (held, bits, count): (UInt32, Int, Int) = (0, 0, 0)
            func put(_ value: UInt32) {
                text[count] = alphabet[Int(value & 63)]
                count += 1
            }
            for byte in bytes {
                held = held << 8 | UInt32(byte)
                bits += 8
                while bits >= 6 {
                    bits -= 6
                    put(held >> bits)
                }
            }
            if bits > 0 { put(held << (6 - bits)) }
            return count
        }
    }

    /// Nil unless a text is exactly what ``encode(_:)`` gives for some bytes.
    package static func decode(_ text: String) -> [UInt8]? {
        let values = values
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var (held, bits): (UInt32, Int) = (0, 0)
        for character in text.utf8 {
            let value = values[Int(character)]
            guard value < 64 else { return nil }
            held = held << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: held >> bits))
            }
        }
        // What is left over is less than a character, and zero.
        guard bits < 6, held & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }
}
