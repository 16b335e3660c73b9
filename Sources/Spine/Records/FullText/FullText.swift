import Foundation

/// Text as the full-text index has it: words in lower case without accents, marks or width, single spaces between them.
///
/// Scripts written without spaces (Han, kana) stand as runs, each run a word of its own; their terms are pairs of
/// characters, so that any part of a run can be found.
enum FullText {
    /// Longer words are indexed by their beginning, in bytes of UTF-8.
    static let wordBytesMax = 48
    /// Longer texts are cut into pieces of about this many bytes, at a space where there is one.
    static let pieceBytesMax = 400

    /// The normal form of a text; empty when it holds no letter.
    static func normalised(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 8)
        var hasLetter = false
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            for byte in text.utf8 {
                switch byte {
                case 0x61...0x7A:
                    hasLetter = true
                    bytes.append(byte)
                case 0x41...0x5A:
                    hasLetter = true
                    bytes.append(byte | 0x20)
                case 0x30...0x39: bytes.append(byte)
                // It's → its: an apostrophe joins.
                case 0x27: continue
                default: if let last = bytes.last, last != 0x20 { bytes.append(0x20) }
                }
            }
        } else if text.unicodeScalars.allSatisfy({ $0.value < 0x80 || isPlainHan($0) || isPlainMark($0) }) {
            var wasHan = false
            for scalar in text.unicodeScalars {
                let isHan = isPlainHan(scalar)
                let byte = isHan || scalar.value < 0x80 ? UInt8(truncatingIfNeeded: scalar.value) : 0x20
                switch byte {
                case _ where isHan: hasLetter = true
                case 0x61...0x7A, 0x41...0x5A: hasLetter = true
                case 0x30...0x39: break
                case 0x27: continue
                default:
                    if let last = bytes.last, last != 0x20 { bytes.append(0x20) }
                    continue
                }
                if isHan != wasHan, let last = bytes.last, last != 0x20 { bytes.append(0x20) }
                wasHan = isHan
                if isHan {
                    bytes.append(0xE0 | UInt8(scalar.value >> 12))
                    bytes.append(0x80 | UInt8(scalar.value >> 6 & 0x3F))
                    bytes.append(0x80 | UInt8(scalar.value & 0x3F))
                } else {
                    bytes.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
                }
            }
        } else {
            var wasHan = false
            for scalar in text.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
                let properties = scalar.properties
                switch properties.generalCategory {
                case .nonspacingMark, .enclosingMark, .spacingMark: continue
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
                    hasLetter = true
                    fallthrough
                case .decimalNumber, .otherNumber:
                    let isHan = isHan(scalar)
                    if isHan != wasHan, let last = bytes.last, last != 0x20 { bytes.append(0x20) }
                    wasHan = isHan
                    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                default:
                    if scalar == "'" || scalar == "’" { continue }
                    if let last = bytes.last, last != 0x20 { bytes.append(0x20) }
                }
            }
        }
        if bytes.last == 0x20 { bytes.removeLast() }
        return hasLetter ? String(decoding: bytes, as: UTF8.self) : ""
    }

    /// Whether the character is of a script written without spaces between words.
    static func isHan(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3040...0x30FF, 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: true
        default: false
        }
    }

    /// Whether a Han character is its own normal form.
    private static func isPlainHan(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF: true
        default: false
        }
    }

    /// Whether a character that isn't ASCII does nothing but part words, in every form: the marks of Chinese sentences.
    private static func isPlainMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xB7, 0xD7, 0x2013, 0x2014, 0x201C, 0x201D, 0x2026, 0x2264, 0x2265, 0x3000...0x3002, 0x3008...0x3011,
            0xFF01, 0xFF05, 0xFF08, 0xFF09, 0xFF0B...0xFF0F, 0xFF1A...0xFF1F, 0xFF3B, 0xFF3D, 0xFF5E:
            true
        default: false
        }
    }

    /// The terms of a normal form, each once: words, and of a run of Han characters each pair and the last one alone, so
    /// that every character begins some term.
    static func terms(_ normalised: String) -> Set<String> {
        var terms: Set<String> = []
        for word in normalised.split(separator: " ") {
            let scalars = word.unicodeScalars
            guard let first = scalars.first, isHan(first) else {
                terms.insert(clipped(word))
                continue
            }
            var previous: Unicode.Scalar?
            for scalar in scalars {
                if let previous { terms.insert("\(previous)\(scalar)") }
                previous = scalar
            }
            if let previous { terms.insert("\(previous)") }
        }
        return terms
    }

    static func clipped(_ word: Substring) -> String {
        guard word.utf8.count > wordBytesMax else { return String(word) }
        var kept = ""
        for character in word {
            guard kept.utf8.count + character.utf8.count <= wordBytesMax else { break }
            kept.append(character)
        }
        return kept
    }

    /// The normal form in pieces.
    static func pieces(_ normalised: String) -> [String] {
        guard normalised.utf8.count > pieceBytesMax else { return normalised.isEmpty ? [] : [normalised] }
        var pieces: [String] = []
        var piece = ""
        func end() {
            if !piece.isEmpty { pieces.append(piece) }
            piece = ""
        }
        for word in normalised.split(separator: " ") {
            if piece.utf8.count + word.utf8.count > pieceBytesMax { end() }
            guard word.utf8.count > pieceBytesMax else {
                piece += (piece.isEmpty ? "" : " ") + word
                continue
            }
            // A run without spaces: the pieces overlap by a character, so that no pair is lost.
            for character in word {
                piece.append(character)
                if piece.utf8.count >= pieceBytesMax {
                    end()
                    piece.append(character)
                }
            }
        }
        end()
        return pieces
    }

    /// The text of a narrative: what stands between its tags.
    static func text(ofNarrative div: String) -> String {
        var text = ""
        var rest = Substring(div)
        while let open = rest.firstIndex(of: "<") {
            text += unescaped(rest[..<open])
            guard let close = rest[open...].firstIndex(of: ">") else { return text }
            let tag = rest[open..<close].dropFirst().drop { $0 == "/" }.prefix { $0.isLetter }
            // Letters may be set apart inside a word; every other tag ends one.
            if !["b", "i", "em", "strong", "span", "a", "u", "font", "small", "big", "tt"].contains(tag) {
                text += " "
            }
            rest = rest[close...].dropFirst()
        }
        return text + unescaped(rest)
    }

    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        var result = ""
        var rest = text
        while let mark = rest.firstIndex(of: "&") {
            result += rest[..<mark]
            rest = rest[mark...].dropFirst()
            guard let end = rest.prefix(12).firstIndex(of: ";") else {
                result += " "
                continue
            }
            let name = rest[..<end]
            rest = rest[end...].dropFirst()
            switch name {
            case "amp": result += "&"
            case "apos", "rsquo": result += "'"
            default:
                let isHex = name.hasPrefix("#x") || name.hasPrefix("#X")
                let code = isHex ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
                if name.hasPrefix("#"), let code, let scalar = Unicode.Scalar(code) {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += " "
                }
            }
        }
        return result + rest
    }
}
