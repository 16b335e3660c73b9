import Foundation

/// Kulldorff's prospective space-time scan (2001, 2005): groups of neighbouring areas over the most recent periods, as R's
/// `scanstatistics::scan_pb_poisson` and `scan_permutation` score them.
public struct SpaceTimeScan: Sendable {
    /// What happens when there is no cluster.
    public enum Null: String, Sendable, CaseIterable {
        /// Every case falls into an area and period by its expected count.
        case poisson = "pb_poisson"
        /// The dates of the cases have nothing to do with their places; needs no population.
        case permutation
    }

    /// What happens when there is no cluster.
    public var null: Null
    /// Areas in a cluster, at most.
    public var nearest: Int
    /// Periods that a cluster lasts, at most; nil: all.
    public var longest: Int?
    /// Random replicates of the null hypothesis.
    public var replicates: Int
    /// Secondary clusters with a p-value below are told.
    public var significance: Double
    /// Of the replicates.
    public var seed: UInt64

    /// The scan with its settings.
    public init(
        _ null: Null, nearest: Int, longest: Int? = nil, replicates: Int = 999, significance: Double = 0.1,
        seed: UInt64 = 1
    ) {
        self.null = null
        self.nearest = nearest
        self.longest = longest
        self.replicates = replicates
        self.significance = significance
        self.seed = seed
    }

    /// Cases of areas and periods.
    public struct Counts: Sendable {
        /// The places of the areas, in the plane.
        public var places: [(x: Double, y: Double)]
        /// One row a period, oldest first; one count for each area.
        public var cases: [[Double]]
        /// People of the same shape, where known.
        public var population: [[Double]]?

        /// Cases of areas and periods.
        public init(places: [(x: Double, y: Double)], cases: [[Double]], population: [[Double]]? = nil) {
            self.places = places
            self.cases = cases
            self.population = population
        }

        /// Expected cases: by the population of the period, or by the totals of the period and of the area.
        var expected: [[Double]] {
            let total = cases.reduce(0) { $0 + $1.reduce(0, +) }
            if let population {
                return population.map { row in
                    let people = row.reduce(0, +)
                    return row.map { total / Double(cases.count) * $0 / people }
                }
            }
            let areas = places.indices.map { area in cases.reduce(0) { $0 + $1[area] } }
            return cases.map { row in
                let sum = row.reduce(0, +)
                return areas.map { sum * $0 / total }
            }
        }
    }

    /// Scans for clusters that last until the newest period: the most likely one, then those in other areas.
    public func scan(_ counts: Counts) async throws(SurveillanceFault) -> [Cluster] {
        try check(counts)
        let field = Field(counts, nearest: nearest, longest: longest ?? counts.cases.count)
        let simulated = await simulate(counts, field)
        let best = field.candidates(counts.cases)
        return withoutOverlap(best) { field.members($0.zone) }.prefix(25).enumerated().map { rank, candidate in
            let asGood = simulated.reduce(0) { $0 + ($1 >= candidate.score ? 1 : 0) }
            return (
                rank,
                Cluster(
                    areas: field.members(candidate.zone).map { $0 + 1 }.sorted(), duration: candidate.duration,
                    cases: candidate.cases, expected: candidate.expected, llr: candidate.score,
                    p: Double(asGood + 1) / Double(replicates + 1))
            )
        }.filter { $0.0 == 0 || $0.1.p < significance }.map(\.1)
    }

    /// Every candidate's areas (from 1, nearest first), duration and score, in the order of centres and sizes.
    public func scores(_ counts: Counts) throws(SurveillanceFault) -> [(areas: [Int], duration: Int, score: Double)] {
        try check(counts)
        let field = Field(counts, nearest: nearest, longest: longest ?? counts.cases.count)
        return field.all(counts.cases).map { (field.members($0.zone).map { $0 + 1 }, $0.duration, $0.score) }
    }

    private func check(_ counts: Counts) throws(SurveillanceFault) {
        guard let first = counts.cases.first, !first.isEmpty else {
            throw SurveillanceFault("counts", "there are none")
        }
        for (index, row) in counts.cases.enumerated() {
            guard row.count == counts.places.count else {
                throw SurveillanceFault(
                    "counts", "row \(index + 1) has \(row.count) areas, but \(counts.places.count) have places")
            }
            guard row.allSatisfy({ $0 >= 0 && $0 == $0.rounded() }) else {
                throw SurveillanceFault("counts", "row \(index + 1) has a count that is missing or no whole number")
            }
        }
        if let population = counts.population {
            guard population.count == counts.cases.count, population.allSatisfy({ $0.count == counts.places.count })
            else {
                throw SurveillanceFault("population", "has other periods or areas than the counts")
            }
            for (index, row) in population.enumerated() {
                guard row.allSatisfy({ $0 >= 0 && $0.isFinite }), row.contains(where: { $0 > 0 }) else {
                    throw SurveillanceFault(
                        "population", "row \(index + 1) has a number that is missing or negative, or nobody at all")
                }
            }
        }
        let total = counts.cases.joined().reduce(0, +)
        guard total > 0 else { throw SurveillanceFault("counts", "there is not one case") }
        guard total <= SpatialScan.casesMax else {
            throw SurveillanceFault(
                "counts", "are \(Table.text(total)) cases in all; \(Table.text(SpatialScan.casesMax)) can be scanned")
        }
        guard replicates >= 0 else { throw SurveillanceFault("n_mcsim", "is \(replicates), but can't be negative") }
        guard nearest >= 1 else { throw SurveillanceFault("k_nearest", "is \(nearest), at least 1 is needed") }
        guard (longest ?? 1) >= 1 else { throw SurveillanceFault("max_duration", "at least 1 period is needed") }
        let areas = counts.places.count
        let zones = areas * min(nearest, areas) * min(longest ?? counts.cases.count, counts.cases.count)
        guard zones <= Self.zonesMax else {
            throw SurveillanceFault("k_nearest", "gives \(zones) zones and durations; \(Self.zonesMax) can be scanned")
        }
    }

    /// Groups of areas times durations, at most.
    private static let zonesMax = 100_000_000

    /// The best score of each replicate.
    private func simulate(_ counts: Counts, _ field: Field) async -> [Double] {
        let draws = Draws(null, counts)
        let batch = Field.lanes
        return await withTaskGroup(of: [Double].self) { group in
            for start in stride(from: 0, to: replicates, by: batch) {
                group.addTask { [seed, replicates] in
                    var generator = Xoshiro(seed: seed &+ UInt64(start) &* 0x9E37_79B9)
                    let count = min(batch, replicates - start)
                    return field.best(draws, count: count, &generator)
                }
            }
            var best: [Double] = []
            for await some in group { best += some }
            return best
        }
    }

    /// How replicates are drawn.
    struct Draws: Sendable {
        private let areas: Int
        private let periods: Int
        private let caseAreas: [Int]
        private let casePeriods: [Int]
        private let table: AliasTable?

        init(_ null: Null, _ counts: Counts) {
            areas = counts.places.count
            periods = counts.cases.count
            var caseAreas: [Int] = []
            var casePeriods: [Int] = []
            for (period, row) in counts.cases.enumerated() {
                for (area, count) in row.enumerated() {
                    for _ in 0..<Int(count) {
                        caseAreas.append(area)
                        casePeriods.append(period)
                    }
                }
            }
            self.caseAreas = caseAreas
            self.casePeriods = casePeriods
            table = null == .poisson ? AliasTable(Array(counts.expected.joined())) : nil
        }

        /// Calls `body` with area and period of each case of one replicate.
        func draw(_ generator: inout Xoshiro, _ body: (Int, Int) -> Void) {
            if let table {
                for _ in caseAreas.indices {
                    let cell = table.draw(&generator)
                    body(cell % areas, cell / areas)
                }
                return
            }
            var dates = casePeriods
            for last in stride(from: dates.count - 1, through: 0, by: -1) {
                let chosen = generator.below(last + 1)
                body(caseAreas[last], dates[chosen])
                dates[chosen] = dates[last]
            }
        }
    }
}

extension SpaceTimeScan {
    /// The zones, and what is expected in each for every duration.
    struct Field: Sendable {
        /// Replicates that are scanned together.
        static let lanes = 8
        typealias Vector = SIMD8<Float>

        let order: [[Int]]
        let durations: Int
        let total: Double
        private let periods: Int
        private let chunks: Int
        /// Expected cases by zone, duration.
        private let expected: [Double]
        /// The same in vectors; past the longest duration more than there are cases.
        private let packed: [Vector]

        struct Candidate {
            var zone: (center: Int, size: Int)
            var duration: Int
            var cases: Double
            var expected: Double
            var score: Double
        }

        init(_ counts: Counts, nearest: Int, longest: Int) {
            let size = min(nearest, counts.places.count)
            order = neighbours(counts.places).map { Array($0.prefix(size)) }
            periods = counts.cases.count
            durations = min(longest, periods)
            chunks = (durations + 7) / 8
            total = counts.cases.reduce(0) { $0 + $1.reduce(0, +) }
            let perArea = Self.recent(counts.expected, durations)
            var expected: [Double] = []
            var packed: [Vector] = []
            expected.reserveCapacity(order.count * size * durations)
            for members in order {
                var sums = [Double](repeating: 0, count: durations)
                for area in members {
                    for d in 0..<durations { sums[d] += perArea[area][d] }
                    expected += sums
                    for chunk in 0..<chunks {
                        var vector = Vector(repeating: 1e9)
                        for lane in 0..<min(8, durations - 8 * chunk) { vector[lane] = Float(sums[8 * chunk + lane]) }
                        packed.append(vector)
                    }
                }
            }
            self.expected = expected
            self.packed = packed
        }

        /// For each area, sums over the most recent 1, 2, … periods.
        private static func recent(_ rows: [[Double]], _ durations: Int) -> [[Double]] {
            (rows.first ?? []).indices.map { area in
                var sum = 0.0
                return (0..<durations).map { d in
                    sum += rows[rows.count - 1 - d][area]
                    return sum
                }
            }
        }

        func members(_ zone: (center: Int, size: Int)) -> [Int] { Array(order[zone.center][..<zone.size]) }

        private func score(_ c: Double, _ b: Double) -> Double {
            guard c > b else { return 0 }
            let outside = total - c
            return c * log(c / b) + (outside > 0 ? outside * log(outside / (total - b)) : 0)
        }

        /// Every zone and duration with its score; sets of areas that came before are left out.
        func all(_ cases: [[Double]]) -> [Candidate] {
            let perArea = Self.recent(cases, durations)
            var seen: Set<[Int]> = []
            var candidates: [Candidate] = []
            var index = 0
            for (center, members) in order.enumerated() {
                var sums = [Double](repeating: 0, count: durations)
                for (position, area) in members.enumerated() {
                    let isNew = seen.insert(members[...position].sorted()).inserted
                    for d in 0..<durations {
                        sums[d] += perArea[area][d]
                        let b = expected[index]
                        index += 1
                        guard isNew else { continue }
                        candidates.append(
                            Candidate(
                                zone: (center, position + 1), duration: d + 1, cases: sums[d], expected: b,
                                score: score(sums[d], b)))
                    }
                }
            }
            return candidates
        }

        /// The candidates with an excess, best first.
        func candidates(_ cases: [[Double]]) -> [Candidate] {
            let all = all(cases)
            let ranked = all.enumerated().filter { $0.element.score > 0 }
                .sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
            return ranked.isEmpty ? Array(all.prefix(1)) : ranked
        }

        /// The best score of each of up to `lanes` replicates.
        ///
        /// With c cases, b expected and N in all, ln x ≤ (x − 1)/√x and ln x ≤ x − 1 bound a score by
        /// (c − b)√(c/b) − (c − b)(N − c)/(N − b), which needs no logarithm; the exact score follows only where that beats
        /// the best so far. The margin covers what single precision rounds off.
        func best(_ draws: Draws, count: Int, _ generator: inout Xoshiro) -> [Double] {
            let sums = recentSums(draws, count, &generator)
            var best = [Double](repeating: 0, count: count)
            var current = [Vector](repeating: Vector(), count: chunks * count)
            var scales = [Vector](repeating: Vector(), count: 2 * chunks)
            sums.withUnsafeBufferPointer { sums in
                packed.withUnsafeBufferPointer { packed in
                    current.withUnsafeMutableBufferPointer { current in
                        scales.withUnsafeMutableBufferPointer { scales in
                            best.withUnsafeMutableBufferPointer { best in
                                scan(sums, packed, current, scales, best)
                            }
                        }
                    }
                }
            }
            return best
        }

        private func scan(
            _ sums: UnsafeBufferPointer<Vector>, _ packed: UnsafeBufferPointer<Vector>,
            _ current: UnsafeMutableBufferPointer<Vector>, _ scales: UnsafeMutableBufferPointer<Vector>,
            _ best: UnsafeMutableBufferPointer<Double>
        ) {
            let all = Vector(repeating: Float(total))
            let chunks = chunks
            var zone = 0
            for members in order {
                for index in current.indices { current[index] = Vector() }
                for area in members {
                    let expected = zone * chunks
                    for chunk in 0..<chunks {
                        let b = packed[expected + chunk]
                        scales[2 * chunk] = 1 / b.replacing(with: 1e-9, where: b .< 1e-9)
                        let rest = all - b
                        scales[2 * chunk + 1] = 1 / rest.replacing(with: 1e-9, where: rest .< 1e-9)
                    }
                    for lane in best.indices {
                        let bound = Vector(repeating: Float(best[lane]) * 0.999)
                        let own = lane * chunks
                        let added = (area * Self.lanes + lane) * chunks
                        var most = Vector(repeating: -1)
                        for chunk in 0..<chunks {
                            let c = current[own + chunk] + sums[added + chunk]
                            current[own + chunk] = c
                            let excess = c - packed[expected + chunk]
                            let positive = excess.replacing(with: 0, where: excess .< 0)
                            let outside = bound + positive * (all - c) * scales[2 * chunk + 1]
                            let over = positive * positive * c * scales[2 * chunk] - outside * outside
                            most.replace(with: over, where: over .> most)
                        }
                        if any(most .> 0) { improve(&best[lane], zone, current[own..<(own + chunks)]) }
                    }
                    zone += 1
                }
            }
        }

        private func improve(_ best: inout Double, _ zone: Int, _ cases: Slice<UnsafeMutableBufferPointer<Vector>>) {
            for d in 0..<durations {
                let c = Double(cases[cases.startIndex + d / 8][d % 8])
                best = max(best, score(c, expected[zone * durations + d]))
            }
        }

        /// For each area, replicate and chunk of durations: cases in the most recent periods.
        private func recentSums(_ draws: Draws, _ count: Int, _ generator: inout Xoshiro) -> [Vector] {
            let lanes = Self.lanes
            var counts = [Float](repeating: 0, count: order.count * lanes * 8 * chunks)
            let durations = durations
            let stride = 8 * chunks
            counts.withUnsafeMutableBufferPointer { counts in
                for lane in 0..<count {
                    draws.draw(&generator) { area, period in
                        let d = periods - 1 - period
                        if d < durations { counts[(area * lanes + lane) * stride + d] += 1 }
                    }
                    for area in order.indices {
                        let start = (area * lanes + lane) * stride
                        for d in (start + 1)..<max(start + durations, start + 1) { counts[d] += counts[d - 1] }
                    }
                }
            }
            return (0..<(order.count * lanes * chunks)).map { vector in
                var values = Vector()
                for lane in 0..<8 { values[lane] = counts[8 * vector + lane] }
                return values
            }
        }
    }
}
