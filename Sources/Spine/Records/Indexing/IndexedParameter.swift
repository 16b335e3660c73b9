import FHIR
import JSON

/// A search parameter of one resource type, ready to find its values in a document.
struct IndexedParameter: Sendable {
    /// The number that its index rows carry; for dates, ``longDate`` carries the long spans.
    let id: Int64
    let definition: SearchParameter
    let paths: [SearchPath]
    let isExistence: Bool
    /// The tables its rows stand in.
    let tables: Set<IndexTable>
    /// Of a composite: each component's own parameter on the same element.
    let components: [Component]

    struct Component: Sendable {
        let code: String
        let type: SearchParameterType
        let paths: [SearchPath]
    }

    /// Whether a resource has one value at the most, so that two conditions on the parameter are conditions on one row.
    var isSingle: Bool { Self.areSingle(paths) }

    /// Of a composite: whether its element is the resource itself and each component has one value there, so that the
    /// components by themselves say all.
    var isOfResource: Bool { paths.allSatisfy(\.steps.isEmpty) && components.allSatisfy { Self.areSingle($0.paths) } }

    private static func areSingle(_ paths: [SearchPath]) -> Bool {
        Set(paths.map { $0.steps.map(\.name) }).count == 1
            && paths.allSatisfy { path in path.steps.allSatisfy { !$0.isList && $0.filter == nil } }
    }

    /// Whether it has index rows: ids and change times are columns of their own, composites are found by their parts.
    var isIndexed: Bool {
        components.isEmpty && definition.code != "_id" && definition.code != "_lastUpdated"
    }

    /// The number of the rows of spans longer than ``shortSpanMilliseconds``.
    var longDate: Int64 { -id }

    /// Spans up to a day are short: a search that looks for them by their low end has to reach back no further.
    static let shortSpanMilliseconds: Int64 = 86_400_000

    /// Nil when the expression is not understood or names nothing.
    init?(id: Int64, _ definition: SearchParameter, resource: Structure, definitions: Definitions) {
        guard let expression = SearchExpression(definition.expression) else { return nil }
        self.id = id
        self.definition = definition
        isExistence = expression.isExistence
        paths = SearchPath.resolve(expression, on: resource, resource: resource, definitions: definitions)
        if definition.type == .composite {
            let isRoot = expression.alternatives.contains { $0.steps == [.field(resource.name)] }
            let origins =
                (isRoot ? [resource] : [])
                + paths.filter { !$0.steps.isEmpty }.compactMap { definitions.structure(at: $0, in: resource) }
            components = definition.components.compactMap { component in
                guard let expression = SearchExpression(component.expression) else { return nil }
                var seen: Set<String> = []
                let paths = origins.flatMap {
                    SearchPath.resolve(expression, on: $0, resource: resource, definitions: definitions)
                }.filter { seen.insert($0.signature).inserted }
                return paths.isEmpty ? nil : Component(code: component.code, type: component.type, paths: paths)
            }
            guard components.count == definition.components.count else { return nil }
            tables = []
        } else {
            components = []
            tables = Set(paths.flatMap { ValueShape(definition.type, of: $0.type)?.tables ?? [] })
            guard !paths.isEmpty else { return nil }
        }
    }
}

extension SearchPath {
    fileprivate var signature: String {
        "\(fromResource)" + steps.map { "\($0.key.string)/\(String(describing: $0.filter))" }.joined(separator: ".")
    }
}

extension Definitions {
    /// The structure at the end of a path.
    fileprivate func structure(at path: SearchPath, in resource: Structure) -> Structure? {
        var structure = resource
        for step in path.steps {
            guard let index = structure.member(step.key)?.structureIndex else { return nil }
            structure = self.structure(at: index)
        }
        return structure
    }
}
