import FHIR
import JSON

extension IndexedParameter {
    /// A parameter of a SearchParameter resource. Its rows are its own: no other parameter's answer it.
    ///
    /// - Parameter number: the first of its numbers; each component of a composite has one.
    /// - Returns: nil when an expression can't be read.
    init?(
        custom definition: SearchParameter, number: Int64, resource: Structure, definitions: Definitions
    ) {
        id = number
        rowIDs = [number]
        self.definition = definition
        isExistence = false
        if definition.type != .composite, let found = SearchPath.all(definition.expression, resource, definitions) {
            paths = found
            evaluation = nil
            components = []
            tables = Set(found.flatMap { ValueShape(definition.type, of: $0.type)?.tables ?? [] })
            return
        }
        guard let path = EvaluatedPath(definition.expression, on: resource.name, definitions: definitions) else {
            return nil
        }
        paths = []
        evaluation = path
        tables = definition.type == .composite ? [] : path.tables(definition.type)
        var components: [Component] = []
        for (place, component) in definition.components.enumerated() {
            guard let path = EvaluatedPath(component.expression, on: nil, definitions: definitions) else { return nil }
            let part = IndexedParameter(
                component, number: number + Int64(place), resource: resource.name, path: path)
            components.append(
                Component(code: component.code, type: component.type, paths: [], evaluation: path, own: [part]))
        }
        self.components = components
    }

    /// The rows of one component of a composite.
    private init(_ component: SearchParameter.Component, number: Int64, resource: String, path: EvaluatedPath) {
        id = number
        rowIDs = [number]
        definition = SearchParameter(
            resource: resource, code: component.code, type: component.type, expression: component.expression,
            targets: [], components: [])
        isExistence = false
        paths = []
        evaluation = path
        tables = path.tables(component.type)
        components = []
    }

    /// Whether it came with a SearchParameter resource.
    var isCustom: Bool { ParameterEntry.numberRange.contains(id) }

    /// Calls `visit` with every value in a resource and its R4 type.
    func each(in resource: JSONNode, _ visit: (JSONNode, String) -> Void) {
        for path in paths { path.each(from: resource) { visit($0, path.type) } }
        evaluation?.each(from: resource, resource: resource, visit)
    }

    /// Adds the rows of a resource, where no path leads to the values.
    func appendEvaluated(_ resource: JSONNode, terms: TermTable, to rows: inout IndexRows) {
        guard let evaluation else { return }
        evaluation.each(from: resource, resource: resource) { node, type in
            guard !components.isEmpty else {
                ValueShape(definition.type, of: type)?.append(node, param: id, terms: terms, to: &rows)
                return
            }
            for component in components {
                guard let own = component.own.first else { continue }
                component.each(from: node, type: type, resource: resource) { value, type in
                    ValueShape(component.type, of: type)?.append(value, param: own.id, terms: terms, to: &rows)
                }
            }
        }
    }
}

extension IndexedParameter.Component {
    /// The tables that its rows may stand in.
    var tables: Set<IndexTable> {
        evaluation?.tables(type) ?? Set(paths.flatMap { ValueShape(type, of: $0.type)?.tables ?? [] })
    }

    /// Calls `visit` with every value of one element of the composite and its R4 type.
    func each(from element: JSONNode, type: String, resource: JSONNode, _ visit: (JSONNode, String) -> Void) {
        for path in paths { path.each(from: path.fromResource ? resource : element) { visit($0, path.type) } }
        evaluation?.each(from: element, type: type, resource: resource, visit)
    }
}

extension SearchPath {
    /// The members whose values never stand in a list, so that a comparison with one means the same in FHIRPath.
    private static let comparable: Set<String> = ["url", "system", "use"]

    /// The paths that an expression means on a resource type; nil where they would not mean all that FHIRPath means by it.
    fileprivate static func all(_ text: String, _ resource: Structure, _ definitions: Definitions) -> [SearchPath]? {
        guard !text.contains("\\"), let expression = SearchExpression(text), !expression.isExistence else { return nil }
        var found: [SearchPath] = []
        for alternative in expression.alternatives {
            let isPlain = alternative.steps.allSatisfy { step in
                switch step {
                case .field, .cast, .whereResolves: true
                case .whereEquals(let field, _): comparable.contains(field)
                case .element: false
                }
            }
            guard isPlain, !alternative.fromResource, alternative.hasOneFilterAStep else { return nil }
            if case .field(let name)? = alternative.steps.first, definitions.structure(name)?.kind == .resource,
                name != resource.name, !ParameterExpression.isAbstract(name)
            {
                continue
            }
            var one = expression
            one.alternatives = [alternative]
            let paths = resolve(one, on: resource, resource: resource, definitions: definitions)
            // A resource inside of another has its type from its content.
            guard !paths.isEmpty, !paths.contains(where: { $0.type == "Extension" || $0.type == "Resource" }) else {
                return nil
            }
            found += paths
        }
        return found.isEmpty ? nil : found
    }
}

extension SearchExpression.Path {
    /// Whether no step is filtered twice: a ``SearchPath/Step`` holds one filter.
    fileprivate var hasOneFilterAStep: Bool {
        var isFiltered = false
        for step in steps {
            switch step {
            case .field: isFiltered = false
            case .whereEquals, .whereResolves:
                if isFiltered { return false }
                isFiltered = true
            case .cast, .element: continue
            }
        }
        return true
    }
}
