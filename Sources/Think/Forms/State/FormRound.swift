import FHIRPath
import JSON

/// One round of computing: what is asked for, and what is calculated, by the answers as they stood before it.
struct FormRound {
    let picture: FormPicture
    var disabled: Set<String> = []
    var calculated: [String: [FormValue]] = [:]
    var failures: [Int: String] = [:]

    /// A container on the way to an item, with what it holds.
    private struct Holder {
        let item: Int?
        let name: String
        let nodes: [FormNode]
    }

    private var form: Form { picture.form }

    init(picture: FormPicture) { self.picture = picture }

    mutating func run() {
        let nodes = picture.state.nodes
        walk([Holder(item: nil, name: "q", nodes: nodes)], isOn: true, picture.environment())
    }

    private mutating func walk(_ holders: [Holder], isOn: Bool, _ environment: FHIRPathEnvironment) {
        guard let holder = holders.last else { return }
        var found: [(String, FormNode)] = []
        form.forEach(holder.nodes, in: holder.name) { found.append(($0, $1)) }
        for (name, node) in found {
            let item = form.items[node.item]
            var inner = environment
            inner.variables["qitem"] = [.node(FHIRPathNode(item.node, typeName: "Questionnaire.item"))]
            inner = picture.environment(inner, of: item, name)
            let isEnabled = isOn && self.isEnabled(item, name, holders, inner)
            if !isEnabled { disabled.insert(name) }
            if isEnabled, let expression = item.calculated { calculated[name] = values(expression, item, name, inner) }
            walk(holders + [Holder(item: node.item, name: name, nodes: node.nodes)], isOn: isEnabled, inner)
            for (number, answer) in node.answers.enumerated() where !answer.nodes.isEmpty {
                let inside = Holder(item: node.item, name: "\(name)-\(number)", nodes: answer.nodes)
                // R4 has no place for what hangs below an answer that isn't there.
                walk(holders + [inside], isOn: isEnabled && answer.value != nil, inner)
            }
        }
    }

    private mutating func values(
        _ expression: FormExpression, _ item: FormItem, _ name: String, _ environment: FHIRPathEnvironment
    ) -> [FormValue] {
        guard let place = picture.places[name] else { return [] }
        do {
            let found = try picture.evaluate(expression, on: place, environment)
            let values = found.compactMap { form.value($0, for: item) }
            if values.count < found.count { failures[item.index] = "\(expression.text)" }
            return item.repeats ? values : Array(values.prefix(1))
        } catch {
            failures[item.index] = "\(error)"
            return []
        }
    }

    // MARK: Enabling

    private mutating func isEnabled(
        _ item: FormItem, _ name: String, _ holders: [Holder], _ environment: FHIRPathEnvironment
    ) -> Bool {
        if let expression = item.enableExpression {
            // What has no place yet is below an answer that isn't there.
            guard let place = picture.places[name] else { return false }
            do {
                let found = try picture.evaluate(expression, on: place, environment)
                guard found.count == 1, let value = found.first?.system else { return false }
                if case .boolean(let truth) = value { return truth }
                return true
            } catch {
                failures[item.index] = "\(error)"
                return false
            }
        }
        guard !item.conditions.isEmpty else { return true }
        let isMet = { (condition: FormCondition) in self.isMet(condition, holders) }
        return item.isEnabledByAny ? item.conditions.contains(where: isMet) : item.conditions.allSatisfy(isMet)
    }

    /// Whether a condition holds (R4, Questionnaire.item.enableWhen). Comparisons of a question without an answer don't;
    /// `!=` wants an answer, and none that is equal.
    private func isMet(_ condition: FormCondition, _ holders: [Holder]) -> Bool {
        let answers = answers(to: condition.question, holders)
        switch condition.test {
        case .exists(let wanted): return answers.isEmpty != wanted
        case .compare(.notEqual, let wanted):
            return !answers.isEmpty && !answers.contains { $0.means(wanted) }
        case .compare(.equal, let wanted): return answers.contains { $0.means(wanted) }
        case .compare(let comparison, let wanted): return answers.contains { comparison.holds($0, wanted) }
        }
    }

    /// The answers to a question within the nearest container that holds it: in a group that repeats, those of the same
    /// repetition.
    private func answers(to question: Int, _ holders: [Holder]) -> [FormValue] {
        var above: Set<Int> = []
        var next = form.items[question].parent
        while let item = next {
            above.insert(item)
            next = form.items[item].parent
        }
        guard let holder = holders.last(where: { $0.item.map(above.contains) ?? true }) else { return [] }
        var found: [FormValue] = []
        collect(question, holder.nodes, in: holder.name, &found)
        return found
    }

    private func collect(_ question: Int, _ nodes: [FormNode], in container: String, _ found: inout [FormValue]) {
        form.visit(nodes, in: container) { name, node in
            guard node.item == question, !isOff(name) else { return }
            found += node.answers.compactMap(\.value)
        }
    }

    /// Whether a node was off before this round, or something around it was: names begin with those around them.
    private func isOff(_ name: String) -> Bool { picture.state.disabled.contains(name) }
}
