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
    /// What finds the values where no path leads to them; nil where paths do.
    let evaluation: EvaluatedPath?

    struct Component: Sendable {
        let code: String
        let type: SearchParameterType
        let paths: [SearchPath]
        /// What finds the values where no path leads to them; nil where paths do.
        var evaluation: EvaluatedPath?
        /// Rows of its own, one at the most; without them it is found by the rows of the parameter that it stands for.
        var own: [IndexedParameter] = []
    }

    /// The numbers of the rows that answer it: its own, or those of the parameters that it is derived from.
    var rowIDs: [Int64]
    /// When derived: the resource type that alone the references count of; nil for every type.
    var targetFilter: String?

    /// Whether other parameters' rows answer it.
    var isDerived: Bool { rowIDs != [id] }

    /// The numbers of its rows in a table.
    func rows(in table: IndexTable) -> [Int64] { table == .identifier && definition.type == .reference ? [id] : rowIDs }

    /// Whether references to the type count.
    func accepts(_ type: String) -> Bool { targetFilter.map { $0 == type } ?? true }

    /// Whether a reference by this text counts.
    func accepts(uri: String) -> Bool { targetFilter.map { uri.contains("/\($0)/") } ?? true }

    /// The resource types that its references may point to.
    func targetTypes(_ definitions: Definitions) -> [String] {
        let types = definition.targets.isEmpty ? definitions.resourceTypes : definition.targets
        guard evaluation == nil else { return types }
        let filters = paths.map { path -> String? in
            if case .resolves(let type)? = path.steps.last?.filter { type } else { nil }
        }
        return filters.contains(nil) ? types : types.filter { filters.contains($0) }
    }

    /// Whether some of its values are of an R4 type.
    func has(type: String) -> Bool { paths.contains { $0.type == type } || evaluation?.mayHave(type) ?? false }

    /// The value sets that the elements of type code must take their codes from.
    var valueSets: [String] { paths.compactMap(\.valueSet) }

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

    /// Whether the parameter is `_content` or `_text`.
    var isFullText: Bool { Self.isFullText(definition.code) }

    private static func isFullText(_ code: String) -> Bool { code == "_content" || code == "_text" }

    /// The number of the rows of spans longer than ``shortSpanMilliseconds``.
    var longDate: Int64 { -id }

    /// Spans up to a day are short: a search that looks for them by their low end has to reach back no further.
    static let shortSpanMilliseconds: Int64 = 86_400_000

    /// Nil when the expression is not understood or names nothing.
    init?(id: Int64, _ definition: SearchParameter, resource: Structure, definitions: Definitions) {
        evaluation = nil
        guard !Self.isFullText(definition.code) else {
            self.id = id
            rowIDs = [id]
            self.definition = definition
            paths = []
            isExistence = false
            tables = [.text]
            components = []
            return
        }
        guard let expression = SearchExpression(definition.expression) else { return nil }
        self.id = id
        rowIDs = [id]
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
