/// Why an expression can't be read or evaluated, and where in its text.
public struct FHIRPathError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of fault it is.
    public enum Kind: String, Sendable {
        /// The text isn't FHIRPath.
        case syntax
        /// The expression can't hold for any resource of its type: found before evaluation.
        case semantic
        /// The values that were met don't suit the expression, or a limit was reached.
        case execution
    }

    /// What kind of fault it is.
    public var kind: Kind
    /// What is wrong, for a person.
    public var message: String
    /// Where, in UTF-8 bytes from the start of the expression.
    public var offset: Int
    /// The line, counted from one.
    public var line: Int
    /// The column in characters, counted from one.
    public var column: Int
    /// What could stand there instead; empty where that doesn't explain anything.
    public var expected: String

    /// - Parameters:
    ///   - kind: what kind of fault it is.
    ///   - message: what is wrong, for a person.
    ///   - offset: where, in UTF-8 bytes from the start of the expression.
    ///   - text: the expression, from which line and column are found.
    ///   - expected: what could stand there instead.
    init(_ kind: Kind, _ message: String, at offset: Int, in text: String, expected: String = "") {
        self.kind = kind
        self.message = message
        self.offset = offset
        self.expected = expected
        line = 1
        column = 1
        var position = 0
        for character in text {
            guard position < offset else { break }
            position += character.utf8.count
            if character.isNewline {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
    }

    /// One line: the place, the fault and what was expected.
    public var description: String {
        "line \(line), column \(column): \(message)" + (expected.isEmpty ? "" : "; expected \(expected)")
    }
}
