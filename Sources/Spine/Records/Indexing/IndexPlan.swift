import FHIR
import JSON

/// The search paths of one resource type as a tree: a document is walked once, and what paths share is walked once.
struct IndexPlan: Sendable {
    /// What to do with a value that a path ends at.
    struct Emission: Sendable {
        var param: Int64
        var shape: ValueShape
        /// Only whether there is a value other than `false` counts; its place among such parameters.
        var existence: Int?
    }

    private struct Edge: Sendable {
        var key: JSONKey
        var element: Int?
        var filter: SearchPath.Filter?
        var node: Int
    }

    private struct Node: Sendable {
        var edges: Range<Int> = 0..<0
        var emissions: [Emission] = []
    }

    private var nodes: [Node] = []
    private var edges: [Edge] = []
    /// The hashes of the edges' keys, side by side: most members of a document match none of them.
    private var hashes: [UInt32] = []
    /// The parameters that ask whether something exists.
    private(set) var existences: [Int64] = []
    /// The parameters whose values no path leads to.
    let evaluated: [IndexedParameter]

    init(_ parameters: [IndexedParameter]) {
        evaluated = parameters.filter { $0.evaluation != nil }
        let root = Draft()
        for parameter in parameters where parameter.isIndexed {
            var existence: Int?
            if parameter.isExistence {
                existence = existences.count
                existences.append(parameter.id)
            }
            for path in parameter.paths {
                guard var shape = ValueShape(parameter.definition.type, of: path.type) else { continue }
                if parameter.isDerived {
                    // Of a reference that has no row of its own, only what identifies its target is kept: such a row
                    // does not tell the type that the reference is to.
                    guard shape == .reference else { continue }
                    shape = .referenceIdentifier
                }
                root.insert(
                    path.steps[...], Emission(param: parameter.id, shape: shape, existence: existence))
            }
        }
        _ = add(root)
    }

    /// The tree while it grows.
    private final class Draft {
        var branches: [(step: SearchPath.Step, node: Draft)] = []
        var emissions: [Emission] = []

        func insert(_ steps: ArraySlice<SearchPath.Step>, _ emission: Emission) {
            guard let step = steps.first else { return emissions.append(emission) }
            let known = branches.first {
                $0.step.key == step.key && $0.step.element == step.element && $0.step.filter == step.filter
            }
            let node = known?.node ?? Draft()
            if known == nil { branches.append((step, node)) }
            node.insert(steps.dropFirst(), emission)
        }
    }

    private mutating func add(_ draft: Draft) -> Int {
        let index = nodes.count
        nodes.append(Node(emissions: draft.emissions))
        let start = edges.count
        for branch in draft.branches {
            edges.append(Edge(key: branch.step.key, element: branch.step.element, filter: branch.step.filter, node: 0))
            hashes.append(branch.step.key.hash)
        }
        nodes[index].edges = start..<edges.count
        for (offset, branch) in draft.branches.enumerated() { edges[start + offset].node = add(branch.node) }
        return index
    }

    /// Calls `emit` with every value that a path ends at.
    func walk(_ document: JSONDocument, _ emit: (Emission, JSONNode) -> Void) {
        document.withCursor { cursor in
            hashes.withUnsafeBufferPointer { hashes in
                Walk(plan: self, document: document, cursor: cursor, hashes: hashes).object(0, node: 0, emit)
            }
        }
    }

    private struct Walk {
        let plan: IndexPlan
        let document: JSONDocument
        let cursor: JSONCursor
        let hashes: UnsafeBufferPointer<UInt32>

        func object(_ place: Int, node: Int, _ emit: (Emission, JSONNode) -> Void) {
            guard cursor.kind(place) == .object else { return }
            let range = plan.nodes[node].edges
            let end = cursor.next(place)
            var key = place + 1
            while key < end {
                let hash = cursor.hash(ofKey: key)
                for edge in range where hashes[edge] == hash {
                    if cursor.withUTF8(key, { plan.edges[edge].key.matches($0) }) { follow(edge, key + 1, emit) }
                }
                key = cursor.next(key + 1)
            }
        }

        private func follow(_ edge: Int, _ place: Int, _ emit: (Emission, JSONNode) -> Void) {
            guard cursor.kind(place) == .array else { return value(edge, place, emit) }
            let end = cursor.next(place)
            var element = place + 1
            var index = 0
            while element < end {
                if plan.edges[edge].element.map({ $0 == index }) ?? true { value(edge, element, emit) }
                element = cursor.next(element)
                index += 1
            }
        }

        private func value(_ edge: Int, _ place: Int, _ emit: (Emission, JSONNode) -> Void) {
            if cursor.kind(place) == .null { return }
            if let filter = plan.edges[edge].filter, !filter.accepts(document.node(at: place)) { return }
            let node = plan.edges[edge].node
            for emission in plan.nodes[node].emissions { emit(emission, document.node(at: place)) }
            if !plan.nodes[node].edges.isEmpty { object(place, node: node, emit) }
        }
    }
}

extension JSONKey {
    fileprivate func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        withUTF8 { own in
            own.count == text.count && zip(own, text).allSatisfy { $0 == $1 }
        }
    }
}
