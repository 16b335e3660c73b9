import Foundation

/// Weighted least squares by Householder reflections.
struct LeastSquares {
    /// One coefficient per column.
    let coefficients: [Double]
    /// (XᵀWX)⁻¹, row by row.
    let inverse: [[Double]]

    /// Fits z on the columns with weights; nil when the columns depend on each other.
    init?(columns: [[Double]], weights: [Double]?, response: [Double]) {
        let n = response.count
        let p = columns.count
        guard n >= p else { return nil }
        let roots = weights?.map { $0.squareRoot() }
        var q = columns
        var z = response
        if let roots {
            for j in 0..<p { for i in 0..<n { q[j][i] *= roots[i] } }
            for i in 0..<n { z[i] *= roots[i] }
        }
        var r = [[Double]](repeating: [Double](repeating: 0, count: p), count: p)
        for j in 0..<p {
            let before = q[j].reduce(0) { $0 + $1 * $1 }.squareRoot()
            var norm = 0.0
            for i in j..<n { norm += q[j][i] * q[j][i] }
            norm = norm.squareRoot()
            guard norm > 1e-11 * before, norm > 0 else { return nil }
            let alpha = q[j][j] > 0 ? -norm : norm
            var v = Array(q[j][j...])
            v[0] -= alpha
            let length = v.reduce(0) { $0 + $1 * $1 }
            func reflect(_ column: inout [Double]) {
                var product = 0.0
                for i in 0..<v.count { product += v[i] * column[j + i] }
                let factor = 2 * product / length
                for i in 0..<v.count { column[j + i] -= factor * v[i] }
            }
            for k in j..<p { reflect(&q[k]) }
            reflect(&z)
            for k in j..<p { r[j][k] = q[k][j] }
        }
        var solution = [Double](repeating: 0, count: p)
        var inverseR = [[Double]](repeating: [Double](repeating: 0, count: p), count: p)
        for j in stride(from: p - 1, through: 0, by: -1) {
            var sum = z[j]
            for k in (j + 1)..<max(p, j + 1) { sum -= r[j][k] * solution[k] }
            solution[j] = sum / r[j][j]
        }
        for column in 0..<p {
            for j in stride(from: column, through: 0, by: -1) {
                var sum = j == column ? 1.0 : 0.0
                for k in (j + 1)..<max(column + 1, j + 1) { sum -= r[j][k] * inverseR[k][column] }
                inverseR[j][column] = sum / r[j][j]
            }
        }
        coefficients = solution
        inverse = (0..<p).map { a in
            (0..<p).map { b in (max(a, b)..<p).reduce(0) { $0 + inverseR[a][$1] * inverseR[b][$1] } }
        }
    }

    /// xᵀ (XᵀWX)⁻¹ x
    func variance(at x: [Double]) -> Double {
        var sum = 0.0
        for a in x.indices { for b in x.indices { sum += x[a] * inverse[a][b] * x[b] } }
        return sum
    }
}
