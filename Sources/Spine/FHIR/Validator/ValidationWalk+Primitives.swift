import JSON

extension ValidationWalk {
    /// Checks a primitive: its kind of JSON value, its form, and its code where one is bound.
    @inline(__always)
    mutating func primitive(_ row: Int, _ value: Int) {
        let type = rows[row].primitive
        let kind = cursor.kind(value)
        switch type {
        case .boolean:
            if kind != .true && kind != .false { wrongKind(row, value, "true or false") }
        case .decimal:
            if kind != .number { wrongKind(row, value, "a number") }
        case .integer, .positiveInt, .unsignedInt:
            guard kind == .number else { return wrongKind(row, value, "a number") }
            if !isInteger(type, cursor.raw(value)) { wrongNumber(row, value) }
        default:
            guard kind == .string else { return wrongKind(row, value, "a string") }
            if cursor.hasEscapes(value) {
                escapedText(row, value)
            } else {
                text(row, value, cursor.characters(value))
            }
        }
    }

    @inline(never)
    private mutating func escapedText(_ row: Int, _ value: Int) {
        // A narrative is full of escapes and needs none of them resolved.
        if rows[row].primitive == .xhtml { return text(row, value, cursor.characters(value)) }
        let resolved = cursor.withUTF8(value) { Array($0) }
        resolved.withUnsafeBufferPointer { text(row, value, $0) }
    }

    @inline(__always)
    private mutating func text(_ row: Int, _ value: Int, _ text: UnsafeBufferPointer<UInt8>) {
        guard text.count > 0 else { return emptyText(row, value) }
        switch rows[row].primitive {
        case .string, .markdown:
            // Unescaped control characters do not get past the parser.
            guard !cursor.hasEscapes(value) || PrimitiveType.string.matches(text) else { return wrongForm(row, value) }
            if text.count > Self.textBytesMax, rows[row].primitive == .string { tooLong(row, value) }
        case .date, .dateTime, .instant:
            date(row, value, text)
        case .code:
            guard Form.code(text) else { return wrongForm(row, value) }
            let valueSet = Int(rows[row].valueSet)
            if valueSet >= 0, definitions.plan.codes.entry(of: text, hash: keyHash(text), in: valueSet) < 0 {
                wrongCode(row, value)
            }
        default:
            if !rows[row].primitive.matches(text) { wrongForm(row, value) }
        }
    }

    /// Strings shall not exceed 1024·1024 characters; this many bytes of UTF-8 are certainly more.
    static let textBytesMax = 4 << 20

    @inline(__always)
    private mutating func date(_ row: Int, _ value: Int, _ text: UnsafeBufferPointer<UInt8>) {
        guard let form = DateForm(text) else { return wrongForm(row, value) }
        let isFine =
            switch rows[row].primitive {
            case .date: form.isDate
            case .dateTime: form.isDateTime
            default: form.isInstant
            }
        guard isFine else { return wrongForm(row, value) }
        if !form.isReal {
            report(.value, "\(name(row)): the calendar has no day \(shown(value))", at: value)
        }
    }

    /// Whether a number has the form of an integer type and fits into 32 bits.
    private func isInteger(_ type: PrimitiveType, _ digits: UnsafeBufferPointer<UInt8>) -> Bool {
        guard type.matches(digits), digits.count <= 11 else { return false }
        let isNegative = digits[0] == UInt8(ascii: "-")
        var number: Int64 = 0
        for index in (isNegative ? 1 : 0)..<digits.count {
            number = number &* 10 &+ Int64(digits[index] &- UInt8(ascii: "0"))
        }
        return number <= (isNegative ? 2_147_483_648 : 2_147_483_647)
    }

    /// A null in a list of primitives only holds the place of a value that has extensions instead.
    @inline(never)
    mutating func nulls(_ row: Int, _ list: Int, of parent: Int) {
        let siblingName = "_" + name(row)
        let siblings = member(JSONKey(siblingName), of: parent).flatMap { cursor.kind($0) == .array ? $0 : nil }
        var sibling = siblings.map { $0 + 1 } ?? 0
        let siblingsEnd = siblings.map { cursor.next($0) } ?? 0
        var element = list + 1
        let end = cursor.next(list)
        var position: Int32 = 0
        while element < end, !isFull {
            if cursor.kind(element) == .null, sibling >= siblingsEnd || cursor.kind(sibling) != .object {
                path[depth] = PathStep(row: Int32(row), position: position)
                depth += 1
                report(.structure, "\(name(row)): \(Survey.strayNull) where \(siblingName) has an object", at: element)
                depth -= 1
            }
            element = cursor.next(element)
            if sibling < siblingsEnd { sibling = cursor.next(sibling) }
            position += 1
        }
    }

    /// A list of siblings in which nothing but nulls stands says nothing.
    mutating func siblings(_ row: Int, _ value: Int) {
        var element = value + 1
        let end = cursor.next(value)
        while element < end {
            if cursor.kind(element) != .null { return }
            element = cursor.next(element)
        }
        report(.structure, "\(name(row)) must have at least one object", at: value)
    }
}
