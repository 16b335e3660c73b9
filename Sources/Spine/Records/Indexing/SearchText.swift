import Foundation

/// Text as string search compares it: without case, accents, or width (`Ａ` = `A`), and with single spaces.
///
/// FHIR R4, search.html#string: matching is insensitive to case and accents. Han characters stay as they are.
enum SearchText {
    /// Longer texts are indexed by their beginning.
    static let charactersMax = 512

    static func normalised(_ text: String) -> String {
        isPlain(text) ? plain(text) : folded(text)
    }

    /// Whether the text holds a character of a script written without spaces between words.
    static func isHan(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0x3400...0x9FFF).contains($0.value) || $0.value >= 0x20000 }
    }

    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value < 0x80 || (0x4E00...0x9FFF).contains($0.value) }
    }

    private static func plain(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 { append(byte, to: &bytes) }
        return finish(bytes)
    }

    private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case 0x41...0x5A: bytes.append(byte | 0x20)
        case 0x09...0x0D, 0x20: if bytes.last != 0x20, !bytes.isEmpty { bytes.append(0x20) }
        default: bytes.append(byte)
        }
    }

    private static func folded(_ text: String) -> String {
        let decomposed = text.decomposedStringWithCompatibilityMapping.lowercased()
        var bytes: [UInt8] = []
        for scalar in decomposed.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .spacingMark: continue
            default: for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte, to: &bytes) }
            }
        }
        return finish(bytes)
    }

    private static func finish(_ bytes: [UInt8]) -> String {
        var bytes = bytes
        if bytes.last == 0x20 { bytes.removeLast() }
        let text = String(decoding: bytes, as: UTF8.self)
        return bytes.count <= charactersMax ? text : String(text.prefix(charactersMax))
    }
}
