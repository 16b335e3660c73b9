public import Syndromes

/// What a count is read from: records about persons, or one of the streams of `streams.json`.
public struct EventSource: RawRepresentable, Sendable, Hashable {
    /// Its number in the tables.
    public let rawValue: Int

    /// A source by its number.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The reason of a visit: its words, or its codes (Encounter.reasonCode).
    public static let complaint = EventSource(rawValue: 1)
    /// A diagnosis (Condition.code).
    public static let diagnosis = EventSource(rawValue: 2)
    /// A positive result of a test (Observation).
    public static let laboratory = EventSource(rawValue: 3)

    /// Whether it counts persons; else packs, calls, samples.
    public var countsPersons: Bool { rawValue <= Self.laboratory.rawValue }

    /// The source of a stream; nil for records about persons.
    public var watched: WatchedSource? { WatchedSource.house[rawValue] }

    /// In English, for explanations and exports.
    public var name: String {
        switch self {
        case .complaint: "complaints"
        case .diagnosis: "diagnoses"
        case .laboratory: "laboratory positives"
        default: watched?.nameEn ?? "source \(rawValue)"
        }
    }
}

/// The age groups of the counts: 0–4, 5–14, 15–24, 25–64, 65 and more. House default.
public enum AgeGroup: Int, Sendable, CaseIterable {
    case under5 = 0
    case from5to14 = 1
    case from15to24 = 2
    case from25to64 = 3
    case over64 = 4
    /// No birth date is known.
    case unknown = 9

    /// The group of somebody on a day.
    /// - Parameters:
    ///   - born: days since 1970; nil when not known.
    ///   - day: days since 1970.
    public init(born: Int64?, on day: Int64) {
        guard let born, born <= day else {
            self = .unknown
            return
        }
        // Years of the Gregorian calendar on average; a birthday is at most a day off.
        self =
            switch Double(day - born) / 365.2425 {
            case ..<5: .under5
            case ..<15: .from5to14
            case ..<25: .from15to24
            case ..<65: .from25to64
            default: .over64
            }
    }

    /// Such as `5–14`.
    public var name: String {
        switch self {
        case .under5: "0–4"
        case .from5to14: "5–14"
        case .from15to24: "15–24"
        case .from25to64: "25–64"
        case .over64: "65+"
        case .unknown: "?"
        }
    }
}
