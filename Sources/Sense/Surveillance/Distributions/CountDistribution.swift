import Foundation

/// A distribution on the counts 0, 1, 2, …: Poisson, or negative binomial.
public enum CountDistribution: Sendable, Equatable {
    case poisson(mean: Double)
    /// Failures before the `size`-th success; mean size (1 − probability) / probability.
    case negativeBinomial(size: Double, probability: Double)

    /// The distribution with a mean and a variance of `dispersion` times the mean: Poisson where that is 1 or less.
    public init(mean: Double, dispersion: Double) {
        self =
            dispersion > 1
            ? .negativeBinomial(size: mean / (dispersion - 1), probability: 1 / dispersion) : .poisson(mean: mean)
    }

    /// P(Y = y).
    public func density(_ y: Double) -> Double {
        guard y >= 0 else { return 0 }
        switch self {
        case .poisson(let mean): return SaddlePoint.poisson(y, mean: mean)
        case .negativeBinomial(let size, let probability):
            if y == 0 { return exp(size * log(probability)) }
            return size / (size + y) * SaddlePoint.binomial(size, y, p: probability, q: 1 - probability)
        }
    }

    /// P(Y ≤ y).
    public func cumulative(_ y: Double) -> Double {
        guard y >= 0 else { return 0 }
        let y = y.rounded(.down)
        switch self {
        case .poisson(let mean): return mean == 0 ? 1 : incompleteGamma(y + 1, mean).upper
        case .negativeBinomial(let size, let probability):
            if size == 0 { return 1 }
            return incompleteBeta(size, y + 1, x: probability, y: 1 - probability).lower
        }
    }

    /// P(Y ≥ y).
    public func upperTail(_ y: Double) -> Double {
        guard y > 0 else { return y.isNaN ? .nan : 1 }
        let y = y.rounded(.up)
        switch self {
        case .poisson(let mean): return mean == 0 ? 0 : incompleteGamma(y, mean).lower
        case .negativeBinomial(let size, let probability):
            if size == 0 { return 0 }
            return incompleteBeta(size, y, x: probability, y: 1 - probability).upper
        }
    }

    /// P(Y > y) + P(Y = y) / 2: the p-value whose mean is one half under the distribution itself.
    public func midP(_ y: Double) -> Double { upperTail(y) - density(y) / 2 }

    /// The smallest y with P(Y ≤ y) ≥ p, up to a relative error of 64 units in the last place of p.
    public func quantile(_ p: Double) -> Double {
        guard !p.isNaN, p >= 0, p <= 1, isProper else { return .nan }
        if p == 1 { return .infinity }
        let target = p * (1 - 64 * Double.ulpOfOne)
        if density(0) >= target { return 0 }
        let (mean, variance, skewness) = moments
        if mean == 0 { return 0 }
        let deviation = variance.squareRoot()
        let z = Normal.quantile(p)
        let start = max((mean + deviation * (z + skewness * (z * z - 1) / 6) + 0.5).rounded(.down), 0)
        return deviation < 1000 ? walk(from: start, to: target) : bisect(from: start, step: deviation, to: target)
    }

    private var isProper: Bool {
        switch self {
        case .poisson(let mean): mean >= 0 && mean.isFinite
        case .negativeBinomial(let size, let probability):
            size >= 0 && size.isFinite && probability > 0 && probability <= 1
        }
    }

    private var moments: (mean: Double, variance: Double, skewness: Double) {
        switch self {
        case .poisson(let mean): return (mean, mean, 1 / mean.squareRoot())
        case .negativeBinomial(let size, let probability):
            let mean = size * (1 - probability) / probability
            return (mean, mean / probability, (2 - probability) / (size * (1 - probability)).squareRoot())
        }
    }

    /// P(Y = y + 1) / P(Y = y).
    private func ratio(_ y: Double) -> Double {
        switch self {
        case .poisson(let mean): mean / (y + 1)
        case .negativeBinomial(let size, let probability): (y + size) / (y + 1) * (1 - probability)
        }
    }

    private func walk(from start: Double, to target: Double) -> Double {
        var y = start
        var sum = cumulative(y)
        var density = density(y)
        if sum >= target {
            while y > 0, sum - density >= target {
                sum -= density
                y -= 1
                density /= ratio(y)
            }
            return y
        }
        while sum < target {
            let next = density * ratio(y)
            if next == 0 || sum + next == sum { return bisect(from: y, step: 1, to: target) }
            density = next
            sum += density
            y += 1
        }
        return y
    }

    private func bisect(from start: Double, step: Double, to target: Double) -> Double {
        var low = start
        var high = start
        var step = max(step.rounded(), 1)
        while low >= 0, cumulative(low) >= target {
            high = low
            low -= step
            step *= 2
        }
        while cumulative(high) < target {
            low = high
            high += step
            step *= 2
            if high > 1e300 { return .infinity }
        }
        low = max(low, -1)
        while high - low > 1 {
            let middle = ((low + high) / 2).rounded(.down)
            if middle <= low || middle >= high { break }
            if cumulative(middle) >= target { high = middle } else { low = middle }
        }
        return high
    }
}
