/// The resident identity number 公民身份号码 of GB 11643-1999: division, birth date, sequence, check character.
public struct ResidentID: Sendable, Hashable, CustomStringConvertible {
    /// Eighteen characters, the last one 0–9 or X.
    public let description: String

    /// Builds a number.
    ///
    /// - Parameters:
    ///   - division: six digits of GB/T 2260, the division where the number was first issued.
    ///   - birthDate: the eight digits `yyyyMMdd`.
    ///   - sequence: 0 to 999, odd for men and even for women.
    /// - Returns: nil when a part has another shape.
    public init?(division: String, birthDate: String, sequence: Int) {
        guard division.utf8.count == 6, birthDate.utf8.count == 8, (0...999).contains(sequence) else { return nil }
        let digits = Array(division.utf8) + Array(birthDate.utf8)
        let tail = [sequence / 100, sequence / 10 % 10, sequence % 10].map { UInt8(0x30 + $0) }
        guard let check = ResidentID.checkCharacter(of: digits + tail) else { return nil }
        description = String(decoding: digits + tail + [check], as: UTF8.self)
    }

    /// Reads a number; nil unless it has 18 characters and the right check character.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 18, let last = bytes.last,
            ResidentID.checkCharacter(of: Array(bytes.dropLast())) == last
        else { return nil }
        description = text
    }

    /// The check character for 17 digits by ISO 7064 MOD 11-2, as GB 11643 prescribes; nil for anything else.
    static func checkCharacter(of digits: [UInt8]) -> UInt8? {
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        guard digits.count == 17 else { return nil }
        var sum = 0
        for (digit, weight) in zip(digits, weights) {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            sum += Int(digit - 0x30) * weight
        }
        return Array("10X98765432".utf8)[sum % 11]
    }
}

/// Issues numbers and never the same one twice.
///
/// It keeps 8 bytes for each person who ever got a number, and nothing else of the city.
struct ResidentIDRegister {
    private let divisions: [String]
    private var issued: Set<UInt64> = []

    /// - Parameter divisions: the divisions that may occur; a number is packed by its division's place here.
    init(divisions: [String]) { self.divisions = divisions }

    mutating func issue(
        division: Int, born: CivilDay, sex: Sex, _ random: inout SeededGenerator
    ) -> ResidentID? {
        let (year, month, day) = born.civil
        let birthDate = fragment { text in
            text.put(year * 10_000 + month * 100 + day)
        }
        let start = random.below(500)
        for step in 0..<500 {
            let sequence = (start + step) % 500 * 2 + (sex == .male ? 1 : 0)
            let packed =
                UInt64(division) << 44 | UInt64(truncatingIfNeeded: born.number + 200_000) << 12 | UInt64(sequence)
            guard issued.insert(packed).inserted else { continue }
            return ResidentID(
                division: divisions[division], birthDate: String(decoding: birthDate, as: UTF8.self),
                sequence: sequence)
        }
        return nil
    }
}
