/// Hides small counts in tables, and as many others that no hidden one can be computed from the sums.
public struct SmallCells: Sendable {
    /// Counts from 1 up to below this number are not shown. A zero is: it tells of nobody.
    public let below: Int

    /// - Parameter below: counts from 1 up to below this number are not shown.
    public init(below: Int = 5) {
        self.below = below
    }

    /// Whether a count is too small to be shown.
    public func isSmall(_ count: Int) -> Bool { count > 0 && count < below }

    /// A single count as it is shown; nil when it is hidden.
    public func shown(_ count: Int) -> Int? { isSmall(count) ? nil : count }

    /// A count as a multiple of ``below``, half of it up: for counts that are asked for freely, so that the difference of two
    /// tells no small one. Ours.
    public func rounded(_ count: Int) -> Int { (count + below / 2) / below * below }

    /// A table whose sums by row, by column and in all are shown beside it.
    public struct Table: Sendable, Hashable {
        /// The counts; nil where hidden.
        public let cells: [[Int?]]
        /// The sums of the rows; nil where hidden.
        public let rowSums: [Int?]
        /// The sums of the columns; nil where hidden.
        public let columnSums: [Int?]
        /// The sum of all; nil where hidden.
        public let sum: Int?
        /// How many inner counts were small.
        public let small: Int
        /// How many more inner counts were hidden for their sake.
        public let complementary: Int
    }

    /// Hides what must be hidden in a table with its sums.
    ///
    /// The sums are taken as one more row and column of the table, so that a small sum is hidden like any other count.
    /// Then hidden counts are seen as edges between rows and columns: one can be computed from what is shown exactly when
    /// its edge is on no circle (a bridge). While there is one, the least counts that put it on a circle are hidden too.
    ///
    /// - Parameter counts: counts not below zero, in rows of the same length.
    public func hidden(in counts: [[Int]]) -> Table {
        let columns = counts.first?.count ?? 0
        precondition(
            counts.allSatisfy { $0.count == columns && $0.allSatisfy { $0 >= 0 } },
            "rows are of the same length and counts not below zero")
        var full = counts.map { $0 + [$0.reduce(0, +)] }
        full.append((0...columns).map { column in full.reduce(0) { $0 + $1[column] } })
        var hidden = full.map { $0.map(isSmall) }
        let small = inner(hidden)
        while let bridge = SuppressionGraph(hidden).bridge() {
            let cells = SuppressionGraph(hidden).closing(bridge, full)
            // With its sums a table has two rows and columns at least, so that there is a way around every bridge.
            precondition(!cells.isEmpty, "a bridge of a table with sums can be closed")
            for cell in cells { hidden[cell.row][cell.column] = true }
        }
        let shown = zip(full, hidden).map { row, marks in zip(row, marks).map { $1 ? nil : $0 } }
        return Table(
            cells: shown.dropLast().map { Array($0.dropLast()) }, rowSums: shown.dropLast().map { $0.last ?? nil },
            columnSums: Array(shown.last?.dropLast() ?? []), sum: shown.last?.last ?? nil, small: small,
            complementary: inner(hidden) - small)
    }

    private func inner(_ marks: [[Bool]]) -> Int {
        marks.dropLast().reduce(0) { $0 + $1.dropLast().count { $0 } }
    }
}
