/// Finds in the words of a chief complaint, Chinese or English, what the patient has and what was denied.
///
/// A Chinese negation reaches to the end of its clause, over the signs of an enumeration (无发热、咳嗽); an English one to the next
/// word that turns (`but`, `reports`), over commas only where a list is denied (`denies fever, cough`; `no fever, chills or cough`).
public struct ComplaintReader: Sendable {
    private let words: ComplaintWords

    init(_ words: ComplaintWords) { self.words = words }

    /// The findings that are present: each is affirmed at least once.
    /// - Returns: ids of findings, such as `fever`.
    public func findings(in text: String) -> Set<String> {
        var characters = Array(text.lowercased())
        for phrase in words.masked { Self.blank(phrase, in: &characters) }
        var found: Set<String> = []
        for sentence in characters.split(whereSeparator: { "。;；!！?？\n\r".contains($0) }) {
            let english = Self.clauses(Array(sentence)) { at, all in
                all[at] == "." && (at + 1 == all.count || all[at + 1] == " ")
            }
            for part in english {
                for term in words.english { add(term, to: &found, if: isAffirmedInEnglish, in: part) }
            }
            let chinese = Self.clauses(Array(sentence)) { at, all in isChineseEnd(at, all) }
            for part in chinese {
                for term in words.chinese { add(term, to: &found, if: isAffirmedInChinese, in: part) }
            }
        }
        return found
    }

    private func add(
        _ term: ComplaintWords.Term, to found: inout Set<String>,
        if isAffirmed: (Range<Int>, [Character]) -> Bool, in clause: [Character]
    ) {
        guard !found.contains(term.finding) else { return }
        for place in Self.places(of: term.words, in: clause, wholeWords: term.isEnglish)
        where isAffirmed(place, clause) {
            found.insert(term.finding)
            return
        }
    }

    // MARK: Chinese

    /// A comma ends a clause, and so does a blank that doesn't follow a negation.
    private func isChineseEnd(_ at: Int, _ all: [Character]) -> Bool {
        if "，,".contains(all[at]) { return true }
        guard all[at].isWhitespace else { return false }
        return !words.chineseNegation.before.contains { Self.ends(all[..<at], with: $0) }
    }

    private func isAffirmedInChinese(_ place: Range<Int>, _ clause: [Character]) -> Bool {
        let negation = words.chineseNegation
        var clause = clause
        for phrase in negation.apparent { Self.blank(phrase, in: &clause, sparing: place) }
        let after = clause[place.upperBound...].drop { $0.isWhitespace }
        if negation.after.contains(where: { after.starts(with: $0) }) { return false }
        let before = clause[..<place.lowerBound]
        if negation.adjacent.contains(where: { Self.ends(before, with: $0) }) { return false }
        guard let last = Self.last(of: negation.before, in: Array(before), wholeWords: false) else { return true }
        let between = Array(before[last.upperBound...])
        return negation.ends.contains { !Self.places(of: $0, in: between, wholeWords: false).isEmpty }
    }

    // MARK: English

    private func isAffirmedInEnglish(_ place: Range<Int>, _ sentence: [Character]) -> Bool {
        let negation = words.englishNegation
        var sentence = sentence
        for phrase in negation.apparent { Self.blank(phrase, in: &sentence, sparing: place) }
        let after = sentence[place.upperBound...].drop { $0.isWhitespace }
        if negation.after.contains(where: { after.starts(with: $0) }) { return false }
        let before = Array(sentence[..<place.lowerBound])
        guard let last = Self.last(of: negation.before, in: before, wholeWords: true) else { return true }
        let between = Array(before[last.upperBound...])
        if negation.ends.contains(where: { !Self.places(of: $0, in: between, wholeWords: true).isEmpty }) {
            return true
        }
        guard between.contains(",") else { return false }
        if negation.listing.contains(Array(before[last])) { return false }
        // no a, b or c: the list is denied whole.
        let rest = Array(sentence[last.upperBound...])
        let turn = negation.ends.compactMap { Self.places(of: $0, in: rest, wholeWords: true).first?.lowerBound }.min()
        let list = Array(rest[..<(turn ?? rest.count)])
        return ["or", "nor"].allSatisfy { Self.places(of: Array($0), in: list, wholeWords: true).isEmpty }
    }

    // MARK: Text

    private static func clauses(
        _ text: [Character], _ isEnd: (Int, [Character]) -> Bool
    ) -> [[Character]] {
        var parts: [[Character]] = [[]]
        for at in text.indices {
            if isEnd(at, text) { parts.append([]) } else { parts[parts.count - 1].append(text[at]) }
        }
        return parts.filter { !$0.isEmpty }
    }

    /// Where words stand; whole words have no letter of the Latin alphabet or digit beside them.
    private static func places(of words: [Character], in text: [Character], wholeWords: Bool) -> [Range<Int>] {
        guard !words.isEmpty, text.count >= words.count else { return [] }
        func isWordy(_ character: Character) -> Bool { character.isASCII && (character.isLetter || character.isNumber) }
        return (0...(text.count - words.count)).compactMap { start in
            let end = start + words.count
            guard text[start] == words[0], text[start..<end].elementsEqual(words) else { return nil }
            if wholeWords {
                if start > 0, isWordy(words[0]), isWordy(text[start - 1]) { return nil }
                if end < text.count, isWordy(words[words.count - 1]), isWordy(text[end]) { return nil }
            }
            return start..<end
        }
    }

    /// The last place where one of some words stands, the longest of those that end there.
    private static func last(of all: [[Character]], in text: [Character], wholeWords: Bool) -> Range<Int>? {
        all.compactMap { places(of: $0, in: text, wholeWords: wholeWords).last }
            .max { ($0.upperBound, -$0.lowerBound) < ($1.upperBound, -$1.lowerBound) }
    }

    private static func ends(_ text: ArraySlice<Character>, with words: [Character]) -> Bool {
        text.count >= words.count && text.suffix(words.count).elementsEqual(words)
    }

    /// Puts a sign that means nothing in the place of a phrase, unless the phrase holds a place that is asked about.
    private static func blank(_ phrase: [Character], in text: inout [Character], sparing: Range<Int>? = nil) {
        for place in places(of: phrase, in: text, wholeWords: phrase.first?.isASCII ?? false) {
            if let sparing, place.overlaps(sparing) { continue }
            for at in place { text[at] = "□" }
        }
    }
}
