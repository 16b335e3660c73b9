/// A moment as HL7 v2 writes it: `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
struct Moment {
    private var digits: [UInt8]
    private var fraction: [UInt8] = []
    private var zone: [UInt8]?

    var hasTime: Bool { digits.count > 8 }

    init?(_ text: [UInt8]) {
        digits = []
        var place = 0
        // ISO 8601 is read too, because many systems send it.
        while place < text.count {
            let byte = text[place]
            if Primitives.isDigit(byte) {
                digits.append(byte)
            } else if byte == 0x2D, digits.count == 4 || digits.count == 6, place + 2 < text.count,
                digits.count == place - (digits.count == 6 ? 1 : 0),
                text.count - place != 5
            {
                // A hyphen between year, month and day.
            } else if (byte == 0x54 || byte == 0x20) && digits.count == 8 || byte == 0x3A && digits.count > 8 {
                // Between date and time, or inside the time.
            } else {
                break
            }
            place += 1
        }
        if place < text.count, text[place] == 0x2E {
            let rest = text[(place + 1)...].prefix { Primitives.isDigit($0) }
            fraction = Array(rest.prefix(9))
            place = rest.endIndex
        }
        guard readZone(text[place...]), isReal else { return nil }
    }

    private mutating func readZone(_ text: ArraySlice<UInt8>) -> Bool {
        let rest = text.filter { $0 != 0x3A && $0 != 0x20 }
        if rest.isEmpty { return true }
        if rest == [0x5A] {
            zone = Array("Z".utf8)
            return true
        }
        guard rest.count == 5, rest[0] == 0x2B || rest[0] == 0x2D, rest.dropFirst().allSatisfy(Primitives.isDigit)
        else {
            return false
        }
        let hours = Int(rest[1] - 0x30) * 10 + Int(rest[2] - 0x30)
        let minutes = Int(rest[3] - 0x30) * 10 + Int(rest[4] - 0x30)
        guard hours <= 14, minutes < 60, hours < 14 || minutes == 0 else { return false }
        zone = rest[..<3] + [0x3A] + rest[3...]
        return true
    }

    /// Whether the digits are a moment of the calendar.
    private var isReal: Bool {
        guard [4, 6, 8, 10, 12, 14].contains(digits.count), number(0, 4) > 0 else { return false }
        if digits.count >= 6, !(1...12).contains(number(4, 2)) { return false }
        if digits.count >= 8, !(1...days).contains(number(6, 2)) { return false }
        if digits.count >= 10, number(8, 2) > 23 { return false }
        if digits.count >= 12, number(10, 2) > 59 { return false }
        return digits.count < 14 || number(12, 2) <= 59
    }

    private var days: Int {
        let year = number(0, 4)
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        switch number(4, 2) {
        case 2: return isLeap ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }

    private func number(_ start: Int, _ count: Int) -> Int {
        digits[start..<(start + count)].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// `2026-11-22`, or as much of it as is known.
    var date: [UInt8] {
        var output = Array(digits[..<4])
        if digits.count >= 6 { output += [0x2D] + digits[4..<6] }
        if digits.count >= 8 { output += [0x2D] + digits[6..<8] }
        return output
    }

    /// `08:30:00.5`
    var time: [UInt8] {
        let padded = digits + repeatElement(0x30, count: 14 - digits.count)
        var output = joined(padded, at: [8, 10, 12], by: 0x3A)
        if !fraction.isEmpty, digits.count == 14 {
            output.append(0x2E)
            output += fraction
        }
        return output
    }

    /// `2026-11-22T08:30:00+08:00`; what isn't known begins at its first moment.
    func full(zone assumed: [UInt8]) -> [UInt8] {
        var day = digits
        while day.count < 8 { day += [0x30, 0x31] }
        var output = Array(day[..<4])
        output.append(0x2D)
        output += joined(day, at: [4, 6], by: 0x2D)
        output.append(0x54)
        output += time
        output += zone ?? assumed
        return output
    }

    /// Milliseconds since 1970, UTC.
    func milliseconds(zone assumed: [UInt8]) -> Int64 {
        func part(_ start: Int, _ count: Int, else least: Int) -> Int {
            digits.count >= start + count ? number(start, count) : least
        }
        // Days since 1970-03-01 by the civil calendar, counted in years that begin in March.
        let month = part(4, 2, else: 1)
        let year = number(0, 4) - (month < 3 ? 1 : 0)
        let day = (153 * (month + (month < 3 ? 9 : -3)) + 2) / 5 + part(6, 2, else: 1) - 1
        let days = year * 365 + year / 4 - year / 100 + year / 400 + day - 719_468
        var seconds = days * 86_400 + part(8, 2, else: 0) * 3_600 + part(10, 2, else: 0) * 60 + part(12, 2, else: 0)
        let zone = zone ?? assumed
        if zone.count == 6 {
            let digits = zone.map { Int($0) - 0x30 }
            let offset = (digits[1] * 10 + digits[2]) * 3_600 + (digits[4] * 10 + digits[5]) * 60
            seconds -= zone[0] == 0x2D ? -offset : offset
        }
        let fraction = (fraction.prefix(3) + [0x30, 0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        return Int64(seconds) * 1_000 + fraction
    }

    /// Pairs of digits.
    private func joined(_ digits: [UInt8], at places: [Int], by separator: UInt8) -> [UInt8] {
        var output: [UInt8] = []
        for place in places {
            if !output.isEmpty { output.append(separator) }
            output += digits[place..<(place + 2)]
        }
        return output
    }
}
