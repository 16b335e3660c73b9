/// Reads a code by the grammar of UCUM, section 8, over the case-sensitive symbols.
///
/// A factor may carry an annotation (`1{tablet}`), as UCUM's own examples do.
struct UCUMParser {
    static let depthMax = 16
    static let exponentMax = 64

    struct Result {
        var ratio = UCUMRatio(1)
        var dimensions = UCUMDimensions()
        /// Set when the whole code is one special unit.
        var function: UCUMFunction?
        /// The prefix and factors before a special unit.
        var scale = UCUMRatio(1)
    }

    private let code: Substring
    private let text: Substring.UTF8View
    private let table: UCUMTable
    private var place: Substring.Index
    private var depth = 0
    private var components = 0
    private var special: (function: UCUMFunction, scale: UCUMRatio, proper: UCUMRatio)?

    static func parse(_ code: Substring, _ table: UCUMTable) throws(UCUMError) -> Result {
        guard !code.isEmpty else { throw UCUMError(reason: .empty, offset: 0) }
        guard code.utf8.count <= UCUM.bytesMax else { throw UCUMError(reason: .tooLong, offset: UCUM.bytesMax) }
        var parser = UCUMParser(code, table)
        var result = Result()
        try parser.mainTerm(&result)
        if let special = parser.special, parser.components == 1 {
            result.function = special.function
            result.scale = special.scale
            result.ratio = special.proper
        }
        return result
    }

    private init(_ code: Substring, _ table: UCUMTable) {
        self.code = code
        text = code.utf8
        self.table = table
        place = code.startIndex
    }

    private var byte: UInt8? {
        place < text.endIndex ? text[place] : nil
    }

    private func error(_ reason: UCUMError.Reason) -> UCUMError {
        UCUMError(reason: reason, offset: text.distance(from: text.startIndex, to: place))
    }

    private mutating func mainTerm(_ result: inout Result) throws(UCUMError) {
        try term(&result, sign: 1)
        if place < text.endIndex { throw error(.unexpectedCharacter) }
    }

    private mutating func term(_ result: inout Result, sign: Int) throws(UCUMError) {
        var sign = sign
        let outer = sign
        // A leading solidus: of the whole code, and tolerated in brackets.
        if byte == UInt8(ascii: "/") {
            place = text.index(after: place)
            components += 1
            sign = -sign
        }
        while true {
            try component(&result, sign: sign)
            switch byte {
            case UInt8(ascii: "."): sign = outer
            case UInt8(ascii: "/"): sign = -outer
            default: return
            }
            place = text.index(after: place)
        }
    }

    private mutating func component(_ result: inout Result, sign: Int) throws(UCUMError) {
        guard let byte else { throw error(.incomplete) }
        components += 1
        switch byte {
        case UInt8(ascii: "("):
            guard depth < Self.depthMax else { throw error(.tooDeep) }
            depth += 1
            place = text.index(after: place)
            components -= 1
            // What stands in brackets is a term of its own.
            try term(&result, sign: sign)
            guard self.byte == UInt8(ascii: ")") else {
                throw error(self.byte == nil ? .incomplete : .unexpectedCharacter)
            }
            place = text.index(after: place)
            depth -= 1
        case UInt8(ascii: "{"):
            try annotation()
        default:
            try unit(&result, sign: sign)
            if self.byte == UInt8(ascii: "{") { try annotation() }
        }
    }

    private mutating func annotation() throws(UCUMError) {
        place = text.index(after: place)
        while let byte {
            guard byte > 32, byte < 127, byte != UInt8(ascii: "{") else { throw error(.unexpectedCharacter) }
            place = text.index(after: place)
            if byte == UInt8(ascii: "}") { return }
        }
        throw error(.incomplete)
    }

    /// The characters of a unit, its exponent included: to the next operator outside square brackets.
    private mutating func symbol() throws(UCUMError) -> Substring {
        let start = place
        var isInBrackets = false
        while let byte {
            guard byte > 32, byte < 127 else { throw error(.unexpectedCharacter) }
            if byte == UInt8(ascii: "[") {
                isInBrackets = true
            } else if byte == UInt8(ascii: "]") {
                isInBrackets = false
            } else if !isInBrackets,
                byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "(")
                    || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
            {
                break
            }
            place = text.index(after: place)
        }
        guard place > start else { throw error(.unexpectedCharacter) }
        return code[start..<place]
    }

    private mutating func unit(_ result: inout Result, sign: Int) throws(UCUMError) {
        let start = place
        let symbol = try symbol()
        let after = place
        place = start
        defer { place = max(place, after) }
        let digits = symbol.utf8.reversed().prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
        var name = symbol.dropLast(digits)
        let number = symbol.suffix(digits)
        if name.isEmpty { return try factor(number, &result, sign: sign) }
        var exponent = 1
        if digits > 0 {
            var isNegative = false
            if let last = name.last, last == "-" || last == "+" {
                isNegative = last == "-"
                name = name.dropLast()
            }
            guard let value = Int(number), value <= Self.exponentMax else { throw error(.number(String(number))) }
            exponent = isNegative ? -value : value
        }
        let (atom, prefix) = try atom(name)
        if let function = atom.function {
            special = exponent == 1 && sign == 1 ? (function, prefix, atom.ratio) : nil
            if special == nil { components += 1 }
        }
        var ratio = atom.ratio
        ratio.multiply(prefix, power: 1)
        result.ratio.multiply(ratio, power: exponent * sign)
        result.dimensions.add(atom.dimensions, times: exponent * sign)
        guard result.ratio.numerator.isFinite, result.ratio.denominator.isFinite, result.ratio.numerator > 0,
            result.ratio.denominator > 0
        else { throw error(.number(String(symbol))) }
        place = after
    }

    private func factor(_ number: Substring, _ result: inout Result, sign: Int) throws(UCUMError) {
        guard let value = Double(number), value > 0, number.utf8.count <= 15 else {
            throw error(.number(String(number)))
        }
        result.ratio.multiply(UCUMRatio(value), power: sign)
    }

    private func atom(_ name: Substring) throws(UCUMError) -> (UCUMTable.Atom, UCUMRatio) {
        if let atom = table.atoms[name] { return (atom, UCUMRatio(1)) }
        var refused: UCUMError?
        for length in 1...2 where name.utf8.count > length {
            let unit = name.dropFirst(length)
            guard let prefix = table.prefixes[name.prefix(length)], let atom = table.atoms[unit] else { continue }
            if atom.isMetric { return (atom, prefix) }
            refused = error(.notMetric(prefix: String(name.prefix(length)), unit: String(unit)))
        }
        throw refused ?? error(.unknownUnit(String(name)))
    }
}
