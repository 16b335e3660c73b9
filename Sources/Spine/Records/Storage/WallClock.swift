import Foundation

/// The time of day, where no other clock is passed in.
public enum WallClock {
    /// Milliseconds since 1970 UTC.
    public static func milliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
