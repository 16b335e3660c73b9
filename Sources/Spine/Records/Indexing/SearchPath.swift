import FHIR
import JSON

/// One way from a node to the values of a search parameter, resolved against the R4 element tables: every choice
/// element is spelled out, so that walking it needs no table.
struct SearchPath: Sendable {
    struct Step: Sendable {
        var key: JSONKey
        /// The element's name, the same for every type of a choice.
        var name: String
        /// Whether the element may stand several times.
        var isList: Bool
        var element: Int?
        var filter: Filter?
    }

    enum Filter: Sendable, Equatable {
        /// A member has this string.
        case equals(JSONKey, String)
        /// The reference is to this resource type.
        case resolves(String)

        func accepts(_ node: JSONNode) -> Bool {
            switch self {
            case .equals(let key, let value): node[key]?.equals(value) == true
            case .resolves(let type): Self.names(type, node)
            }
        }

        /// Whether a Reference names a resource of this type: by its literal form, or by `Reference.type`.
        private static func names(_ type: String, _ node: JSONNode) -> Bool {
            guard let reference = node[Keys.reference] else { return node[Keys.type]?.equals(type) ?? false }
            let found = reference.withUTF8 { text -> Bool? in
                guard let place = ResourceKey.Place(text) else { return nil }
                return type.utf8.elementsEqual(text[place.type])
            }
            return (found ?? nil) ?? node[Keys.type]?.equals(type) ?? false
        }
    }

    var steps: [Step]
    /// The R4 type of the values, such as `CodeableConcept`.
    var type: String
    /// The required value set of a value of type code.
    var valueSet: String?
    /// Whether the path begins at the resource though its siblings begin at an element.
    var fromResource = false

    /// Every path that an expression means.
    ///
    /// - Parameters:
    ///   - expression: as published.
    ///   - origin: what the expression is evaluated on.
    ///   - resource: the resource type.
    static func resolve(
        _ expression: SearchExpression, on origin: Structure, resource: Structure, definitions: Definitions
    ) -> [SearchPath] {
        expression.alternatives.flatMap { path -> [SearchPath] in
            var steps = path.steps[...]
            let start = path.fromResource ? resource : origin
            if case .field(let name)? = steps.first, isTypeName(name, of: origin) { steps = steps.dropFirst() }
            return walk(steps, from: start, type: start.name, prefix: [], definitions: definitions).map {
                var found = $0
                found.fromResource = path.fromResource
                return found
            }
        }
    }

    private static func isTypeName(_ name: String, of origin: Structure) -> Bool {
        name == origin.name || name == "Resource" || name == "DomainResource"
    }

    private static func walk(
        _ steps: ArraySlice<SearchExpression.Step>, from structure: Structure?, type: String, prefix: [Step],
        definitions: Definitions
    ) -> [SearchPath] {
        guard let step = steps.first else { return [SearchPath(steps: prefix, type: type)] }
        let rest = steps.dropFirst()
        func go(_ prefix: [Step]) -> [SearchPath] {
            walk(rest, from: structure, type: type, prefix: prefix, definitions: definitions)
        }
        func onLast(_ change: (inout Step) -> Void) -> [SearchPath] {
            guard var last = prefix.last else { return [] }
            change(&last)
            return go(prefix.dropLast() + [last])
        }
        switch step {
        case .field(let name):
            return (structure?.members ?? []).filter { $0.element == name }.flatMap { member in
                walk(
                    rest, from: member.structureIndex.map { definitions.structure(at: $0) }, type: member.type,
                    prefix: prefix + [Step(key: JSONKey(member.name), name: name, isList: member.isList)],
                    definitions: definitions
                ).map { path in
                    var path = path
                    if path.steps.count == prefix.count + 1 { path.valueSet = member.requiredValueSet }
                    return path
                }
            }
        case .cast(let wanted):
            return wanted.lowercased() == type.lowercased() ? go(prefix) : []
        case .element(let index):
            return onLast { $0.element = index }
        case .whereEquals(let field, let value):
            return onLast { $0.filter = .equals(JSONKey(field), value) }
        case .whereResolves(let wanted):
            return onLast { $0.filter = .resolves(wanted) }
        }
    }

    /// Calls `visit` with every value.
    func each(from node: JSONNode, _ visit: (JSONNode) -> Void) { walk(0, node, visit) }

    private func walk(_ depth: Int, _ node: JSONNode, _ visit: (JSONNode) -> Void) {
        guard depth < steps.count else { return visit(node) }
        let step = steps[depth]
        guard let child = node[step.key] else { return }
        if child.isArray {
            if let element = step.element {
                if let only = child[element] { advance(depth, step, only, visit) }
            } else {
                for element in child.elements { advance(depth, step, element, visit) }
            }
        } else {
            advance(depth, step, child, visit)
        }
    }

    @inline(__always)
    private func advance(_ depth: Int, _ step: Step, _ node: JSONNode, _ visit: (JSONNode) -> Void) {
        if node.isNull { return }
        if let filter = step.filter, !filter.accepts(node) { return }
        walk(depth + 1, node, visit)
    }
}
