/// A number, time or code of a rule that may differ by city and year.
public struct ProgrammeParameter: Sendable {
    /// What kind of value it has.
    public enum ValueType: String, Sendable, CaseIterable {
        /// A number with the digits that were written.
        case decimal
        /// A whole number.
        case integer
        /// `true` or `false`.
        case boolean
        /// A text.
        case string
        /// A day: `2026-01-01`.
        case date
        /// A code.
        case code
        /// A number with its unit.
        case quantity
        /// A span of time: `3 mo`.
        case duration

        /// Whether its values are numbers, and so need a unit.
        public var isNumeric: Bool { self == .decimal || self == .integer || self == .quantity }
    }

    /// A value that holds from a day on, in a city.
    public struct Dated: Sendable, Hashable {
        /// The first day, as written; nil: always.
        public let from: String?
        /// The code of the area by GB/T 2260, zeros at its end left out (`3301` for Hangzhou); nil: everywhere.
        public let area: String?
        /// The value.
        public let value: ProgrammeValue
        /// The id of its source.
        public let source: String
    }

    /// The name, in camelCase; expressions write `%` before it.
    public let name: String
    /// What people call it.
    public let title: ProgrammeText
    /// What kind of value it has.
    public let type: ValueType
    /// The unit by UCUM, of numbers.
    public let unit: String?
    /// The id of the source of ``base``.
    public let source: String
    /// The value where no other holds.
    public let base: ProgrammeValue
    /// No value is less; nil: no bound.
    public let min: ProgrammeValue?
    /// No value is more; nil: no bound.
    public let max: ProgrammeValue?
    /// The values of cities and years.
    public let values: [Dated]

    /// The value in force, and the id of its source.
    ///
    /// The nearest area wins: a value of the city goes before one of the province, and this before one for everywhere.
    /// Among those of one area, the latest that has begun.
    ///
    /// - Parameters:
    ///   - area: the code of the place by GB/T 2260, such as `330110`, or longer; nil: not known.
    ///   - day: the day, as `2026-01-01`.
    public func inForce(in area: String?, on day: String) -> (value: ProgrammeValue, source: String) {
        var best: Dated?
        for value in values {
            if let from = value.from, from > day { continue }
            if let prefix = value.area, area?.hasPrefix(prefix) != true { continue }
            guard let chosen = best else {
                best = value
                continue
            }
            let (near, nearest) = (value.area?.count ?? 0, chosen.area?.count ?? 0)
            if near > nearest || (near == nearest && value.from ?? "" >= chosen.from ?? "") { best = value }
        }
        return best.map { ($0.value, $0.source) } ?? (base, source)
    }

    /// `330100` → `3301`, `330000` → `33`: what the codes of all places in an area begin with.
    static func areaPrefix(_ code: String) -> String {
        var prefix = Substring(code)
        while prefix.count > 2, prefix.count.isMultiple(of: 2), prefix.hasSuffix("00") { prefix = prefix.dropLast(2) }
        return String(prefix)
    }
}
