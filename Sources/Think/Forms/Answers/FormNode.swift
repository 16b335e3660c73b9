/// An item of a form that is being filled: a group stands as often as it repeats, a question once with all its answers.
public struct FormNode: Sendable {
    /// Which item: its place in ``Form/items``.
    public let item: Int
    /// Of a question its answers, in order; one without a value at least.
    public var answers: [FormAnswer] = []
    /// What a group holds.
    public var nodes: [FormNode] = []
    /// Where it stands in the response that was read: `item[0].item[1]`.
    var place: String?

    init(_ item: Int) { self.item = item }
}

/// One answer to a question.
public struct FormAnswer: Sendable {
    /// The value; nil where there is none yet.
    public var value: FormValue?
    /// What was typed, where it can't be read as an answer.
    public var typed: String?
    /// What hangs below the answer.
    public var nodes: [FormNode] = []
    /// Where it stands in the response that was read: `item[0].answer[1]`.
    var place: String?

    init(_ value: FormValue? = nil, typed: String? = nil) {
        self.value = value
        self.typed = typed
    }
}

extension Form {
    /// Puts the nodes of a container in the questionnaire's order, and adds those that are missing.
    func completed(_ nodes: [FormNode], of items: [Int]) -> [FormNode] {
        var result: [FormNode] = []
        for index in items {
            let item = self.items[index]
            var found = nodes.filter { $0.item == index }
            if item.type == .group {
                if found.isEmpty { found = [FormNode(index)] }
                for position in found.indices {
                    found[position].nodes = completed(found[position].nodes, of: item.children)
                }
                result += found
                continue
            }
            // A question that was answered in several items has all answers in one.
            var node = found.first ?? FormNode(index)
            node.answers = found.flatMap(\.answers)
            if item.type.isQuestion, node.answers.isEmpty { node.answers = [FormAnswer()] }
            for position in node.answers.indices where !item.children.isEmpty {
                node.answers[position].nodes = completed(node.answers[position].nodes, of: item.children)
            }
            result.append(node)
        }
        return result
    }

    /// The name of a node within a container: `q_0-1_3`. A group that repeats has its number behind it.
    func name(_ node: FormNode, number: Int, in container: String) -> String {
        let repeats = items[node.item].type == .group && (items[node.item].repeats || number > 0)
        return "\(container)_\(node.item)" + (repeats ? "-\(number)" : "")
    }

    /// Visits every node of a container and all below, those of answers too.
    public func visit(_ nodes: [FormNode], in container: String = "q", _ body: (String, FormNode) -> Void) {
        forEach(nodes, in: container) { name, node in
            body(name, node)
            visit(node.nodes, in: name, body)
            for (number, answer) in node.answers.enumerated() { visit(answer.nodes, in: "\(name)-\(number)", body) }
        }
    }

    /// Visits the nodes of a container with their names.
    public func forEach(_ nodes: [FormNode], in container: String, _ body: (String, FormNode) -> Void) {
        var counts: [Int: Int] = [:]
        for node in nodes {
            let number = counts[node.item, default: 0]
            counts[node.item] = number + 1
            body(name(node, number: number, in: container), node)
        }
    }

    /// Changes every node of a container and all below, the outer ones first.
    func change(_ nodes: inout [FormNode], in container: String = "q", _ body: (String, inout FormNode) -> Void) {
        var counts: [Int: Int] = [:]
        for position in nodes.indices {
            let number = counts[nodes[position].item, default: 0]
            counts[nodes[position].item] = number + 1
            let name = name(nodes[position], number: number, in: container)
            body(name, &nodes[position])
            change(&nodes[position].nodes, in: name, body)
            for answer in nodes[position].answers.indices {
                change(&nodes[position].answers[answer].nodes, in: "\(name)-\(answer)", body)
            }
        }
    }
}
