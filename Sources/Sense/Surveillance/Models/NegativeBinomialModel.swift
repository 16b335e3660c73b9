import Foundation

/// A log-linear negative binomial regression whose dispersion is found by maximum likelihood, in turns with the means and
/// with the stopping rules of R's `glm.nb` (MASS).
struct NegativeBinomialModel {
    let model: LogLinearModel
    /// Variance μ + μ²/theta.
    let theta: Double

    /// Fits the model; nil when the columns depend on each other.
    init?(columns: [[Double]], counts y: [Double]) {
        guard var model = LogLinearModel(columns: columns, counts: y, family: .poisson) else { return nil }
        var mu = model.means
        var theta = Self.theta(y, mu)
        let scale = (2 * max(1, Double(y.count - columns.count))).squareRoot()
        var change = 1.0
        var likelihood = Self.logLikelihood(y, mu, theta)
        var before = likelihood + 2 * scale
        var iteration = 0
        while iteration < 25, abs(before - likelihood) / scale + abs(change) > 1e-8 {
            iteration += 1
            guard
                let next = LogLinearModel(
                    columns: columns, counts: y, family: .negativeBinomial(theta: theta), start: mu.map { log($0) })
            else { return nil }
            model = next
            let old = theta
            theta = Self.theta(y, mu)
            mu = model.means
            change = old - theta
            before = likelihood
            likelihood = Self.logLikelihood(y, mu, theta)
        }
        self.model = model
        self.theta = theta
    }

    private static func theta(_ y: [Double], _ mu: [Double]) -> Double {
        var squares = 0.0
        for i in y.indices { squares += (y[i] / mu[i] - 1) * (y[i] / mu[i] - 1) }
        var theta = Double(y.count) / squares
        var change = 1.0
        var iteration = 1
        while iteration < 25, abs(change) > 1.220_703_125e-4 {
            theta = abs(theta)
            let (atTheta, curvature) = (digamma(theta), trigamma(theta))
            var score = 0.0
            var information = 0.0
            for i in y.indices {
                let sum = mu[i] + theta
                score += digamma(theta + y[i]) - atTheta + log(theta) + 1 - log(sum) - (y[i] + theta) / sum
                information +=
                    -trigamma(theta + y[i]) + curvature - 1 / theta + 2 / sum - (y[i] + theta) / (sum * sum)
            }
            change = score / information
            theta += change
            iteration += 1
        }
        return max(theta, 0)
    }

    private static func logLikelihood(_ y: [Double], _ mu: [Double], _ theta: Double) -> Double {
        var sum = 0.0
        for i in y.indices {
            sum += logGamma(theta + y[i]) - logGamma(theta) - logGamma(y[i] + 1) + theta * log(theta)
            sum += (y[i] > 0 ? y[i] * log(mu[i]) : 0) - (theta + y[i]) * log(theta + mu[i])
        }
        return sum
    }
}
