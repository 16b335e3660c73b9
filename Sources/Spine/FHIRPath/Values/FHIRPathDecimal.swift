/// An exact decimal number that keeps the digits after the point as they were written: `1.50` isn't `1.5` in text.
///
/// Up to 38 digits.
public struct FHIRPathDecimal: Sendable {
    /// All digits as an integer: 150 of `1.50`.
    public let coefficient: Int128
    /// How many of them stand after the point: 2 of `1.50`; never negative.
    public let scale: Int

    /// The number `coefficient` / 10^`scale`.
    public init(_ coefficient: Int128, scale: Int = 0) {
        self.coefficient = coefficient
        self.scale = scale
    }

    /// Reads `-12.50`, also `+12.50` and `1.25e1`. Digits after the point that are too many for 38 in all are left out.
    ///
    /// - Returns: nil where the text is no decimal number, or too great.
    public init?(_ text: some Collection<UInt8>) {
        let value = text.withContiguousStorageIfAvailable { Self(reading: $0) }
        guard let value = value ?? Array(text).withUnsafeBufferPointer({ Self(reading: $0) }) else { return nil }
        self = value
    }

    private init?(reading text: UnsafeBufferPointer<UInt8>) {
        var reader = DecimalReader(text: text)
        guard let value = reader.read() else { return nil }
        self = value
    }

    /// Reads a decimal number; see the other initialiser.
    public init?(_ text: String) {
        self.init(text.utf8)
    }

    /// The decimal number nearest to a binary one, of 15 significant digits; nil where it is infinite, no number or too
    /// great.
    public init?(nearest value: Double) {
        guard value.isFinite, abs(value) < 1e22 else { return nil }
        guard value != 0 else {
            self.init(0)
            return
        }
        let magnitude = Int(floor10(abs(value)))
        let places = max(0, min(30, 14 - magnitude))
        var scaled = value
        var coefficient: Int128
        if places <= 22 {
            scaled = value * power10(places)
            coefficient = Int128(scaled.rounded())
        } else {
            scaled = value * 1e22 * power10(places - 22)
            coefficient = Int128(scaled.rounded())
        }
        var scale = places
        while scale > 0, coefficient % 10 == 0 {
            coefficient /= 10
            scale -= 1
        }
        self.init(coefficient, scale: scale)
    }

    /// The binary number nearest to it.
    public var double: Double {
        scale <= 22 ? Double(coefficient) / power10(scale) : Double(text) ?? 0
    }

    /// The digits as written: `-12.50`.
    public var text: String {
        var digits = String(coefficient.magnitude)
        if scale > 0 {
            if digits.utf8.count <= scale {
                digits = String(repeating: "0", count: scale - digits.utf8.count + 1) + digits
            }
            let point = digits.index(digits.endIndex, offsetBy: -scale)
            digits = digits[..<point] + "." + digits[point...]
        }
        return coefficient < 0 ? "-" + digits : digits
    }
}

private func power10(_ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<exponent { result *= 10 }
    return result
}

/// The exponent of ten of a number above zero.
private func floor10(_ value: Double) -> Double {
    var (rest, exponent) = (value, 0.0)
    while rest >= 10 {
        rest /= 10
        exponent += 1
    }
    while rest < 1, exponent > -40 {
        rest *= 10
        exponent -= 1
    }
    return exponent
}
