import FHIR

/// Reads one alternative of a search value by the parameter's type (FHIR R4, search.html).
struct ConditionReader {
    let query: QueryReader
    let parameter: IndexedParameter
    let modifier: String?

    private var code: String { parameter.definition.code }

    func read(_ text: String) throws(RecordsError) -> [Condition] {
        guard !text.isEmpty else { throw query.invalid("\(code) has an empty value.") }
        return try read(text, type: parameter.definition.type, tables: parameter.tables)
    }

    private func read(
        _ text: String, type: SearchParameterType, tables: Set<IndexTable>
    ) throws(RecordsError) -> [Condition] {
        switch type {
        case .token: return try token(text, tables)
        case .string: return try string(text)
        case .date:
            try allow([])
            return [.date(try query.date(text, code))]
        case .number:
            try allow([])
            return [.number(try number(text))]
        case .quantity: return try quantity(text)
        case .reference: return try reference(text, tables)
        case .uri: return try uri(text)
        case .composite: return try composite(text)
        case .special: throw query.unsupported("The search parameter \(code) is not supported.")
        }
    }

    private func allow(_ modifiers: [String]) throws(RecordsError) {
        guard let modifier, !modifiers.contains(modifier) else { return }
        throw query.unsupported(
            "\(code):\(modifier) is not supported"
                + (modifiers.isEmpty ? "." : "; use one of " + (modifiers + ["missing"]).joined(separator: ", ") + "."))
    }

    private func token(_ text: String, _ tables: Set<IndexTable>) throws(RecordsError) -> [Condition] {
        try allow(["not"])
        let (system, code) = systemAndCode(text)
        guard code != nil || system != .any else { throw query.invalid("\(self.code) has an empty value.") }
        var conditions: [Condition] = []
        if tables.contains(.token) { conditions.append(.token(code: code, system: system)) }
        if tables.contains(.identifier) { conditions.append(.identifier(value: code, system: system)) }
        return conditions
    }

    /// `code`, `system|code`, `|code`, `system|`.
    private func systemAndCode(_ text: String) -> (Condition.SystemForm, String?) {
        let parts = QueryReader.split(text, at: "|").map(QueryReader.unescaped)
        guard parts.count >= 2 else { return (.any, parts[0]) }
        let code = parts[1...].joined(separator: "|")
        return (.exactly(parts[0]), code.isEmpty ? nil : code)
    }

    private func string(_ text: String) throws(RecordsError) -> [Condition] {
        try allow(["exact", "contains"])
        let raw = QueryReader.unescaped(text)
        let mode: Condition.StringMode =
            switch modifier {
            case "exact": .exact
            case "contains": .contains
            default: .startsWith
            }
        let value = SearchText.normalised(raw)
        guard !value.isEmpty else { throw query.invalid("\(code) has an empty value.") }
        return [.string(value: value, mode: mode, raw: raw)]
    }

    private func uri(_ text: String) throws(RecordsError) -> [Condition] {
        try allow(["below", "above"])
        let value = QueryReader.unescaped(text)
        switch modifier {
        case "below": return [.uri(value, mode: .below)]
        case "above": return [.uri(value, mode: .above)]
        default: return [.uri(value, mode: .exact)]
        }
    }

    private func reference(_ text: String, _ tables: Set<IndexTable>) throws(RecordsError) -> [Condition] {
        let value = QueryReader.unescaped(text)
        guard tables.contains(.reference) else { return [.uri(value, mode: modifier == "below" ? .below : .exact)] }
        if modifier == "identifier" {
            let (system, code) = systemAndCode(text)
            return [.identifier(value: code, system: system)]
        }
        let targets = parameter.definition.targets
        if let modifier, !query.parts.definitions.isResourceType(modifier) {
            try allow(["identifier", "[a resource type]"])
        }
        if let key = ResourceKey(reference: value) { return [.reference([key])] }
        if ResourceKey.isID(value) {
            let types = modifier.map { [$0] } ?? (targets.isEmpty ? query.parts.definitions.resourceTypes : targets)
            return [.reference(types.map { ResourceKey(type: $0, id: value) }), .uri(value, mode: .exact)]
        }
        return [.uri(value, mode: .exact)]
    }

    private func number(_ text: String) throws(RecordsError) -> NumberCondition {
        let (prefix, rest) = QueryReader.prefix(text)
        guard let value = Double(rest), value.isFinite, rest.first != "+", rest.last?.isNumber == true else {
            throw query.invalid("\(code) takes a number such as 5.4 or ge5.4; found “\(text)”.")
        }
        if prefix == .ap {
            let tenth = abs(value) / 10
            return NumberCondition(prefix: prefix, value: value, low: value - tenth, high: value + tenth)
        }
        guard let (low, high) = Self.bounds(of: rest) else { throw query.invalid("\(code): “\(text)” is too long.") }
        return NumberCondition(prefix: prefix, value: value, low: low, high: high)
    }

    /// The precision of a number as written: 5.4 stands for 5.35 up to 5.45 (search.html#number). Reckoned in decimals,
    /// so that 0.85 lies outside of 0.8.
    private static func bounds(of text: String) -> (low: Double, high: Double)? {
        let halves = text.split(whereSeparator: { $0 == "e" || $0 == "E" })
        let exponent = halves.count > 1 ? Int(halves[1]) : 0
        let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard let exponent, let mantissa = Int64(digits), abs(mantissa) < .max / 100 else { return nil }
        let place = exponent - (parts.count > 1 ? parts[1].count : 0) - 1
        guard let low = Double("\(mantissa * 10 - 5)e\(place)"), let high = Double("\(mantissa * 10 + 5)e\(place)")
        else {
            return nil
        }
        return (low, high)
    }

    /// `number`, `number|system|code`, `number||code`.
    private func quantity(_ text: String) throws(RecordsError) -> [Condition] {
        try allow([])
        let parts = QueryReader.split(text, at: "|").map(QueryReader.unescaped)
        let value = try number(parts[0])
        guard parts.count > 1 else { return [.quantity(value, system: .any, code: nil)] }
        guard parts.count == 3 else {
            throw query.invalid("\(code) takes number, number|system|code or number||code; found “\(text)”.")
        }
        return [
            .quantity(
                value, system: parts[1].isEmpty ? .any : .exactly(parts[1]), code: parts[2].isEmpty ? nil : parts[2])
        ]
    }

    /// `a$b`.
    private func composite(_ text: String) throws(RecordsError) -> [Condition] {
        try allow([])
        let values = QueryReader.split(text, at: "$")
        guard values.count == parameter.components.count else {
            let form = parameter.components.map(\.code).joined(separator: "$")
            throw query.invalid("\(code) takes \(form); found “\(text)”.")
        }
        var components: [[Condition]] = []
        for (component, value) in zip(parameter.components, values) {
            let tables = Set(component.paths.flatMap { ValueShape(component.type, of: $0.type)?.tables ?? [] })
            components.append(try read(value, type: component.type, tables: tables))
        }
        return [.composite(components)]
    }
}
