/// A number from an identity document (证件号码) as it was written down, judged and packed into 64 bits.
struct DocumentNumber: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        /// Nothing, or a filler such as 000000000000000000.
        case none
        /// A resident identity number (公民身份号码, GB 11643) that passes the check digit, or its 15-digit ancestor
        /// with a real date, brought to 18 digits.
        case resident
        /// Written as a resident number, but wrong.
        case damaged
        /// A number of another document, or of no known form.
        case other
    }

    var kind: Kind
    /// Digits of up to 18 places in base 11 (X is 10), letters and digits of up to 12 in base 37, else a hash.
    var code: UInt64
    var length: UInt8

    static let none = DocumentNumber(kind: .none, code: 0, length: 0)
    private static let weights: [Int] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

    /// - Parameter scalars: folded text.
    /// - Parameter resident: whether the document is stated to be, or may be, a resident identity card.
    init(_ scalars: [UInt32], resident: Bool) {
        var digits: [UInt8] = []
        digits.reserveCapacity(20)
        var letters = 0
        for scalar in scalars where scalar != 0x20 && scalar != 0x2D {
            switch scalar {
            case 0x30...0x39: digits.append(UInt8(scalar - 0x30))
            case 0x61...0x7A:
                digits.append(UInt8(scalar - 0x61 + 10))
                letters += 1
            default:
                self = .none
                return
            }
        }
        self.init(digits, letters: letters, resident: resident)
    }

    private init(_ digits: [UInt8], letters: Int, resident: Bool) {
        let endsWithX = digits.last == 33 && letters == 1
        guard digits.count >= 4, !Self.isFiller(digits) else {
            self = .none
            return
        }
        if resident, letters == 0 || endsWithX {
            var places = digits
            if endsWithX { places[places.count - 1] = 10 }
            if places.count == 15, !endsWithX {
                let grown = Self.grown(places)
                if Self.hasRealDate(grown) {
                    self.init(kind: .resident, code: Self.packed(grown, base: 11), length: 18)
                    return
                }
            }
            // A spreadsheet keeps 15 digits of a number: the rest is lost, and others of that day have the same beginning.
            if places.count == 18, places[15...] == [0, 0, 0], Self.checkDigit(places) != 0 {
                self = .none
                return
            }
            if places.count == 18, Self.checkDigit(places) == places[17], Self.hasRealDate(places) {
                self.init(kind: .resident, code: Self.packed(places, base: 11), length: 18)
                return
            }
            if (13...18).contains(places.count) {
                self.init(kind: .damaged, code: Self.packed(places, base: 11), length: UInt8(places.count))
                return
            }
        }
        let code = digits.count <= 12 ? Self.packed(digits, base: 37) : Hash.of(digits)
        self.init(kind: .other, code: code, length: UInt8(min(digits.count, 255)))
    }

    private init(kind: Kind, code: UInt64, length: UInt8) {
        self.kind = kind
        self.code = code
        self.length = length
    }

    /// The birth date that a resident number states, as yyyymmdd.
    var birth: Int32 {
        guard kind == .resident else { return 0 }
        let places = self.places
        return (6..<14).reduce(Int32(0)) { $0 * 10 + Int32(places[$1]) }
    }

    /// Sex by the last place of the sequence (顺序码): 1 male, 2 female; 0 if the number is no resident number.
    var sex: UInt8 {
        guard kind == .resident else { return 0 }
        return places[16] % 2 == 1 ? 1 : 2
    }

    /// The places of the number, first to last.
    var places: [UInt8] {
        guard length <= 18 else { return [] }
        let base: UInt64 = kind == .other ? 37 : 11
        guard kind != .other || length <= 12 else { return [] }
        var rest = code
        var out = [UInt8](repeating: 0, count: Int(length))
        for at in stride(from: Int(length) - 1, through: 0, by: -1) {
            out[at] = UInt8(rest % base)
            rest /= base
        }
        return out
    }

    static func checkDigit(_ places: [UInt8]) -> UInt8 {
        let sum = zip(places, weights).reduce(0) { $0 + Int($1.0) * $1.1 }
        return [1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2][sum % 11]
    }

    /// The 15-digit number of before 1999 in 18 digits: century put in, check digit computed.
    private static func grown(_ places: [UInt8]) -> [UInt8] {
        var grown = Array(places[0..<6]) + [1, 9] + places[6...]
        grown.append(checkDigit(grown))
        return grown
    }

    private static func hasRealDate(_ places: [UInt8]) -> Bool {
        let value = (6..<14).reduce(Int32(0)) { $0 * 10 + Int32(places[$1]) }
        return places[0] > 0 && BirthDate.isReal(value) && (1870...2100).contains(value / 10_000)
    }

    /// One digit repeated, the digits in order, or a district followed by zeros alone.
    private static func isFiller(_ digits: [UInt8]) -> Bool {
        let first = digits[0]
        if digits.allSatisfy({ $0 == first }) { return true }
        if digits.count >= 8 {
            if digits.dropFirst(6).allSatisfy({ $0 == 0 }) { return true }
            if zip(digits, digits.dropFirst()).allSatisfy({ ($0 + 1) % 10 == $1 % 10 }) { return true }
        }
        return false
    }

    private static func packed(_ places: [UInt8], base: UInt64) -> UInt64 {
        places.reduce(0) { $0 &* base &+ UInt64($1) }
    }

    /// Whether one wrong, lost, added or swapped place makes one of the other.
    static func isNear(_ a: DocumentNumber, _ b: DocumentNumber) -> Bool {
        EditDistance.isAtMostOne(a.places, b.places)
    }
}

/// Differences of short sequences.
enum EditDistance {
    /// Whether at most one place is replaced, inserted, left out, or two neighbours are swapped (Damerau–Levenshtein).
    static func isAtMostOne<Place: Equatable>(_ a: [Place], _ b: [Place]) -> Bool {
        if a.count > b.count { return isAtMostOne(b, a) }
        guard b.count - a.count <= 1, !a.isEmpty else { return a == b }
        var same = 0
        while same < a.count, a[same] == b[same] { same += 1 }
        if same == a.count { return true }
        if a.count < b.count { return a[same...].elementsEqual(b[(same + 1)...]) }
        if a[(same + 1)...].elementsEqual(b[(same + 1)...]) { return true }
        return same + 1 < a.count && a[same] == b[same + 1] && a[same + 1] == b[same]
            && a[(same + 2)...].elementsEqual(b[(same + 2)...])
    }
}
