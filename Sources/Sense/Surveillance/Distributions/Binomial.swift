/// The binomial distribution, for exact tests of a share.
public struct Binomial: Sendable, Equatable {
    /// How often it is tried, 0 or more.
    public let trials: Int
    /// Of a success in one trial, above 0 and below 1.
    public let probability: Double

    /// So many trials of one probability.
    public init(trials: Int, probability: Double) {
        self.trials = trials
        self.probability = probability
    }

    /// P(Y ≤ y).
    public func cumulative(_ y: Int) -> Double {
        if y < 0 { return 0 }
        if y >= trials { return 1 }
        return incompleteBeta(Double(y) + 1, Double(trials - y), x: probability, y: 1 - probability).upper
    }

    /// P(Y ≥ y).
    public func upperTail(_ y: Int) -> Double {
        if y <= 0 { return 1 }
        if y > trials { return 0 }
        return incompleteBeta(Double(y), Double(trials - y) + 1, x: probability, y: 1 - probability).lower
    }
}
