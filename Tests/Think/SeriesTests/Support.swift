import Calendar
import FHIR
import Foundation
import Programmes
import Series

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The book of the immunisation programme.
enum House {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Programmes/immunisation").standardizedFileURL
    static let book = Result {
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        return try Programme.load(try ProgrammeFolder(reading: root), checker).doses ?? DoseBook()
    }
}

extension DoseBook {
    /// The code by which a record names a product.
    func code(_ product: String) -> Code { self.product(product)?.codes.first ?? Code(system: "", code: "") }
}

func day(_ text: String) -> CivilDay { CivilDay(text) ?? CivilDay(number: 0) }
