/// A cluster that a scan found.
public struct Cluster: Sendable, Equatable {
    /// The areas, from 1.
    public var areas: [Int]
    /// The most recent periods that it covers; nil for a purely spatial one.
    public var duration: Int?
    /// Cases inside.
    public var cases: Double
    /// Cases to be expected inside if there were no cluster.
    public var expected: Double
    /// Logarithm of the likelihood ratio.
    public var llr: Double
    /// Share of replicates whose best cluster is as good or better.
    public var p: Double

    /// How many periods one has to wait, on average, for such a cluster by chance when a scan is made every period.
    public var recurrenceInterval: Double { 1 / p }
}

/// The best clusters that share no area, in the order of their likelihood ratios.
func withoutOverlap<Candidates: Sequence>(
    _ candidates: Candidates, areas: (Candidates.Element) -> [Int]
) -> [Candidates.Element] {
    var taken: Set<Int> = []
    var kept: [Candidates.Element] = []
    for candidate in candidates {
        let members = areas(candidate)
        guard taken.isDisjoint(with: members) else { continue }
        taken.formUnion(members)
        kept.append(candidate)
    }
    return kept
}
