/// k-anonymity of a table of persons by full-domain generalisation: every column is made as coarse as needed, and rows that
/// remain rare are left out.
public struct KAnonymity: Sendable {
    /// How many persons must share each combination of quasi-identifiers.
    public let k: Int
    /// The share of rows that may be left out, from 0 to 1.
    public let suppressionMax: Double

    /// - Parameters:
    ///   - k: how many persons must share each combination; 5 at least for open tables.
    ///   - suppressionMax: the share of rows that may be left out, from 0 to 1.
    public init(k: Int = 5, suppressionMax: Double = 0.05) {
        precondition(k >= 1 && (0...1).contains(suppressionMax), "k is positive and the share is from 0 to 1")
        self.k = k
        self.suppressionMax = suppressionMax
    }

    /// How exposed the persons of a table are.
    public struct Risk: Sendable, Hashable {
        /// The size of the smallest class; 0 for no rows.
        public let k: Int
        /// How many classes there are.
        public let classes: Int
        /// The prosecutor's risk of the most exposed person: 1 by the smallest class.
        public let highest: Double
        /// The prosecutor's risk on average: classes by rows.
        public let average: Double
        /// The share of rows that are alone in their class.
        public let unique: Double

        /// - Parameters:
        ///   - k: the size of the smallest class.
        ///   - classes: how many classes there are.
        ///   - highest: the risk of the most exposed person.
        ///   - average: the risk on average.
        ///   - unique: the share of rows alone in their class.
        public init(k: Int, classes: Int, highest: Double, average: Double, unique: Double) {
            self.k = k
            self.classes = classes
            self.highest = highest
            self.average = average
            self.unique = unique
        }
    }

    /// What came out.
    public struct Result: Sendable {
        /// For each row what it becomes, by column; nil for one left out.
        public let rows: [[String]?]
        /// How coarse each column was made: the place in its ladder.
        public let levels: [Int]
        /// How many rows were left out.
        public let suppressed: Int
        /// The discernibility metric: for each row the number it cannot be told from, for one left out all rows.
        public let discernibility: Int
        /// The risk before.
        public let before: Risk
        /// The risk after, of the rows that are left.
        public let after: Risk

        /// How many share the rarest combination that is left; 0 when nothing is.
        public var k: Int { after.k }
    }

    /// Makes a table k-anonymous.
    ///
    /// All combinations of levels are tried, as their number is small; of those that leave out no more rows than allowed
    /// the one with the least discernibility metric is taken, of equals the least coarse. When none is good enough, every
    /// column is at its coarsest and what is still rare is left out, be it everything.
    ///
    /// - Parameter rows: for each row and column the ladder of the value, finest first. All rows have the same columns,
    ///   and a column has as many steps in all rows.
    public func anonymised(_ rows: [[[String]]]) -> Result {
        let heights = rows.first.map { $0.map(\.count) } ?? []
        precondition(
            rows.allSatisfy { $0.map(\.count) == heights } && heights.allSatisfy { $0 > 0 },
            "every row has the same columns with the same steps")
        let allowed = Int(Double(rows.count) * suppressionMax)
        var best: (levels: [Int], cost: Int)?
        for levels in Self.lattice(heights) {
            let sizes = Self.classes(Self.generalised(rows, levels))
            let suppressed = sizes.values.filter { $0 < k }.reduce(0, +)
            guard suppressed <= allowed else { continue }
            let cost = discernibility(sizes, rows.count)
            if best == nil || cost < (best?.cost ?? 0) { best = (levels, cost) }
        }
        return result(rows, best?.levels ?? heights.map { $0 - 1 })
    }

    private func result(_ rows: [[[String]]], _ levels: [Int]) -> Result {
        let table = Self.generalised(rows, levels)
        let sizes = Self.classes(table)
        let kept = table.map { sizes[$0, default: 0] >= k ? $0 : nil }
        return Result(
            rows: kept, levels: levels, suppressed: kept.count { $0 == nil },
            discernibility: discernibility(sizes, rows.count),
            before: Self.risk(Self.generalised(rows, levels.map { _ in 0 })), after: Self.risk(kept.compactMap { $0 }))
    }

    private func discernibility(_ sizes: [[String]: Int], _ count: Int) -> Int {
        sizes.values.reduce(0) { $0 + ($1 >= k ? $1 * $1 : $1 * count) }
    }

    /// How exposed the persons of a table are.
    ///
    /// - Parameter rows: the quasi-identifiers of each person.
    public static func risk(_ rows: [[String]]) -> Risk {
        let sizes = classes(rows)
        guard let least = sizes.values.min() else {
            return Risk(k: 0, classes: 0, highest: 0, average: 0, unique: 0)
        }
        let count = Double(rows.count)
        return Risk(
            k: least, classes: sizes.count, highest: 1 / Double(least), average: Double(sizes.count) / count,
            unique: Double(sizes.values.count { $0 == 1 }) / count)
    }

    private static func classes(_ rows: [[String]]) -> [[String]: Int] {
        var sizes: [[String]: Int] = [:]
        for row in rows { sizes[row, default: 0] += 1 }
        return sizes
    }

    private static func generalised(_ rows: [[[String]]], _ levels: [Int]) -> [[String]] {
        rows.map { row in zip(row, levels).map { $0[$1] } }
    }

    /// All combinations of levels, the least coarse first.
    private static func lattice(_ heights: [Int]) -> [[Int]] {
        let all = heights.reduce([[]]) { partial, height in
            partial.flatMap { levels in (0..<height).map { levels + [$0] } }
        }
        return all.sorted { $0.reduce(0, +) < $1.reduce(0, +) }
    }
}

extension KAnonymity {
    /// The ladder of an age: years, bands of 5, 10 and 20 years, anything.
    public static func ageLadder(_ years: Int) -> [String] {
        let age = max(years, 0)
        guard age < 90 else { return ["90+", "90+", "90+", "80+", "*"] }
        let tens = age / 10 * 10
        let twenties = age / 20 * 20
        return [
            "\(age)", AgeBands.band(age), "\(tens)-\(tens + 9)", age >= 80 ? "80+" : "\(twenties)-\(twenties + 19)",
            "*",
        ]
    }

    /// The ladder of a place: district, city, province, anywhere.
    public static func placeLadder(_ division: Division?) -> [String] {
        guard let code = division?.code else { return ["?", "?", "?", "*"] }
        return [code, code.prefix(4) + "00", code.prefix(2) + "0000", "*"]
    }

    /// The ladder of a value that is told or not: a sex, an ethnic group.
    public static func plainLadder(_ value: String) -> [String] { [value, "*"] }
}
