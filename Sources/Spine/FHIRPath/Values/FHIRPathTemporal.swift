/// A date, a date with time, or a time of day, as far as it is known.
public struct FHIRPathTemporal: Sendable {
    /// How far a value is known.
    public enum Precision: UInt8, Sendable, Comparable {
        /// From year to second, which fractions belong to.
        case year, month, day, hour, minute, second

        /// From coarse to fine.
        public static func < (one: Self, other: Self) -> Bool {
            one.rawValue < other.rawValue
        }
    }

    /// The year; 0 of a time of day.
    public var year: Int16 = 0
    /// The month from 1, as far as known.
    public var month: UInt8 = 1
    /// The day from 1, as far as known.
    public var day: UInt8 = 1
    /// The hour, as far as known.
    public var hour: UInt8 = 0
    /// The minute, as far as known.
    public var minute: UInt8 = 0
    /// The second, as far as known.
    public var second: UInt8 = 0
    /// How many digits follow the seconds' point.
    public var fractionDigits: UInt8 = 0
    /// The part of a second in nanoseconds.
    public var nanoseconds: Int32 = 0
    /// How far the value is known.
    public var precision: Precision = .year
    /// Whether the value has a zone.
    public var hasOffset = false
    /// Minutes east of Greenwich, when there is a zone.
    public var offsetMinutes: Int16 = 0
}
