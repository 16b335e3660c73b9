import SQL

/// Conditions as conditions on index rows.
struct ConditionSQL {
    let parts: StoreParts
    let db: SQLConnection

    /// The rows that satisfy a condition; none when nothing stored can.
    func sources(_ condition: Condition, _ parameter: IndexedParameter) throws -> [RowSource] {
        let id = SQLValue.integer(parameter.id)
        switch condition {
        case .token(let code, let system):
            return token(code, system, id)
        case .identifier(let value, let system):
            return identifier(value, system, id)
        case .reference(let keys):
            let rids = try keys.compactMap { try rid(of: $0) }
            guard !rids.isEmpty else { return [] }
            return rids.map {
                RowSource(
                    table: .reference, condition: Fragment("c.param = ? AND c.target = ?", [id, .integer($0)]),
                    isSeekable: true, isDistinct: true, rank: 1)
            }
        case .string(let value, let mode, let raw):
            return [string(value, mode, raw, id)]
        case .uri(let value, let mode):
            return uri(value, mode, id)
        case .date(let condition):
            return date(condition, parameter)
        case .number(let condition):
            return [
                RowSource(
                    table: .number, condition: Fragment("c.param = ? AND", [id]) + range(condition),
                    isSeekable: false, rank: 5)
            ]
        case .quantity(let condition, let system, let code):
            return quantity(condition, system, code, id)
        case .composite:
            return []
        }
    }

    private func rid(of key: ResourceKey) throws -> Int64? {
        guard let type = parts.types.number(of: key.type) else { return nil }
        return try db.first(
            "SELECT rid FROM resource WHERE type = ? AND id = ?", [.integer(type), .blob(IDCode.encode(key.id))]
        ) { $0.int(0) }
    }

    /// The number of a system, nil when no stored value has it.
    private func system(_ form: Condition.SystemForm) -> (isKnown: Bool, number: Int64?) {
        switch form {
        case .any: (true, nil)
        case .exactly(let text): { ($0 != nil, $0) }(parts.terms.known(text))
        }
    }

    private func token(_ code: String?, _ form: Condition.SystemForm, _ id: SQLValue) -> [RowSource] {
        let (isKnown, system) = system(form)
        guard isKnown else { return [] }
        var condition = Fragment("c.param = ?", [id])
        if let code {
            guard let number = parts.terms.known(code) else { return [] }
            condition = condition + Fragment("AND c.code = ?", [.integer(number)])
        }
        if let system { condition = condition + Fragment("AND c.system = ?", [.integer(system)]) }
        return [
            RowSource(
                table: .token, condition: condition, isSeekable: code != nil,
                isDistinct: code != nil && system != nil, rank: 3)
        ]
    }

    private func identifier(_ value: String?, _ form: Condition.SystemForm, _ id: SQLValue) -> [RowSource] {
        let (isKnown, system) = system(form)
        guard isKnown else { return [] }
        var condition = Fragment("c.param = ?", [id])
        if let value { condition = condition + Fragment("AND c.value = ?", [.text(value)]) }
        if let system { condition = condition + Fragment("AND c.system = ?", [.integer(system)]) }
        return [
            RowSource(
                table: .identifier, condition: condition, isSeekable: value != nil,
                isDistinct: value != nil && system != nil, rank: 0)
        ]
    }

    private func string(_ value: String, _ mode: Condition.StringMode, _ raw: String, _ id: SQLValue) -> RowSource {
        let condition: Fragment
        switch mode {
        case .startsWith:
            condition = Fragment(
                "c.param = ? AND c.value >= ? AND c.value < ?", [id, .text(value), .text(after(value))])
        case .exact:
            let rest = raw == value ? "" : raw
            condition = Fragment("c.param = ? AND c.value = ? AND c.raw = ?", [id, .text(value), .text(rest)])
        case .contains:
            condition = Fragment("c.param = ? AND c.value LIKE ? ESCAPE '\\'", [id, .text("%" + escaped(value) + "%")])
        }
        return RowSource(table: .string, condition: condition, isSeekable: false, rank: 2)
    }

    private func uri(_ value: String, _ mode: Condition.URIMode, _ id: SQLValue) -> [RowSource] {
        let condition: Fragment
        switch mode {
        case .exact:
            condition = Fragment("c.param = ? AND c.value = ?", [id, .text(value)])
        case .below:
            condition = Fragment(
                "c.param = ? AND (c.value = ? OR (c.value >= ? AND c.value < ?))",
                [id, .text(value), .text(value + "/"), .text(after(value + "/"))])
        case .above:
            var prefixes: [String] = [value]
            var rest = Substring(value)
            while let slash = rest.lastIndex(of: "/") {
                rest = rest[..<slash]
                if !rest.isEmpty { prefixes.append(String(rest)) }
            }
            let marks = prefixes.map { _ in "?" }.joined(separator: ", ")
            condition = Fragment("c.param = ? AND c.value IN (\(marks))", [id] + prefixes.map { .text($0) })
        }
        return [RowSource(table: .uri, condition: condition, isSeekable: mode == .exact, rank: 1)]
    }

    /// The first text after all that begin with this one, in the order of UTF-8 bytes.
    private func after(_ text: String) -> String { text + "\u{10FFFF}" }

    private func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }

    private func quantity(
        _ number: NumberCondition, _ form: Condition.SystemForm, _ code: String?, _ id: SQLValue
    ) -> [RowSource] {
        let (isKnown, system) = system(form)
        guard isKnown else { return [] }
        var condition = Fragment("c.param = ? AND", [id]) + range(number)
        if let system { condition = condition + Fragment("AND c.system = ?", [.integer(system)]) }
        if let code {
            guard let term = parts.terms.known(code) else { return [] }
            // With a system it is the code; without one, the code or the unit (search.html#quantity).
            condition =
                condition
                + (system == nil
                    ? Fragment("AND (c.code = ? OR c.unit = ?)", [.integer(term), .integer(term)])
                    : Fragment("AND c.code = ?", [.integer(term)]))
        }
        return [RowSource(table: .quantity, condition: condition, isSeekable: false, rank: 5)]
    }

    private func range(_ condition: NumberCondition) -> Fragment {
        switch condition.prefix {
        case .eq, .ap: Fragment("c.value >= ? AND c.value < ?", [.real(condition.low), .real(condition.high)])
        case .ne: Fragment("(c.value < ? OR c.value >= ?)", [.real(condition.low), .real(condition.high)])
        case .gt, .sa: Fragment("c.value > ?", [.real(condition.value)])
        case .lt, .eb: Fragment("c.value < ?", [.real(condition.value)])
        case .ge: Fragment("c.value >= ?", [.real(condition.value)])
        case .le: Fragment("c.value <= ?", [.real(condition.value)])
        }
    }

    /// Rows of short spans and of long ones stand apart: a search for the high end of short ones needs to reach back
    /// from it by one short span only.
    private func date(_ condition: DateCondition, _ parameter: IndexedParameter) -> [RowSource] {
        [false, true].map { isLong in
            let id = SQLValue.integer(isLong ? parameter.longDate : parameter.id)
            let reach = isLong ? nil : IndexedParameter.shortSpanMilliseconds
            return RowSource(
                table: .date, condition: Fragment("c.param = ? AND", [id]) + Self.range(condition, reach: reach),
                isSeekable: true, isDistinct: parameter.isSingle, rank: 4)
        }
    }

    private static func range(_ condition: DateCondition, reach: Int64?) -> Fragment {
        let (a, b) = (SQLValue.integer(condition.low), SQLValue.integer(condition.high))
        func back(_ from: Int64) -> SQLValue { .integer(reach.map { from - $0 } ?? DateRange.earliest) }
        switch condition.prefix {
        case .eq: return Fragment("c.low >= ? AND c.low <= ? AND c.low + c.span <= ?", [a, b, b])
        case .ne: return Fragment("(c.low < ? OR c.low + c.span > ?)", [a, b])
        case .gt: return Fragment("c.low >= ? AND c.low + c.span > ?", [back(condition.high), b])
        case .lt: return Fragment("c.low < ?", [a])
        case .ge:
            // Above, or within.
            return Fragment(
                "c.low >= ? AND (c.low + c.span > ? OR c.low >= ?)",
                [back(min(condition.high, condition.low)), b, a])
        case .le:
            // Below, or within; the first bound is the one that an index can use.
            return Fragment("c.low <= ? AND (c.low < ? OR c.low + c.span <= ?)", [b, a, b])
        case .sa: return Fragment("c.low > ?", [b])
        case .eb: return Fragment("c.low < ? AND c.low + c.span < ?", [a, a])
        case .ap: return Fragment("c.low >= ? AND c.low <= ? AND c.low + c.span >= ?", [back(condition.low), b, a])
        }
    }
}
