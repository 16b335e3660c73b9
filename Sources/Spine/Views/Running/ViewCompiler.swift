import FHIR
import FHIRPath

/// Compiles the parts of a view and collects what is wrong with their expressions.
struct ViewCompiler {
    let definitions: Definitions
    let resource: String
    let variables: Set<String>
    var findings: [ViewError.Finding] = []

    /// - Parameter isAtRoot: whether the expression is evaluated on the resource itself, so that its type is known.
    mutating func expression(_ text: String, _ place: String, isAtRoot: Bool) -> FHIRPathExpression? {
        var options = FHIRPathOptions(contextType: isAtRoot ? resource : nil, variables: variables)
        options.joinsNothingToText = true
        do {
            return try FHIRPathExpression(text, definitions: definitions, options: options)
        } catch {
            findings.append(ViewError.Finding(place: place, message: "\(text): \(error)"))
            return nil
        }
    }

    mutating func select(_ select: ViewDefinition.Select, isAtRoot: Bool) -> CompiledSelect {
        let iteration = self.iteration(select, isAtRoot: isAtRoot)
        var isWithinRoot = false
        if case .none = iteration { isWithinRoot = isAtRoot }
        let columns = select.columns.compactMap { column in
            expression(column.path, "\(column.place).path", isAtRoot: isWithinRoot).map {
                CompiledSelect.Column(definition: column, expression: $0)
            }
        }
        let selects = select.selects.map { self.select($0, isAtRoot: isWithinRoot) }
        let unions = select.unions.map { self.select($0, isAtRoot: isWithinRoot) }
        let uses = select.columns.contains { $0.path.contains(CompiledSelect.rowIndex) }
        return CompiledSelect(
            place: select.place, iteration: iteration, columns: columns, selects: selects, unions: unions,
            width: select.allColumns.count, usesRowIndex: uses || (selects + unions).contains { $0.usesOuterRowIndex })
    }

    private mutating func iteration(_ select: ViewDefinition.Select, isAtRoot: Bool) -> CompiledSelect.Iteration {
        switch select.iteration {
        case .none: return .none
        case .forEach(let path):
            return expression(path, "\(select.place).forEach", isAtRoot: isAtRoot).map { .forEach($0) } ?? .none
        case .forEachOrNull(let path):
            return expression(path, "\(select.place).forEachOrNull", isAtRoot: isAtRoot).map { .forEachOrNull($0) }
                ?? .none
        case .repeat(let paths):
            // What follows the first step has another type than the root.
            return .repeat(paths.compactMap { expression($0, "\(select.place).repeat", isAtRoot: false) })
        }
    }
}

extension CompiledSelect {
    /// Whether it asks for the row index of what surrounds it: in its path, or within when it does not iterate itself.
    fileprivate var usesOuterRowIndex: Bool {
        switch iteration {
        case .none: usesRowIndex
        case .forEach(let path), .forEachOrNull(let path): path.text.contains(Self.rowIndex)
        case .repeat(let paths): paths.contains { $0.text.contains(Self.rowIndex) }
        }
    }
}
