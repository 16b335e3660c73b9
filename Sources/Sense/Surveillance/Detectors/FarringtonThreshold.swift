import Foundation

/// The scale on which a Farrington method makes counts nearly symmetric.
public enum PowerTransformation: String, Sendable, CaseIterable {
    /// Nearly symmetric for Poisson counts.
    case twoThirds = "2/3"
    /// Of stable variance for Poisson counts.
    case half = "1/2"
    /// Counts as they are.
    case none

    /// Mean and standard deviation on the scale, of a count with a mean and with variance mean × tau.
    func moments(mean: Double, tau: Double) -> (mean: Double, deviation: Double) {
        switch self {
        case .twoThirds: (apply(mean), (4.0 / 9 * cbrt(mean) * tau).squareRoot())
        case .half: (apply(mean), (tau / 4).squareRoot())
        case .none: (mean, (mean * tau).squareRoot())
        }
    }

    func apply(_ y: Double) -> Double {
        switch self {
        case .twoThirds: cbrt(y) * cbrt(y)
        case .half: y.squareRoot()
        case .none: y
        }
    }

    func invert(_ x: Double) -> Double {
        switch self {
        case .twoThirds: x < 0 ? .nan : x * x.squareRoot()
        case .half: x * x
        case .none: x
        }
    }
}
