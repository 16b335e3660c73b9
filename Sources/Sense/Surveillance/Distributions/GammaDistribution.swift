import Foundation

/// The gamma distribution.
public enum GammaDistribution {
    /// P(X ≤ x).
    public static func cumulative(_ x: Double, shape: Double, scale: Double) -> Double {
        incompleteGamma(shape, x / scale).lower
    }

    /// The x with P(X ≤ x) = p.
    public static func quantile(_ p: Double, shape: Double, scale: Double) -> Double {
        guard p > 0, p < 1, shape > 0, scale > 0 else { return p == 0 ? 0 : p == 1 ? .infinity : .nan }
        // Wilson and Hilferty's start, or the power law near zero, then bracketed Newton steps.
        let z = Normal.quantile(p)
        let c = 1 / (9 * shape)
        let cube = 1 - c + z * c.squareRoot()
        var x = shape * cube * cube * cube
        if cube <= 0 || x < 0.05 { x = exp((log(p) + logGamma(shape + 1)) / shape) }
        var low = 0.0
        var high = Double.infinity
        for _ in 0..<500 {
            let (lower, upper) = incompleteGamma(shape, x)
            let excess = p < 0.5 ? lower - p : (1 - p) - upper
            if excess > 0 { high = x } else { low = x }
            let density = SaddlePoint.poisson(shape, mean: x) * shape / x
            var next = x - excess / density
            if !(next > low && next < high) { next = high.isInfinite ? 2 * x : (low + high) / 2 }
            if abs(next - x) <= 4e-16 * x { return next * scale }
            x = next
        }
        return x * scale
    }
}
