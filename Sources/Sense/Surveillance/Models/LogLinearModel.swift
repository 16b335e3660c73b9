import Foundation

/// A generalized linear model of counts with a log link, fitted by iteratively reweighted least squares with the start,
/// the stopping rule and the limits of R's `glm.fit`, so that unfinished fits agree as well.
struct LogLinearModel {
    enum Family {
        case poisson
        /// Variance μ + μ²/theta.
        case negativeBinomial(theta: Double)
    }

    /// The last weighted regression.
    let regression: LeastSquares
    /// Fitted means.
    let means: [Double]
    let isConverged: Bool

    /// Fits the model; nil when the columns depend on each other.
    /// - Parameter start: linear predictors to start from, instead of the counts.
    init?(columns: [[Double]], counts y: [Double], family: Family, start: [Double]? = nil) {
        let n = y.count
        var mu: [Double]
        var eta: [Double]
        if let start {
            eta = start
            mu = start.map { max(exp($0), Double.ulpOfOne) }
        } else {
            switch family {
            case .poisson: mu = y.map { $0 + 0.1 }
            case .negativeBinomial: mu = y.map { $0 + ($0 == 0 ? 1 / 6.0 : 0) }
            }
            eta = mu.map { log($0) }
        }
        var deviance = Self.deviance(y, mu, family)
        var last: LeastSquares?
        var converged = false
        for _ in 0..<25 {
            var z = eta
            var weights = mu
            for i in 0..<n {
                z[i] += (y[i] - mu[i]) / mu[i]
                if case .negativeBinomial(let theta) = family { weights[i] = mu[i] / (1 + mu[i] / theta) }
            }
            guard let fit = LeastSquares(columns: columns, weights: weights, response: z) else { return nil }
            last = fit
            for i in 0..<n {
                var sum = 0.0
                for j in columns.indices { sum += columns[j][i] * fit.coefficients[j] }
                eta[i] = sum
                mu[i] = max(exp(sum), Double.ulpOfOne)
            }
            let next = Self.deviance(y, mu, family)
            converged = abs(next - deviance) / (abs(next) + 0.1) < 1e-8
            deviance = next
            if converged { break }
        }
        guard let last else { return nil }
        regression = last
        means = mu
        isConverged = converged
    }

    /// The linear predictor at a row of the design.
    func predictor(at row: [Double]) -> Double { zip(row, regression.coefficients).reduce(0) { $0 + $1.0 * $1.1 } }

    private static func deviance(_ y: [Double], _ mu: [Double], _ family: Family) -> Double {
        var sum = 0.0
        for i in y.indices {
            switch family {
            case .poisson: sum += (y[i] > 0 ? y[i] * log(y[i] / mu[i]) : 0) - (y[i] - mu[i])
            case .negativeBinomial(let theta):
                sum += y[i] * log(max(1, y[i]) / mu[i]) - (y[i] + theta) * log((y[i] + theta) / (mu[i] + theta))
            }
        }
        return 2 * sum
    }
}
