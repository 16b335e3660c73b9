extension JSONNode {
    /// The text of a string, unescaped; nil for any other value.
    public var string: String? {
        guard isString else { return nil }
        return withUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with the UTF-8 of a string, unescaped and without quotes, or with the text of a number as written.
    ///
    /// - Parameter body: must not keep the buffer.
    /// - Returns: what `body` returns; nil for other values.
    @inlinable
    public func withUTF8<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
        let entry = entry
        switch entry.kind {
        case .string:
            if entry.flags & TapeEntry.hasEscapes != 0 {
                return try unescapedCharacters().withUnsafeBufferPointer(body)
            }
            return try withExtendedLifetime(document) {
                try body(
                    UnsafeBufferPointer(
                        start: document.characters + Int(entry.start) + 1, count: Int(entry.end &- entry.start) &- 2))
            }
        case .number:
            return try withExtendedLifetime(document) {
                try body(
                    UnsafeBufferPointer(
                        start: document.characters + Int(entry.start), count: Int(entry.end &- entry.start)))
            }
        default:
            return nil
        }
    }

    @usableFromInline
    func unescapedCharacters() -> [UInt8] {
        let range = range
        return document.text.withUnsafeBufferPointer { text in
            unescaped(UnsafeBufferPointer(rebasing: text[range.lowerBound + 1..<range.upperBound - 1]))
        }
    }

    /// Whether the value is a string with exactly this text.
    public func equals(_ text: StaticString) -> Bool {
        guard isString else { return false }
        return withUTF8 { characters in
            text.withUTF8Buffer { $0.hasSameBytes(as: characters) }
        } ?? false
    }

    /// Whether the value is a string with exactly this text.
    public func equals(_ text: String) -> Bool {
        guard isString else { return false }
        return withUTF8 { characters in
            let utf8 = text.utf8
            guard utf8.count == characters.count else { return false }
            return utf8.withContiguousStorageIfAvailable { $0.hasSameBytes(as: characters) }
                ?? utf8.elementsEqual(characters)
        } ?? false
    }

    /// The text of a number as written; nil for any other value.
    public var numberText: String? {
        guard isNumber else { return nil }
        return withUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    /// The binary number nearest to a number; nil for any other value and where it would be infinite.
    public var double: Double? {
        guard let text = numberText, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// A number that is written as an integer and fits; nil for any other value.
    public var integer: Int? {
        guard isNumber, entry.flags & TapeEntry.isInteger != 0 else { return nil }
        return withUTF8 { digits -> Int? in
            let isNegative = digits[0] == UInt8(ascii: "-")
            var value = 0
            for digit in digits.dropFirst(isNegative ? 1 : 0) {
                let (tens, tensOverflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, sumOverflow) = tens.subtractingReportingOverflow(Int(digit &- UInt8(ascii: "0")))
                guard !tensOverflow, !sumOverflow else { return nil }
                value = sum
            }
            if isNegative { return value }
            return value == .min ? nil : -value
        } ?? nil
    }

    /// A truth value; nil for any other value.
    public var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }
}
