import Foundation

/// The improved Farrington method (Farrington and others 1996; Noufaily and others 2013), as R's
/// `surveillance::farringtonFlexible` computes it.
public struct FarringtonFlexible: Sendable {
    /// How a threshold follows from the predicted mean.
    public enum ThresholdMethod: String, Sendable, CaseIterable {
        /// A normal quantile on the transformed scale, with the error of the mean.
        case delta
        /// A quantile of the negative binomial with the predicted mean.
        case nbPlugin
        /// A quantile of the negative binomial with the upper confidence limit of the mean.
        case muan
    }

    /// Years back.
    public var b = 5
    /// Half the window around the reference periods.
    public var w = 3
    /// Whether past outbreaks are given less weight.
    public var reweight = true
    /// The standardised residual above which they are.
    public var weightsThreshold = 2.58
    /// One-sided probability of a false alarm.
    public var alpha = 0.05
    /// Whether a trend may be in the model.
    public var trend = true
    /// The p-value below which it stays.
    public var pThresholdTrend = 0.05
    /// No alarm unless there are so many cases …
    public var limitCases = 5.0
    /// … in so many periods, the current one included.
    public var limitPeriods = 4
    /// The scale of the `delta` threshold.
    public var powertrans = PowerTransformation.twoThirds
    /// Whether the logarithm of the population is an offset.
    public var populationOffset = false
    /// Blocks that a year is cut into; 1: only the windows are used.
    public var noPeriods = 1
    /// Periods before the current one that are left out; `w` unless given.
    public var pastWeeksNotIncluded: Int?
    /// How the threshold is made.
    public var thresholdMethod = ThresholdMethod.delta
    /// Standard errors after reweighting from the working weights. R puts the prior weights in their place, which is followed
    /// unless this is set.
    public var correctedErrors = false

    /// The method with R's settings.
    public init() {}

    /// The settings of Noufaily and others (2013).
    public static var noufaily: FarringtonFlexible {
        var method = FarringtonFlexible()
        method.noPeriods = 10
        method.pastWeeksNotIncluded = 26
        method.thresholdMethod = .nbPlugin
        method.pThresholdTrend = 1
        method.alpha = 0.005
        return method
    }

    /// What the method says about one period. Where no model converged, everything but the count is missing.
    public struct Result: Sendable {
        /// Threshold, expected count and alarm; the first two are missing where there were too few cases to judge.
        public var detection: Detection
        /// Excess over the expected value, in units of threshold less expected value; above 1 is an alarm. With the methods on
        /// the negative binomial R subtracts the linear predictor, which is followed.
        public var score = Double.nan
        /// Probability of so many cases or more.
        public var pvalue = Double.nan
        /// The mean of the plug-in distribution; R's value for `delta` is of no use and given for comparison.
        public var mu0 = Double.nan
        /// Overdispersion, at least 1.
        public var phi = Double.nan
        /// Whether a trend was kept; nil where no model converged.
        public var trend: Bool?
        /// The trend per period on the log scale; missing without one.
        public var trendCoefficient = Double.nan
    }

    /// The first index with all its reference periods when periods are only numbered.
    public func firstIndex(_ series: CountSeries) -> Int { series.frequency * b + w + 1 }

    /// Judges the periods of a range of indices, from 1.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Result] {
        try check()
        try series.check(range, history: max(w, limitPeriods - 1))
        let calendar = ReferenceCalendar(series)
        var results: [Result] = []
        results.reserveCapacity(range.count)
        for k in range { results.append(try detect(series, k, calendar)) }
        return results
    }

    private func check() throws(SurveillanceFault) {
        guard b >= 1 else { throw SurveillanceFault("b", "is \(b), at least 1 is needed") }
        guard w >= 0 else { throw SurveillanceFault("w", "is \(w), but can't be negative") }
        if let past = pastWeeksNotIncluded, past < 0 {
            throw SurveillanceFault("pastWeeksNotIncluded", "is \(past), but can't be negative")
        }
        guard noPeriods >= 1 else { throw SurveillanceFault("noPeriods", "is \(noPeriods), at least 1 is needed") }
        guard alpha > 0, alpha < 1 else { throw SurveillanceFault("alpha", "is \(alpha), must be within 0 and 1") }
        guard limitCases >= 0, limitPeriods > 0 else {
            throw SurveillanceFault("limit54", "cases must be 0 or more, periods more than 0")
        }
    }

    private func detect(_ series: CountSeries, _ k: Int, _ calendar: ReferenceCalendar) throws(SurveillanceFault)
        -> Result
    {
        let training = try Training(series, k, self, calendar)
        var result = Result(detection: Detection(k, series))
        guard let fit = training.fit(self) else {
            result.detection.expected = 0
            return result
        }
        let y = series.observed[k - 1]
        let (eta, variance) = fit.model.predict(
            level: training.level, time: training.time, offset: training.offset)
        let dispersion = correctedErrors || !reweight ? fit.model.dispersion : fit.model.priorDispersion
        let error = (dispersion * variance).squareRoot()
        let threshold = threshold(y: y, eta: eta, error: error, phi: fit.phi)
        result.phi = fit.phi
        result.trend = fit.model.hasTrend
        if fit.model.hasTrend { result.trendCoefficient = fit.model.slope }
        result.score = threshold.score
        result.pvalue = threshold.pvalue
        result.mu0 = threshold.mu0
        let recent = series.recentSum(k, limitPeriods)
        if recent >= limitCases {
            result.detection.upperbound = threshold.upper
            if !threshold.upper.isNaN { result.detection.expected = exp(eta) }
        }
        result.detection.alarm = recent >= limitCases && threshold.score > 1 && y != 0
        return result
    }

    private func threshold(
        y: Double, eta: Double, error: Double, phi: Double
    ) -> (upper: Double, score: Double, pvalue: Double, mu0: Double) {
        let z = Normal.quantile(1 - alpha)
        let mean = exp(eta)
        if thresholdMethod == .delta {
            let deviation = mean * error
            let tau = phi + deviation * deviation / mean
            let scale = powertrans.moments(mean: mean, tau: tau)
            // R sorts the two limits: with alpha above 1/2 the other one is the upper.
            let upper = powertrans.invert(scale.mean + abs(z) * scale.deviation)
            let pvalue = Normal.upperTail((powertrans.apply(y) - scale.mean) / scale.deviation)
            return (upper, (y - mean) / (upper - mean), pvalue, exp(mean + z * deviation))
        }
        let plugged = thresholdMethod == .nbPlugin ? mean : exp(eta + z * error)
        guard plugged.isFinite else { return (.nan, .nan, .nan, plugged) }
        let distribution = CountDistribution(mean: plugged, dispersion: phi)
        let upper = distribution.quantile(1 - alpha)
        return (upper, (y - eta) / (upper - eta), y.isNaN ? .nan : distribution.upperTail(y), plugged)
    }
}

extension FarringtonFlexible {
    /// The points that a period is judged by.
    struct Training {
        var points = LevelsAndTrend.Points()
        /// The level of the judged period.
        var level = 0
        var time = 0.0
        var offset = 0.0

        init(_ series: CountSeries, _ k: Int, _ method: FarringtonFlexible, _ calendar: ReferenceCalendar)
            throws(SurveillanceFault)
        {
            let references = try calendar.references(k, years: method.b)
            var blocks = try Self.blocks(series.count, k, references, method)
            for t in max(k - (method.pastWeeksNotIncluded ?? method.w), 1)...k { blocks[t - 1] = 0 }
            var names: [Int] = [Int](repeating: -1, count: method.noPeriods + 1)
            var start: Int?
            let usesPopulation = method.populationOffset && series.population != nil
            let capacity = blocks.count
            points.counts.reserveCapacity(capacity)
            points.times.reserveCapacity(capacity)
            points.levels.reserveCapacity(capacity)
            points.levelCount = 0
            let first = blocks.firstIndex { $0 > 0 } ?? 0
            for index in 0..<blocks.count where blocks[index] > 0 {
                let count = series.observed[index]
                let population = usesPopulation ? series.population?[index] ?? .nan : 1
                guard !count.isNaN else { continue }
                if start == nil { start = index }
                guard !population.isNaN else { continue }
                guard population > 0 else {
                    throw SurveillanceFault(
                        "population",
                        "is \(Table.text(population)) at index \(index + 1), of which there is no logarithm")
                }
                let block = blocks[index]
                if names[block] < 0 {
                    names[block] = points.levelCount
                    points.levelCount += 1
                }
                points.counts.append(count)
                points.times.append(calendar.time(index, from: first))
                points.levels.append(names[block])
                if usesPopulation { points.offsets.append(log(population)) }
            }
            guard let start, names[method.noPeriods] >= 0 else {
                throw SurveillanceFault("observed", "no counts at the reference periods of index \(k)")
            }
            level = names[method.noPeriods]
            time = calendar.time(k - 1, from: start)
            if usesPopulation { offset = log(series.population?[k - 1] ?? .nan) }
        }

        /// The block of each period, 0 where it is none (Noufaily and others 2013, section 3.4).
        private static func blocks(_ count: Int, _ k: Int, _ references: [Int], _ method: FarringtonFlexible)
            throws(SurveillanceFault) -> [Int]
        {
            let (w, p) = (method.w, method.noPeriods)
            var blocks = [Int](repeating: 0, count: count)
            func mark(_ range: ClosedRange<Int>, _ block: Int) throws(SurveillanceFault) {
                guard range.lowerBound >= 0, range.upperBound <= count else {
                    throw SurveillanceFault(
                        "rangeStart", "the windows of index \(k) leave the series: fewer years or later")
                }
                for t in range where t > 0 { blocks[t - 1] = block }
            }
            try mark((k - w)...k, p)
            for i in 1...method.b {
                let reference = references[i]
                try mark((reference - w)...(reference + w), p)
                guard p > 1 else { continue }
                let between = references[i - 1] - 2 * w - 1 - reference
                guard between >= p - (2 * w + 1), between >= 0 else {
                    throw SurveillanceFault(
                        "noPeriods", "is \(p): too many blocks for \(between) periods between windows")
                }
                var start = reference + w + 1
                for block in 1..<p {
                    let length = between / (p - 1) + (block <= between % (p - 1) ? 1 : 0)
                    let end = start + length - 1
                    try mark(min(start, end)...max(start, end), block)
                    start += length
                }
            }
            return blocks
        }

        /// The fitted model and its overdispersion, with a trend only where one is allowed, significant and harmless.
        func fit(_ method: FarringtonFlexible) -> (model: LevelsAndTrend, phi: Double)? {
            guard let fit = fit(method, trend: method.trend) else { return nil }
            guard fit.model.hasTrend else { return fit }
            let model = fit.model
            let dispersion = method.correctedErrors || !method.reweight ? model.dispersion : model.priorDispersion
            let error = (dispersion * model.slopeVariance).squareRoot()
            let p = 2 * StudentT.upperTail(abs(model.slope / error), df: Double(model.degreesOfFreedom))
            let predicted = exp(model.predict(level: level, time: time, offset: offset).predictor)
            if method.b >= 3, p < method.pThresholdTrend, predicted <= points.counts.max() ?? 0 { return fit }
            return self.fit(method, trend: false)
        }

        private func fit(_ method: FarringtonFlexible, trend: Bool) -> (model: LevelsAndTrend, phi: Double)? {
            var model = LevelsAndTrend(points, prior: nil, trend: trend)
            if !model.isConverged, trend { model = LevelsAndTrend(points, prior: nil, trend: false) }
            guard model.isConverged else { return nil }
            let phi = max(model.dispersion, 1)
            guard method.reweight else { return (model, phi) }
            let weights = model.weights(points, dispersion: phi, threshold: method.weightsThreshold)
            model = LevelsAndTrend(points, prior: weights, trend: model.hasTrend)
            return (model, max(model.dispersion, 1))
        }
    }
}
