import FHIRPath

/// A part of a view with its expressions compiled.
struct CompiledSelect: Sendable {
    static let rowIndex = "rowIndex"

    enum Iteration: Sendable {
        case none
        case forEach(FHIRPathExpression)
        case forEachOrNull(FHIRPathExpression)
        case `repeat`([FHIRPathExpression])
    }

    struct Column: Sendable {
        let definition: ViewDefinition.Column
        let expression: FHIRPathExpression
    }

    /// Levels that `repeat` follows before it gives up.
    static let depthMax = 200

    let place: String
    let iteration: Iteration
    let columns: [Column]
    let selects: [CompiledSelect]
    let unions: [CompiledSelect]
    /// How many columns its rows have.
    let width: Int
    /// Whether an expression in it, not deeper than the next iteration, asks for the place in the iteration.
    let usesRowIndex: Bool

    /// The rows for one item, by the processing model of the specification.
    func rows(on focus: FHIRPathValue, _ environment: FHIRPathEnvironment) throws(ViewError) -> ViewRows {
        let foci: [FHIRPathValue]
        switch iteration {
        case .none: return try row(on: focus, environment)
        case .forEach(let path), .forEachOrNull(let path):
            foci = try evaluate(path, focus, environment, place)
        case .repeat(let paths):
            var found: [FHIRPathValue] = []
            try descend(paths, focus, environment, 0, &found)
            foci = found
        }
        var result = ViewRows(width: width)
        var environment = environment
        for (index, item) in foci.enumerated() {
            if usesRowIndex { environment.variables[Self.rowIndex] = [.integer(index)] }
            result.append(try row(on: item, environment))
        }
        if foci.isEmpty, case .forEachOrNull = iteration { result.appendNulls() }
        return result
    }

    /// Parents before children, children in the order of the paths.
    private func descend(
        _ paths: [FHIRPathExpression], _ item: FHIRPathValue, _ environment: FHIRPathEnvironment, _ depth: Int,
        _ found: inout [FHIRPathValue]
    ) throws(ViewError) {
        guard depth < Self.depthMax else {
            throw ViewError(place, "repeat goes deeper than \(Self.depthMax) levels.")
        }
        for path in paths {
            for child in try evaluate(path, item, environment, place) {
                found.append(child)
                try descend(paths, child, environment, depth + 1, &found)
            }
        }
    }

    private func row(on item: FHIRPathValue, _ environment: FHIRPathEnvironment) throws(ViewError) -> ViewRows {
        var cells: [ViewCell] = []
        cells.reserveCapacity(width)
        for column in columns { cells.append(try cell(column, item, environment)) }
        var result = ViewRows(row: cells)
        for select in selects {
            result = result.joined(try select.rows(on: item, environment))
            if result.count == 0 { return ViewRows(width: width) }
        }
        guard !unions.isEmpty else { return result }
        var union = ViewRows(width: unions[0].width)
        for branch in unions { union.append(try branch.rows(on: item, environment)) }
        return result.joined(union)
    }

    private func cell(
        _ column: Column, _ item: FHIRPathValue, _ environment: FHIRPathEnvironment
    ) throws(ViewError) -> ViewCell {
        let place = column.definition.place
        let values = try evaluate(column.expression, item, environment, place)
        if column.definition.isCollection { return .many(values) }
        guard let first = values.first else { return .null }
        guard values.count == 1 else {
            throw ViewError(
                place,
                "The column \(column.definition.name) holds one value, but \(column.definition.path) yields "
                    + "\(values.count). Set collection to true, take one by first(), or unnest them by forEach.")
        }
        return .one(first)
    }

    private func evaluate(
        _ expression: FHIRPathExpression, _ item: FHIRPathValue, _ environment: FHIRPathEnvironment, _ place: String
    ) throws(ViewError) -> [FHIRPathValue] {
        do {
            return try expression.evaluate(on: [item], environment)
        } catch {
            throw ViewError(place, "\(expression.text): \(error)")
        }
    }
}
