import FHIR
import SQL
import UCUM

/// Conditions as conditions on index rows.
struct ConditionSQL {
    let parts: StoreParts
    let db: SQLConnection

    /// The rows that satisfy a condition; none when nothing stored can.
    func sources(_ condition: Condition, _ parameter: IndexedParameter) throws -> [RowSource] {
        try parameter.rowIDs.flatMap { try sources(condition, parameter, $0) }
    }

    private func sources(_ condition: Condition, _ parameter: IndexedParameter, _ row: Int64) throws -> [RowSource] {
        let id = SQLValue.integer(row)
        switch condition {
        case .token(let code, let system):
            return token(code, system, row)
        case .tokens(let groups):
            return groups.compactMap { tokens($0, id) }
        case .identifier(let value, let system):
            // The identifiers in references stand in rows of the parameter's own.
            guard parameter.definition.type == .reference else { return identifier(value, system, id) }
            return row == parameter.rowIDs.first ? identifier(value, system, .integer(parameter.id)) : []
        case .reference(let keys):
            return try keys.filter { parameter.accepts($0.type) }.compactMap { try rid(of: $0) }.map {
                RowSource(
                    table: IndexTable.reference.name,
                    condition: Fragment("§.param = ? AND §.target = ?", [id, .integer($0)]),
                    isSeekable: true, isOrdered: true, isDistinct: true, rank: 1)
            }
        case .string(let value, let mode, let raw):
            return mode == .contains ? try contains(value, row) : [string(value, mode, raw, id)]
        case .uri(let value, let mode):
            guard parameter.accepts(uri: value) else { return [] }
            // References by a whole address are rare; without any, the rows of the others come in order.
            if mode == .exact, parameter.tables.contains(.reference), try !hasURI(value, id) { return [] }
            return [uri(value, mode, id)]
        case .date(let condition):
            return date(condition, parameter)
        case .number(let condition):
            return [
                RowSource(
                    table: IndexTable.number.name, condition: Fragment("§.param = ? AND", [id]) + range(condition),
                    isSeekable: false, rank: 5)
            ]
        case .quantity(let condition, let system, let code):
            return try quantity(condition, system, code, row)
        case .near(let near): return try self.near(near, id)
        case .words(let terms): return try words(terms, parameter)
        case .typedIdentifier(_, _, let value):
            return identifier(value, .any, id)
        case .conceptText(let wanted):
            return row == parameter.rowIDs.first ? try conceptText(wanted, parameter) : []
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

    private func token(_ code: String?, _ form: Condition.SystemForm, _ row: Int64) -> [RowSource] {
        let (isKnown, system) = system(form)
        guard isKnown else { return [] }
        var condition = Fragment("§.param = ?", [.integer(row)])
        var counted: RowSource.Code?
        if let code {
            guard let number = parts.terms.known(code) else { return [] }
            condition = condition + Fragment("AND §.code = ?", [.integer(number)])
            counted = .init(param: row, code: number, system: system)
        }
        if let system { condition = condition + Fragment("AND §.system = ?", [.integer(system)]) }
        return [
            RowSource(
                table: IndexTable.token.name, condition: condition, isSeekable: code != nil,
                isOrdered: code != nil, isDistinct: code != nil && system != nil, code: counted, rank: 3)
        ]
    }

    /// Codes that no stored resource has are left out: value sets are large, and what is stored of them is not.
    private func tokens(_ group: Condition.CodeGroup, _ id: SQLValue) -> RowSource? {
        let codes = group.codes.compactMap { parts.terms.known($0) }
        guard let system = parts.terms.known(group.system), !codes.isEmpty else { return nil }
        return RowSource(
            table: IndexTable.token.name,
            condition: Fragment("§.param = ? AND", [id]) + .within("§.code", codes.map { .integer($0) })
                + Fragment("AND §.system = ?", [.integer(system)]),
            isSeekable: true, isOrdered: codes.count == 1, isDistinct: codes.count == 1, rank: 3)
    }

    private func identifier(_ value: String?, _ form: Condition.SystemForm, _ id: SQLValue) -> [RowSource] {
        let (isKnown, system) = system(form)
        guard isKnown else { return [] }
        var condition = Fragment("§.param = ?", [id])
        if let value { condition = condition + Fragment("AND §.value = ?", [.text(value)]) }
        if let system { condition = condition + Fragment("AND §.system = ?", [.integer(system)]) }
        return [
            RowSource(
                table: IndexTable.identifier.name, condition: condition, isSeekable: value != nil,
                isOrdered: value != nil, isDistinct: value != nil && system != nil, rank: 0)
        ]
    }

    private func string(_ value: String, _ mode: Condition.StringMode, _ raw: String, _ id: SQLValue) -> RowSource {
        let condition: Fragment
        switch mode {
        case .startsWith:
            condition = Fragment(
                "§.param = ? AND §.value >= ? AND §.value < ?", [id, .text(value), .text(after(value))])
        case .exact:
            let rest = raw == value ? "" : raw
            condition = Fragment("§.param = ? AND §.value = ? AND §.raw = ?", [id, .text(value), .text(rest)])
        case .contains: preconditionFailure("what a value contains is found by its characters")
        }
        return RowSource(
            table: IndexTable.string.name, condition: condition, isSeekable: mode == .exact,
            isOrdered: mode == .exact, rank: 2)
    }

    /// The value itself, and what goes on behind it with one of the separators.
    private func beginning(_ value: String, with separators: [String], _ id: SQLValue) -> Fragment {
        let ranges = separators.map { separator in
            Fragment("(§.value >= ? AND §.value < ?)", [.text(value + separator), .text(after(value + separator))])
        }
        return Fragment("§.param = ? AND", [id]) + .any([Fragment("§.value = ?", [.text(value)])] + ranges)
    }

    private func uri(_ value: String, _ mode: Condition.URIMode, _ id: SQLValue) -> RowSource {
        let condition: Fragment
        switch mode {
        case .exact:
            condition = Fragment("§.param = ? AND §.value = ?", [id, .text(value)])
        case .below:
            condition = beginning(value, with: ["/"], id)
        case .canonical:
            condition = beginning(value, with: value.contains("|") ? [] : ["|"], id)
        case .canonicalBelow:
            condition = beginning(value, with: value.contains("|") ? ["."] : ["|", "/"], id)
        case .above:
            var prefixes: [String] = [value]
            var rest = Substring(value)
            while let slash = rest.lastIndex(of: "/") {
                rest = rest[..<slash]
                if !rest.isEmpty { prefixes.append(String(rest)) }
            }
            let marks = prefixes.map { _ in "?" }.joined(separator: ", ")
            condition = Fragment("§.param = ? AND §.value IN (\(marks))", [id] + prefixes.map { .text($0) })
        }
        return RowSource(
            table: IndexTable.uri.name, condition: condition, isSeekable: mode == .exact, isOrdered: mode == .exact,
            isDistinct: mode == .exact, rank: 1)
    }

    private func hasURI(_ value: String, _ id: SQLValue) throws -> Bool {
        let sql = "SELECT 1 FROM \(IndexTable.uri.name) WHERE param = ? AND value = ? LIMIT 1"
        return try db.first(sql, [id, .text(value)]) { _ in true } ?? false
    }

    /// The first text after all that begin with this one, in the order of UTF-8 bytes.
    static func after(_ text: String) -> String { text + "\u{10FFFF}" }

    func after(_ text: String) -> String { Self.after(text) }

    /// For a pattern of LIKE.
    static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }

    private func quantity(
        _ number: NumberCondition, _ form: Condition.SystemForm, _ code: String?, _ row: Int64
    ) throws -> [RowSource] {
        let (isKnown, system) = system(form)
        guard isKnown else { return [] }
        func rows(_ number: NumberCondition, _ test: Fragment?) -> RowSource {
            var condition = Fragment("§.param = ? AND", [.integer(row)]) + range(number)
            if let system { condition = condition + Fragment("AND §.system = ?", [.integer(system)]) }
            if let test { condition = condition + test }
            return RowSource(table: IndexTable.quantity.name, condition: condition, isSeekable: false, rank: 5)
        }
        guard let code else { return [rows(number, nil)] }
        // With a system it is the code; without one, the code or the unit (search.html#quantity).
        guard let system else {
            guard let term = parts.terms.known(code).map(SQLValue.integer) else { return [] }
            return [rows(number, Fragment("AND (§.code = ? OR §.unit = ?)", [term, term]))]
        }
        var sources: [RowSource] = []
        func add(_ number: NumberCondition, _ term: Int64) {
            sources.append(rows(number, Fragment("AND §.code = ?", [.integer(term)])))
        }
        let own = parts.terms.known(code)
        if let own { add(number, own) }
        guard form == .exactly(UCUM.system), let unit = UCUM.unit(code) else { return sources }
        for term in try CodeCounts.codes(of: row, system: system, db) where term != own {
            guard let other = try db.unit(term), let converted = number.converted(from: unit, to: other) else {
                continue
            }
            add(converted, term)
        }
        return sources
    }

    private func range(_ condition: NumberCondition) -> Fragment {
        switch condition.prefix {
        case .eq, .ap: Fragment("§.value >= ? AND §.value < ?", [.real(condition.low), .real(condition.high)])
        case .ne: Fragment("(§.value < ? OR §.value >= ?)", [.real(condition.low), .real(condition.high)])
        case .gt, .sa: Fragment("§.value > ?", [.real(condition.value)])
        case .lt, .eb: Fragment("§.value < ?", [.real(condition.value)])
        case .ge: Fragment("§.value >= ?", [.real(condition.value)])
        case .le: Fragment("§.value <= ?", [.real(condition.value)])
        }
    }

    /// Rows of short spans and of long ones stand apart: a search for the high end of short ones needs to reach back
    /// from it by one short span only.
    private func date(_ condition: DateCondition, _ parameter: IndexedParameter) -> [RowSource] {
        [false, true].map { isLong in
            let id = SQLValue.integer(isLong ? parameter.longDate : parameter.id)
            let reach = isLong ? nil : IndexedParameter.shortSpanMilliseconds
            return RowSource(
                table: IndexTable.date.name,
                condition: Fragment("§.param = ? AND", [id]) + Self.range(condition, reach: reach),
                isSeekable: true, isDistinct: parameter.isSingle, rank: 4)
        }
    }

    private static func range(_ condition: DateCondition, reach: Int64?) -> Fragment {
        let (a, b) = (SQLValue.integer(condition.low), SQLValue.integer(condition.high))
        func back(_ from: Int64) -> SQLValue { .integer(reach.map { from - $0 } ?? DateRange.earliest) }
        switch condition.prefix {
        case .eq: return Fragment("§.low >= ? AND §.low <= ? AND §.low + §.span <= ?", [a, b, b])
        case .ne: return Fragment("(§.low < ? OR §.low + §.span > ?)", [a, b])
        case .gt: return Fragment("§.low >= ? AND §.low + §.span > ?", [back(condition.high), b])
        case .lt: return Fragment("§.low < ?", [a])
        case .ge:
            // Above, or within.
            return Fragment(
                "§.low >= ? AND (§.low + §.span > ? OR §.low >= ?)",
                [back(min(condition.high, condition.low)), b, a])
        case .le:
            // Below, or within; the first bound is the one that an index can use.
            return Fragment("§.low <= ? AND (§.low < ? OR §.low + §.span <= ?)", [b, a, b])
        case .sa: return Fragment("§.low > ?", [b])
        case .eb: return Fragment("§.low < ? AND §.low + §.span < ?", [a, a])
        case .ap: return Fragment("§.low >= ? AND §.low <= ? AND §.low + §.span >= ?", [back(condition.low), b, a])
        }
    }
}
