/// The time-varying reproduction number: how many people a case infects, from daily case counts.
public struct ReproductionNumber: Sendable {
    /// Cases infected here, per day.
    public var local: [Double]
    /// Cases infected elsewhere, per day. Those of the first day count as imported.
    public var imported: [Double]
    /// Days from onset to onset.
    public var serialInterval: SerialInterval

    /// Case counts from the first case on.
    public init(local: [Double], imported: [Double]? = nil, serialInterval: SerialInterval) {
        self.local = local
        self.imported = imported ?? local.map { _ in 0 }
        self.serialInterval = serialInterval
        if !local.isEmpty {
            self.imported[0] += local[0]
            self.local[0] = 0
        }
    }

    /// Days of a window, from 1, both included.
    public typealias Window = ClosedRange<Int>

    /// Windows of so many days, from day 2 on.
    public static func sliding(_ days: Int, of total: Int) -> [Window] {
        guard days >= 1, total - days + 1 >= 2 else { return [] }
        return (2...(total - days + 1)).map { $0...($0 + days - 1) }
    }

    /// Three windows of a third of the days each, from day 2 on.
    public static func thirds(of total: Int) -> [Window] {
        let ends = [total / 3, 2 * total / 3, total]
        return [2...ends[0], (ends[0] + 1)...ends[1], (ends[1] + 1)...ends[2]]
    }

    /// The posterior of one window; missing where the window ends before the mean serial interval.
    public struct Estimate: Sendable {
        /// The days.
        public var window: Window
        /// Mean of the posterior.
        public var mean = Double.nan
        /// Its standard deviation.
        public var deviation = Double.nan
        /// Its quantiles 0.025, 0.05, 0.25, 0.5, 0.75, 0.95 and 0.975.
        public var quantiles = [Double](repeating: .nan, count: 7)
    }

    private var total: [Double] { zip(local, imported).map { $0 + $1 } }

    /// The infectiousness that all earlier cases bring to a day: Λ of Cori and others (2013); missing on the first day.
    public var infectiousness: [Double] {
        let total = total
        return total.indices.map { t in
            t == 0 ? .nan : (0...t).reduce(0) { $0 + serialInterval.weight($1) * total[t - $1] }
        }
    }

    /// The posterior of Cori and others (2013), as R's `EpiEstim::estimate_R` computes it.
    /// - Parameters:
    ///   - windows: days over which R is taken to be constant.
    ///   - priorMean: of the gamma prior.
    ///   - priorDeviation: its standard deviation.
    public func estimate(_ windows: [Window], priorMean: Double = 5, priorDeviation: Double = 5)
        throws(SurveillanceFault) -> [Estimate]
    {
        guard priorMean > 0, priorDeviation > 0 else {
            throw SurveillanceFault("mean_prior, std_prior", "must be positive")
        }
        if let window = windows.first(where: { $0.lowerBound < 2 || $0.upperBound > local.count }) {
            throw SurveillanceFault("window", "\(window) leaves the days 2…\(local.count)")
        }
        let shape = priorMean / priorDeviation * (priorMean / priorDeviation)
        let scale = priorDeviation * priorDeviation / priorMean
        let infectiousness = infectiousness
        let mean = serialInterval.mean
        return windows.map { window in
            var estimate = Estimate(window: window)
            guard Double(window.upperBound) > mean else { return estimate }
            let days = (window.lowerBound - 1)...(window.upperBound - 1)
            let a = shape + local[days].reduce(0, +)
            let b = 1 / (1 / scale + infectiousness[days].reduce(0, +))
            estimate.mean = a * b
            estimate.deviation = a.squareRoot() * b
            estimate.quantiles = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975].map {
                GammaDistribution.quantile($0, shape: a, scale: b)
            }
            return estimate
        }
    }

    /// The cohort reproduction number of Wallinga and Teunis (2004): how many the cases of a window went on to infect, on
    /// average; missing in windows without cases.
    public func wallingaTeunis(_ windows: [Window]) throws(SurveillanceFault) -> [Double] {
        let total = total
        if let window = windows.first(where: { $0.lowerBound < 1 || $0.upperBound > total.count }) {
            throw SurveillanceFault("window", "\(window) leaves the days 1…\(total.count)")
        }
        let infectors = total.indices.map { t in
            (0..<t).reduce(0) { $0 + total[$1] * serialInterval.weight(t - $1) }
        }
        let cohort = total.indices.map { s in
            ((s + 1)..<max(total.count, s + 1)).reduce(0) { sum, t in
                infectors[t] > 0 ? sum + total[t] * serialInterval.weight(t - s) / infectors[t] : sum
            }
        }
        return windows.map { window in
            let days = (window.lowerBound - 1)...(window.upperBound - 1)
            return days.reduce(0) { $0 + total[$1] * cohort[$1] } / total[days].reduce(0, +)
        }
    }
}
