extension FHIRPathDecimal {
    /// 10^`exponent`, or nil where it has more than 38 digits.
    static func tens(_ exponent: Int) -> Int128? {
        guard exponent >= 0, exponent <= 38 else { return nil }
        if exponent <= 18 {
            var few: Int64 = 1
            for _ in 0..<exponent { few &*= 10 }
            return Int128(few)
        }
        var result: Int128 = 1
        for _ in 0..<exponent { result *= 10 }
        return result
    }

    /// The same number with at least so many digits after the point; nil where it doesn't fit.
    func widened(to scale: Int) -> FHIRPathDecimal? {
        guard scale > self.scale else { return self }
        guard let factor = Self.tens(scale - self.scale) else { return coefficient == 0 ? Self(0, scale: scale) : nil }
        let (product, overflow) = coefficient.multipliedReportingOverflow(by: factor)
        return overflow ? nil : Self(product, scale: scale)
    }

    /// The number without zeros at the end of its fraction.
    var trimmed: FHIRPathDecimal {
        var (digits, places) = (coefficient, scale)
        while places > 0, digits % 10 == 0 {
            digits /= 10
            places -= 1
        }
        return Self(digits, scale: places)
    }

    /// Both numbers with the same scale; nil where that doesn't fit.
    private static func aligned(_ one: Self, _ other: Self) -> (Int128, Int128, Int)? {
        if one.scale == other.scale { return (one.coefficient, other.coefficient, one.scale) }
        let scale = max(one.scale, other.scale)
        if let one = one.widened(to: scale), let other = other.widened(to: scale) {
            return (one.coefficient, other.coefficient, scale)
        }
        let (one, other) = (one.trimmed, other.trimmed)
        let least = max(one.scale, other.scale)
        guard least < scale, let one = one.widened(to: least), let other = other.widened(to: least) else { return nil }
        return (one.coefficient, other.coefficient, least)
    }

    /// -1, 0 or 1: this number is less than the other, equal to it or greater.
    func compared(to other: FHIRPathDecimal) -> Int {
        if let (one, other, _) = Self.aligned(self, other) { return one < other ? -1 : one == other ? 0 : 1 }
        let (one, other) = (double, other.double)
        return one < other ? -1 : one == other ? 0 : 1
    }

    /// The sum; nil where it doesn't fit.
    func adding(_ other: FHIRPathDecimal) -> FHIRPathDecimal? {
        guard let (one, other, scale) = Self.aligned(self, other) else { return nil }
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow || sum == .min ? nil : Self(sum, scale: scale)
    }

    /// The number with the other sign.
    var negated: FHIRPathDecimal {
        Self(coefficient == .min ? .max : -coefficient, scale: scale)
    }

    /// The product; nil where it doesn't fit.
    func multiplied(by other: FHIRPathDecimal) -> FHIRPathDecimal? {
        let (product, overflow) = coefficient.multipliedReportingOverflow(by: other.coefficient)
        if !overflow, product != .min {
            let result = Self(product, scale: scale + other.scale)
            return result.scale <= 38 ? result : result.rounded(to: 38)
        }
        let (one, two) = (trimmed, other.trimmed)
        let (less, still) = one.coefficient.multipliedReportingOverflow(by: two.coefficient)
        if !still, less != .min { return Self(less, scale: one.scale + two.scale) }
        return FHIRPathDecimal(nearest: double * other.double)
    }

    /// The quotient to at most 20 digits after the point, without zeros at its end; nil where the divisor is zero or the
    /// quotient doesn't fit.
    func divided(by other: FHIRPathDecimal) -> FHIRPathDecimal? {
        guard other.coefficient != 0 else { return nil }
        var places = 20
        while places >= 0 {
            defer { places -= 2 }
            let shift = places - scale + other.scale
            var (numerator, denominator) = (coefficient, other.coefficient)
            if shift >= 0 {
                guard let factor = Self.tens(shift) else { continue }
                let (product, overflow) = numerator.multipliedReportingOverflow(by: factor)
                if overflow { continue }
                numerator = product
            } else {
                guard let factor = Self.tens(-shift) else { continue }
                let (product, overflow) = denominator.multipliedReportingOverflow(by: factor)
                if overflow { continue }
                denominator = product
            }
            return Self(Self.dividedRounding(numerator, denominator), scale: places).trimmed
        }
        return FHIRPathDecimal(nearest: double / other.double)
    }

    private static func dividedRounding(_ numerator: Int128, _ denominator: Int128) -> Int128 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        let half = denominator.magnitude - remainder.magnitude <= remainder.magnitude
        guard half, remainder != 0 else { return quotient }
        return (numerator < 0) == (denominator < 0) ? quotient + 1 : quotient - 1
    }

    /// The integer part of the quotient; nil where the divisor is zero or the numbers can't be aligned.
    func integerQuotient(by other: FHIRPathDecimal) -> Int128? {
        guard other.coefficient != 0, let (one, other, _) = Self.aligned(self, other) else { return nil }
        return one / other
    }

    /// What the integer quotient leaves over; nil where the divisor is zero or the numbers can't be aligned.
    func remainder(by other: FHIRPathDecimal) -> FHIRPathDecimal? {
        guard other.coefficient != 0, let (one, other, scale) = Self.aligned(self, other) else { return nil }
        return Self(one % other, scale: scale).trimmed
    }

    /// Which way a number goes that lies between two.
    enum Rounding {
        case halfAwayFromZero, down, up, towardZero
    }

    /// The number with at most so many digits after the point.
    func rounded(to places: Int, _ rounding: Rounding = .halfAwayFromZero) -> FHIRPathDecimal {
        guard places < scale else { return self }
        guard let factor = Self.tens(scale - places) else { return Self(0, scale: places) }
        let (quotient, remainder) = coefficient.quotientAndRemainder(dividingBy: factor)
        guard remainder != 0 else { return Self(quotient, scale: places) }
        switch rounding {
        case .towardZero: return Self(quotient, scale: places)
        case .down: return Self(remainder < 0 ? quotient - 1 : quotient, scale: places)
        case .up: return Self(remainder > 0 ? quotient + 1 : quotient, scale: places)
        case .halfAwayFromZero: return Self(Self.dividedRounding(coefficient, factor), scale: places)
        }
    }

    /// The number as an Int, when it is one; its fraction must be zero.
    var integer: Int? {
        let least = trimmed
        return least.scale == 0 ? Int(exactly: least.coefficient) : nil
    }

    /// FHIRPath's equivalence: equal when rounded to the places of the coarser one, zeros at the end left out.
    func isEquivalent(to other: FHIRPathDecimal) -> Bool {
        let (one, other) = (trimmed, other.trimmed)
        let places = min(one.scale, other.scale)
        return one.rounded(to: places).compared(to: other.rounded(to: places)) == 0
    }

    /// The least or greatest number that is told with the same digits: `1.587` may be 1.5865 up to 1.5875.
    ///
    /// - Parameters:
    ///   - places: digits after the point of the result, from 0 to 31.
    ///   - isHigh: the greatest rather than the least.
    /// - Returns: nil where places are out of range.
    func boundary(_ places: Int, isHigh: Bool) -> FHIRPathDecimal? {
        guard (0...31).contains(places), let fine = widened(to: scale + 1) else { return nil }
        let edge = Self(fine.coefficient + (isHigh ? 5 : -5), scale: scale + 1)
        return edge.rounded(to: places, isHigh ? .up : .down).widened(to: places)
    }
}
