/// A set of Unicode scalars, as a class of a regular expression names it.
struct ScalarSet: Sendable {
    /// Named parts, such as `\d`.
    enum Part: Sendable {
        case digit, word, space, letter, uppercase, lowercase, number, punctuation, symbol, separator, control
        indirect case not(Part)
        case set(ScalarSet)

        func contains(_ scalar: UInt32) -> Bool {
            switch self {
            case .digit: return scalar &- 48 < 10
            case .word: return scalar &- 48 < 10 || (scalar | 0x20) &- 97 < 26 || scalar == 95
            case .space: return scalar == 32 || scalar &- 9 < 5
            case .not(let part): return !part.contains(scalar)
            case .set(let set): return set.contains(scalar)
            default: break
            }
            guard let value = Unicode.Scalar(scalar) else { return false }
            let category = value.properties.generalCategory
            switch self {
            case .letter:
                return [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]
                    .contains(category)
            case .uppercase: return category == .uppercaseLetter
            case .lowercase: return category == .lowercaseLetter
            case .number: return [.decimalNumber, .letterNumber, .otherNumber].contains(category)
            case .punctuation:
                return [
                    .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                    .finalPunctuation, .otherPunctuation,
                ].contains(category)
            case .symbol: return [.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol].contains(category)
            case .separator: return [.spaceSeparator, .lineSeparator, .paragraphSeparator].contains(category)
            default: return [.control, .format, .unassigned, .privateUse, .surrogate].contains(category)
            }
        }
    }

    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var ranges: [ClosedRange<UInt32>] = []
    private var parts: [Part] = []
    var isNegated = false
    var ignoresCase = false

    /// - Parameter range: both ends belong to the set.
    mutating func insert(_ range: ClosedRange<UInt32>) {
        if range.lowerBound < 128 {
            for scalar in range.lowerBound...min(range.upperBound, 127) {
                if scalar < 64 { low |= 1 << UInt64(scalar) } else { high |= 1 << UInt64(scalar - 64) }
            }
        }
        if range.upperBound > 127 { ranges.append(range) }
    }

    mutating func insert(_ part: Part) {
        parts.append(part)
    }

    func contains(_ scalar: UInt32) -> Bool {
        if ignoresCase {
            let isIn = holds(scalar) || holds(lowercased(scalar)) || holds(uppercased(scalar))
            return isIn != isNegated
        }
        return holds(scalar) != isNegated
    }

    private func holds(_ scalar: UInt32) -> Bool {
        if scalar < 64, low >> UInt64(scalar) & 1 != 0 { return true }
        if scalar >= 64, scalar < 128, high >> UInt64(scalar - 64) & 1 != 0 { return true }
        for range in ranges where range.contains(scalar) { return true }
        for part in parts where part.contains(scalar) { return true }
        return false
    }
}

extension ScalarSet {
    /// The part of a set that is ASCII, as a bit for each scalar.
    struct ASCII: Sendable {
        private var low: UInt64 = 0
        private var high: UInt64 = 0

        init(_ set: ScalarSet) {
            for scalar in UInt32(0)..<64 {
                if set.contains(scalar) { low |= 1 << UInt64(scalar) }
                if set.contains(scalar + 64) { high |= 1 << UInt64(scalar) }
            }
        }

        /// - Parameter scalar: below 128.
        func contains(_ scalar: UInt32) -> Bool {
            (scalar < 64 ? low : high) &>> UInt64(scalar & 63) & 1 != 0
        }
    }
}

/// The scalar in lower case, where that is one scalar.
func lowercased(_ scalar: UInt32) -> UInt32 {
    if scalar < 128 { return scalar &- 65 < 26 ? scalar | 0x20 : scalar }
    guard let mapped = Unicode.Scalar(scalar)?.properties.lowercaseMapping.unicodeScalars, mapped.count == 1 else {
        return scalar
    }
    return mapped.first?.value ?? scalar
}

private func uppercased(_ scalar: UInt32) -> UInt32 {
    if scalar < 128 { return scalar &- 97 < 26 ? scalar & ~0x20 : scalar }
    guard let mapped = Unicode.Scalar(scalar)?.properties.uppercaseMapping.unicodeScalars, mapped.count == 1 else {
        return scalar
    }
    return mapped.first?.value ?? scalar
}
