import JSON

/// When an item is asked for, as far as a page without the house can tell: its `enableWhen` in the terms of the page's fields.
public struct FormRule: Sendable {
    /// One condition.
    public struct Test: Sendable {
        /// The item asked about: its place in ``Form/items``.
        public let question: Int
        /// `exists`, `=`, `!=`, `>`, `<`, `>=`, `<=`; `?` where the house alone can tell.
        public let comparison: String
        /// What the field of the question is compared with, as it holds it: of `exists` `true` or `false`.
        public let values: [String]
    }

    /// The conditions.
    public let tests: [Test]
    /// Whether one is enough.
    public let isAny: Bool
}

extension Form {
    /// When an item is asked for; nil for one that always is.
    /// - Parameter index: its place in ``items``.
    public func rule(of index: Int) -> FormRule? {
        let item = items[index]
        guard item.isConditional else { return nil }
        guard item.enableExpression == nil else {
            return FormRule(tests: [.init(question: index, comparison: "?", values: [])], isAny: false)
        }
        return FormRule(tests: item.conditions.map(test), isAny: item.isEnabledByAny)
    }

    private func test(_ condition: FormCondition) -> FormRule.Test {
        let asked = items[condition.question]
        func untold() -> FormRule.Test { .init(question: condition.question, comparison: "?", values: []) }
        guard asked.isEntered, asked.type != .attachment else { return untold() }
        switch condition.test {
        case .exists(let wanted):
            return .init(question: condition.question, comparison: "exists", values: [wanted ? "true" : "false"])
        case .compare(let comparison, let wanted):
            let values: [String]
            if !asked.options.isEmpty {
                values = asked.options.filter { $0.value.means(wanted) }.map(\.key)
            } else if wanted.kind == .quantity {
                // In another unit it may be the same.
                guard asked.unitOptions.isEmpty else { return untold() }
                values = [wanted.node["value"]?.numberText ?? ""]
            } else if wanted.kind == .coding || wanted.kind == .reference {
                return untold()
            } else {
                values = [wanted.kind == .dateTime ? String(wanted.text.prefix(16)) : wanted.text]
            }
            return .init(question: condition.question, comparison: comparison.rawValue, values: values)
        }
    }
}
