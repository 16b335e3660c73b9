import Foundation

/// ln Γ(x) for x > 0.
func logGamma(_ x: Double) -> Double { lgamma(x) }

/// The derivative of ln Γ, for x > 0: recurrence up to 12, then the asymptotic series.
func digamma(_ x: Double) -> Double {
    guard x >= 0 else { return .nan }
    var x = x
    var sum = 0.0
    while x < 12 {
        sum -= 1 / x
        x += 1
    }
    let s = 1 / (x * x)
    let series =
        s * (1 / 12.0 - s * (1 / 120.0 - s * (1 / 252.0 - s * (1 / 240.0 - s * (1 / 132.0 - s * 691 / 32760.0)))))
    return sum + log(x) - 0.5 / x - series
}

/// The second derivative of ln Γ, for x > 0.
func trigamma(_ x: Double) -> Double {
    guard x >= 0 else { return .nan }
    var x = x
    var sum = 0.0
    while x < 12 {
        sum += 1 / (x * x)
        x += 1
    }
    let s = 1 / (x * x)
    let series = s * (1 / 6.0 - s * (1 / 30.0 - s * (1 / 42.0 - s * (1 / 30.0 - s * (5 / 66.0 - s * 691 / 2730.0)))))
    return sum + (1 + 0.5 / x + series) / x
}

/// The regularised incomplete gamma functions P (lower) and Q (upper); each is exact where it is the small one.
func incompleteGamma(_ a: Double, _ x: Double) -> (lower: Double, upper: Double) {
    if x <= 0 { return (0, 1) }
    if x == .infinity { return (1, 0) }
    let density = SaddlePoint.poisson(a, mean: x)
    if x < a + 1 {
        var term = 1.0
        var sum = 1.0
        var n = a
        repeat {
            n += 1
            term *= x / n
            sum += term
        } while term > sum * 1e-17
        let lower = min(density * sum, 1)
        return (lower, 1 - lower)
    }
    // Lentz's continued fraction.
    let tiny = 1e-300
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var h = d
    for i in 1...100_000 {
        let an = -Double(i) * (Double(i) - a)
        b += 2
        d = an * d + b
        if abs(d) < tiny { d = tiny }
        c = b + an / c
        if abs(c) < tiny { c = tiny }
        d = 1 / d
        let delta = d * c
        h *= delta
        if abs(delta - 1) < 1e-16 { break }
    }
    let upper = min(density * a * h, 1)
    return (1 - upper, upper)
}

/// The regularised incomplete beta function I_x(a, b) and 1 − I_x(a, b); each is exact where it is the small one.
/// - Parameter y: 1 − x, given apart so that no digits are lost where x is near 1.
func incompleteBeta(_ a: Double, _ b: Double, x: Double, y: Double) -> (lower: Double, upper: Double) {
    if x <= 0 { return (0, 1) }
    if y <= 0 { return (1, 0) }
    let density = SaddlePoint.binomial(a, b, p: x, q: y)
    let n = a + b
    if x < (a + 1) / (n + 2) {
        let lower = min(density * b / n * betaFraction(a, b, x), 1)
        return (lower, 1 - lower)
    }
    let upper = min(density * a / n * betaFraction(b, a, y), 1)
    return (1 - upper, upper)
}

private func betaFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    var c = 1.0
    var d = 1 - (a + b) * x / (a + 1)
    if abs(d) < tiny { d = tiny }
    d = 1 / d
    var h = d
    for i in 1...100_000 {
        let m = Double(i)
        for term in [
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ] {
            d = 1 + term * d
            if abs(d) < tiny { d = tiny }
            c = 1 + term / c
            if abs(c) < tiny { c = tiny }
            d = 1 / d
            h *= d * c
        }
        if abs(d * c - 1) < 1e-16 { break }
    }
    return h
}
