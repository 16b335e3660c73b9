/// What `toX()` and `convertsToX()` do to one System value; nil where the value can't be converted.
extension Item {
    /// The value as `toString()` writes it; nil of elements and type names.
    var conversionText: String? {
        switch self {
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .decimal(let value): value.text
        case .string(let value): value
        case .date(let value), .dateTime(let value), .time(let value): value.text
        case .quantity(let value): value.text
        case .node, .type: nil
        }
    }

    var toBoolean: Item? {
        switch self {
        case .boolean: return self
        case .integer(1): return .boolean(true)
        case .integer(0): return .boolean(false)
        case .decimal(let value):
            guard let integer = value.integer, integer == 0 || integer == 1 else { return nil }
            return .boolean(integer == 1)
        case .string(let text):
            switch text.lowercased() {
            case "true", "t", "yes", "y", "1", "1.0": return .boolean(true)
            case "false", "f", "no", "n", "0", "0.0": return .boolean(false)
            default: return nil
            }
        default: return nil
        }
    }

    var toInteger: Item? {
        switch self {
        case .integer: return self
        case .boolean(let value): return .integer(value ? 1 : 0)
        case .string(let text):
            // `(\+|-)?\d+`, of 32 bits.
            guard let value = Int32(text) else { return nil }
            return .integer(Int(value))
        default: return nil
        }
    }

    var toDecimal: Item? {
        switch self {
        case .decimal: return self
        case .integer(let value): return .decimal(FHIRPathDecimal(Int128(value)))
        case .boolean(let value): return .decimal(FHIRPathDecimal(value ? 10 : 0, scale: value ? 1 : 0))
        case .string(let text):
            guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return nil }
            return FHIRPathDecimal(text).map { .decimal($0) }
        default: return nil
        }
    }

    var toText: Item? {
        conversionText.map { .string($0) }
    }

    var toDate: Item? {
        switch self {
        case .date: return self
        case .dateTime(let value): return .date(value.date)
        case .string(let text):
            if let value = FHIRPathTemporal(text, .date) { return .date(value) }
            return FHIRPathTemporal(text, .dateTime).map { .date($0.date) }
        default: return nil
        }
    }

    var toDateTime: Item? {
        switch self {
        case .dateTime: return self
        case .date(let value): return .dateTime(value)
        case .string(let text): return FHIRPathTemporal(text, .dateTime).map { .dateTime($0) }
        default: return nil
        }
    }

    var toTime: Item? {
        switch self {
        case .time: return self
        case .string(let text):
            let plain = text.hasPrefix("T") ? text.dropFirst() : text[...]
            return FHIRPathTemporal(plain, .time).map { .time($0) }
        default: return nil
        }
    }

    var toQuantity: Item? {
        switch self {
        case .quantity: return self
        case .integer(let value): return .quantity(FHIRPathQuantity(FHIRPathDecimal(Int128(value)), "1"))
        case .decimal(let value): return .quantity(FHIRPathQuantity(value, "1"))
        case .boolean(let value):
            return .quantity(FHIRPathQuantity(FHIRPathDecimal(value ? 10 : 0, scale: value ? 1 : 0), "1"))
        case .string(let text): return Self.quantity(text).map { .quantity($0) }
        default: return nil
        }
    }

    /// `(\+|-)?\d+(\.\d+)?`, any spaces, and a unit: a UCUM code in quotes, a calendar word, or none.
    private static func quantity(_ text: String) -> FHIRPathQuantity? {
        let end = text.firstIndex { !("0"..."9" ~= $0 || $0 == "." || $0 == "+" || $0 == "-") } ?? text.endIndex
        guard let value = FHIRPathDecimal(String(text[..<end])) else { return nil }
        let unit = text[end...].drop(while: \.isWhitespace)
        guard !unit.isEmpty else { return end == text.endIndex ? FHIRPathQuantity(value, "1") : nil }
        if unit.count > 2, unit.hasPrefix("'"), unit.hasSuffix("'") {
            return FHIRPathQuantity(value, String(unit.dropFirst().dropLast()))
        }
        guard FHIRPathTemporal.Unit.isWord(String(unit)) else { return nil }
        return FHIRPathQuantity(value, String(unit), isCalendar: true)
    }
}

extension FHIRPathTemporal {
    /// The date of a moment.
    var date: FHIRPathTemporal {
        var result = FHIRPathTemporal()
        result.year = year
        result.month = month
        result.day = day
        result.precision = min(precision, .day)
        return result
    }

    /// The time of day of a moment.
    var timeOfDay: FHIRPathTemporal? {
        guard precision >= .hour else { return nil }
        var result = self
        (result.year, result.month, result.day) = (0, 1, 1)
        (result.hasOffset, result.offsetMinutes, result.isZulu) = (false, 0, false)
        result.isTimeOfDay = true
        return result
    }
}
