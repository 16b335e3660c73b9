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

    /// The best count to hide next, so that the bridge comes onto a circle: the least that is not zero; else a zero. Two
    /// counts may be needed; then the first of them.
    func closing(_ bridge: Cell, _ counts: [[Int]]) -> Cell? {
        let near = reachable(from: bridge.row, without: bridge)
        let far = reachable(from: rows + bridge.column, without: bridge)
        var best: (cell: Cell, cost: (Int, Int, Int))?
        for row in 0..<rows {
            for column in 0..<columns where !hidden[row][column] {
                let joins = (near[row] && far[rows + column]) || (far[row] && near[rows + column])
                // One edge of two: from the part around the bridge's row to a line outside of both parts.
                let begins = near[row] && !far[rows + column] && !near[rows + column]
                guard joins || begins else { continue }
                let isSum = row == rows - 1 || column == columns - 1
                let cost = (counts[row][column] == 0 ? 1 : 0, joins ? 0 : 1, isSum ? Int.max : counts[row][column])
                if best == nil || cost < (best?.cost ?? cost) { best = (Cell(row: row, column: column), cost) }
            }
        }
        return best?.cell
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
