public import Calendar

/// Counts of equal periods, oldest first. A missing count is NaN.
public struct CountSeries: Sendable {
    /// Counts; NaN where missing.
    public var observed: [Double]
    /// People at risk in each period; nil when not known.
    public var population: [Double]?
    /// The first day of each period; nil when periods are only numbered.
    public var dates: [CivilDay]?
    /// Periods a year: 52, 12 or 365.
    public var frequency: Int
    /// The number within its year of the first period, from 1.
    public var firstPeriod: Int

    /// A series.
    public init(
        observed: [Double], population: [Double]? = nil, dates: [CivilDay]? = nil, frequency: Int = 52,
        firstPeriod: Int = 1
    ) {
        self.observed = observed
        self.population = population
        self.dates = dates
        self.frequency = frequency
        self.firstPeriod = firstPeriod
    }

    /// The number of periods.
    public var count: Int { observed.count }

    /// Refuses a range of indices (from 1) that leaves the series or needs more history than there is.
    func check(_ range: ClosedRange<Int>, history: Int) throws(SurveillanceFault) {
        guard range.upperBound <= count else {
            throw SurveillanceFault("rangeEnd", "is \(range.upperBound), but the series has \(count) periods")
        }
        guard range.lowerBound - history >= 1 else {
            throw SurveillanceFault(
                "rangeStart", "is \(range.lowerBound), but \(history) earlier periods are needed")
        }
    }

    /// The sum of the last `periods` counts up to index `k` (from 1); NaN when one is missing.
    func recentSum(_ k: Int, _ periods: Int) -> Double {
        var sum = 0.0
        for t in max(k - periods + 1, 1)...k { sum += observed[t - 1] }
        return sum
    }
}

/// What is wrong with a setting or an input: which, and why.
public struct SurveillanceFault: Error, Equatable, CustomStringConvertible {
    /// The setting, column or file.
    public let field: String
    /// What was found and what is expected.
    public let reason: String

    /// A fault.
    public init(_ field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    /// Field and reason in one line.
    public var description: String { "\(field): \(reason)" }
}

/// The larger of two numbers, NaN when one is NaN.
func larger(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }

/// Mean and standard deviation (divisor n − 1); NaN when a value is missing.
func meanAndDeviation(_ values: some Collection<Double>) -> (mean: Double, deviation: Double) {
    let n = Double(values.count)
    let sum = values.reduce(0, +)
    var mean = sum / n
    mean += values.reduce(0) { $0 + ($1 - mean) } / n
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (n - 1)).squareRoot())
}

/// True, false, or nil when a side is missing.
func exceeds(_ value: Double, _ threshold: Double) -> Bool? {
    value.isNaN || threshold.isNaN ? nil : value > threshold
}
