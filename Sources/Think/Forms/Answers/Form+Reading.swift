import FHIR
import JSON

extension Form {
    /// Reads a QuestionnaireResponse, and what in it doesn't suit the questionnaire. What a stranger put in a wrong place is
    /// told and left out; nothing is enabled or calculated yet.
    func read(_ response: JSONNode) -> (nodes: [FormNode], problems: [FormProblem]) {
        var reader = FormReader(form: self)
        let nodes = reader.read(response, path: "", of: top)
        return (completed(nodes, of: top), reader.problems)
    }
}

private struct FormReader {
    let form: Form
    var problems: [FormProblem] = []

    private mutating func tell(_ path: String, _ linkID: String, _ kind: FormProblem.Kind) {
        problems.append(FormProblem(kind, name: nil, linkID: linkID, place: path))
    }

    mutating func read(_ holder: JSONNode, path: String, of items: [Int]) -> [FormNode] {
        var nodes: [FormNode] = []
        var last = -1
        for (position, element) in (holder["item"].map { Array($0.elements) } ?? []).enumerated() {
            let place = (path.isEmpty ? "" : path + ".") + "item[\(position)]"
            let linkID = element["linkId"]?.string ?? ""
            guard let index = form.places[linkID], items.contains(index) else {
                tell(place, linkID, form.places[linkID] == nil ? .unknownItem : .misplacedItem)
                continue
            }
            let item = form.items[index]
            if index < last { tell(place, linkID, .wrongOrder) }
            last = max(last, index)
            if !item.repeats, nodes.contains(where: { $0.item == index }) { tell(place, linkID, .tooMany) }
            var node = FormNode(index)
            node.place = place
            if item.type == .group {
                if element["answer"] != nil { tell(place, linkID, .wrongType) }
                node.nodes = read(element, path: place, of: item.children)
            } else {
                if element["item"] != nil { tell(place, linkID, .misplacedItem) }
                for (number, answer) in (element["answer"].map { Array($0.elements) } ?? []).enumerated() {
                    let place = "\(place).answer[\(number)]"
                    if item.type == .display { tell(place, linkID, .wrongType) }
                    var read = FormAnswer()
                    read.place = place
                    if let found = answer.choice("value") {
                        let kind = FormValue.Kind(rawValue: found.type)
                        if let kind, item.type.kinds.contains(kind) {
                            read.value = kept(found.node, kind, item)
                        } else {
                            tell(place + ".value", linkID, .wrongType)
                        }
                    }
                    read.nodes = self.read(answer, path: place, of: item.children)
                    node.answers.append(read)
                }
                if node.answers.count > 1, !item.repeats { tell("\(place).answer[1]", linkID, .tooMany) }
            }
            nodes.append(node)
        }
        return nodes
    }

    /// The value; of a coding that is an option the option's, with its score.
    private func kept(_ node: JSONNode, _ kind: FormValue.Kind, _ item: FormItem) -> FormValue {
        let value = FormValue(kind, node)
        guard kind == .coding, value.weight == nil else { return value }
        return item.options.first { $0.value.kind == .coding && $0.value.means(value) }?.value ?? value
    }
}
