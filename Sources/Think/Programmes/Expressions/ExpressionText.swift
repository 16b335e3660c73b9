/// What can be told of an expression by its text alone: the variables that it uses and the functions that it calls.
struct ExpressionText {
    /// The names of variables: of `%systolicGoal`.
    private(set) var variables: [String] = []
    /// The names of functions: of `today()`, with the text of the first argument where it is one literal.
    private(set) var calls: [(name: String, literal: String?)] = []
    /// The texts between quotes.
    private(set) var literals: [String] = []

    private let text: [Character]
    private var place = 0

    init(_ text: String) {
        self.text = Array(text)
        scan()
    }

    private mutating func scan() {
        while place < text.count {
            switch text[place] {
            case "'": literals.append(quoted("'"))
            case "`": _ = quoted("`")
            case "%": variable()
            case "/" where peek(1) == "/": while place < text.count, !text[place].isNewline { place += 1 }
            case "/" where peek(1) == "*": comment()
            case let sign where sign.isLetter || sign == "_": word()
            default: place += 1
            }
        }
    }

    private func peek(_ ahead: Int) -> Character? { place + ahead < text.count ? text[place + ahead] : nil }

    private mutating func comment() {
        place += 2
        while place < text.count, !(text[place] == "*" && peek(1) == "/") { place += 1 }
        place = min(place + 2, text.count)
    }

    private mutating func quoted(_ quote: Character) -> String {
        var result = ""
        place += 1
        while place < text.count, text[place] != quote {
            if text[place] == "\\" { place += 1 }
            if place < text.count { result.append(text[place]) }
            place += 1
        }
        place += 1
        return result
    }

    private mutating func name() -> String {
        let start = place
        while place < text.count, text[place].isLetter || text[place].isNumber || text[place] == "_" { place += 1 }
        return String(text[start..<place])
    }

    private mutating func variable() {
        place += 1
        switch peek(0) {
        case "`": variables.append(quoted("`"))
        case "'": variables.append(quoted("'"))
        default: variables.append(name())
        }
    }

    private mutating func word() {
        let word = name()
        var ahead = place
        while ahead < text.count, text[ahead].isWhitespace { ahead += 1 }
        guard ahead < text.count, text[ahead] == "(" else { return }
        place = ahead + 1
        while place < text.count, text[place].isWhitespace { place += 1 }
        guard peek(0) == "'" else { return calls.append((word, nil)) }
        let literal = quoted("'")
        literals.append(literal)
        calls.append((word, literal))
    }
}
