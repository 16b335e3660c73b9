/// Reads a regular expression.
struct PatternParser {
    private let text: [UInt32]
    private var index = 0
    private var depth = 0
    private var ignoresCase: Bool
    private var isMultiline: Bool
    private(set) var groupCount = 0
    private(set) var groupNames: [String: Int] = [:]

    init(_ text: String, flags: String) {
        self.text = text.unicodeScalars.map(\.value)
        ignoresCase = flags.contains("i")
        isMultiline = flags.contains("m")
    }

    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try alternatives()
        guard index == text.count else { throw invalid("an unmatched ')'") }
        return node
    }

    private func invalid(_ reason: String) -> PatternError {
        .invalid(reason, at: index)
    }

    private func next(_ distance: Int = 0) -> Unicode.Scalar? {
        index + distance < text.count ? Unicode.Scalar(text[index + distance]) : nil
    }

    private mutating func accept(_ string: String) -> Bool {
        var distance = 0
        for scalar in string.unicodeScalars {
            guard next(distance) == scalar else { return false }
            distance += 1
        }
        index += distance
        return true
    }

    private mutating func alternatives() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw invalid("nesting deeper than 100") }
        var parts = [try sequence()]
        while accept("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .alternatives(parts)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let scalar = next(), scalar != "|", scalar != ")" {
            parts.append(try repeated())
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated() throws(PatternError) -> PatternNode {
        var node = try atom()
        var count = 0
        while let (least, most) = try quantifier() {
            count += 1
            guard count < 3 else { throw invalid("too many quantifiers in a row") }
            let greed: PatternNode.Greed = accept("?") ? .lazy : accept("+") ? .possessive : .greedy
            node = .repetition(node, least: least, most: most, greed)
        }
        return node
    }

    private mutating func quantifier() throws(PatternError) -> (Int, Int?)? {
        if accept("*") { return (0, nil) }
        if accept("+") { return (1, nil) }
        if accept("?") { return (0, 1) }
        let start = index
        guard accept("{"), let least = number() else {
            index = start
            return nil
        }
        if accept("}") { return try bounded(least, least) }
        guard accept(",") else {
            index = start
            return nil
        }
        if accept("}") { return try bounded(least, nil) }
        guard let most = number(), accept("}") else {
            index = start
            return nil
        }
        return try bounded(least, most)
    }

    private func bounded(_ least: Int, _ most: Int?) throws(PatternError) -> (Int, Int?) {
        guard most ?? least >= least else { throw invalid("a repetition whose ends are the wrong way round") }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next(), let digit = Int(String(scalar)), scalar.isASCII {
            value = min((value ?? 0) * 10 + digit, 1_000_000)
            index += 1
        }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        guard let scalar = next() else { return .empty }
        switch scalar {
        case "(":
            index += 1
            return try group()
        case "[":
            index += 1
            return .set(try characterClass())
        case ".":
            index += 1
            return .instruction(.any)
        case "^":
            index += 1
            return .instruction(isMultiline ? .lineStart : .start)
        case "$":
            index += 1
            return .instruction(isMultiline ? .lineEnd : .end)
        case "\\":
            index += 1
            return try escape()
        case "*", "+", "?":
            throw invalid("nothing to repeat")
        default:
            index += 1
            return literal(scalar.value)
        }
    }

    private func literal(_ scalar: UInt32) -> PatternNode {
        .instruction(ignoresCase ? .folded(lowercased(scalar)) : .scalar(scalar))
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        let node: PatternNode
        let (keptCase, keptLines) = (ignoresCase, isMultiline)
        defer { (ignoresCase, isMultiline) = (keptCase, keptLines) }
        if accept("?:") {
            node = try alternatives()
        } else if accept("?=") {
            node = .look(isAhead: true, isNegative: false, try alternatives())
        } else if accept("?!") {
            node = .look(isAhead: true, isNegative: true, try alternatives())
        } else if accept("?<=") {
            node = .look(isAhead: false, isNegative: false, try alternatives())
        } else if accept("?<!") {
            node = .look(isAhead: false, isNegative: true, try alternatives())
        } else if accept("?>") {
            node = .atomic(try alternatives())
        } else if accept("?<") || accept("?P<") {
            var name = ""
            while let scalar = next(), scalar != ">" {
                name.unicodeScalars.append(scalar)
                index += 1
            }
            guard accept(">"), !name.isEmpty, groupNames[name] == nil else { throw invalid("a group without a name") }
            groupCount += 1
            let number = groupCount
            groupNames[name] = number
            node = .group(number, try alternatives())
        } else if accept("?") {
            while let scalar = next(), scalar != ")", scalar != ":" {
                switch scalar {
                case "i": ignoresCase = true
                case "m": isMultiline = true
                case "s", "-", "u": break
                default: throw invalid("an unknown flag")
                }
                index += 1
            }
            // Flags without a colon hold to the end of the group around them.
            let isScoped = accept(":")
            if !isScoped {
                guard accept(")") else { throw invalid("a missing ')'") }
                return try alternatives()
            }
            node = try alternatives()
        } else {
            groupCount += 1
            let number = groupCount
            node = .group(number, try alternatives())
        }
        guard accept(")") else { throw invalid("a missing ')'") }
        return node
    }

    private mutating func escape() throws(PatternError) -> PatternNode {
        guard let scalar = next() else { throw invalid("a '\\' at its end") }
        if let digit = Int(String(scalar)), digit > 0 {
            index += 1
            return .instruction(.reference(digit))
        }
        switch scalar {
        case "b":
            index += 1
            return .instruction(.wordBoundary)
        case "B":
            index += 1
            return .instruction(.notWordBoundary)
        case "A":
            index += 1
            return .instruction(.start)
        case "z", "Z":
            index += 1
            return .instruction(.end)
        case "k":
            index += 1
            guard accept("<") else { throw invalid("a reference without a name") }
            var name = ""
            while let scalar = next(), scalar != ">" {
                name.unicodeScalars.append(scalar)
                index += 1
            }
            guard accept(">"), let number = groupNames[name] else { throw invalid("a reference to no group") }
            return .instruction(.reference(number))
        default:
            if let part = try part() {
                var set = ScalarSet()
                set.insert(part)
                return .set(set)
            }
            return literal(try escapedScalar())
        }
    }

    /// A named class after a backslash, such as `d` or `p{L}`.
    private mutating func part() throws(PatternError) -> ScalarSet.Part? {
        guard let scalar = next() else { return nil }
        let part: ScalarSet.Part
        switch scalar {
        case "d": part = .digit
        case "D": part = .not(.digit)
        case "w": part = .word
        case "W": part = .not(.word)
        case "s": part = .space
        case "S": part = .not(.space)
        case "p", "P":
            index += 1
            var name = ""
            if accept("{") {
                while let scalar = next(), scalar != "}" {
                    name.unicodeScalars.append(scalar)
                    index += 1
                }
                guard accept("}") else { throw invalid("a property without its '}'") }
            } else if let scalar = next() {
                name = String(scalar)
                index += 1
            }
            guard let property = property(name) else { throw invalid("an unknown property '\(name)'") }
            return scalar == "P" ? .not(property) : property
        default: return nil
        }
        index += 1
        return part
    }

    private func property(_ name: String) -> ScalarSet.Part? {
        switch name {
        case "L", "Letter", "IsAlphabetic", "Alpha": .letter
        case "Lu", "Upper": .uppercase
        case "Ll", "Lower": .lowercase
        case "N", "Nd", "Digit": .number
        case "P", "Punct": .punctuation
        case "S": .symbol
        case "Z", "Zs": .separator
        case "C", "Cc": .control
        default: nil
        }
    }

    private mutating func escapedScalar() throws(PatternError) -> UInt32 {
        guard let scalar = next() else { throw invalid("a '\\' at its end") }
        index += 1
        switch scalar {
        case "n": return 10
        case "r": return 13
        case "t": return 9
        case "f": return 12
        case "v": return 11
        case "0": return 0
        case "x": return try hexadecimal(2)
        case "u": return try hexadecimal(4)
        default:
            guard !scalar.properties.isAlphabetic || !scalar.isASCII else { throw invalid("an unknown escape") }
            return scalar.value
        }
    }

    private mutating func hexadecimal(_ digits: Int) throws(PatternError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let scalar = next(), let digit = Character(scalar).hexDigitValue else {
                throw invalid("an unknown escape")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    private mutating func characterClass() throws(PatternError) -> ScalarSet {
        var set = ScalarSet()
        set.ignoresCase = ignoresCase
        set.isNegated = accept("^")
        var isFirst = true
        while true {
            guard let scalar = next() else { throw invalid("a class without its ']'") }
            if scalar == "]", !isFirst {
                index += 1
                return set
            }
            isFirst = false
            guard let low = try member(&set) else { continue }
            if next() == "-", let after = next(1), after != "]" {
                index += 1
                guard let high = try member(&set) else { throw invalid("a range that ends in a class") }
                guard low <= high else { throw invalid("a range whose ends are the wrong way round") }
                set.insert(low...high)
            } else {
                set.insert(low...low)
            }
        }
    }

    /// One member of a class; nil when it was a class itself.
    private mutating func member(_ set: inout ScalarSet) throws(PatternError) -> UInt32? {
        guard let scalar = next() else { throw invalid("a class without its ']'") }
        index += 1
        guard scalar == "\\" else { return scalar.value }
        if let part = try part() {
            set.insert(part)
            return nil
        }
        if next() == "b" {
            index += 1
            return 8
        }
        return try escapedScalar()
    }
}
