extension KAnonymity {
    /// Persons who have the same quasi-identifiers, as they were found.
    public struct Group: Sendable, Hashable {
        /// For each column the ladder of the value, finest first.
        public let ladders: [[String]]
        /// How many persons have them.
        public let persons: Int

        /// - Parameters:
        ///   - ladders: for each column the ladder of the value, finest first.
        ///   - persons: how many persons have them.
        public init(ladders: [[String]], persons: Int) {
            self.ladders = ladders
            self.persons = persons
        }
    }

    /// How coarse each column becomes, and who is left out.
    public struct Generalisation: Sendable {
        /// How coarse each column was made: the place in its ladder.
        public let levels: [Int]
        /// How many persons share each combination that is left.
        public let sizes: [[String]: Int]
        /// How many persons are left out.
        public let suppressed: Int
        /// The discernibility metric: for each person the number it cannot be told from, for one left out all persons.
        public let discernibility: Int
        /// The risk before.
        public let before: Risk
        /// The risk after, of the persons that are left.
        public let after: Risk
        /// The normalised certainty penalty of each column, from 0 for nothing lost to 1 for all: the share of the column's
        /// values that a value can no longer be told from, on average over the persons; for one left out 1.
        public let losses: [Double]

        /// What somebody with these ladders becomes; nil when left out.
        public func values(of ladders: [[String]]) -> [String]? {
            let values = zip(ladders, levels).map { $0[$1] }
            return sizes[values] == nil ? nil : values
        }
    }

    /// Makes persons k-anonymous by full-domain generalisation and suppression (Sweeney 2002).
    ///
    /// All combinations of levels are tried, as their number is small; of those that leave out no more persons than allowed
    /// the one with the least discernibility metric is taken, of equals the least coarse. When none is good enough, every
    /// column is at its coarsest and what is still rare is left out, be it everything.
    ///
    /// - Parameters:
    ///   - groups: the persons by what was found of them. All have the same columns, and a column has as many steps in all.
    ///   - floors: the finest level that each column may have; nil for 0.
    ///   - ceilings: the coarsest level that each column may have; nil for the last.
    public func generalisation(of groups: [Group], floors: [Int]? = nil, ceilings: [Int]? = nil) -> Generalisation {
        let heights = groups.first.map { $0.ladders.map(\.count) } ?? []
        let floors = floors ?? heights.map { _ in 0 }
        let ceilings = zip(heights, ceilings ?? heights.map { $0 - 1 }).map { min($0 - 1, $1) }
        precondition(
            groups.allSatisfy { $0.ladders.map(\.count) == heights } && zip(ceilings, floors).allSatisfy { $0 >= $1 },
            "every group has the same columns with the same steps")
        let table = Ladders(groups, heights)
        let persons = groups.reduce(0) { $0 + $1.persons }
        let allowed = Int(Double(persons) * suppressionMax)
        var best: (levels: [Int], cost: Int)?
        for levels in Self.lattice(floors, ceilings) {
            let sizes = table.sizes(at: levels)
            guard sizes.reduce(0, { $1 < k ? $0 + $1 : $0 }) <= allowed else { continue }
            let cost = discernibility(sizes, persons)
            if best == nil || cost < (best?.cost ?? 0) { best = (levels, cost) }
        }
        return result(groups, table, persons, best?.levels ?? ceilings)
    }

    private func result(_ groups: [Group], _ table: Ladders, _ persons: Int, _ levels: [Int]) -> Generalisation {
        var sizes: [[String]: Int] = [:]
        for group in groups { sizes[zip(group.ladders, levels).map { $0[$1] }, default: 0] += group.persons }
        let kept = sizes.filter { $0.value >= k }
        let suppressed = sizes.reduce(0) { $0 + ($1.value < k ? $1.value : 0) }
        return Generalisation(
            levels: levels, sizes: kept, suppressed: suppressed,
            discernibility: discernibility(Array(sizes.values), persons),
            before: Risk(sizes: table.sizes(at: levels.map { _ in 0 })), after: Risk(sizes: kept.values),
            losses: losses(groups, kept, levels, persons))
    }

    private func losses(
        _ groups: [Group], _ kept: [[String]: Int], _ levels: [Int], _ persons: Int
    ) -> [Double] {
        levels.enumerated().map { column, level in
            var leaves: [String: Set<String>] = [:]
            for group in groups { leaves[group.ladders[column][level], default: []].insert(group.ladders[column][0]) }
            let all = Double(leaves.values.reduce(0) { $0 + $1.count })
            let lost = groups.reduce(0.0) { sum, group in
                let values = zip(group.ladders, levels).map { $0[$1] }
                let own = leaves[values[column]]?.count ?? 0
                let penalty = kept[values] == nil ? 1 : own < 2 ? 0 : Double(own) / all
                return sum + penalty * Double(group.persons)
            }
            return persons == 0 ? 0 : lost / Double(persons)
        }
    }

    private func discernibility(_ sizes: [Int], _ count: Int) -> Int {
        sizes.reduce(0) { $0 + ($1 >= k ? $1 * $1 : $1 * count) }
    }

    /// All combinations of levels, the least coarse first.
    private static func lattice(_ floors: [Int], _ ceilings: [Int]) -> [[Int]] {
        let all = zip(floors, ceilings).reduce([[]]) { partial, bounds in
            partial.flatMap { levels in (bounds.0...bounds.1).map { levels + [$0] } }
        }
        return all.sorted { $0.reduce(0, +) < $1.reduce(0, +) }
    }

    /// The ladders with a number for each value of a column and level, so that combinations are compared as numbers.
    private struct Ladders {
        /// By group, column and level.
        private var numbers: [[[Int]]] = []
        /// How many values there are, by column and level.
        private var counts: [[Int]]
        private let persons: [Int]

        init(_ groups: [Group], _ heights: [Int]) {
            var known = heights.map { Array(repeating: [String: Int](), count: $0) }
            persons = groups.map(\.persons)
            for group in groups {
                numbers.append(
                    group.ladders.enumerated().map { column, ladder in
                        ladder.enumerated().map { level, value in
                            let next = known[column][level].count
                            let number = known[column][level][value] ?? next
                            known[column][level][value] = number
                            return number
                        }
                    })
            }
            counts = known.map { $0.map(\.count) }
        }

        /// How many persons each combination has at these levels.
        func sizes(at levels: [Int]) -> [Int] {
            var sizes: [Int: Int] = [:]
            for (row, persons) in zip(numbers, persons) {
                var place = 0
                for (column, level) in levels.enumerated() {
                    place = place * counts[column][level] + row[column][level]
                }
                sizes[place, default: 0] += persons
            }
            return Array(sizes.values)
        }
    }
}
