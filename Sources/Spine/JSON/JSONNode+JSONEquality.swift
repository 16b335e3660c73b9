extension JSONNode {
    /// Whether two values are equal as RFC 6902 (4.6) has it: members in any order, strings by their characters, numbers
    /// by their value.
    public func isEqualJSON(to other: JSONNode) -> Bool {
        switch (kind, other.kind) {
        case (.null, .null), (.true, .true), (.false, .false): return true
        case (.string, .string): return string.map { Array($0.utf8) } == other.string.map { Array($0.utf8) }
        case (.number, .number):
            guard let one = numberText, let two = other.numberText else { return false }
            return one == two || PlainDecimal(one) == PlainDecimal(two)
        case (.array, .array):
            return count == other.count && zip(elements, other.elements).allSatisfy { $0.isEqualJSON(to: $1) }
        case (.object, .object):
            return count == other.count
                && members.allSatisfy { member in
                    guard let key = member.key.string, let twin = other[JSONKey(key)] else { return false }
                    return member.value.isEqualJSON(to: twin)
                }
        default: return false
        }
    }
}

/// A number's value: digits without zeros at either end, and the power of ten of the last.
private struct PlainDecimal: Equatable {
    var isNegative: Bool
    var digits: [UInt8]
    var exponent: Int

    init(_ text: String) {
        isNegative = text.utf8.first == UInt8(ascii: "-")
        digits = []
        exponent = 0
        var isFraction = false
        let halves = text.utf8.split(whereSeparator: { $0 | 0x20 == UInt8(ascii: "e") })
        for byte in halves.first ?? "".utf8[...] {
            switch byte {
            case UInt8(ascii: "."): isFraction = true
            case 0x30...0x39:
                digits.append(byte)
                if isFraction { exponent -= 1 }
            default: break
            }
        }
        if halves.count > 1, let shift = Int(String(decoding: halves[1].drop { $0 == 0x2B }, as: UTF8.self)) {
            exponent = exponent.addingReportingOverflow(shift).partialValue
        }
        while digits.last == 0x30 {
            digits.removeLast()
            exponent += 1
        }
        digits = Array(digits.drop { $0 == 0x30 })
        if digits.isEmpty {
            isNegative = false
            exponent = 0
        }
    }
}
