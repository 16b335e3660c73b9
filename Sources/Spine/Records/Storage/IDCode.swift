/// A logical id as stored: sixteen bytes for a lower-case UUID, else the text and a zero byte.
///
/// A text of fifteen characters gets a second zero byte, so that sixteen bytes always mean a UUID.
enum IDCode {
    static func encode(_ id: String) -> [UInt8] {
        if let uuid = uuidBytes(id) { return uuid }
        var bytes = Array(id.utf8)
        bytes.append(0)
        if bytes.count == 16 { bytes.append(0) }
        return bytes
    }

    static func decode(_ bytes: some Collection<UInt8>) -> String {
        guard bytes.count == 16 else { return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
        let hex = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(0x2D) }
            text.append(hex[Int(byte >> 4)])
            text.append(hex[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func uuidBytes(_ id: String) -> [UInt8]? {
        guard id.utf8.count == 36 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var high: UInt8?
        for (index, character) in id.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard character == 0x2D else { return nil }
                continue
            }
            let nibble: UInt8
            switch character {
            case 0x30...0x39: nibble = character - 0x30
            case 0x61...0x66: nibble = character - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        return bytes
    }
}
