import Foundation

/// The prefixes and units of UCUM, each unit already reduced to base units.
struct UCUMTable: Sendable {
    struct Atom: Sendable {
        var isMetric: Bool
        /// The factor to base units; of a special unit that of its proper unit.
        var ratio: UCUMRatio
        var dimensions: UCUMDimensions
        var function: UCUMFunction?
    }

    private(set) var prefixes: [Substring: UCUMRatio] = [:]
    private(set) var atoms: [Substring: Atom] = [:]

    /// The table of the package.
    static let standard: UCUMTable = {
        guard let url = Bundle.module.url(forResource: "ucum", withExtension: "tsv", subdirectory: "Resources"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { preconditionFailure("the package holds its table of units") }
        return UCUMTable(text)
    }()

    private struct Row {
        var flags: Substring
        var value: Substring
        var unit: Substring
        var function: UCUMFunction?
    }

    /// - Parameter text: the rows that `Scripts/compile-ucum` writes.
    init(_ text: String) {
        var rows: [Substring: Row] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            switch fields[0] {
            case "prefix":
                prefixes[fields[1]] = UCUMRatio(fields[2])
            case "base":
                var dimensions = UCUMDimensions()
                if let index = UCUMDimensions.baseUnits.firstIndex(of: String(fields[1])) {
                    dimensions.exponents[index] = 1
                }
                atoms[fields[1]] = Atom(isMetric: true, ratio: UCUMRatio(1), dimensions: dimensions)
            default:
                rows[fields[1]] = Row(
                    flags: fields[2], value: fields[3], unit: fields[4],
                    function: fields.count > 5 ? UCUMFunction(rawValue: String(fields[5])) : nil)
            }
        }
        // Definitions name other units: reduce those first. Each round settles at least one, or the table is broken.
        while !rows.isEmpty {
            var isSettled = false
            for (code, row) in rows {
                guard let atom = atom(code, row) else { continue }
                atoms[code] = atom
                rows[code] = nil
                isSettled = true
            }
            precondition(isSettled, "every unit leads to base units")
        }
    }

    private func atom(_ code: Substring, _ row: Row) -> Atom? {
        guard let unit = try? UCUMParser.parse(row.unit, self), let factor = UCUMRatio(row.value) else { return nil }
        var ratio = unit.ratio
        ratio.multiply(factor, power: 1)
        var dimensions = unit.dimensions
        // An arbitrary unit is a measure of its own, unless it is another name of one.
        if row.flags.contains("a"), dimensions.arbitrary.isEmpty { dimensions.arbitrary[String(code)] = 1 }
        return Atom(
            isMetric: row.flags.contains("m"), ratio: ratio, dimensions: dimensions, function: row.function)
    }
}
