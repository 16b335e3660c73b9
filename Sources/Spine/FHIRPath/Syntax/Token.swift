/// A word or sign of an expression.
struct Token {
    enum Kind: Equatable {
        /// A bare word, such as `name`, `and`, `is`.
        case word(String)
        /// A word between backquotes.
        case quotedWord(String)
        /// A text between quotes.
        case string(String)
        /// Digits, with a point or not.
        case number(String)
        /// A date, a date with time, or a time of day.
        case temporal(FHIRPathTemporal.Form, text: String)
        /// `$this`, `$index`, `$total`, without `$`.
        case special(String)
        /// An operator or a bracket.
        case sign(String)
        case end
    }

    let kind: Kind
    /// In UTF-8 bytes from the start of the text.
    let offset: Int

    /// As a message names it.
    var name: String {
        switch kind {
        case .word(let text), .quotedWord(let text), .number(let text): "'\(text)'"
        case .string: "a string"
        case .temporal: "a date or time"
        case .special(let name): "'$\(name)'"
        case .sign(let text): "'\(text)'"
        case .end: "the end"
        }
    }
}
