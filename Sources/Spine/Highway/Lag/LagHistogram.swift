/// A count of times by their size, of which percentiles are told within a twelfth.
public struct LagHistogram: Sendable {
    /// Buckets end at 1 ms · 2^(n/8): up to 2^30 ms, twelve days; the last takes all above.
    private static let bucketsMax = 241
    private var counts = [Int](repeating: 0, count: bucketsMax)
    /// How many.
    public private(set) var count = 0
    /// Their sum, in milliseconds.
    public private(set) var sumMilliseconds: Int64 = 0

    /// None.
    public init() {}

    /// Adds one.
    public mutating func add(milliseconds: Int64) {
        let value = max(0, milliseconds)
        counts[Self.bucket(value)] += 1
        count += 1
        sumMilliseconds += value
    }

    /// Below which a share of them lies, in milliseconds; nil when there are none.
    ///
    /// - Parameter share: 0 to 1.
    public func percentile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let wanted = max(1, Int((share * Double(count)).rounded(.up)))
        var seen = 0
        for (bucket, amount) in counts.enumerated() {
            seen += amount
            if seen >= wanted { return Self.bounds[bucket] }
        }
        return nil
    }

    /// Where buckets end, in milliseconds.
    private static let bounds: [Int64] = {
        var bounds: [Int64] = []
        var bound = 1.0
        for _ in 0..<bucketsMax {
            bounds.append(Int64(bound.rounded()))
            bound *= 1.0905077326652577  // 2^(1/8)
        }
        return bounds
    }()

    private static func bucket(_ value: Int64) -> Int {
        var (low, high) = (0, bucketsMax - 1)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] >= value { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
