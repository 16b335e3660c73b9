import Foundation

/// Kulldorff's spatial scan (1997): circles around each area, up to a share of the population, as R's
/// `SpatialEpi::kulldorff` computes them.
public struct SpatialScan: Sendable {
    /// What is compared with what.
    public enum Model: String, Sendable, CaseIterable {
        /// Cases against expected cases.
        case poisson
        /// Cases against population.
        case binomial
    }

    /// One area.
    public struct Area: Sendable {
        /// East of the centre, in any unit.
        public var x: Double
        /// North.
        public var y: Double
        /// Cases.
        public var cases: Double
        /// People.
        public var population: Double
        /// Expected cases (Poisson).
        public var expected: Double

        /// An area.
        public init(x: Double, y: Double, cases: Double, population: Double, expected: Double) {
            self.x = x
            self.y = y
            self.cases = cases
            self.population = population
            self.expected = expected
        }
    }

    /// What is compared with what.
    public var model: Model
    /// The largest share of the population in a cluster.
    public var populationBound: Double
    /// Random replicates of the null hypothesis.
    public var replicates: Int
    /// Secondary clusters with a p-value below are told.
    public var significance: Double
    /// Of the replicates.
    public var seed: UInt64

    /// The scan with its settings.
    public init(
        _ model: Model, populationBound: Double = 0.5, replicates: Int = 999, significance: Double = 0.1,
        seed: UInt64 = 1
    ) {
        self.model = model
        self.populationBound = populationBound
        self.replicates = replicates
        self.significance = significance
        self.seed = seed
    }

    /// A circle: the area in its middle, the one that closes it (both from 1), and its likelihood ratio.
    public struct Zone: Sendable {
        /// The middle, from 1.
        public var center: Int
        /// The last area, from 1.
        public var end: Int
        /// Logarithm of the likelihood ratio; 0 where there are no more cases than outside.
        public var llr: Double
    }

    /// Every circle in the order of centres, growing, its areas, and the clusters.
    public struct Result: Sendable {
        /// Every circle.
        public var zones: [Zone]
        /// The best circle, then those that don't overlap it.
        public var clusters: [Cluster]
    }

    private struct Circles {
        var members: [[Int]]

        init(_ areas: [Area], _ bound: Double) {
            let total = areas.reduce(0) { $0 + $1.population }
            members = neighbours(areas.map { ($0.x, $0.y) }).map { order in
                var sum = 0.0
                return Array(
                    order.prefix {
                        sum += areas[$0].population
                        return sum / total <= bound
                    })
            }
        }

        /// Calls `body` with each circle in order: centre, members so far, sum of the numerator and of the denominator.
        func visit(_ numerator: [Double], _ denominator: [Double], _ body: (Int, Int, Double, Double) -> Void) {
            for (center, order) in members.enumerated() {
                var (c, n) = (0.0, 0.0)
                for (index, area) in order.enumerated() {
                    c += numerator[area]
                    n += denominator[area]
                    body(center, index, c, n)
                }
            }
        }
    }

    /// As many cases are thrown onto the areas in each replicate, at most.
    static let casesMax = 1e7

    /// Scans areas.
    public func scan(_ areas: [Area]) throws(SurveillanceFault) -> Result {
        guard !areas.isEmpty else { throw SurveillanceFault("areas", "there are none") }
        guard populationBound > 0, populationBound <= 1 else {
            throw SurveillanceFault("pop_upper_bound", "is \(populationBound), must be above 0 and at most 1")
        }
        guard replicates >= 0 else {
            throw SurveillanceFault("n_simulations", "is \(replicates), but can't be negative")
        }
        for (index, area) in areas.enumerated() {
            let numbers = [area.cases, area.population, area.expected]
            guard numbers.allSatisfy({ $0 >= 0 && $0.isFinite }), area.x.isFinite, area.y.isFinite else {
                throw SurveillanceFault("areas", "area \(index + 1) has a number that is missing, negative or infinite")
            }
        }
        let circles = Circles(areas, populationBound)
        let cases = areas.map(\.cases)
        let base = areas.map { model == .poisson ? $0.expected : $0.population }
        let total = cases.reduce(0, +)
        let baseTotal = base.reduce(0, +)
        guard total <= Self.casesMax else {
            throw SurveillanceFault(
                "cases", "are \(Table.text(total)) in all; \(Table.text(Self.casesMax)) can be scanned")
        }
        guard areas.contains(where: { $0.population > 0 }), baseTotal > 0 else {
            throw SurveillanceFault("population, expected", "are 0 everywhere")
        }
        let ratio = LikelihoodRatio(model, cases: total, base: baseTotal)
        var zones: [Zone] = []
        var ranks: [(center: Int, count: Int, cases: Double, base: Double, llr: Double)] = []
        circles.visit(cases, base) { center, index, c, n in
            let llr = ratio.value(c, n)
            zones.append(Zone(center: center + 1, end: circles.members[center][index] + 1, llr: llr))
            if llr > 0 { ranks.append((center, index + 1, c, n, llr)) }
        }
        let best = ranks.enumerated().sorted { ($1.element.llr, $0.offset) < ($0.element.llr, $1.offset) }.map(
            \.element)
        let simulated = simulate(circles, base, Int(total.rounded()), ratio)
        let clusters = withoutOverlap(best) { Array(circles.members[$0.center][..<$0.count]) }
            .map { zone in
                let asGood = simulated.reduce(0) { $0 + ($1 >= zone.llr ? 1 : 0) }
                return Cluster(
                    areas: circles.members[zone.center][..<zone.count].map { $0 + 1 }, cases: zone.cases,
                    expected: model == .poisson ? zone.base : total * zone.base / baseTotal, llr: zone.llr,
                    p: Double(asGood + 1) / Double(replicates + 1))
            }
        return Result(
            zones: zones, clusters: Array(clusters.prefix(1)) + clusters.dropFirst().prefix { $0.p < significance })
    }

    /// The best likelihood ratio of each replicate, with the cases thrown onto the areas by their base.
    private func simulate(_ circles: Circles, _ base: [Double], _ total: Int, _ ratio: LikelihoodRatio) -> [Double] {
        var generator = Xoshiro(seed: seed)
        let table = AliasTable(base)
        var thrown = [Double](repeating: 0, count: base.count)
        return (0..<replicates).map { _ in
            for area in thrown.indices { thrown[area] = 0 }
            for _ in 0..<total { thrown[table.draw(&generator)] += 1 }
            var best = 0.0
            circles.visit(thrown, base) { _, _, c, n in
                if ratio.bound(c, n) > best { best = max(best, ratio.value(c, n)) }
            }
            return best
        }
    }
}

/// The logarithm of the likelihood ratio of a zone with c of all C cases and n of the base N.
struct LikelihoodRatio {
    let model: SpatialScan.Model
    let cases: Double
    let base: Double

    init(_ model: SpatialScan.Model, cases: Double, base: Double) {
        self.model = model
        self.cases = cases
        self.base = base
    }

    func value(_ c: Double, _ n: Double) -> Double {
        guard c > 0, c / n > (cases - c) / (base - n) else { return 0 }
        let (outside, outsideBase) = (cases - c, base - n)
        let rate = cases / base
        // Deviances, which keep their digits where a zone is hardly unusual.
        func deviance(_ x: Double, _ m: Double) -> Double { x > 0 ? SaddlePoint.deviance(x, m) : m }
        var value = deviance(c, n * rate) + deviance(outside, outsideBase * rate)
        if model == .binomial {
            value += deviance(n - c, n * (1 - rate)) + deviance(outsideBase - outside, outsideBase * (1 - rate))
        }
        return value
    }

    /// Never below the value, and cheap (the divergence of two distributions is at most their χ² distance).
    func bound(_ c: Double, _ n: Double) -> Double {
        let share = n / base
        let excess = c - cases * share
        guard excess > 0 else { return 0 }
        if model == .binomial { return .infinity }
        return excess * excess / (cases * share * (1 - share))
    }
}
