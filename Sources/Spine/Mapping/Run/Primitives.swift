/// From the text of HL7 v2 to the primitive values of FHIR; nil where the text is none.
enum Primitives {
    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 26 }

    /// `1.2.840.113619`: arcs without leading zeros, the first of which is 0, 1 or 2.
    static func isOID(_ text: Bytes) -> Bool {
        guard text.count >= 3, text[0] &- 0x30 < 3, text[1] == 0x2E else { return false }
        var start = 2
        for place in 2...text.count {
            if place < text.count, text[place] != 0x2E {
                guard isDigit(text[place]) else { return false }
                continue
            }
            // An arc ends: it isn't empty, and begins with zero only when it is zero.
            guard place > start, place == start + 1 || text[start] != 0x30 else { return false }
            start = place + 1
        }
        return true
    }

    /// `YYYY[MM[DD…]]` or the same with hyphens, as a date.
    static func date(_ text: Bytes, _ arena: inout Arena) -> Bytes? {
        guard let moment = Moment(text) else { return nil }
        arena.begin()
        moment.putDate(to: &arena)
        return arena.end()
    }

    /// A date, or with a time: then to the second and with a zone, as FHIR wants it.
    static func dateTime(_ text: Bytes, zone: Bytes, _ arena: inout Arena) -> Bytes? {
        guard let moment = Moment(text) else { return nil }
        arena.begin()
        if moment.hasTime { moment.putFull(zone: zone, to: &arena) } else { moment.putDate(to: &arena) }
        return arena.end()
    }

    /// A time to the second at least, with a zone. What the text leaves out begins at zero.
    static func instant(_ text: Bytes, zone: Bytes, _ arena: inout Arena) -> Bytes? {
        guard let moment = Moment(text) else { return nil }
        arena.begin()
        moment.putFull(zone: zone, to: &arena)
        return arena.end()
    }

    /// `HHMM[SS[.SSSS]]`
    static func time(_ text: Bytes, _ arena: inout Arena) -> Bytes? {
        arena.begin()
        arena.put("20000101")
        var digits = 0
        var isWhole = true
        for byte in text {
            if byte == 0x2B || byte == 0x2D { break }
            if byte == 0x3A { continue }
            isWhole = isWhole && isDigit(byte)
            if isWhole { digits += 1 }
            arena.put(byte: byte)
        }
        let full = arena.end()
        guard digits >= 4, let moment = Moment(full) else { return nil }
        arena.begin()
        moment.putTime(to: &arena)
        return arena.end()
    }

    /// A number as FHIR writes it: `+5` and `.5` become `5` and `0.5`.
    static func decimal(_ text: Bytes, _ arena: inout Arena) -> Bytes? {
        var place = 0
        arena.begin()
        if place < text.count, text[place] == 0x2B { place += 1 }
        if place < text.count, text[place] == 0x2D {
            arena.put(byte: 0x2D)
            place += 1
        }
        guard text.count - place <= 40 else { return nil }
        while place < text.count, text[place] == 0x30 { place += 1 }
        var digits = place > 0 && text[place - 1] == 0x30 ? 1 : 0
        var point: Int?
        let start = place
        while place < text.count {
            if text[place] == 0x2E, point == nil {
                point = place
            } else {
                guard isDigit(text[place]) else { return nil }
                digits += 1
            }
            place += 1
        }
        guard digits > 0 else { return nil }
        let whole = Bytes(rebasing: text[start..<(point ?? place)])
        if whole.isEmpty { arena.put(byte: 0x30) } else { arena.put(whole) }
        if let point, point + 1 < place {
            arena.put(byte: 0x2E)
            arena.put(Bytes(rebasing: text[(point + 1)..<place]))
        }
        return arena.end()
    }

    /// A number and the comparator that stands before it (`<0.01`, `≥60`), whatever the width of the signs.
    static func amount(_ text: Bytes) -> (comparator: StaticString?, number: Bytes) {
        let signs: [(StaticString, StaticString)] = [
            ("<=", "<="), (">=", ">="), ("≤", "<="), ("≥", ">="), ("<", "<"), (">", ">"), ("＜", "<"), ("＞", ">"),
        ]
        for (sign, comparator) in signs
        where text.starts(with: Bytes(start: sign.utf8Start, count: sign.utf8CodeUnitCount)) {
            var number = Bytes(rebasing: text[sign.utf8CodeUnitCount...])
            while number.first == 0x20 { number = Bytes(rebasing: number[1...]) }
            return (comparator, number)
        }
        return (nil, text)
    }

    /// Base64 (RFC 4648) of any bytes.
    static func encoded(_ bytes: [UInt8], _ arena: inout Arena) -> Bytes {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        arena.begin()
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            let group = (0..<3).reduce(0) { $0 << 8 | ($1 < count ? Int(bytes[start + $1]) : 0) }
            for place in 0..<4 {
                arena.put(byte: place > count ? 0x3D : letters[group >> (18 - 6 * place) & 0x3F])
            }
        }
        return arena.end()
    }

    static func integer(_ text: Bytes, from lowest: Int, _ arena: inout Arena) -> Bytes? {
        let digits = text.first == 0x2B ? Bytes(rebasing: text[1...]) : text
        guard let number = Int(String(decoding: digits, as: UTF8.self)), number >= lowest, number <= Int(Int32.max)
        else { return nil }
        arena.begin()
        var text = String(number)
        text.withUTF8 { arena.put($0) }
        return arena.end()
    }

    static func boolean(_ text: Bytes) -> StaticString? {
        switch String(decoding: text, as: UTF8.self) {
        case "Y", "y", "T", "true", "TRUE", "1": "true"
        case "N", "n", "F", "false", "FALSE", "0": "false"
        default: nil
        }
    }

    /// Base64 with its padding; blanks and line ends are taken out.
    static func base64(_ text: Bytes, _ arena: inout Arena) -> Bytes? {
        arena.begin()
        var padding = 0
        for byte in text where byte > 0x20 {
            if byte == 0x3D {
                padding += 1
                continue
            }
            guard padding == 0, isAlphanumeric(byte) || byte == 0x2B || byte == 0x2F else { return nil }
            arena.put(byte: byte)
        }
        let count = arena.openCount
        guard count > 0, count % 4 != 1 else { return nil }
        for _ in 0..<((4 - count % 4) % 4) { arena.put(byte: 0x3D) }
        return arena.end()
    }
}
