import Foundation

/// A note in the data folder: which city the store is being filled with, and whether it is complete. An interrupted
/// filling goes on with the same city, whatever day it is then.
struct CityNote: Codable, Equatable {
    var city: String
    var residents: Int
    var days: Int
    var seed: UInt64
    var end: String
    var isComplete = false
    /// Whether outbreaks are planted; nil in notes of cities that were begun before there were any.
    var plantsOutbreaks: Bool?
    /// How many residents live with the followed programmes beside the filled ones; nil for none.
    var living: Int?
    /// The day to which their life has come.
    var livedThrough: String?

    /// Whether the city is there, its life included.
    var isLived: Bool { isComplete && ((living ?? 0) == 0 || livedThrough == end) }

    /// How many residents live by a clock of their own just now.
    var livingNow: Int { isLived ? 0 : living ?? 0 }

    private static func path(_ folder: String) -> String { "\(folder)/city.json" }

    /// The note of a folder; nil when there is none that can be read.
    static func read(_ folder: String) -> CityNote? {
        FileManager.default.contents(atPath: path(folder)).flatMap { try? JSONDecoder().decode(Self.self, from: $0) }
    }

    /// Writes the note, whole or not at all.
    func write(_ folder: String) throws {
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: Self.path(folder)), options: .atomic)
    }
}
