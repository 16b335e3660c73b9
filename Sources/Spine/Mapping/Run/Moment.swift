/// A moment as HL7 v2 writes it: `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
struct Moment {
    /// Up to 14 digits as they stand, the first in the highest place of a number of 14.
    private var digits: UInt64 = 0
    private var count = 0
    /// Up to nine digits after the point.
    private var fraction: Bytes
    /// The zone that was said, in minutes; nil: none. `Z` is told from `+00:00`.
    private var zone: Zone?

    private enum Zone {
        case utc
        case offset(isWest: Bool, hours: Int, minutes: Int)
    }

    var hasTime: Bool { count > 8 }

    init?(_ text: Bytes) {
        fraction = Bytes(rebasing: text[0..<0])
        var place = 0
        // ISO 8601 is read too, because many systems send it.
        while place < text.count {
            let byte = text[place]
            if Primitives.isDigit(byte) {
                guard count < 14 else { return nil }
                digits = digits * 10 + UInt64(byte - 0x30)
                count += 1
            } else if byte == 0x2D, count == 4 || count == 6, place + 2 < text.count,
                count == place - (count == 6 ? 1 : 0), text.count - place != 5
            {
                // A hyphen between year, month and day.
            } else if (byte == 0x54 || byte == 0x20) && count == 8 || byte == 0x3A && count > 8 {
                // Between date and time, or inside the time.
            } else {
                break
            }
            place += 1
        }
        if place < text.count, text[place] == 0x2E {
            let start = place + 1
            place = start
            while place < text.count, Primitives.isDigit(text[place]) { place += 1 }
            fraction = Bytes(rebasing: text[start..<min(place, start + 9)])
        }
        for _ in count..<14 { digits *= 10 }
        guard readZone(text, from: place), isReal else { return nil }
    }

    private mutating func readZone(_ text: Bytes, from start: Int) -> Bool {
        var rest: (UInt8, Int) = (0, 0)
        var number = 0
        for byte in text[start...] where byte != 0x3A && byte != 0x20 {
            if rest.1 == 0 {
                rest.0 = byte
            } else {
                guard rest.1 < 5, Primitives.isDigit(byte) else { return false }
                number = number * 10 + Int(byte - 0x30)
            }
            rest.1 += 1
        }
        if rest.1 == 0 { return true }
        if rest.1 == 1, rest.0 == 0x5A {
            zone = .utc
            return true
        }
        guard rest.1 == 5 || rest.1 == 3, rest.0 == 0x2B || rest.0 == 0x2D else { return false }
        if rest.1 == 3 { number *= 100 }
        let hours = number / 100
        let minutes = number % 100
        guard hours <= 14, minutes < 60, hours < 14 || minutes == 0 else { return false }
        zone = .offset(isWest: rest.0 == 0x2D, hours: hours, minutes: minutes)
        return true
    }

    private var year: Int { Int(digits / 10_000_000_000) }
    private var month: Int { Int(digits / 100_000_000 % 100) }
    private var day: Int { Int(digits / 1_000_000 % 100) }
    private var hour: Int { Int(digits / 10_000 % 100) }
    private var minute: Int { Int(digits / 100 % 100) }
    private var second: Int { Int(digits % 100) }

    /// Whether the digits are a moment of the calendar.
    private var isReal: Bool {
        guard count >= 4, count.isMultiple(of: 2), year > 0 else { return false }
        if count >= 6, !(1...12).contains(month) { return false }
        if count >= 8, !(1...days).contains(day) { return false }
        return hour <= 23 && minute <= 59 && second <= 59
    }

    private var days: Int {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        switch month {
        case 2: return isLeap ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }

    /// `2026-11-22`, or as much of it as is known.
    func putDate(to arena: inout Arena) {
        Self.put(year / 100, to: &arena)
        Self.put(year % 100, to: &arena)
        if count >= 6 {
            arena.put(byte: 0x2D)
            Self.put(month, to: &arena)
        }
        if count >= 8 {
            arena.put(byte: 0x2D)
            Self.put(day, to: &arena)
        }
    }

    /// `08:30:00.5`
    func putTime(to arena: inout Arena) {
        Self.put(hour, to: &arena)
        arena.put(byte: 0x3A)
        Self.put(minute, to: &arena)
        arena.put(byte: 0x3A)
        Self.put(second, to: &arena)
        if !fraction.isEmpty, count == 14 {
            arena.put(byte: 0x2E)
            arena.put(fraction)
        }
    }

    /// `2026-11-22T08:30:00+08:00`; what isn't known begins at its first moment.
    func putFull(zone assumed: Bytes, to arena: inout Arena) {
        Self.put(year / 100, to: &arena)
        Self.put(year % 100, to: &arena)
        arena.put(byte: 0x2D)
        Self.put(max(month, 1), to: &arena)
        arena.put(byte: 0x2D)
        Self.put(max(day, 1), to: &arena)
        arena.put(byte: 0x54)
        putTime(to: &arena)
        switch zone {
        case .utc?: arena.put(byte: 0x5A)
        case .offset(let isWest, let hours, let minutes)?:
            arena.put(byte: isWest ? 0x2D : 0x2B)
            Self.put(hours, to: &arena)
            arena.put(byte: 0x3A)
            Self.put(minutes, to: &arena)
        case nil: arena.put(assumed)
        }
    }

    /// Milliseconds since 1970, UTC.
    ///
    /// - Parameter assumed: minutes east of Greenwich where no zone is said.
    func milliseconds(zone assumed: Int) -> Int64 {
        // Days since 1970-01-01 by the civil calendar, counted in years that begin in March.
        let month = max(month, 1)
        let year = year - (month < 3 ? 1 : 0)
        let day = (153 * (month + (month < 3 ? 9 : -3)) + 2) / 5 + max(day, 1) - 1
        let days = year * 365 + year / 4 - year / 100 + year / 400 + day - 719_468
        let offset =
            switch zone {
            case .utc?: 0
            case .offset(let isWest, let hours, let minutes)?: (isWest ? -1 : 1) * (hours * 60 + minutes)
            case nil: assumed
            }
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60
        var thousandths: Int64 = 0
        if count == 14 {
            for place in 0..<3 {
                thousandths = thousandths * 10 + (place < fraction.count ? Int64(fraction[place] - 0x30) : 0)
            }
        }
        return Int64(seconds) * 1_000 + thousandths
    }

    /// `YYYYMMDDHHMMSS` of the seconds since 1970 on the clock of a place.
    static func put(secondsOfLocalTime seconds: Int64, to arena: inout Arena) {
        let second = Int(seconds - (seconds >= 0 ? seconds : seconds - 86_399) / 86_400 * 86_400)
        // The civil date of a day, counted in years that begin in March, as in `milliseconds(zone:)`.
        let day = (Int(seconds) - second) / 86_400 + 719_468
        let era = (day >= 0 ? day : day - 146_096) / 146_097
        let dayOfEra = day - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month > 9 ? 1 : 0)
        put(year / 100, to: &arena)
        put(year % 100, to: &arena)
        put(month < 10 ? month + 3 : month - 9, to: &arena)
        put(dayOfYear - (153 * month + 2) / 5 + 1, to: &arena)
        put(second / 3600, to: &arena)
        put(second / 60 % 60, to: &arena)
        put(second % 60, to: &arena)
    }

    /// Two digits.
    @inline(__always)
    private static func put(_ number: Int, to arena: inout Arena) {
        arena.put(byte: UInt8(truncatingIfNeeded: 0x30 + number / 10))
        arena.put(byte: UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }
}
