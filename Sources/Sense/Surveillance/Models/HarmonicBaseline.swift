import Foundation

/// A quasi-Poisson regression of all history on level, perhaps trend and up to two harmonics of the year, chosen by the
/// Bayesian information criterion and then fitted again without past outbreaks.
///
/// An outbreak is a count that one of 2,000 usual ones reaches, by the negative binomial with the dispersion found. The usual
/// limit on residuals as if they were normal would take the long tail of small, scattered counts for outbreaks and lose a quarter
/// of their dispersion.
struct HarmonicBaseline {
    /// Overdispersion, at least 1.
    let dispersion: Double
    private let trend: Bool
    private let harmonics: Int
    private let frequency: Double
    private let center: Double
    private let span: Double
    private let coefficients: [Double]
    private let inverse: [Double]
    /// What is rarer isn't usual.
    private static let rarest = 0.0005

    /// Fits counts; nil when there are too few. Missing counts are left out.
    /// - Parameters:
    ///   - counts: oldest first.
    ///   - indices: the points to learn from, from 0.
    init?(_ counts: [Double], indices: Range<Int>, frequency: Int) {
        let kept = indices.filter { !counts[$0].isNaN }
        guard kept.count >= 12 else { return nil }
        let y = kept.map { counts[$0] }
        self.frequency = Double(frequency)
        center = Double(indices.lowerBound + indices.upperBound) / 2
        span = max(Double(indices.count) / 2, 1)
        let hasSeasons = indices.count >= 2 * frequency
        var fits: [(trend: Bool, harmonics: Int, fit: QuasiPoissonFit)] = []
        for harmonics in 0...(hasSeasons ? 2 : 0) {
            for trend in indices.count >= frequency ? [false, true] : [false] {
                let design = Self.design(kept.map(Double.init), trend, harmonics, self.frequency, center, span)
                guard let fit = QuasiPoissonFit(design, y) else { continue }
                fits.append((trend, harmonics, fit))
            }
        }
        guard let largest = fits.last else { return nil }
        let scale = max(largest.fit.dispersion, 1)
        let size = log(Double(y.count))
        func criterion(_ fit: QuasiPoissonFit) -> Double {
            fit.deviance / scale + Double(fit.coefficients.count) * size
        }
        guard let best = fits.min(by: { criterion($0.fit) < criterion($1.fit) }) else { return nil }
        trend = best.trend
        harmonics = best.harmonics
        let rows = kept.map { [trend, harmonics, frequency = Double(self.frequency), center, span] in
            Self.row(Double($0), trend, harmonics, frequency, center, span)
        }
        var fit = best.fit
        var usual = Array(y.indices)
        for _ in 0..<4 {
            let scale = max(fit.dispersion, 1)
            let next = y.indices.filter { index in
                let mean = fit.mean(rows[index])
                // Nearer than 2.5 standard deviations no count is that rare.
                return y[index] <= mean + 2.5 * (mean * scale).squareRoot()
                    || CountDistribution(mean: mean, dispersion: scale).upperTail(y[index]) >= Self.rarest
            }
            guard next != usual else { break }
            usual = next
            guard let again = QuasiPoissonFit(usual.flatMap { rows[$0] }, usual.map { y[$0] }) else { break }
            fit = again
        }
        coefficients = fit.coefficients
        inverse = fit.inverse
        dispersion = max(fit.dispersion, 1)
    }

    /// The expected count at an index (from 0), and the dispersion of a new count around it, which holds the error of the mean.
    func predict(_ index: Int) -> (mean: Double, dispersion: Double) {
        let row = Self.row(Double(index), trend, harmonics, frequency, center, span)
        var eta = 0.0
        var variance = 0.0
        for a in row.indices {
            eta += row[a] * coefficients[a]
            for b in row.indices { variance += row[a] * inverse[a * row.count + b] * row[b] }
        }
        let mean = min(exp(eta), 1e12)
        return (mean, min(dispersion + mean * dispersion * variance, 1e6))
    }

    private static func row(
        _ t: Double, _ trend: Bool, _ harmonics: Int, _ frequency: Double, _ center: Double, _ span: Double
    ) -> [Double] {
        var row = [1.0]
        if trend { row.append((t - center) / span) }
        for s in 0..<harmonics {
            let angle = 2 * Double.pi * Double(s + 1) * t / frequency
            row.append(cos(angle))
            row.append(sin(angle))
        }
        return row
    }

    private static func design(
        _ times: [Double], _ trend: Bool, _ harmonics: Int, _ frequency: Double, _ center: Double, _ span: Double
    ) -> [Double] {
        times.flatMap { row($0, trend, harmonics, frequency, center, span) }
    }
}

/// One quasi-Poisson regression by normal equations; for the few, well separated columns of a baseline.
struct QuasiPoissonFit {
    let coefficients: [Double]
    /// (XᵀWX)⁻¹, row by row.
    let inverse: [Double]
    let deviance: Double
    /// Pearson's.
    let dispersion: Double

    init?(_ design: [Double], _ y: [Double]) {
        let n = y.count
        let p = design.count / n
        guard n > p else { return nil }
        var mu = y.map { $0 + 0.1 }
        var eta = mu.map { log($0) }
        var deviance = Double.infinity
        var solution = [Double](repeating: 0, count: p)
        var inverse: [Double] = []
        var normal = [Double](repeating: 0, count: p * p)
        var right = solution
        for _ in 0..<30 {
            for index in normal.indices { normal[index] = 0 }
            for index in right.indices { right[index] = 0 }
            for i in 0..<n {
                let weight = mu[i]
                let z = eta[i] + (y[i] - mu[i]) / mu[i]
                for a in 0..<p {
                    let weighted = weight * design[i * p + a]
                    right[a] += weighted * z
                    for b in 0...a { normal[a * p + b] += weighted * design[i * p + b] }
                }
            }
            guard let inverted = Self.invert(normal, p) else { return nil }
            inverse = inverted
            for a in 0..<p { solution[a] = (0..<p).reduce(0) { $0 + inverted[a * p + $1] * right[$1] } }
            var next = 0.0
            for i in 0..<n {
                var sum = 0.0
                for a in 0..<p { sum += design[i * p + a] * solution[a] }
                eta[i] = min(max(sum, -30), 30)
                mu[i] = exp(eta[i])
                next += ((y[i] > 0 ? y[i] * log(y[i] / mu[i]) : 0) - (y[i] - mu[i]))
            }
            let isDone = abs(2 * next - deviance) / (abs(2 * next) + 0.1) < 1e-8
            deviance = 2 * next
            if isDone { break }
        }
        var squares = 0.0
        for i in 0..<n { squares += (y[i] - mu[i]) * (y[i] - mu[i]) / mu[i] }
        coefficients = solution
        self.inverse = inverse
        self.deviance = deviance
        dispersion = squares / Double(n - p)
    }

    func mean(_ row: [Double]) -> Double {
        exp(min(max(zip(row, coefficients).reduce(0) { $0 + $1.0 * $1.1 }, -30), 30))
    }

    /// The inverse of a symmetric matrix whose lower triangle is given, by Cholesky's decomposition.
    private static func invert(_ matrix: [Double], _ p: Int) -> [Double]? {
        var lower = matrix
        for j in 0..<p {
            for i in j..<p {
                var sum = matrix[i * p + j]
                for k in 0..<j { sum -= lower[i * p + k] * lower[j * p + k] }
                if i == j {
                    guard sum > 1e-12 * abs(matrix[j * p + j]), sum > 0 else { return nil }
                    lower[j * p + j] = sum.squareRoot()
                } else {
                    lower[i * p + j] = sum / lower[j * p + j]
                }
            }
        }
        var half = [Double](repeating: 0, count: p * p)
        for column in 0..<p {
            for i in column..<p {
                var sum = i == column ? 1.0 : 0.0
                for k in column..<max(i, column) { sum -= lower[i * p + k] * half[k * p + column] }
                half[i * p + column] = sum / lower[i * p + i]
            }
        }
        var inverse = half
        for a in 0..<p {
            for b in 0..<p {
                inverse[a * p + b] = (max(a, b)..<p).reduce(0) { $0 + half[$1 * p + a] * half[$1 * p + b] }
            }
        }
        return inverse
    }
}
