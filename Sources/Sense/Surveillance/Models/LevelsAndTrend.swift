import Foundation

/// The quasi-Poisson regression of both Farrington methods: a level for each block of the year, perhaps a trend, perhaps an
/// offset, with a log link. The weighted regressions have a closed form (levels, then the trend within levels), so that a
/// fit costs one pass over the points for each step. Start, stopping rule and limits are those of R's `glm.fit`.
struct LevelsAndTrend {
    /// The points to fit.
    struct Points {
        var counts: [Double] = []
        var times: [Double] = []
        /// From 0; one for each distinct block.
        var levels: [Int] = []
        /// Logarithms of the population, or empty.
        var offsets: [Double] = []
        var levelCount = 1
    }

    private(set) var isConverged = false
    /// Whether the fit has a trend.
    private(set) var hasTrend: Bool
    /// The trend per unit of time; 0 without.
    private(set) var slope = 0.0
    /// Σ W r² / df, with the working weights of the last step.
    private(set) var dispersion = Double.nan
    /// Σ w r² / df, with the prior weights w in the place of W.
    private(set) var priorDispersion = Double.nan
    /// Points less coefficients.
    private(set) var degreesOfFreedom = 0
    private var intercepts: [Double]
    private var levelWeights: [Double]
    private var levelTimes: [Double]
    private var trendWeight = 0.0
    private var means: [Double]
    private var working: [Double]

    init(_ points: Points, prior: [Double]?, trend: Bool) {
        let n = points.counts.count
        hasTrend = trend
        intercepts = [Double](repeating: 0, count: points.levelCount)
        levelWeights = intercepts
        levelTimes = intercepts
        means = points.counts.map { $0 + 0.1 }
        working = means
        var eta = means.map { log($0) }
        var constants = points.counts.map { $0 > 0 ? $0 * log($0) - $0 : 0 }
        for i in 0..<n { constants[i] *= prior?[i] ?? 1 }
        let constant = constants.reduce(0, +)
        var deviance = Self.deviance(points, prior, means, eta, constant)
        var sums = intercepts
        for _ in 0..<25 {
            step(points, prior, &eta, &sums)
            let next = Self.deviance(points, prior, means, eta, constant)
            isConverged = abs(next - deviance) / (abs(next) + 0.1) < 1e-8
            deviance = next
            if isConverged { break }
        }
        measure(points, prior)
    }

    /// One weighted regression, and the means that follow from it.
    private mutating func step(_ points: Points, _ prior: [Double]?, _ eta: inout [Double], _ sums: inout [Double]) {
        let n = points.counts.count
        let hasOffset = !points.offsets.isEmpty
        for level in levelWeights.indices {
            levelWeights[level] = 0
            levelTimes[level] = 0
            sums[level] = 0
        }
        for i in 0..<n {
            let weight = prior.map { $0[i] * means[i] } ?? means[i]
            let z = eta[i] - (hasOffset ? points.offsets[i] : 0) + (points.counts[i] - means[i]) / means[i]
            working[i] = weight
            eta[i] = z
            let level = points.levels[i]
            levelWeights[level] += weight
            levelTimes[level] += weight * points.times[i]
            sums[level] += weight * z
        }
        for level in levelWeights.indices where levelWeights[level] > 0 {
            levelTimes[level] /= levelWeights[level]
            sums[level] /= levelWeights[level]
        }
        slope = 0
        if hasTrend {
            var square = 0.0
            var product = 0.0
            for i in 0..<n {
                let level = points.levels[i]
                let distance = points.times[i] - levelTimes[level]
                let weighted = working[i] * distance
                square += weighted * distance
                product += weighted * (eta[i] - sums[level])
            }
            trendWeight = square
            slope = square > 0 ? product / square : 0
        }
        for level in intercepts.indices { intercepts[level] = sums[level] - slope * levelTimes[level] }
        for i in 0..<n {
            let linear =
                intercepts[points.levels[i]] + slope * points.times[i] + (hasOffset ? points.offsets[i] : 0)
            eta[i] = linear
            means[i] = max(exp(linear), Double.ulpOfOne)
        }
    }

    private static func deviance(
        _ points: Points, _ prior: [Double]?, _ means: [Double], _ eta: [Double], _ constant: Double
    ) -> Double {
        var sum = constant
        let floor = -36.043_653_389_117_15  // ln of the smallest mean
        for i in means.indices {
            let term = means[i] - points.counts[i] * max(eta[i], floor)
            sum += prior.map { $0[i] * term } ?? term
        }
        return 2 * sum
    }

    private mutating func measure(_ points: Points, _ prior: [Double]?) {
        var kept = 0
        var sum = 0.0
        var priorSum = 0.0
        for i in means.indices {
            let weight = prior?[i] ?? 1
            guard weight > 0 else { continue }
            kept += 1
            let residual = (points.counts[i] - means[i]) / means[i]
            sum += working[i] * residual * residual
            priorSum += weight * residual * residual
        }
        degreesOfFreedom = kept - levelWeights.count - (hasTrend ? 1 : 0)
        dispersion = sum / Double(degreesOfFreedom)
        priorDispersion = priorSum / Double(degreesOfFreedom)
    }

    /// The linear predictor, and its variance for a dispersion of 1.
    func predict(level: Int, time: Double, offset: Double) -> (predictor: Double, variance: Double) {
        var variance = 1 / levelWeights[level]
        if hasTrend {
            let distance = time - levelTimes[level]
            variance += distance * distance / trendWeight
        }
        return (intercepts[level] + slope * time + offset, variance)
    }

    /// The variance of the trend for a dispersion of 1.
    var slopeVariance: Double { 1 / trendWeight }

    /// Weights from the standardised Anscombe residuals: those above the threshold count less (Farrington 1996).
    func weights(_ points: Points, dispersion: Double, threshold: Double) -> [Double] {
        var weights = [Double](repeating: 1, count: means.count)
        var sum = 0.0
        for i in means.indices {
            let level = points.levels[i]
            var leverage = 1 / levelWeights[level]
            if hasTrend {
                let distance = points.times[i] - levelTimes[level]
                leverage += distance * distance / trendWeight
            }
            leverage *= working[i]
            if leverage > 1 - 10 * Double.ulpOfOne { leverage = 1 }
            let root = cbrt(points.counts[i])
            let sixth = cbrt(means[i]).squareRoot()
            let raw = 1.5 * (root * root / sixth - sixth * sixth * sixth)
            let residual = raw / (dispersion * (1 - leverage)).squareRoot()
            if residual > threshold { weights[i] = 1 / (residual * residual) }
            sum += weights[i]
        }
        let scale = Double(weights.count) / sum
        for i in weights.indices { weights[i] *= scale }
        return weights
    }
}
