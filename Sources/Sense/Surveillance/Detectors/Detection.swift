/// What a detector says about one period.
public struct Detection: Sendable {
    /// The index of the period, from 1.
    public let t: Int
    /// The count; NaN where missing.
    public let observed: Double
    /// The mean to be expected; NaN where the method has none or can't tell.
    public var expected = Double.nan
    /// The largest count that is no alarm, or the statistic where the method has no such count; NaN where it can't tell.
    public var upperbound = Double.nan
    /// Whether the alarm sounds; nil when a value that decides is missing.
    public var alarm: Bool?

    init(_ t: Int, _ series: CountSeries) {
        self.t = t
        observed = series.observed[t - 1]
    }
}
