public import FHIRPath

/// The value of one column in one row.
public enum ViewCell: Sendable {
    /// No value.
    case null
    /// One value.
    case one(FHIRPathValue)
    /// The values of a column that holds lists; maybe none.
    case many([FHIRPathValue])
}

/// Rows of one width, cell after cell.
public struct ViewRows: Sendable {
    /// How many columns there are.
    public let width: Int
    /// How many rows there are.
    public private(set) var count = 0
    /// The cells, row after row.
    public private(set) var cells: [ViewCell] = []

    init(width: Int) {
        self.width = width
    }

    /// One row.
    init(row cells: [ViewCell]) {
        width = cells.count
        count = 1
        self.cells = cells
    }

    /// The cells of a row.
    public subscript(_ row: Int) -> ArraySlice<ViewCell> {
        cells[row * width..<(row + 1) * width]
    }

    /// Keeps only the first rows.
    public mutating func keep(_ rows: Int) {
        guard rows < count else { return }
        cells.removeSubrange(rows * width..<cells.count)
        count = rows
    }

    mutating func append(_ rows: ViewRows) {
        count += rows.count
        if cells.isEmpty { cells = rows.cells } else { cells.append(contentsOf: rows.cells) }
    }

    mutating func appendNulls() {
        count += 1
        for _ in 0..<width { cells.append(.null) }
    }

    /// Each row of the one beside each row of the other.
    func joined(_ other: ViewRows) -> ViewRows {
        var result = ViewRows(width: width + other.width)
        result.count = count * other.count
        if count == 1, other.count == 1 {
            result.cells = cells + other.cells
            return result
        }
        result.cells.reserveCapacity(result.count * result.width)
        for row in 0..<count {
            for otherRow in 0..<other.count {
                result.cells.append(contentsOf: self[row])
                result.cells.append(contentsOf: other[otherRow])
            }
        }
        return result
    }
}
