import Foundation

/// Densities by Loader's saddle-point expansion (C. Loader, "Fast and accurate computation of binomial probabilities",
/// 2000): full relative accuracy where differences of log-gamma functions would lose digits.
enum SaddlePoint {
    private static let halfLogTwoPi = 0.918_938_533_204_672_741_78

    /// What Stirling's formula leaves of ln n!, for real n > 0.
    static func stirlingError(_ n: Double) -> Double {
        if n < 16 { return logGamma(n + 1) - (n + 0.5) * log(n) + n - halfLogTwoPi }
        let square = n * n
        return (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - (1 / 1680.0 - 1 / 1188.0 / square) / square) / square) / square)
            / n
    }

    /// x ln(x / m) + m − x without cancellation where x is near m.
    static func deviance(_ x: Double, _ m: Double) -> Double {
        guard abs(x - m) < 0.1 * (x + m) else { return x * log(x / m) + m - x }
        let ratio = (x - m) / (x + m)
        var sum = (x - m) * ratio
        var term = 2 * x * ratio
        var odd = 3.0
        while true {
            term *= ratio * ratio
            let next = sum + term / odd
            if next == sum { return next }
            sum = next
            odd += 2
        }
    }

    /// λ^x e^−λ / Γ(x+1) for real x ≥ 0.
    static func poisson(_ x: Double, mean: Double) -> Double {
        if mean == 0 { return x == 0 ? 1 : 0 }
        if x == 0 { return exp(-mean) }
        return exp(-stirlingError(x) - deviance(x, mean)) / (2 * Double.pi * x).squareRoot()
    }

    /// Γ(a+b+1) / (Γ(a+1) Γ(b+1)) p^a q^b for real a, b ≥ 0 and q = 1 − p.
    static func binomial(_ a: Double, _ b: Double, p: Double, q: Double) -> Double {
        let n = a + b
        if a == 0 { return b == 0 ? 1 : exp(b * (p < 0.1 ? log1p(-p) : log(q))) }
        if b == 0 { return exp(a * (q < 0.1 ? log1p(-q) : log(p))) }
        let exponent =
            stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * p) - deviance(b, n * q)
        return exp(exponent) * (n / (2 * Double.pi * a * b)).squareRoot()
    }
}
