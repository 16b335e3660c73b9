public import FHIR
public import FHIRPath
public import JSON

/// A view, compiled once and run on as many resources as wanted, from any thread.
///
/// ```swift
/// let view = try View(ViewDefinition(document.root, definitions: .r4()), definitions: .r4())
/// let rows = try view.rows(of: patient.root)
/// ```
public struct View: Sendable {
    /// What it was compiled from.
    public let definition: ViewDefinition
    /// The columns in the order of the cells.
    public let columns: [ViewDefinition.Column]
    let selects: [CompiledSelect]
    let wheres: [(place: String, expression: FHIRPathExpression)]
    let environment: FHIRPathEnvironment

    /// Compiles a view.
    ///
    /// - Parameters:
    ///   - definition: read and checked.
    ///   - definitions: the types and their members.
    ///   - environment: what expressions can ask of others, such as `memberOf()`; constants are added to it.
    /// - Throws: everything that is wrong with its expressions, each with its place in the definition.
    public init(
        _ definition: ViewDefinition, definitions: Definitions,
        environment: FHIRPathEnvironment = FHIRPathEnvironment()
    ) throws(ViewError) {
        self.definition = definition
        columns = definition.columns
        var environment = environment
        for constant in definition.constants {
            guard let document = try? JSONDocument(parsing: constant.json) else { continue }
            environment.variables[constant.name] = [.node(FHIRPathNode(document.root, typeName: constant.type))]
        }
        environment.variables[CompiledSelect.rowIndex] = [.integer(0)]
        self.environment = environment
        var compiler = ViewCompiler(
            definitions: definitions, resource: definition.resource, variables: Set(environment.variables.keys))
        wheres = definition.wheres.enumerated().compactMap { index, path in
            let place = "where[\(index)].path"
            return compiler.expression(path, place, isAtRoot: true).map { (place, $0) }
        }
        selects = definition.selects.map { compiler.select($0, isAtRoot: true) }
        guard compiler.findings.isEmpty else { throw ViewError(compiler.findings) }
    }

    /// The rows of one resource; none when its type isn't the view's, or a criterion isn't met.
    ///
    /// - Throws: ``ViewError`` when a value doesn't suit the view: several values for a column that holds one, a
    ///   criterion that is no truth value, an expression that fails.
    public func rows(of resource: JSONNode) throws(ViewError) -> ViewRows {
        guard resource.isObject, let type = resource[Self.resourceType], type.equals(definition.resource) else {
            return ViewRows(width: columns.count)
        }
        do {
            return try run(on: resource)
        } catch {
            let name = "\(definition.resource)/\(resource["id"]?.string ?? "?")"
            throw ViewError(
                error.findings.map { ViewError.Finding(place: "\(name), \($0.place)", message: $0.message) })
        }
    }

    private static let resourceType: JSONKey = "resourceType"

    private func run(on resource: JSONNode) throws(ViewError) -> ViewRows {
        var environment = environment
        environment.resource = resource
        environment.rootResource = resource
        let focus = FHIRPathValue.node(FHIRPathNode(resource, typeName: definition.resource))
        for (place, expression) in wheres {
            guard try isTrue(expression, focus, environment, place) else { return ViewRows(width: columns.count) }
        }
        guard var result = try selects.first?.rows(on: focus, environment) else {
            return ViewRows(width: columns.count)
        }
        for select in selects.dropFirst() {
            guard result.count > 0 else { return ViewRows(width: columns.count) }
            result = result.joined(try select.rows(on: focus, environment))
        }
        return result
    }

    /// A criterion must be a truth value, or empty, which counts as false.
    private func isTrue(
        _ expression: FHIRPathExpression, _ focus: FHIRPathValue, _ environment: FHIRPathEnvironment, _ place: String
    ) throws(ViewError) -> Bool {
        let values: [FHIRPathValue]
        do {
            values = try expression.evaluate(on: [focus], environment)
        } catch {
            throw ViewError(place, "\(expression.text): \(error)")
        }
        guard let first = values.first else { return false }
        guard values.count == 1, case .boolean(let truth) = first.system else {
            throw ViewError(
                place,
                "\(expression.text) yields \(values.count == 1 ? "a value" : "\(values.count) values") that is no "
                    + "truth value; a criterion is true or false.")
        }
        return truth
    }
}
