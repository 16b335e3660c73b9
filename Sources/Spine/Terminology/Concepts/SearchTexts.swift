import Foundation

/// What a text filter looks through: each concept's code and names, folded, and the initials of their pinyin.
///
/// A filter finds a concept when each of its words stands somewhere in the names, or begins the code, or when the whole
/// filter, made of letters alone, stands in the initials: `tnb` finds 糖尿病.
struct SearchTexts: Sendable {
    private struct Text: Sendable {
        var code: [UInt8]
        var names: [UInt8]
        var initials: [UInt8]
    }

    private var texts: [Text] = []

    /// - Parameter concepts: code and names of each.
    init(_ concepts: [(code: String, names: [String])]) {
        let initials = PinyinInitials(concepts.lazy.flatMap(\.names))
        texts = concepts.map { concept in
            // The byte 1 keeps a word from being found across two names.
            let names = concept.names.map(Self.folded).joined(separator: "\u{1}")
            return Text(
                code: Array(Self.folded(concept.code).utf8), names: Array(names.utf8),
                initials: initials.of(concept.names))
        }
    }

    /// What a person typed.
    struct Pattern: Sendable {
        let words: [[UInt8]]
        let initials: [UInt8]?

        init(_ text: String) {
            let folded = SearchTexts.folded(text)
            words = folded.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }
            let isLetters = folded.utf8.count > 1 && folded.utf8.allSatisfy { (0x61...0x7A).contains($0) }
            initials = isLetters ? Array(folded.utf8) : nil
        }
    }

    func matches(_ ordinal: Int, _ pattern: Pattern) -> Bool {
        let text = texts[ordinal]
        if pattern.words.allSatisfy({ text.code.starts(with: $0) || contains(text.names, $0) }) { return true }
        guard let initials = pattern.initials else { return false }
        return contains(text.initials, initials)
    }

    /// Without regard to case, accents and full-width forms.
    private static func folded(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
        // Han text needs no folding; it is most of what there is.
        let isPlain = text.unicodeScalars.allSatisfy { $0.value < 0x80 || (0x3000...0x9FFF).contains($0.value) }
        if isPlain { return text.lowercased() }
        return text.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
    }
}

/// Whether a run of bytes stands in another.
private func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
    guard let head = word.first else { return true }
    guard text.count >= word.count else { return false }
    return text.withUnsafeBufferPointer { text in
        word.withUnsafeBufferPointer { word in
            for start in 0...(text.count - word.count) where text[start] == head {
                var length = 1
                while length < word.count, text[start + length] == word[length] { length += 1 }
                if length == word.count { return true }
            }
            return false
        }
    }
}

/// The first letters of the pinyin of Han characters, by ICU's transliteration: each character for itself, in its
/// commonest reading.
struct PinyinInitials: Sendable {
    private var initials: [Unicode.Scalar: UInt8] = [:]

    init(_ texts: some Sequence<String>) {
        var characters: Set<Unicode.Scalar> = []
        for text in texts {
            for scalar in text.unicodeScalars where scalar.properties.isIdeographic { characters.insert(scalar) }
        }
        guard !characters.isEmpty else { return }
        let sorted = characters.sorted()
        let line = sorted.map(String.init).joined(separator: "|")
        let latin = (line.applyingTransform(.mandarinToLatin, reverse: false) ?? "").folding(
            options: .diacriticInsensitive, locale: nil)
        let parts = latin.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == sorted.count else { return }
        for (scalar, part) in zip(sorted, parts) {
            guard let letter = part.utf8.first, (0x61...0x7A).contains(letter) else { continue }
            initials[scalar] = letter
        }
    }

    func of(_ texts: [String]) -> [UInt8] {
        guard !initials.isEmpty else { return [] }
        var letters: [UInt8] = []
        for text in texts {
            if !letters.isEmpty { letters.append(1) }
            for scalar in text.unicodeScalars {
                if let letter = initials[scalar] { letters.append(letter) }
            }
        }
        return letters
    }
}
