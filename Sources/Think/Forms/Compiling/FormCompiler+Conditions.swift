import JSON

extension FormCompiler {
    mutating func readConditions(_ index: Int) {
        let item = items[index]
        let listed = item.node["enableWhen"].map { Array($0.elements) } ?? []
        guard !listed.isEmpty else { return }
        let behaviour = item.node["enableBehavior"]?.string
        if listed.count > 1, behaviour == nil {
            fault(item.path, "with several enableWhen there is an enableBehavior (que-12)", "enableBehavior: all | any")
        }
        if let behaviour, behaviour != "all", behaviour != "any" {
            fault(item.path + ".enableBehavior", "there is no behaviour “\(behaviour)”", "all | any")
        }
        items[index].isEnabledByAny = behaviour == "any"
        for (position, node) in listed.enumerated() {
            if let condition = condition(node, of: index, "\(item.path).enableWhen[\(position)]") {
                items[index].conditions.append(condition)
            }
        }
    }

    private mutating func condition(_ node: JSONNode, of index: Int, _ path: String) -> FormCondition? {
        let name = node["question"]?.string ?? ""
        guard let question = places[name] else {
            fault(path + ".question", "there is no item \(name)", near(name))
            return nil
        }
        if question == index || isBelow(question, index) {
            fault(path + ".question", "\(items[index].linkID) can't depend on itself, or on what is inside it")
            return nil
        }
        let asked = items[question]
        guard asked.type.isQuestion else {
            fault(path + ".question", "\(name) is a \(asked.type.rawValue) and has no answer")
            return nil
        }
        guard let word = node["operator"]?.string else {
            fault(path + ".operator", "there is no operator", "exists = != > < >= <=")
            return nil
        }
        guard let wanted = FormValue(node, "answer") else {
            fault(path + ".answer[x]", "there is no answer to compare with")
            return nil
        }
        if word == "exists" {
            guard wanted.kind == .boolean else {
                fault(path + ".answer[x]", "exists is asked with true or false (que-7)", "answerBoolean: true")
                return nil
            }
            return FormCondition(question: question, test: .exists(wanted.node.bool == true))
        }
        guard let comparison = Comparison(rawValue: word) else {
            fault(path + ".operator", "there is no operator “\(word)”", "exists = != > < >= <=")
            return nil
        }
        guard
            asked.type.kinds.contains(wanted.kind) || (asked.type == .decimal && wanted.kind == .integer)
                || (asked.type == .dateTime && wanted.kind == .date)
        else {
            fault(
                path + ".answer[x]", "the answers to \(name) are no \(wanted.kind.typeName)",
                "answer" + (asked.type.kinds.first?.rawValue ?? ""))
            return nil
        }
        if [.coding, .boolean, .reference].contains(wanted.kind), comparison != .equal, comparison != .notEqual {
            fault(path + ".operator", "a \(wanted.kind.typeName) is not more or less than another", "= or !=")
            return nil
        }
        if wanted.kind == .coding, asked.type == .choice, !asked.node.isOptionFree,
            let options = optionCodes(question), !options.contains(where: { $0.means(wanted) })
        {
            fault(
                path + ".answerCoding", "\(wanted.code ?? "") can't be chosen in \(name)",
                "there are: " + options.prefix(12).compactMap(\.code).joined(separator: ", "))
        }
        return FormCondition(question: question, test: .compare(comparison, wanted))
    }

    /// The options of a question that may come later in the document; nil where they are not known.
    private func optionCodes(_ question: Int) -> [FormValue]? {
        if !items[question].options.isEmpty { return items[question].options.map(\.value) }
        let values = items[question].node["answerOption"]?.elements.compactMap { FormValue($0, "value") }
        return values?.isEmpty == false ? values : nil
    }

    func isBelow(_ inner: Int, _ outer: Int) -> Bool {
        var next = items[inner].parent
        while let item = next {
            if item == outer { return true }
            next = items[item].parent
        }
        return false
    }

    // MARK: Cycles

    /// Refuses items that wait for each other: no order of computing would settle them.
    mutating func findCycles() {
        let waits = items.indices.map(needs)
        var state = [Int](repeating: 0, count: items.count)
        var path: [Int] = []
        var cycles: [[Int]] = []
        func visit(_ index: Int) {
            state[index] = 1
            path.append(index)
            for next in waits[index].sorted() {
                if state[next] == 1, let start = path.firstIndex(of: next) {
                    cycles.append(Array(path[start...]))
                } else if state[next] == 0 {
                    visit(next)
                }
            }
            path.removeLast()
            state[index] = 2
        }
        for index in items.indices where state[index] == 0 { visit(index) }
        for cycle in cycles {
            let names = (cycle + [cycle[0]]).map { items[$0].linkID }.joined(separator: " → ")
            fault(
                items[cycle[0]].path, "items wait for each other: \(names)", "let one of them not depend on the other")
        }
    }

    /// The items whose answers decide whether one is enabled, and what is calculated in it.
    private func needs(_ index: Int) -> Set<Int> {
        let item = items[index]
        var found = Set(item.conditions.map(\.question))
        for expression in [item.enableExpression, item.calculated].compactMap({ $0 }) {
            found.formUnion(mentioned(expression, from: index, []))
        }
        if let parent = item.parent { found.insert(parent) }
        // The way to an answer names the groups around it, one's own too.
        return found.filter { other in other == item.parent || !isBelow(index, other) }
    }

    private func mentioned(_ expression: FormExpression, from index: Int?, _ seen: Set<String>) -> Set<Int> {
        var found = Set(expression.linkIDs.compactMap { places[$0] })
        for name in expression.variables where !seen.contains(name) {
            var next = index
            var holders = [variables]
            while let item = next {
                holders.append(items[item].variables)
                next = items[item].parent
            }
            for variable in holders.joined() where variable.name == name {
                found.formUnion(mentioned(variable, from: index, seen.union([name])))
            }
        }
        return found
    }
}

extension JSONNode {
    /// Whether the answers of a question come from elsewhere.
    fileprivate var isOptionFree: Bool { self["answerOption"] == nil }
}
