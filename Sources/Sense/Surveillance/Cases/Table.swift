import Calendar

/// Rows of comma-separated text under named columns. An empty cell, or NA, is a missing value.
public struct Table: Sendable, Equatable {
    /// The names of the columns.
    public var columns: [String]
    /// The cells, row by row.
    public var rows: [[String]]

    /// A table.
    public init(columns: [String], rows: [[String]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// Reads text whose first line names the columns. Cells may be quoted.
    public init(csv text: String) throws(SurveillanceFault) {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let header = lines.first else { throw SurveillanceFault("file", "is empty") }
        columns = Self.cells(header)
        rows = []
        for (index, line) in lines.dropFirst().enumerated() {
            let cells = Self.cells(line)
            guard cells.count == columns.count else {
                throw SurveillanceFault(
                    "line \(index + 2)", "has \(cells.count) cells, the header has \(columns.count)")
            }
            rows.append(cells)
        }
    }

    private static func cells(_ line: Substring) -> [String] {
        var line = line
        if line.first == "\u{FEFF}" { line.removeFirst() }
        var cells: [String] = []
        var cell = ""
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                cells.append(cell)
                cell = ""
            default: cell.append(character)
            }
        }
        cells.append(cell)
        return cells
    }

    /// The text of the table.
    public var csv: String {
        var text = columns.joined(separator: ",") + "\n"
        for row in rows { text += row.joined(separator: ",") + "\n" }
        return text
    }

    /// The cells of a column, nil when there is none of the name.
    func cells(_ name: String) -> [String]? {
        guard let index = columns.firstIndex(of: name) else { return nil }
        return rows.map { $0[index] }
    }

    /// The numbers of a column, NaN where a cell is empty; nil when there is no such column.
    func numbers(_ name: String) throws(SurveillanceFault) -> [Double]? {
        guard let cells = cells(name) else { return nil }
        var numbers: [Double] = []
        for (index, cell) in cells.enumerated() {
            if cell.isEmpty || cell == "NA" || cell == "NaN" {
                numbers.append(.nan)
            } else if let number = Double(cell), number.isFinite {
                numbers.append(number)
            } else {
                throw SurveillanceFault(name, "line \(index + 2) has \"\(cell)\", a number is expected")
            }
        }
        return numbers
    }

    /// The numbers of a column of people: none below 0.
    func people(_ name: String) throws(SurveillanceFault) -> [Double]? {
        guard let people = try numbers(name) else { return nil }
        if let index = people.firstIndex(where: { $0 < 0 }) {
            throw SurveillanceFault(name, "line \(index + 2) has \(Self.text(people[index])), which can't be negative")
        }
        return people
    }

    /// The largest count of one period that is believed.
    static let countMax = 1e9

    /// The numbers of a column of counts: none below 0, none above ``countMax``.
    func counts(_ name: String) throws(SurveillanceFault) -> [Double]? {
        guard let counts = try numbers(name) else { return nil }
        if let index = counts.firstIndex(where: { $0 < 0 || $0 > Self.countMax }) {
            let what = counts[index] < 0 ? "can't be negative" : "is above \(Self.text(Self.countMax))"
            throw SurveillanceFault(name, "line \(index + 2) has \(Self.text(counts[index])), which \(what)")
        }
        return counts
    }

    /// The days of a column; nil when there is no such column.
    func days(_ name: String) throws(SurveillanceFault) -> [CivilDay]? {
        guard let cells = cells(name) else { return nil }
        var days: [CivilDay] = []
        for (index, cell) in cells.enumerated() {
            guard let day = CivilDay(cell) ?? Self.slashed(cell) else {
                throw SurveillanceFault(name, "line \(index + 2) has \"\(cell)\", a day such as 2026-11-20 is expected")
            }
            days.append(day)
        }
        return days
    }

    /// A day as spreadsheets write it: `2026/1/7`.
    private static func slashed(_ text: String) -> CivilDay? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, parts[1...].allSatisfy({ (1...2).contains($0.count) }) else {
            return nil
        }
        return CivilDay(parts.map { $0.count == 1 ? "0\($0)" : "\($0)" }.joined(separator: "-"))
    }

    /// The first of some names that is a column; the first one where none is.
    func name(of names: [String]) -> String { names.first { columns.contains($0) } ?? names[0] }

    /// The shortest text of a number; empty where it is missing, whole numbers without a point.
    static func text(_ number: Double) -> String {
        if number.isNaN { return "" }
        if number.isInfinite { return number > 0 ? "Inf" : "-Inf" }
        if abs(number) < 1e15, number == number.rounded() { return "\(Int(number))" }
        return "\(number)"
    }

    /// 1, 0, or empty where unknown.
    static func text(_ flag: Bool?) -> String { flag.map { $0 ? "1" : "0" } ?? "" }
}
