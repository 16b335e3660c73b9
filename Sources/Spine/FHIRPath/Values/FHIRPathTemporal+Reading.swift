extension FHIRPathTemporal {
    /// What may be read.
    enum Form {
        case date, dateTime, time
    }

    /// Reads a whole text, such as `2014-01`, `2014-01-01T08:05+08:00` or `08:05`.
    init?(_ text: UnsafeBufferPointer<UInt8>, _ form: Form) {
        var reader = TemporalReader(bytes: text, position: 0)
        guard let value = reader.read(form), reader.position == text.count else { return nil }
        self = value
    }

    /// Reads a whole text; see the other initialiser.
    init?(_ text: some StringProtocol, _ form: Form) {
        let value = Array(text.utf8).withUnsafeBufferPointer { Self($0, form) }
        guard let value else { return nil }
        self = value
    }
}

/// Reads a date or a time from the front of a text.
struct TemporalReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position: Int

    /// - Parameter form: of a dateTime, the `T` may stand with nothing behind.
    mutating func read(_ form: FHIRPathTemporal.Form) -> FHIRPathTemporal? {
        var value = FHIRPathTemporal()
        if form == .time {
            value.isTimeOfDay = true
            return readTime(&value) ? value : nil
        }
        guard let year = digits(4) else { return nil }
        value.year = Int16(year)
        if next("-"), let month = digits(2, after: 1) {
            guard month >= 1, month <= 12 else { return nil }
            value.month = UInt8(month)
            value.precision = .month
            if next("-"), let day = digits(2, after: 1) {
                guard day >= 1, day <= FHIRPathTemporal.days(inMonth: month, year: year) else { return nil }
                value.day = UInt8(day)
                value.precision = .day
            }
        }
        guard form == .dateTime, next("T") else { return value }
        position += 1
        guard position < bytes.count, bytes[position] &- 48 < 10 else { return value }
        guard value.precision == .day, readTime(&value) else { return nil }
        return readZone(&value) ? value : nil
    }

    private mutating func readTime(_ value: inout FHIRPathTemporal) -> Bool {
        guard let hour = digits(2), hour < 24 else { return false }
        value.hour = UInt8(hour)
        value.precision = .hour
        guard next(":"), let minute = digits(2, after: 1), minute < 60 else { return true }
        value.minute = UInt8(minute)
        value.precision = .minute
        guard next(":"), let second = digits(2, after: 1), second <= 60 else { return true }
        value.second = UInt8(second)
        value.precision = .second
        guard next("."), position + 1 < bytes.count, bytes[position + 1] &- 48 < 10 else { return true }
        position += 1
        var weight: Int32 = 100_000_000
        while position < bytes.count, bytes[position] &- 48 < 10 {
            if value.fractionDigits < 9 {
                value.nanoseconds += Int32(bytes[position] &- 48) * weight
                value.fractionDigits += 1
                weight /= 10
            }
            position += 1
        }
        return true
    }

    private mutating func readZone(_ value: inout FHIRPathTemporal) -> Bool {
        if next("Z") {
            position += 1
            value.hasOffset = true
            value.isZulu = true
        } else if next("+") || next("-") {
            let isWest = next("-")
            let start = position
            guard let hours = digits(2, after: 1), next(":"), let minutes = digits(2, after: 1) else {
                position = start
                return true
            }
            guard hours <= 14, minutes < 60 else { return false }
            value.hasOffset = true
            value.offsetMinutes = Int16(hours * 60 + minutes) * (isWest ? -1 : 1)
        }
        return true
    }

    private func next(_ character: Unicode.Scalar) -> Bool {
        position < bytes.count && bytes[position] == UInt8(ascii: character)
    }

    /// Reads so many digits, after some bytes that are skipped with them; nothing is read where they aren't there.
    private mutating func digits(_ count: Int, after skipped: Int = 0) -> Int? {
        guard position + skipped + count <= bytes.count else { return nil }
        var value = 0
        for index in position + skipped..<position + skipped + count {
            guard bytes[index] &- 48 < 10 else { return nil }
            value = value * 10 + Int(bytes[index] &- 48)
        }
        position += skipped + count
        return value
    }
}
