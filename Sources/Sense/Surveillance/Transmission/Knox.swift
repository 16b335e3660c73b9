import Foundation

/// The Knox test: whether pairs of cases that are close in time are close in space more often than by chance.
public struct Knox: Sendable {
    /// One case: a place in the plane, and a time.
    public struct Point: Sendable {
        /// East, in the unit of the distance.
        public var x: Double
        /// North.
        public var y: Double
        /// Time, in the unit of the lag.
        public var t: Double

        /// A case.
        public init(x: Double, y: Double, t: Double) {
            self.x = x
            self.y = y
            self.t = t
        }
    }

    /// The outcome.
    public struct Result: Sendable, Equatable {
        /// Pairs close in both, in space alone, in time alone, in neither.
        public var table: [Int]
        /// Pairs close in both.
        public var statistic: Int { table[0] }
        /// Pairs close in both if space and time had nothing to do with each other.
        public var expected: Double
        /// Share of permutations of the times among the places with so many pairs or more.
        public var p: Double
        /// Probability of so many or more if pairs were independent of each other, which they aren't: what the permutation of
        /// pairs in R's `surveillance::knox` estimates. It is too small where cases lie in many pairs.
        public var pairP: Double
    }

    /// Tests cases.
    /// - Parameters:
    ///   - time: the largest difference in time that is close.
    ///   - distance: the largest distance that is close.
    ///   - permutations: of the times among the places.
    ///   - seed: of the permutations.
    public static func test(
        _ points: [Point], time: Double, distance: Double, permutations: Int = 999, seed: UInt64 = 1
    ) throws(SurveillanceFault) -> Result {
        guard permutations >= 0 else {
            throw SurveillanceFault("n_permutations", "is \(permutations), but can't be negative")
        }
        var near: [(Int, Int)] = []
        var closeInTime = 0
        let isNear = { (a: Point, b: Point) in
            let (dx, dy) = (a.x - b.x, a.y - b.y)
            return (dx * dx + dy * dy).squareRoot() <= distance
        }
        for i in points.indices {
            for j in 0..<i {
                if isNear(points[i], points[j]) { near.append((i, j)) }
                if abs(points[i].t - points[j].t) <= time { closeInTime += 1 }
            }
        }
        func both(_ times: [Double]) -> Int { near.reduce(0) { $0 + (abs(times[$1.0] - times[$1.1]) <= time ? 1 : 0) } }
        var times = points.map(\.t)
        let observed = both(times)
        let pairs = points.count * (points.count - 1) / 2
        var generator = Xoshiro(seed: seed)
        var asMany = 0
        for _ in 0..<permutations {
            times.shuffle(using: &generator)
            if both(times) >= observed { asMany += 1 }
        }
        return Result(
            table: [
                observed, near.count - observed, closeInTime - observed, pairs - near.count - closeInTime + observed,
            ],
            expected: Double(near.count) * Double(closeInTime) / Double(max(pairs, 1)),
            p: Double(asMany + 1) / Double(permutations + 1),
            pairP: hypergeometricTail(observed, drawn: near.count, marked: closeInTime, of: pairs))
    }

    /// P(X ≥ x) for the marked ones among those drawn without replacement.
    private static func hypergeometricTail(_ x: Int, drawn: Int, marked: Int, of total: Int) -> Double {
        func choose(_ n: Int, _ k: Int) -> Double {
            logGamma(Double(n + 1)) - logGamma(Double(k + 1)) - logGamma(Double(n - k + 1))
        }
        let all = choose(total, drawn)
        var sum = 0.0
        for k in stride(from: max(x, drawn + marked - total, 0), through: min(drawn, marked), by: 1) {
            sum += exp(choose(marked, k) + choose(total - marked, drawn - k) - all)
        }
        return min(sum, 1)
    }
}
