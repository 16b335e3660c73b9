import Foundation

/// What is known of Han characters (汉字): the customary Mandarin reading without tone (拼音) and the simplified form
/// (简体). The facts are Unihan's, see the heads of `Resources/readings.txt` and `Resources/variants.txt`.
struct Hanzi: Sendable {
    static let shared = Hanzi()

    /// Readings by number; 0 is no reading.
    let readings: [String]
    private let readingOf: [UInt16]
    private let simplifiedOf: [UInt32: UInt32]
    private let numberOf: [String: UInt16]

    private init() {
        var readings = [""]
        var numberOf: [String: UInt16] = [:]
        var readingOf = [UInt16](repeating: 0, count: 0x32400)
        for line in Self.lines("readings") {
            guard let blank = line.firstIndex(of: " ") else { continue }
            let number = UInt16(readings.count)
            readings.append(String(line[..<blank]))
            numberOf[String(line[..<blank])] = number
            for scalar in line[line.index(after: blank)...].unicodeScalars where Int(scalar.value) < readingOf.count {
                readingOf[Int(scalar.value)] = number
            }
        }
        var simplifiedOf: [UInt32: UInt32] = [:]
        for line in Self.lines("variants") {
            var scalars = line.unicodeScalars.makeIterator()
            guard let simplified = scalars.next() else { continue }
            while let traditional = scalars.next() { simplifiedOf[traditional.value] = simplified.value }
        }
        for (surname, reading) in Surnames.readings {
            if let number = numberOf[reading] { readingOf[Int(surname.value)] = number }
        }
        self.readings = readings
        self.readingOf = readingOf
        self.simplifiedOf = simplifiedOf
        self.numberOf = numberOf
    }

    private static func lines(_ name: String) -> [Substring] {
        guard let url = Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Resources"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { preconditionFailure("the table \(name).txt belongs to the program and must lie beside it") }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    static func isHan(_ scalar: UInt32) -> Bool {
        (0x4E00...0x9FFF).contains(scalar) || (0x3400...0x4DBF).contains(scalar)
            || (0x20000...0x323AF).contains(scalar) || (0xF900...0xFAFF).contains(scalar)
    }

    /// The number of the character's reading, or 0.
    func reading(of scalar: UInt32) -> UInt16 { Int(scalar) < readingOf.count ? readingOf[Int(scalar)] : 0 }

    /// The number of a reading written in letters, or 0.
    func reading(spelled letters: String) -> UInt16 { numberOf[letters] ?? 0 }

    func simplified(_ scalar: UInt32) -> UInt32 { simplifiedOf[scalar] ?? scalar }
}
