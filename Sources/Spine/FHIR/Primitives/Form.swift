/// The forms of the primitive types but dates, each written out by hand from FHIR's regular expression.
enum Form {
    /// `\s` in ASCII: tab, line feed, vertical tab, form feed, carriage return, space.
    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte &- 0x09 < 5
    }

    /// What `[ \r\n\t\S]` leaves out: vertical tab and form feed.
    @inline(__always)
    static func isForbiddenInText(_ byte: UInt8) -> Bool {
        byte == 0x0B || byte == 0x0C
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    static func equals(_ text: UnsafeBufferPointer<UInt8>, _ other: StaticString) -> Bool {
        text.count == other.utf8CodeUnitCount && hasPrefix(text, other)
    }

    @inline(__always)
    static func hasPrefix(_ text: UnsafeBufferPointer<UInt8>, _ prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard text.count >= count else { return false }
        let letters = prefix.utf8Start
        for index in 0..<count where text[index] != letters[index] { return false }
        return true
    }

    /// `(\s*([0-9a-zA-Z\+/=]){4}\s*)+`
    static func base64(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var letters = 0
        for byte in text {
            if isSpace(byte) {
                guard letters & 3 == 0 else { return false }
            } else {
                guard
                    isAlphanumeric(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
                        || byte == UInt8(ascii: "=")
                else { return false }
                letters &+= 1
            }
        }
        return letters > 0 && letters & 3 == 0
    }

    /// `[^\s]+(\s[^\s]+)*`
    static func code(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var afterSpace = true
        for byte in text {
            let isSpace = isSpace(byte)
            if isSpace && afterSpace { return false }
            afterSpace = isSpace
        }
        return !afterSpace
    }

    /// `[A-Za-z0-9\-\.]{1,64}`
    static func id(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count >= 1, text.count <= 64 else { return false }
        for byte in text {
            guard isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") else { return false }
        }
        return true
    }

    @inline(__always)
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26
    }

    /// Digits alone, at least one.
    static func digits(_ text: UnsafeBufferPointer<UInt8>, from: Int) -> Bool {
        guard text.count > from else { return false }
        for index in from..<text.count where !isDigit(text[index]) { return false }
        return true
    }

    /// `[0]|([1-9][0-9]*)`
    static func naturalNumber(_ text: UnsafeBufferPointer<UInt8>, from: Int) -> Bool {
        digits(text, from: from) && (text[from] != UInt8(ascii: "0") || text.count == from + 1)
    }

    /// `-?([0]|([1-9][0-9]*))`
    static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        naturalNumber(text, from: text.first == UInt8(ascii: "-") ? 1 : 0)
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
    static func decimal(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = text.first == UInt8(ascii: "-") ? 1 : 0
        let whole = index
        skipDigits(text, &index)
        guard index > whole, text[whole] != UInt8(ascii: "0") || index == whole + 1 else { return false }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = index
            skipDigits(text, &index)
            guard index > fraction else { return false }
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index += 1 }
            let exponent = index
            skipDigits(text, &index)
            guard index > exponent else { return false }
        }
        return index == text.count
    }

    private static func skipDigits(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        while index < text.count, isDigit(text[index]) { index += 1 }
    }

    /// `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`
    static func oid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard hasPrefix(text, "urn:oid:"), text.count > 9, text[8] &- UInt8(ascii: "0") < 3 else { return false }
        var index = 9
        while index < text.count {
            guard text[index] == UInt8(ascii: ".") else { return false }
            index += 1
            let arc = index
            skipDigits(text, &index)
            guard index > arc, text[arc] != UInt8(ascii: "0") || index == arc + 1 else { return false }
        }
        return true
    }

    /// `urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
    static func uuid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == 45, hasPrefix(text, "urn:uuid:") else { return false }
        for index in 9..<45 {
            switch index {
            case 17, 22, 27, 32:
                guard text[index] == UInt8(ascii: "-") else { return false }
            default:
                guard isDigit(text[index]) || text[index] &- UInt8(ascii: "a") < 6 else { return false }
            }
        }
        return true
    }

    /// `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?`
    static func time(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var clock = ClockForm()
        let end = clock.read(text, from: 0)
        return end == text.count && clock.hasSeconds
    }
}
