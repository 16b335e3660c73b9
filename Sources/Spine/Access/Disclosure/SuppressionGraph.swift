/// The hidden counts of a table as edges between its rows and columns.
struct SuppressionGraph {
    private let hidden: [[Bool]]
    private let rows: Int
    private let columns: Int

    struct Cell: Hashable {
        let row: Int
        let column: Int
    }

    init(_ hidden: [[Bool]]) {
        self.hidden = hidden
        rows = hidden.count
        columns = hidden.first?.count ?? 0
    }

    /// A hidden count that can be computed from what is shown; nil when there is none.
    func bridge() -> Cell? {
        for row in 0..<rows {
            for column in 0..<columns where hidden[row][column] {
                let cell = Cell(row: row, column: column)
                if reachable(from: row, without: cell)[rows + column] == false { return cell }
            }
        }
        return nil
    }

    /// The counts to hide so that the bridge comes onto a circle: those of the cheapest way around it. Zeros are taken last
    /// of the inner counts, for they tell that nothing can be taken away; sums after them.
    func closing(_ bridge: Cell, _ counts: [[Int]]) -> [Cell] {
        var costs = [Int](repeating: .max, count: rows + columns)
        var previous = [Int](repeating: -1, count: rows + columns)
        costs[bridge.row] = 0
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for row in 0..<rows {
                for column in 0..<columns where row != bridge.row || column != bridge.column {
                    let cost = hidden[row][column] ? 0 : self.cost(row, column, counts)
                    for (from, to) in [(row, rows + column), (rows + column, row)] {
                        guard costs[from] != .max, costs[from] + cost < costs[to] else { continue }
                        costs[to] = costs[from] + cost
                        previous[to] = from
                        hasChanged = true
                    }
                }
            }
        }
        var cells: [Cell] = []
        var line = rows + bridge.column
        while previous[line] >= 0 {
            let other = previous[line]
            let cell = Cell(row: min(line, other), column: max(line, other) - rows)
            if !hidden[cell.row][cell.column] { cells.append(cell) }
            line = other
        }
        return cells
    }

    private func cost(_ row: Int, _ column: Int, _ counts: [[Int]]) -> Int {
        // A step more than the count, so that of ways as cheap the shortest is taken.
        let count = counts[row][column] + 1
        if row == rows - 1 || column == columns - 1 { return (1 << 44) + count }
        return count == 1 ? 1 << 36 : count
    }

    /// The lines that a line is connected with: rows first, then columns.
    private func reachable(from start: Int, without cell: Cell) -> [Bool] {
        var seen = [Bool](repeating: false, count: rows + columns)
        var waiting = [start]
        seen[start] = true
        while let line = waiting.popLast() {
            let others = line < rows ? Array(rows..<rows + columns) : Array(0..<rows)
            for other in others where !seen[other] {
                let (row, column) = line < rows ? (line, other - rows) : (other, line - rows)
                guard hidden[row][column], row != cell.row || column != cell.column else { continue }
                seen[other] = true
                waiting.append(other)
            }
        }
        return seen
    }
}
