/// Reads an expression by FHIRPath's grammar, with a bound on nesting, so that no text can exhaust the stack.
struct Parser {
    /// The longest text in bytes.
    static let bytesMax = 64 << 10
    /// The deepest nesting of brackets, arguments and signs.
    static let depthMax = 100

    private let text: String
    private let tokens: [Token]
    private var index = 0
    private var depth = 0

    static func parse(_ text: String) throws(FHIRPathError) -> Syntax {
        guard text.utf8.count <= bytesMax else {
            throw FHIRPathError(.syntax, "an expression longer than \(bytesMax) bytes", at: bytesMax, in: text)
        }
        var parser = Parser(text: text, tokens: try Lexer.tokens(of: text))
        let expression = try parser.expression()
        guard parser.token.kind == .end else {
            throw parser.unexpected("an operator, '.' or the end")
        }
        return expression
    }

    private init(text: String, tokens: [Token]) {
        self.text = text
        self.tokens = tokens
    }

    private var token: Token {
        tokens[index]
    }

    private func error(_ message: String, expected: String = "") -> FHIRPathError {
        FHIRPathError(.syntax, message, at: token.offset, in: text, expected: expected)
    }

    private func unexpected(_ expected: String) -> FHIRPathError {
        error("unexpected \(token.name)", expected: expected)
    }

    private func isSign(_ sign: String) -> Bool {
        token.kind == .sign(sign)
    }

    private mutating func accept(_ sign: String) -> Bool {
        guard isSign(sign) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ sign: String) throws(FHIRPathError) {
        guard accept(sign) else { throw unexpected("'\(sign)'") }
    }

    private mutating func deeper() throws(FHIRPathError) {
        depth += 1
        guard depth <= Self.depthMax else { throw error("nesting deeper than \(Self.depthMax)") }
    }

    // MARK: Operators

    /// An expression whose operators all bind at least so strongly.
    private mutating func expression(_ least: Int = 0) throws(FHIRPathError) -> Syntax {
        try deeper()
        defer { depth -= 1 }
        var left = try signed()
        var operands: [Syntax.Operand] = []
        var level = Int.max
        func close(_ left: Syntax, _ operands: [Syntax.Operand]) -> Syntax {
            operands.isEmpty ? left : Syntax(.chain(left, operands), at: left.offset)
        }
        while true {
            if case .word(let word) = token.kind, word == "is" || word == "as" {
                guard least <= 7 else { break }
                left = close(left, operands)
                operands = []
                level = 7
                index += 1
                left = Syntax(.type(left, isAs: word == "as", try typeName()), at: left.offset)
                try checkHeight(left)
                continue
            }
            guard let operation = binaryOperator, operation.precedence >= least else { break }
            let offset = token.offset
            index += 1
            let value = try expression(operation.precedence + 1)
            if operation.precedence != level, !operands.isEmpty {
                left = close(left, operands)
                operands = []
            }
            level = operation.precedence
            operands.append(Syntax.Operand(operation: operation, offset: offset, value: value))
        }
        left = close(left, operands)
        try checkHeight(left)
        return left
    }

    private func checkHeight(_ expression: Syntax) throws(FHIRPathError) {
        guard expression.height <= 3 * Self.depthMax else { throw error("nesting deeper than \(3 * Self.depthMax)") }
    }

    private var binaryOperator: BinaryOperator? {
        switch token.kind {
        case .sign(let sign): return sign == "%" ? nil : BinaryOperator(rawValue: sign)
        case .word(let word): return BinaryOperator(rawValue: word)
        default: return nil
        }
    }

    private mutating func typeName() throws(FHIRPathError) -> Syntax.TypeName {
        let offset = token.offset
        var names = [try name()]
        while isSign("."), case .word = tokens[index + 1].kind, tokens[index + 2].kind != .sign("(") {
            index += 1
            names.append(try name())
        }
        if names.count > 1, names[0] == "System" || names[0] == "FHIR" {
            return Syntax.TypeName(
                namespace: names[0], name: names.dropFirst().joined(separator: "."), offset: offset)
        }
        return Syntax.TypeName(name: names.joined(separator: "."), offset: offset)
    }

    private mutating func name() throws(FHIRPathError) -> String {
        switch token.kind {
        case .word(let name), .quotedWord(let name):
            index += 1
            return name
        default:
            throw unexpected("a name")
        }
    }

    // MARK: Terms

    private mutating func signed() throws(FHIRPathError) -> Syntax {
        guard isSign("-") || isSign("+") else { return try path() }
        try deeper()
        defer { depth -= 1 }
        let (offset, isNegative) = (token.offset, isSign("-"))
        index += 1
        return Syntax(.signed(isNegative: isNegative, try signed()), at: offset)
    }

    private mutating func path() throws(FHIRPathError) -> Syntax {
        let first = try term()
        var steps: [Syntax.Step] = []
        while true {
            let offset = token.offset
            if accept(".") {
                steps.append(try step())
            } else if accept("[") {
                let position = try expression()
                try expect("]")
                steps.append(Syntax.Step(kind: .position(position), offset: offset))
            } else {
                break
            }
        }
        return steps.isEmpty ? first : Syntax(.path(first, steps), at: first.offset)
    }

    /// What may follow a point.
    private mutating func step() throws(FHIRPathError) -> Syntax.Step {
        let offset = token.offset
        if case .special(let name) = token.kind {
            index += 1
            return Syntax.Step(kind: .special(name), offset: offset)
        }
        let name = try name()
        guard accept("(") else { return Syntax.Step(kind: .member(name), offset: offset) }
        var arguments: [Syntax] = []
        if !isSign(")") {
            repeat {
                var argument = try expression()
                if name == "sort", case .word(let word) = token.kind, word == "asc" || word == "desc" {
                    index += 1
                    argument.isDescending = word == "desc"
                }
                arguments.append(argument)
            } while accept(",")
        }
        guard accept(")") else { throw unexpected("',' or ')'") }
        return Syntax.Step(kind: .function(name, arguments), offset: offset)
    }

    private mutating func term() throws(FHIRPathError) -> Syntax {
        let offset = token.offset
        switch token.kind {
        case .string(let string):
            index += 1
            return Syntax(.literal(.string(string)), at: offset)
        case .number(let digits):
            index += 1
            return Syntax(.literal(try number(digits, offset)), at: offset)
        case .temporal(let form, let text):
            index += 1
            return Syntax(.literal(try temporal(form, text, offset)), at: offset)
        case .special(let name):
            index += 1
            return Syntax(.special(name), at: offset)
        case .word(let word) where word == "true" || word == "false":
            if tokens[index + 1].kind == .sign("(") { throw unexpected("a value") }
            index += 1
            return Syntax(.literal(.boolean(word == "true")), at: offset)
        case .word(let word) where ["and", "or", "xor", "implies", "div", "mod"].contains(word):
            throw unexpected("a value")
        case .word, .quotedWord:
            return Syntax(.step(try step()), at: offset)
        case .sign("("):
            index += 1
            let inner = try expression()
            try expect(")")
            return inner
        case .sign("{"):
            index += 1
            try expect("}")
            return Syntax(.empty, at: offset)
        case .sign("%"):
            index += 1
            if case .string(let name) = token.kind {
                index += 1
                return Syntax(.variable(name), at: offset)
            }
            return Syntax(.variable(try variableName()), at: offset)
        default:
            throw unexpected("a value")
        }
    }

    /// A variable's name; `%vs-gender` and `%ext-x` may stand without quotes.
    private mutating func variableName() throws(FHIRPathError) -> String {
        var result = try name()
        guard result == "vs" || result == "ext", case .word = tokens[index - 1].kind else { return result }
        while isSign("-"), token.offset == end(of: tokens[index - 1]) {
            let next = tokens[index + 1]
            guard next.offset == token.offset + 1 else { break }
            switch next.kind {
            case .word(let part), .number(let part): result += "-" + part
            default: return result
            }
            index += 2
        }
        return result
    }

    private func end(of token: Token) -> Int {
        switch token.kind {
        case .word(let text), .number(let text): token.offset + text.utf8.count
        default: -1
        }
    }

    // MARK: Literals

    private mutating func number(_ digits: String, _ offset: Int) throws(FHIRPathError) -> Item {
        guard let decimal = FHIRPathDecimal(digits) else {
            throw FHIRPathError(.syntax, "a number with too many digits", at: offset, in: text, expected: "at most 38")
        }
        switch token.kind {
        case .string(let unit):
            index += 1
            return .quantity(FHIRPathQuantity(decimal, unit))
        case .word(let word) where isCalendarWord(word):
            index += 1
            return .quantity(FHIRPathQuantity(decimal, word, isCalendar: true))
        default:
            guard !digits.contains("."), let integer = decimal.integer else { return .decimal(decimal) }
            return .integer(integer)
        }
    }

    private func isCalendarWord(_ word: String) -> Bool {
        FHIRPathTemporal.Unit.isWord(word)
    }

    private func temporal(
        _ form: FHIRPathTemporal.Form, _ literal: String, _ offset: Int
    ) throws(FHIRPathError) -> Item {
        guard let value = FHIRPathTemporal(literal, form) else {
            throw FHIRPathError(.syntax, "no date or time", at: offset, in: text)
        }
        switch form {
        case .date: return .date(value)
        case .dateTime: return .dateTime(value)
        case .time: return .time(value)
        }
    }
}
