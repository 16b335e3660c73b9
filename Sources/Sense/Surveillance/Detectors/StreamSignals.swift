import Foundation

/// Several streams about the same event (diagnoses, complaints, laboratory positives, drug sales, absences, calls, vectors, water)
/// brought into one list of signals, ranked, of which a controlled share is false.
///
/// Each stream's newest count gets a p-value against its own season. The p-values of one event are combined by Fisher's method, those
/// of streams that count the same persons before that by Simes's rule, and the list is cut by Benjamini and Hochberg's rule: of
/// the signals told, no more than the given share is false on average, while the other streams are independent in quiet times.
public struct StreamSignals: Sendable {
    /// One stream of counts.
    public struct Stream: Sendable {
        /// What is counted, such as `laboratory positives`.
        public var name: String
        /// Counts up to the period that is judged, oldest first; NaN where missing.
        public var counts: [Double]

        /// Whether it counts the persons that other such streams of the event count too, as complaints and diagnoses of one visit.
        public var countsPersons: Bool

        /// A stream.
        public init(name: String, counts: [Double], countsPersons: Bool = false) {
            self.name = name
            self.counts = counts
            self.countsPersons = countsPersons
        }
    }

    /// What may have risen, where and among whom.
    public struct Event: Sendable {
        /// Disease or syndrome.
        public var what: String
        /// District or other place.
        public var place: String
        /// Age group or other group of people.
        public var group: String
        /// What is known of it.
        public var streams: [Stream]

        /// An event.
        public init(what: String, place: String, group: String, streams: [Stream]) {
            self.what = what
            self.place = place
            self.group = group
            self.streams = streams
        }
    }

    /// What one stream says.
    public struct Evidence: Sendable {
        /// The stream.
        public var name: String
        /// Its newest count.
        public var observed: Double
        /// The count that is usual now.
        public var expected: Double
        /// The largest count that is usual, at a one-sided level of 0.01.
        public var upper: Double
        /// Probability of so many or more.
        public var p: Double
        /// ``Stream/countsPersons``.
        public var countsPersons = false
    }

    /// One event in the list.
    public struct Signal: Sendable {
        /// Its place in the list, from 1.
        public var rank: Int
        /// What, where, who.
        public var event: Event
        /// Each stream that could be judged, the least likely first.
        public var evidence: [Evidence]
        /// All streams together.
        public var p: Double
        /// The share of false signals if the list were cut below this one.
        public var falseDiscoveryRate: Double

        /// What rose, against what, how unusual, where and among whom.
        public var explanation: String {
            let streams = evidence.filter { $0.observed > $0.expected }.map { evidence in
                let expected = (evidence.expected * 10).rounded() / 10
                return "\(evidence.name) \(Table.text(evidence.observed)) where \(Table.text(expected)) are usual"
                    + " (at most \(Table.text(evidence.upper))), p \(Self.short(evidence.p))"
            }
            return
                "\(event.what), \(event.place), \(event.group): \(streams.joined(separator: "; ")). Together p \(Self.short(p))."
        }

        private static func short(_ p: Double) -> String {
            guard p > 0 else { return "below 1e-300" }
            let power = log10(p).rounded(.down)
            guard power < -3 else { return "\((p * 1000).rounded() / 1000)" }
            return "\((p / pow(10, power) * 10).rounded() / 10)e\(Int(power))"
        }
    }

    /// The share of the signals told that may be false, on average.
    public var falseDiscoveryRate: Double
    /// Periods a year.
    public var frequency: Int
    /// Periods before the current one that nothing is learnt from.
    public var guardBand: Int
    /// Years of history, at most; nil: all.
    public var years: Int?

    /// The list with its settings.
    public init(falseDiscoveryRate: Double = 0.05, frequency: Int = 52, guardBand: Int = 26, years: Int? = nil) {
        self.falseDiscoveryRate = falseDiscoveryRate
        self.frequency = frequency
        self.guardBand = guardBand
        self.years = years
    }

    /// The signals of the newest period, the least likely first. Events without a stream that can be judged are left out of the list
    /// and of the count of tests.
    public func signals(_ events: [Event]) -> [Signal] {
        let judged = events.compactMap { event -> (Event, [Evidence], Double)? in
            // Where nothing was counted, nothing has risen.
            if event.streams.allSatisfy({ $0.counts.last == 0 }) { return event.streams.isEmpty ? nil : (event, [], 1) }
            let evidence = event.streams.compactMap(evidence).sorted { $0.p < $1.p }
            guard !evidence.isEmpty else { return nil }
            return (event, evidence, Self.combined(evidence))
        }
        let ranked = judged.enumerated().sorted { ($0.element.2, $0.offset) < ($1.element.2, $1.offset) }.map(\.element)
        // Benjamini and Hochberg: the smallest rate at which each would still be told.
        var rates = [Double](repeating: 1, count: ranked.count)
        var least = 1.0
        for index in ranked.indices.reversed() {
            least = min(least, ranked[index].2 * Double(ranked.count) / Double(index + 1))
            rates[index] = least
        }
        return ranked.indices.prefix { rates[$0] <= falseDiscoveryRate }.map { index in
            Signal(
                rank: index + 1, event: ranked[index].0, evidence: ranked[index].1, p: ranked[index].2,
                falseDiscoveryRate: rates[index])
        }
    }

    private func evidence(_ stream: Stream) -> Evidence? {
        guard let newest = stream.counts.last, !newest.isNaN else { return nil }
        guard let usual = course(stream.counts, last: 1).last, !usual.expected.isNaN else { return nil }
        return Evidence(
            name: stream.name, observed: newest, expected: usual.expected, upper: usual.upper, p: usual.p,
            countsPersons: stream.countsPersons)
    }

    /// What was usual in the last periods of a series, by what stands before the guard band that precedes the newest of them.
    ///
    /// Where nothing was ever counted, half a case in all the time is taken for usual, so that a first case isn't infinitely
    /// unlikely.
    /// - Parameters:
    ///   - counts: oldest first; NaN where missing.
    ///   - last: how many periods to tell of.
    /// - Returns: for each period the usual count, the largest that is usual (one-sided level of 0.01), and the probability of so
    ///   many as were counted or more; NaN where that can't be told.
    public func course(_ counts: [Double], last: Int) -> [(expected: Double, upper: Double, p: Double)] {
        let told = max(counts.count - last, 0)..<counts.count
        let end = counts.count - 1 - guardBand
        let start = years.map { max(0, end - $0 * frequency) } ?? 0
        guard end > start, let baseline = HarmonicBaseline(counts, indices: start..<end, frequency: frequency) else {
            return told.map { _ in (.nan, .nan, .nan) }
        }
        let least = 0.5 / Double(end - start)
        return told.map { index in
            let usual = baseline.predict(index)
            let distribution = CountDistribution(mean: max(usual.mean, least), dispersion: usual.dispersion)
            let p = counts[index].isNaN ? .nan : distribution.upperTail(counts[index])
            return (max(usual.mean, least), distribution.quantile(0.99), p)
        }
    }

    /// Streams that count the same persons by Simes's rule, which holds for p-values that depend on each other as these do; then they
    /// alone, or with everything beside them by Fisher's method, whichever is less likely, and twice that for having asked twice
    /// (Bonferroni): quiet streams beside the cases take little from what the cases say, and those that rise add to it.
    private static func combined(_ evidence: [Evidence]) -> Double {
        let cases = evidence.filter(\.countsPersons).map(\.p)
        let others = evidence.filter { !$0.countsPersons }.map(\.p)
        guard !cases.isEmpty else { return combined(others) }
        let persons = simes(cases)
        return others.isEmpty ? persons : min(1, 2 * min(persons, combined([persons] + others)))
    }

    /// Simes's rule: the least of k·p₍ᵢ₎/i.
    static func simes(_ pvalues: [Double]) -> Double {
        let sorted = pvalues.sorted()
        return min(1, sorted.indices.map { sorted[$0] * Double(sorted.count) / Double($0 + 1) }.min() ?? 1)
    }

    /// Fisher's method: −2 Σ ln p is χ² with two degrees of freedom for each p-value.
    static func combined(_ pvalues: [Double]) -> Double {
        let sum = pvalues.reduce(0) { $0 - log(max($1, 1e-300)) }
        return incompleteGamma(Double(pvalues.count), sum).upper
    }
}
