/// A word or phrase looked for in texts.
struct TextTerm: Sendable, Equatable {
    /// Its normal form: one word, or several that must follow each other.
    let text: String

    /// Whether one term of the index answers it by itself.
    var isSingle: Bool {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, FullText.isHan(first) else {
            return !text.contains(" ") && text.utf8.count <= FullText.wordBytesMax
        }
        return scalars.count <= 2
    }

    /// What must surround it in a text with a space at either end: a Latin word is found whole, a run of Han characters
    /// anywhere.
    var pattern: String {
        func edge(_ scalar: Unicode.Scalar?) -> String { scalar.map(FullText.isHan) == true ? "" : " " }
        return edge(text.unicodeScalars.first) + text + edge(text.unicodeScalars.last)
    }

    /// Reads a value: words that must all be there, `"…"` for a phrase, `OR` between alternatives.
    ///
    /// - Parameter code: the parameter, for the refusal.
    static func alternatives(of value: String, _ code: String) throws(RecordsError) -> [Condition] {
        var alternatives: [[TextTerm]] = [[]]
        for (index, part) in value.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
            if index % 2 == 1 {
                let phrase = FullText.normalised(withLetter: String(part))
                if !phrase.isEmpty { alternatives[alternatives.count - 1].append(TextTerm(text: phrase)) }
                continue
            }
            for word in part.split(whereSeparator: \.isWhitespace) {
                if word == "OR" {
                    alternatives.append([])
                    continue
                }
                if word == "AND" { continue }
                let normal = FullText.normalised(withLetter: String(word))
                // A “word” such as 2型糖尿病 or follow-up is several in the index, one after the other.
                if !normal.isEmpty { alternatives[alternatives.count - 1].append(TextTerm(text: normal)) }
            }
        }
        guard alternatives.allSatisfy({ !$0.isEmpty }) else {
            throw RecordsError(
                .invalid, "\(code) takes words, \"phrases\" and OR between them; found “\(value.prefix(200))”.")
        }
        guard alternatives.count <= 32, alternatives.allSatisfy({ $0.count <= 32 }) else {
            throw RecordsError(.tooCostly, "\(code) takes at most 32 words, and OR at most 32 times.")
        }
        return alternatives.map { .words($0) }
    }
}

extension FullText {
    /// The normal form of what is looked for, which may be a number inside a text.
    static func normalised(withLetter text: String) -> String {
        let normal = normalised(text)
        guard normal.isEmpty else { return normal }
        return normalised("x " + text).dropFirst(2).description
    }
}
