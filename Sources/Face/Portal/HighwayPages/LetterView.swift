import Highway

/// One delivery on the shelf as the template reads it: what is wrong, where, what to do, and the message with its values
/// hidden.
struct LetterView {
    struct Reason {
        let step: String
        let rule: String
        let place: String
        let what: Told
        let hint: Told

        init(_ reason: DeadLetter.Reason, _ words: Words) {
            let masked = reason.masked
            step = words.step(masked.step)
            rule = masked.rule
            place = masked.place.isEmpty ? "—" : words.told(masked.place).text
            what = words.told(masked.what)
            hint = words.told(masked.hint)
        }
    }

    struct Part {
        let title: String
        let reasons: [Reason]
    }

    struct Line {
        let text: String
        let isMarked: Bool
    }

    /// Lines of a message that are shown.
    static let linesMax = 500

    let number: String
    let sender: String
    let senderHref: String
    let received: String
    let form: String
    let why: String
    let problem: String?
    let parts: [Part]
    let lines: [Line]
    let isCut: Bool

    init(_ letters: [DeadLetter], content: String, form: String, why: String, problem: String?, words: Words) {
        let first = letters.first
        number = first.map { "\($0.message)" } ?? ""
        sender = first?.sender ?? ""
        senderHref = Address.make("/ops/highway/dead", [("sender", first?.sender)])
        received = words.dateTime(milliseconds: first?.receivedAt ?? 0)
        self.form = form
        self.why = why
        self.problem = problem
        parts = letters.map { letter in
            let place = words.text("letterPart", ["n": words.number(letter.item + 1)])
            let names = [letter.kind, letter.control ?? ""].filter { !$0.isEmpty }
            return Part(
                title: (letters.count > 1 ? [place] + names : names.isEmpty ? [place] : names)
                    .joined(separator: " · "),
                reasons: letter.reasons.map { Reason($0, words) })
        }
        let text = content.split(omittingEmptySubsequences: false) { $0.isNewline }
        // In a batch nobody could tell whose segment it is.
        let isOne = text.count { $0.hasPrefix("MSH") } == 1
        let segments = Set(letters.flatMap(\.reasons).compactMap { Self.segment($0.place) })
        lines = text.prefix(Self.linesMax).map { line in
            Line(text: String(line), isMarked: isOne && segments.contains(String(line.prefix(3))))
        }
        isCut = text.count > Self.linesMax
    }

    /// The segment of a place such as `PID-3`; nil for a place in FHIR.
    private static func segment(_ place: String) -> String? {
        let name = place.prefix(3)
        let rest = place.dropFirst(3).first
        guard name.count == 3, name.allSatisfy({ $0.isASCII && ($0.isUppercase || $0.isNumber) }),
            rest.map({ !$0.isLetter }) ?? true
        else { return nil }
        return String(name)
    }
}
