import Foundation
import JSON

/// What the highway and FHIR say of bad input, in another language. They say it in English; a table has for each of their sentences,
/// with `{}` where something is named, what it is in the other language, with `{1}`, `{2}` … there.
struct FaultTexts: Sendable {
    private struct Sentence {
        /// What stands between the places.
        let parts: [String]
        let text: String
        let letters: Int
    }

    /// The sentence that says most first.
    private let sentences: [Sentence]

    init(_ table: [String: String]) {
        sentences = table.map { english, text in
            let parts = english.split(separator: "{}", omittingEmptySubsequences: false).map(String.init)
            return Sentence(parts: parts, text: text, letters: parts.reduce(0) { $0 + $1.count })
        }.sorted { ($1.letters, $0.text) < ($0.letters, $1.text) }
    }

    /// A sentence in the other language; nil for one that the table hasn't.
    func translated(_ english: String) -> String? {
        for sentence in sentences {
            guard let places = Self.places(sentence.parts, in: english) else { continue }
            var text = sentence.text
            for (index, place) in places.enumerated() {
                text = text.replacing("{\(index + 1)}", with: translated(place) ?? place)
            }
            return text
        }
        return nil
    }

    /// What stands in the places of a sentence; nil where it is another.
    private static func places(_ parts: [String], in english: String) -> [String]? {
        guard let first = parts.first, let last = parts.last, english.hasPrefix(first) else { return nil }
        guard parts.count > 1 else { return english == first ? [] : nil }
        var rest = english.dropFirst(first.count)
        guard rest.count >= last.count, rest.hasSuffix(last) else { return nil }
        rest = rest.dropLast(last.count)
        var places: [String] = []
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.firstRange(of: part) else { return nil }
            places.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        places.append(String(rest))
        return places.contains("") ? nil : places
    }
}

/// A text and the language that it is in, as a page marks it.
struct Told {
    let text: String
    /// `zh-CN` or `en`.
    let language: String
}

extension Words {
    /// What the highway or FHIR say of bad input, in the reader's language where the table has it.
    func told(_ english: String) -> Told {
        guard let text = faults?.translated(english) else {
            return Told(text: english, language: english.allSatisfy(\.isASCII) ? "en" : language.tag)
        }
        return Told(text: text, language: language.tag)
    }
}
