import Foundation

/// Student's t distribution.
public enum StudentT {
    /// P(T > t) with `df` degrees of freedom.
    public static func upperTail(_ t: Double, df: Double) -> Double {
        guard !t.isNaN, df > 0 else { return .nan }
        if t.isInfinite { return t > 0 ? 0 : 1 }
        let square = t * t
        let half = 0.5 * incompleteBeta(df / 2, 0.5, x: df / (df + square), y: square / (df + square)).lower
        return t > 0 ? half : 1 - half
    }

    /// The t with P(T ≤ t) = p.
    public static func quantile(_ p: Double, df: Double) -> Double {
        guard p > 0, p < 1, df > 0 else { return .nan }
        if p == 0.5 { return 0 }
        if p < 0.5 { return -quantile(1 - p, df: df) }
        let q = 1 - p
        var low = 0.0
        var high = max(1, Normal.quantile(p))
        while upperTail(high, df: df) > q { high *= 2 }
        let logConstant = logGamma((df + 1) / 2) - logGamma(df / 2) - 0.5 * log(df * Double.pi)
        var t = (low + high) / 2
        for _ in 0..<200 {
            let excess = upperTail(t, df: df) - q
            if excess > 0 { low = t } else { high = t }
            let density = exp(logConstant - (df + 1) / 2 * log1p(t * t / df))
            var next = t + excess / density
            if !(next > low && next < high) { next = (low + high) / 2 }
            if abs(next - t) <= 1e-15 * t { return next }
            t = next
        }
        return t
    }
}
