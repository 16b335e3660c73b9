/// Reads a decimal number from a whole text.
struct DecimalReader {
    let text: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The digits read, as long as they fit.
    private var coefficient: Int128 = 0
    /// How many of them stand after the point.
    private var scale = 0
    /// How many digits were read into 64 bits.
    private var few = 0
    private var isFull = false

    /// So many digits always fit into 64 bits.
    private static let fewMax = 18

    init(text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    mutating func read() -> FHIRPathDecimal? {
        let isNegative = next(UInt8(ascii: "-"))
        if !isNegative { _ = next(UInt8(ascii: "+")) }
        guard readDigits(areFraction: false) else { return nil }
        if next(UInt8(ascii: ".")) {
            guard readDigits(areFraction: true) else { return nil }
        }
        guard position == text.count || readExponent() else { return nil }
        return FHIRPathDecimal(isNegative ? -coefficient : coefficient, scale: scale)
    }

    private mutating func next(_ byte: UInt8) -> Bool {
        guard position < text.count, text[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func readDigits(areFraction: Bool) -> Bool {
        let start = position
        if few < Self.fewMax {
            var value = Int64(truncatingIfNeeded: coefficient)
            let end = min(text.count, position + Self.fewMax - few)
            while position < end, text[position] &- 48 < 10 {
                value = value &* 10 &+ Int64(text[position] &- 48)
                position += 1
            }
            few += position - start
            if areFraction { scale = position - start }
            coefficient = Int128(value)
        }
        while position < text.count, text[position] &- 48 < 10 {
            if !isFull { guard append(text[position] &- 48, isFraction: areFraction) else { return false } }
            position += 1
        }
        return position > start
    }

    /// - Returns: whether there is room, or the digit may be left out.
    private mutating func append(_ digit: UInt8, isFraction: Bool) -> Bool {
        let (tens, tensOverflow) = coefficient.multipliedReportingOverflow(by: 10)
        let (sum, sumOverflow) = tens.addingReportingOverflow(Int128(digit))
        if tensOverflow || sumOverflow {
            isFull = true
            return isFraction
        }
        coefficient = sum
        if isFraction { scale += 1 }
        return true
    }

    private mutating func readExponent() -> Bool {
        let rest = text[position...]
        guard rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "e"), rest.count <= 6,
            let exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(exponent) <= 100
        else { return false }
        scale -= exponent
        while scale < 0 {
            let (tens, overflow) = coefficient.multipliedReportingOverflow(by: 10)
            guard !overflow else { return false }
            coefficient = tens
            scale += 1
        }
        return true
    }
}
