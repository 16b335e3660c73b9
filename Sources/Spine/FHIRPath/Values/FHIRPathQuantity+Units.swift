import UCUM

extension FHIRPathQuantity {
    /// The UCUM code of the unit; of a calendar word the code of the same duration.
    var code: String {
        guard isCalendar else { return unit.isEmpty ? "1" : unit }
        switch unit {
        case "year": return "a"
        case "month": return "mo"
        case "week": return "wk"
        case "day": return "d"
        case "hour": return "h"
        case "minute": return "min"
        case "second": return "s"
        default: return "ms"
        }
    }

    /// Whether the length of the unit depends on the calendar.
    private var varies: Bool {
        isCalendar && (unit == "year" || unit == "month")
    }

    /// The value in the other's unit; nil where they can't be compared. Years and months of the calendar can only be
    /// compared with each other, unless roughly: then a year is 365 days and a month 30.
    func value(inUnitOf other: FHIRPathQuantity, roughly: Bool = false) -> FHIRPathDecimal? {
        if isCalendar == other.isCalendar, unit == other.unit { return value }
        if varies || other.varies {
            if varies, other.varies {
                return unit == "year"
                    ? value.multiplied(by: FHIRPathDecimal(12)) : value.divided(by: FHIRPathDecimal(12))
            }
            guard roughly else { return nil }
            if code == other.code { return value }
            let days = rough.value(inUnitOf: FHIRPathQuantity(FHIRPathDecimal(1), "d"))
            return days.flatMap { FHIRPathQuantity($0, "d").value(inUnitOf: other.rough) }
        }
        if code == other.code { return value }
        guard let own = UCUM.unit(code), let target = UCUM.unit(other.code) else { return nil }
        let converted = own.convert(value.double, to: target).flatMap { FHIRPathDecimal(nearest: $0) }
        // A scale such as Cel loses digits between two great numbers.
        return target.isSpecial ? converted?.rounded(to: 10).trimmed : converted
    }

    /// Years and months as days.
    private var rough: FHIRPathQuantity {
        guard varies else { return self }
        let days = FHIRPathDecimal(unit == "year" ? 365 : 30)
        return FHIRPathQuantity(value.multiplied(by: days) ?? value, "d")
    }

    /// Whether both measure the same.
    func isCommensurable(with other: FHIRPathQuantity) -> Bool {
        if unit == other.unit { return true }
        guard let own = UCUM.unit(code), let target = UCUM.unit(other.code) else { return false }
        return own.isCommensurable(with: target)
    }

    /// The sum in the finer of both units; nil where they can't be added.
    func adding(_ other: FHIRPathQuantity) -> FHIRPathQuantity? {
        let one = FHIRPathQuantity(FHIRPathDecimal(1), unit, isCalendar: isCalendar).value(inUnitOf: other)
        guard let one else { return nil }
        let isCoarser = one.compared(to: FHIRPathDecimal(1)) > 0
        let (target, rest) = isCoarser ? (other, self) : (self, other)
        guard let sum = rest.value(inUnitOf: target).flatMap(target.value.adding) else { return nil }
        return FHIRPathQuantity(sum, target.written, isCalendar: target.isCalendar)
    }

    /// The same with the other sign.
    var negated: FHIRPathQuantity {
        FHIRPathQuantity(value.negated, written, isCalendar: isCalendar)
    }

    /// The unit as it stood, in the singular or plural.
    private var written: String {
        isPlural ? unit + "s" : unit
    }

    /// Less, equal or greater; nil where that can't be said.
    func compared(to other: FHIRPathQuantity) -> Int? {
        other.value(inUnitOf: self).map { value.compared(to: $0) }
    }

    /// FHIRPath's equivalence: the values agree to the places of the coarser one.
    func isEquivalent(to other: FHIRPathQuantity) -> Bool {
        if let converted = other.value(inUnitOf: self, roughly: true) {
            if value.isEquivalent(to: converted) { return true }
        }
        return self.value(inUnitOf: other, roughly: true)?.isEquivalent(to: other.value) ?? false
    }

    /// The product or the quotient, with the unit made of both.
    func combined(_ other: FHIRPathQuantity, isQuotient: Bool) -> FHIRPathQuantity? {
        var (left, right) = (value, other.value)
        var (unit, otherUnit) = (code, other.code)
        // The same measure in two units is brought to one first: cm × m is m2.
        if unit != otherUnit, unit != "1", otherUnit != "1", isCommensurable(with: other),
            let converted = self.value(inUnitOf: other)
        {
            left = converted
            unit = otherUnit
        }
        if unit == "1", !isQuotient { (unit, otherUnit, left, right) = (otherUnit, unit, right, left) }
        guard let value = isQuotient ? left.divided(by: right) : left.multiplied(by: right) else { return nil }
        if otherUnit == "1" { return FHIRPathQuantity(value, unit) }
        if unit == otherUnit { return FHIRPathQuantity(value, isQuotient ? "1" : Self.squared(unit)) }
        let divisor = otherUnit.contains("/") || otherUnit.contains(".") ? "(\(otherUnit))" : otherUnit
        if isQuotient { return FHIRPathQuantity(value, unit == "1" ? "/\(divisor)" : "\(unit)/\(divisor)") }
        return FHIRPathQuantity(value, "\(unit).\(divisor)")
    }

    private static func squared(_ unit: String) -> String {
        let isPlain = unit.utf8.allSatisfy { ($0 | 0x20) &- 97 < 26 }
        return isPlain ? unit + "2" : "(\(unit)).(\(unit))"
    }
}
