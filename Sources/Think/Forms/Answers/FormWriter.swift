import JSON

/// Writes a QuestionnaireResponse's items.
struct FormWriter {
    enum Purpose {
        /// To be kept: what is answered and asked for, with the questions' texts.
        case response
        /// To compute with: every item stands in it, so that each has its context.
        case computing
    }

    let form: Form
    let disabled: Set<String>
    let purpose: Purpose
    var writer = JSONWriter()

    init(_ form: Form, disabled: Set<String>, for purpose: Purpose) {
        self.form = form
        self.disabled = disabled
        self.purpose = purpose
    }

    /// Writes a member `item` with the nodes of a container, or nothing where it would be empty.
    mutating func items(_ nodes: [FormNode], in container: String) {
        var written: [(String, FormNode)] = []
        form.forEach(nodes, in: container) { name, node in
            if purpose == .computing || isKept(node, name) { written.append((name, node)) }
        }
        guard !written.isEmpty else { return }
        writer.key("item")
        writer.beginArray()
        for (name, node) in written { write(node, name) }
        writer.endArray()
    }

    private func isKept(_ node: FormNode, _ name: String) -> Bool {
        let item = form.items[node.item]
        guard item.type != .display, !disabled.contains(name) else { return false }
        if item.type.isQuestion { return node.answers.contains { $0.value != nil } }
        var isKept = false
        form.forEach(node.nodes, in: name) { inner, node in isKept = isKept || self.isKept(node, inner) }
        return isKept
    }

    private mutating func write(_ node: FormNode, _ name: String) {
        let item = form.items[node.item]
        writer.beginObject()
        writer.member("linkId", string: item.linkID)
        if purpose == .response, let text = item.node["text"]?.string { writer.member("text", string: text) }
        if item.type == .group { items(node.nodes, in: name) }
        let isOff = disabled.contains(name)
        let answers = isOff ? [] : node.answers.enumerated().filter { $0.element.value != nil }
        if !answers.isEmpty {
            writer.key("answer")
            writer.beginArray()
            for (number, answer) in answers {
                writer.beginObject()
                if let value = answer.value { writer.member(value.member, raw: value.json) }
                items(answer.nodes, in: "\(name)-\(number)")
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }
}
