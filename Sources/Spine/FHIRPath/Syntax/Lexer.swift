/// Cuts an expression into tokens.
struct Lexer {
    private let text: String
    private let bytes: [UInt8]
    private var position = 0
    private var tokens: [Token] = []

    /// All tokens of a text, with an `end` behind the last.
    static func tokens(of text: String) throws(FHIRPathError) -> [Token] {
        var lexer = Lexer(text)
        try lexer.run()
        return lexer.tokens
    }

    private init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
        tokens.reserveCapacity(bytes.count / 3 + 2)
    }

    private func byte(_ distance: Int = 0) -> UInt8 {
        let index = position + distance
        return index < bytes.count ? bytes[index] : 0
    }

    private func error(_ message: String, at offset: Int, expected: String = "") -> FHIRPathError {
        FHIRPathError(.syntax, message, at: offset, in: text, expected: expected)
    }

    private mutating func run() throws(FHIRPathError) {
        while true {
            try skipSpace()
            let start = position
            guard start < bytes.count else { break }
            tokens.append(Token(kind: try next(), offset: start))
        }
        tokens.append(Token(kind: .end, offset: bytes.count))
    }

    private mutating func skipSpace() throws(FHIRPathError) {
        while position < bytes.count {
            switch byte() {
            case 0x20, 0x09, 0x0A, 0x0D:
                position += 1
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
                while position < bytes.count, byte() != 0x0A, byte() != 0x0D { position += 1 }
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
                let start = position
                position += 2
                while position < bytes.count, !(byte() == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) {
                    position += 1
                }
                guard position < bytes.count else {
                    throw error("a comment that never ends", at: start, expected: "'*/'")
                }
                position += 2
            default:
                return
            }
        }
    }

    private mutating func next() throws(FHIRPathError) -> Token.Kind {
        let start = position
        let first = byte()
        switch first {
        case _ where isLetter(first):
            return .word(word())
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            skipDigits()
            if byte() == UInt8(ascii: "."), isDigit(byte(1)) {
                position += 1
                skipDigits()
            }
            return .number(String(decoding: bytes[start..<position], as: UTF8.self))
        case UInt8(ascii: "'"):
            return .string(try quoted())
        case UInt8(ascii: "`"):
            return .quotedWord(try quoted())
        case UInt8(ascii: "\""):
            // An older way to write a delimited identifier.
            return .quotedWord(try quoted())
        case UInt8(ascii: "@"):
            return try temporal()
        case UInt8(ascii: "$"):
            position += 1
            let name = isLetter(byte()) ? word() : ""
            guard ["this", "index", "total"].contains(name) else {
                throw error("unknown name '$\(name)'", at: start, expected: "$this, $index or $total")
            }
            return .special(name)
        default:
            return .sign(try sign())
        }
    }

    private mutating func sign() throws(FHIRPathError) -> String {
        for sign in ["<=", ">=", "!=", "!~"] where Array(sign.utf8) == [byte(), byte(1)] {
            position += 2
            return sign
        }
        guard "()[]{}.,+-*/&|<>=~%".utf8.contains(byte()) else {
            let character = String(decoding: bytes[position...].prefix(4), as: UTF8.self).prefix(1)
            throw error("unexpected '\(character)'", at: position)
        }
        position += 1
        return String(decoding: bytes[position - 1..<position], as: UTF8.self)
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    private mutating func skipDigits() {
        while isDigit(byte()) { position += 1 }
    }

    private mutating func word() -> String {
        let start = position
        while isLetter(byte()) || isDigit(byte()) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func temporal() throws(FHIRPathError) -> Token.Kind {
        let start = position
        let isTime = byte(1) == UInt8(ascii: "T")
        position += isTime ? 2 : 1
        let (isDateTime, end) = bytes.withUnsafeBufferPointer { bytes in
            var reader = TemporalReader(bytes: bytes, position: position)
            let isDateTime = reader.readsDateTime
            return (isDateTime, reader.read(isTime ? .time : .dateTime) == nil ? nil : reader.position)
        }
        guard let end, !isDigit(end < bytes.count ? bytes[end] : 0) else {
            throw error(
                "no date or time", at: start, expected: "a form such as @2014-01-31, @2014-01-31T14:30Z or @T14:30")
        }
        defer { position = end }
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        if isTime { return .temporal(.time, text: text) }
        return .temporal(isDateTime ? .dateTime : .date, text: text)
    }

    /// A text between two equal quotes, with its escapes undone.
    private mutating func quoted() throws(FHIRPathError) -> String {
        let start = position
        let quote = byte()
        var result: [UInt8] = []
        position += 1
        while true {
            guard position < bytes.count else {
                throw error("a text that never ends", at: start, expected: "'\(Character(Unicode.Scalar(quote)))'")
            }
            let byte = byte()
            if byte == quote { break }
            if byte == UInt8(ascii: "\\") {
                try escape(into: &result)
            } else {
                result.append(byte)
                position += 1
            }
        }
        position += 1
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func escape(into result: inout [UInt8]) throws(FHIRPathError) {
        let start = position
        position += 2
        switch byte(-1) {
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
            result.append(byte(-1))
        case UInt8(ascii: "u"):
            var unit = try hexadecimal(start)
            if unit & 0xFC00 == 0xD800, byte() == UInt8(ascii: "\\"), byte(1) == UInt8(ascii: "u") {
                position += 2
                let low = try hexadecimal(start)
                unit = 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)
            }
            result.append(contentsOf: String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
        default:
            throw error(
                "unknown escape", at: start, expected: "\\', \\\", \\`, \\r, \\n, \\t, \\f, \\\\, \\/ or \\uXXXX")
        }
    }

    private mutating func hexadecimal(_ start: Int) throws(FHIRPathError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(byte())).hexDigitValue, byte() < 0x80 else {
                throw error("unknown escape", at: start, expected: "four hexadecimal digits after \\u")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}

extension TemporalReader {
    /// Whether a `T` stands behind the date.
    fileprivate var readsDateTime: Bool {
        var index = position
        while index < bytes.count, bytes[index] &- 48 < 10 || bytes[index] == UInt8(ascii: "-") { index += 1 }
        return index < bytes.count && bytes[index] == UInt8(ascii: "T")
    }
}
