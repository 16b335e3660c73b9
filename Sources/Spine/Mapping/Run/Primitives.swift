/// From the text of HL7 v2 to the primitive values of FHIR; nil where the text is none.
enum Primitives {
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 26 }

    /// `1.2.840.113619`: arcs without leading zeros, the first of which is 0, 1 or 2.
    static func isOID(_ text: [UInt8]) -> Bool {
        let arcs = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard arcs.count >= 2, arcs[0].count == 1, arcs[0].first.map({ $0 >= 0x30 && $0 <= 0x32 }) == true else {
            return false
        }
        return arcs.allSatisfy { arc in
            !arc.isEmpty && arc.allSatisfy(isDigit) && (arc.count == 1 || arc.first != 0x30)
        }
    }

    /// `YYYY[MM[DD…]]` or the same with hyphens, as a date.
    static func date(_ text: [UInt8]) -> [UInt8]? { Moment(text).flatMap { $0.date } }

    /// A date, or with a time: then to the second and with a zone, as FHIR wants it.
    static func dateTime(_ text: [UInt8], zone: [UInt8]) -> [UInt8]? {
        Moment(text).flatMap { $0.hasTime ? $0.full(zone: zone) : $0.date }
    }

    /// A time to the second at least, with a zone. What the text leaves out begins at zero.
    static func instant(_ text: [UInt8], zone: [UInt8]) -> [UInt8]? {
        Moment(text).flatMap { $0.full(zone: zone) }
    }

    /// `HHMM[SS[.SSSS]]`
    static func time(_ text: [UInt8]) -> [UInt8]? {
        var digits = Array(text.prefix { $0 != 0x2B && $0 != 0x2D })
        digits.removeAll { $0 == 0x3A }
        let whole = digits.prefix { isDigit($0) }
        guard whole.count >= 4, let moment = Moment(Array("20000101".utf8) + digits) else { return nil }
        return moment.time
    }

    /// A number as FHIR writes it: `+5` and `.5` become `5` and `0.5`.
    static func decimal(_ text: [UInt8]) -> [UInt8]? {
        var rest = text[...]
        var output: [UInt8] = []
        if rest.first == 0x2B { rest.removeFirst() }
        if rest.first == 0x2D {
            output.append(0x2D)
            rest.removeFirst()
        }
        let parts = rest.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, rest.contains(where: isDigit), rest.count <= 40,
            parts.allSatisfy({ $0.allSatisfy(isDigit) })
        else { return nil }
        let whole = first.drop { $0 == 0x30 }
        output += whole.isEmpty ? [0x30] : Array(whole)
        if parts.count == 2, !parts[1].isEmpty {
            output.append(0x2E)
            output += parts[1]
        }
        return output
    }

    static func integer(_ text: [UInt8], from lowest: Int) -> [UInt8]? {
        guard let number = Int(String(decoding: text.first == 0x2B ? Array(text.dropFirst()) : text, as: UTF8.self)),
            number >= lowest, number <= Int(Int32.max)
        else { return nil }
        return Array(String(number).utf8)
    }

    static func boolean(_ text: [UInt8]) -> [UInt8]? {
        switch String(decoding: text, as: UTF8.self) {
        case "Y", "y", "T", "true", "TRUE", "1": Array("true".utf8)
        case "N", "n", "F", "false", "FALSE", "0": Array("false".utf8)
        default: nil
        }
    }

    /// Base64 with its padding; blanks and line ends are taken out.
    static func base64(_ text: [UInt8]) -> [UInt8]? {
        var output = text.filter { $0 > 0x20 }
        while output.last == 0x3D { output.removeLast() }
        guard !output.isEmpty, output.allSatisfy({ isAlphanumeric($0) || $0 == 0x2B || $0 == 0x2F }),
            output.count % 4 != 1
        else { return nil }
        output += repeatElement(0x3D, count: (4 - output.count % 4) % 4)
        return output
    }
}
