/// JSON text under construction, as bytes.
///
/// The generator writes tens of megabytes a second; fixed pieces come as `StaticString` or as prepared fragments,
/// and only numbers, dates and ids are formatted.
struct ByteText: Sendable {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    var count: Int { bytes.count }

    mutating func put(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ fragment: [UInt8]) { bytes.append(contentsOf: fragment) }

    mutating func put(plain text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func put(_ number: Int) {
        if number < 0 {
            bytes.append(0x2D)
            put(-number)
        } else if number < 10 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: number))
        } else {
            put(number / 10)
            bytes.append(0x30 + UInt8(truncatingIfNeeded: number % 10))
        }
    }

    /// A decimal number given in units of its last digit: 1234 with 2 decimals is `12.34`.
    mutating func put(scaled number: Int, decimals: Int) {
        guard decimals > 0 else { return put(number) }
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        if number < 0 { bytes.append(0x2D) }
        let magnitude = abs(number)
        put(magnitude / scale)
        bytes.append(0x2E)
        var rest = magnitude % scale
        for _ in 0..<decimals {
            scale /= 10
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest / scale))
            rest %= scale
        }
    }

    private mutating func put(twoDigits number: Int) {
        bytes.append(0x30 + UInt8(truncatingIfNeeded: number / 10))
        bytes.append(0x30 + UInt8(truncatingIfNeeded: number % 10))
    }

    /// `yyyy-MM-dd`
    mutating func put(_ day: CivilDay) {
        let (year, month, dayOfMonth) = day.civil
        put(twoDigits: year / 100)
        put(twoDigits: year % 100)
        bytes.append(0x2D)
        put(twoDigits: month)
        bytes.append(0x2D)
        put(twoDigits: dayOfMonth)
    }

    /// `yyyy-MM-ddTHH:mm:00+08:00`; minutes past the last midnight may run into the next days.
    mutating func put(_ moment: Moment) {
        put(CivilDay(moment.day.number + moment.minute / 1_440))
        let minute = moment.minute % 1_440
        bytes.append(0x54)
        put(twoDigits: minute / 60)
        bytes.append(0x3A)
        put(twoDigits: minute % 60)
        put(":00+08:00")
    }

    mutating func put(_ id: ResourceID) {
        put(hex: id.high >> 32, digits: 8)
        bytes.append(0x2D)
        put(hex: id.high >> 16, digits: 4)
        bytes.append(0x2D)
        put(hex: id.high, digits: 4)
        bytes.append(0x2D)
        put(hex: id.low >> 48, digits: 4)
        bytes.append(0x2D)
        put(hex: id.low, digits: 12)
    }

    private mutating func put(hex value: UInt64, digits: Int) {
        var shift = digits * 4
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: (value >> UInt64(truncatingIfNeeded: shift)) & 0xF)
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    /// A JSON string with its quotes.
    mutating func put(quoted text: String) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                bytes.append(0x5C)
                bytes.append(byte)
            case 0..<0x20:
                put("\\u00")
                put(hex: UInt64(byte), digits: 2)
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// A minute of a day, in the city's time (Asia/Shanghai, +08:00 all year).
struct Moment: Sendable, Comparable {
    var day: CivilDay
    /// Minutes past midnight; 1,440 and more lie in the days after.
    var minute: Int

    func adding(minutes: Int) -> Moment { Moment(day: day, minute: minute + minutes) }

    static func < (one: Moment, other: Moment) -> Bool {
        one.day.number * 1_440 + one.minute < other.day.number * 1_440 + other.minute
    }
}

/// Bytes written by a closure: for fragments that are prepared once.
func fragment(_ write: (inout ByteText) -> Void) -> [UInt8] {
    var text = ByteText()
    write(&text)
    return text.bytes
}
