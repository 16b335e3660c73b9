import FHIRPath
import JSON

extension FormState {
    /// What is wrong with the answers.
    ///
    /// - Parameters:
    ///   - isFinal: whether the form is to be signed: then what is missing is no mere warning.
    ///   - context: whom it is filled for, for the rules of the questionnaire.
    public func problems(isFinal: Bool, _ context: FormContext) -> [FormProblem] {
        var check = FormCheck(state: self, isFinal: isFinal, picture: FormPicture(self, context))
        check.run()
        return problemsRead + check.problems
    }
}

/// Holds the answers against the questionnaire.
private struct FormCheck {
    let state: FormState
    let isFinal: Bool
    let picture: FormPicture
    var problems: [FormProblem] = []

    private var form: Form { state.form }

    mutating func run() {
        for index in state.unsettled {
            tell(.unsettled, nil, form.items[index], place: "")
        }
        for (index, reason) in state.failures.sorted(by: { $0.key < $1.key }) {
            tell(.failed(reason: reason), nil, form.items[index], place: "")
        }
        let environment = picture.environment()
        if let document = picture.document {
            rules(form.constraints, on: document, environment, nil, nil, place: "")
        }
        walk(state.nodes, in: "q", place: "", environment)
    }

    private mutating func tell(
        _ kind: FormProblem.Kind, _ name: String?, _ item: FormItem?, place: String, isWarning: Bool = false
    ) {
        problems.append(
            FormProblem(
                kind, name: name, linkID: item?.linkID ?? "", label: item?.label, place: place, isWarning: isWarning))
    }

    private mutating func walk(
        _ nodes: [FormNode], in container: String, place outer: String, _ environment: FHIRPathEnvironment
    ) {
        var found: [(String, FormNode)] = []
        form.forEach(nodes, in: container) { found.append(($0, $1)) }
        var groups: [Int: Int] = [:]
        for (name, node) in found where state.isEnabled(name) {
            let item = form.items[node.item]
            let place = node.place ?? outer
            var inner = environment
            inner.variables["qitem"] = [.node(FHIRPathNode(item.node, typeName: "Questionnaire.item"))]
            inner = picture.environment(inner, of: item, name)
            if item.type == .group {
                let isFilled = isFilled(node, name)
                if isFilled { groups[node.item, default: 0] += 1 }
                if isFilled || item.isRequired {
                    walk(node.nodes, in: name, place: place, inner)
                } else {
                    // A group that may stay empty asks for what its questions ask for all the same, unless it repeats.
                    if !item.repeats { walk(node.nodes, in: name, place: place, inner) }
                }
            } else {
                question(node, name, item, place: place, inner)
            }
            if let context = picture.places[name] {
                rules(item.constraints, on: context, inner, name, item, place: place)
            }
        }
        for (name, node) in found where state.isEnabled(name) && form.items[node.item].type == .group {
            let item = form.items[node.item]
            guard name == found.first(where: { $0.1.item == node.item })?.0 else { continue }
            let count = groups[node.item] ?? 0
            if item.isRequired, count == 0 { tell(.missing, name, item, place: outer, isWarning: !isFinal) }
            if let least = item.minOccurs, count < least, count > 0 || item.isRequired {
                tell(.tooFew(least: least), name, item, place: outer, isWarning: !isFinal)
            }
            if let most = item.maxOccurs, count > most { tell(.tooMany, name, item, place: outer) }
        }
    }

    private func isFilled(_ node: FormNode, _ name: String) -> Bool {
        var isFilled = false
        form.visit(node.nodes, in: name) { inner, node in
            guard state.isEnabled(inner) else { return }
            isFilled = isFilled || node.answers.contains { $0.value != nil || $0.typed != nil }
        }
        return isFilled
    }

    private mutating func question(
        _ node: FormNode, _ name: String, _ item: FormItem, place: String, _ environment: FHIRPathEnvironment
    ) {
        let values = node.answers.compactMap(\.value)
        let typed = node.answers.compactMap(\.typed)
        if !typed.isEmpty { tell(.unreadable, name, item, place: place) }
        if values.isEmpty, typed.isEmpty, item.isRequired {
            tell(.missing, name, item, place: place, isWarning: !isFinal)
        }
        if let least = item.minOccurs, values.count < least, item.isRequired || !values.isEmpty, least > 1 {
            tell(.tooFew(least: least), name, item, place: place, isWarning: !isFinal)
        }
        if let most = item.maxOccurs, values.count > most { tell(.tooMany, name, item, place: place) }
        let chosen = item.options.filter { option in values.contains { option.value.means($0) } }
        if chosen.contains(where: \.isExclusive), values.count > 1 { tell(.exclusive, name, item, place: place) }
        for (number, answer) in node.answers.enumerated() {
            let place = answer.place ?? place
            if let value = answer.value { check(value, name, item, place: place + ".value") }
            walk(answer.nodes, in: "\(name)-\(number)", place: place, environment)
        }
    }

    private mutating func check(_ value: FormValue, _ name: String, _ item: FormItem, place: String) {
        if item.type.isChoice, !item.options.isEmpty {
            let isOption = item.options.contains { $0.value.kind == value.kind && $0.value.means(value) }
            let isOpen = item.type == .openChoice && value.kind == .string
            if !isOption, !isOpen { tell(.notAnOption, name, item, place: place) }
        }
        let length = value.text.count
        if [.string, .uri].contains(value.kind) {
            if let least = item.minLength, length < least { tell(.tooShort(least: least), name, item, place: place) }
            if let most = item.maxLength, length > most { tell(.tooLong(most: most), name, item, place: place) }
        }
        if let limit = item.minValue, let other = comparable(limit, value), Comparison.less.holds(value, other) {
            tell(.tooSmall(least: limit.text), name, item, place: place)
        }
        if let limit = item.maxValue, let other = comparable(limit, value), Comparison.greater.holds(value, other) {
            tell(.tooLarge(most: limit.text), name, item, place: place)
        }
        let number =
            value.kind == .quantity ? value.node["value"]?.numberText : value.kind == .decimal ? value.text : nil
        if let places = item.maxDecimalPlaces, let number, let point = number.firstIndex(of: "."),
            number.distance(from: point, to: number.endIndex) - 1 > places
        {
            tell(.tooFine(places: places), name, item, place: place)
        }
        if let regex = item.regex {
            let variables: [String: [FHIRPathValue]] = ["value": [.string(value.text)]]
            let isMet = try? regex.isTrue(
                on: value.node, type: value.kind.typeName, FHIRPathEnvironment(variables: variables))
            if isMet == false { tell(.wrongForm(format: item.entryFormat), name, item, place: place) }
        }
    }

    /// A limit without a unit is in the unit of the answer.
    private func comparable(_ limit: FormValue, _ value: FormValue) -> FormValue? {
        guard value.kind == .quantity, limit.kind != .quantity else { return limit }
        return form.quantity(
            limit.text,
            value.node["code"]?.string.map {
                FormUnit(system: value.node["system"]?.string, code: $0, text: value.node["unit"]?.string ?? $0)
            })
    }

    private mutating func rules(
        _ rules: [FormConstraint], on context: JSONNode, _ environment: FHIRPathEnvironment, _ name: String?,
        _ item: FormItem?, place: String
    ) {
        for rule in rules {
            do {
                let found = try picture.evaluate(rule.expression, on: context, environment)
                // What can't be told yet, as something is missing, is no fault.
                guard found.count == 1, case .boolean(false)? = found.first?.system else { continue }
                tell(
                    .rule(key: rule.key, text: rule.text, isWarning: rule.isWarning), name, item, place: place,
                    isWarning: rule.isWarning)
            } catch {
                tell(.failed(reason: "\(error)"), name, item, place: place)
            }
        }
    }
}
