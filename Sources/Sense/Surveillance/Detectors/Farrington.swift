import Foundation

/// The method of Farrington and others (1996), as R's `surveillance::algo.farrington` computes it with its fast fit.
public struct Farrington: Sendable {
    /// Years back.
    public var b = 5
    /// Half the window around the reference periods.
    public var w = 3
    /// Whether past outbreaks are given less weight.
    public var reweight = true
    /// Two-sided probability of a false alarm.
    public var alpha = 0.05
    /// Whether a trend may be in the model.
    public var trend = true
    /// No alarm unless there are so many cases …
    public var limitCases = 5.0
    /// … in so many periods, the current one included.
    public var limitPeriods = 4
    /// The scale of the threshold.
    public var powertrans = PowerTransformation.twoThirds
    /// Whether the logarithm of the population is an offset (`algo.farrington.fitGLM.populationOffset`).
    public var populationOffset = false

    /// The method with R's settings.
    public init() {}

    /// What the method says about one period; the threshold is 0 where there were too few cases to judge.
    public struct Result: Sendable {
        /// Median, threshold and alarm.
        public var detection: Detection
        /// Whether a trend was kept.
        public var trend: Bool
        /// Where the count lies in the predictive distribution.
        public var quantileOfObserved: Double
    }

    /// Judges the periods of a range of indices, from 1. Missing reference values are left out.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Result] {
        guard b >= 1 else { throw SurveillanceFault("b", "is \(b), at least 1 is needed") }
        guard w >= 0 else { throw SurveillanceFault("w", "is \(w), but can't be negative") }
        guard limitCases >= 0, limitPeriods > 0 else {
            throw SurveillanceFault("limit54", "cases must be 0 or more, periods more than 0")
        }
        try series.check(range, history: 0)
        let calendar = ReferenceCalendar(series)
        var results: [Result] = []
        for k in range { results.append(try detect(series, k, calendar)) }
        return results
    }

    private func detect(_ series: CountSeries, _ k: Int, _ calendar: ReferenceCalendar) throws(SurveillanceFault)
        -> Result
    {
        var points = LevelsAndTrend.Points()
        func offset(_ t: Int) -> Double { log(series.population?[t - 1] ?? 1) }
        for t in calendar.windows(k, years: b, w: w) where !series.observed[t - 1].isNaN {
            if populationOffset {
                guard offset(t).isFinite else {
                    throw SurveillanceFault(
                        "population", "is missing or 0 at index \(t), of which there is no logarithm")
                }
                points.offsets.append(offset(t))
            }
            points.counts.append(series.observed[t - 1])
            points.times.append(Double(t))
            points.levels.append(0)
        }
        guard points.counts.count > (trend ? 2 : 1) else {
            throw SurveillanceFault("b", "is \(b), but index \(k) has only \(points.counts.count) reference values")
        }
        let now = populationOffset ? offset(k) : 0
        var (model, phi) = fit(points, trend: trend)
        if model.hasTrend {
            let error = (model.dispersion * model.slopeVariance).squareRoot()
            let p = 2 * StudentT.upperTail(abs(model.slope / error), df: Double(model.degreesOfFreedom))
            let predicted = exp(model.predict(level: 0, time: Double(k), offset: now).predictor)
            if !(b >= 3 && p < 0.05 && predicted <= points.counts.max() ?? 0) {
                (model, phi) = fit(points, trend: false)
            }
        }
        let (eta, variance) = model.predict(level: 0, time: Double(k), offset: now)
        let mean = exp(eta)
        let deviation = mean * (phi * variance).squareRoot()
        let scale = powertrans.moments(mean: mean, tau: phi + deviation * deviation / mean)
        let upper = powertrans.invert(scale.mean + Normal.quantile(1 - alpha / 2) * scale.deviation)
        let y = series.observed[k - 1]
        let recent = series.recentSum(k, limitPeriods)
        var detection = Detection(k, series)
        detection.expected = powertrans.invert(scale.mean)
        if !recent.isNaN {
            let isEnough = recent >= limitCases
            detection.upperbound = isEnough ? upper : 0
            detection.alarm = isEnough ? exceeds((y - mean) / (upper - mean), 1) : false
        }
        return Result(
            detection: detection, trend: model.hasTrend,
            quantileOfObserved: Normal.cumulative((powertrans.apply(y) - scale.mean) / scale.deviation))
    }

    private func fit(_ points: LevelsAndTrend.Points, trend: Bool) -> (LevelsAndTrend, Double) {
        var model = LevelsAndTrend(points, prior: nil, trend: trend)
        if !model.isConverged, trend { model = LevelsAndTrend(points, prior: nil, trend: false) }
        let phi = max(model.dispersion, 1)
        guard reweight else { return (model, phi) }
        let weights = model.weights(points, dispersion: phi, threshold: 1)
        model = LevelsAndTrend(points, prior: weights, trend: model.hasTrend)
        return (model, max(model.dispersion, 1))
    }
}
