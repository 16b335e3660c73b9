import FHIR

/// Reads one alternative of a search value by the parameter's type (FHIR R4, search.html).
struct ConditionReader {
    let query: QueryReader
    let parameter: IndexedParameter
    let modifier: String?

    /// An id alone is also looked for by whole addresses when it may be of no more types than this.
    private static let addressesMax = 8

    private var code: String { parameter.definition.code }

    func read(_ text: String) throws(RecordsError) -> [Condition] {
        guard !text.isEmpty else { throw query.invalid("\(code) has an empty value.") }
        if parameter.isFullText {
            try allow([])
            return try TextTerm.alternatives(of: QueryReader.unescaped(text), code)
        }
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
        case .special where code == "near":
            try allow([])
            return [.near(try Near(QueryReader.split(text, at: "|").map(QueryReader.unescaped)))]
        case .special: throw query.unsupported("The search parameter \(code) is not supported.")
        }
    }

    private func allow(_ modifiers: [String]) throws(RecordsError) {
        guard let modifier, !modifiers.contains(modifier) else { return }
        let known = (modifiers + ["missing"]).map { ":" + $0 }.joined(separator: ", ")
        throw query.unsupported(
            "\(code):\(modifier) is not supported; \(code) is of type \(parameter.definition.type) and takes: \(known)."
        )
    }

    private func token(_ text: String, _ tables: Set<IndexTable>) throws(RecordsError) -> [Condition] {
        let isCoded = tables.contains(.token)
        let isIdentifier = parameter.has(type: "Identifier")
        try allow(
            ["not"] + (isCoded || isIdentifier ? ["text"] : []) + (isCoded ? ["in", "not-in", "below", "above"] : [])
                + (isIdentifier ? ["of-type"] : []))
        switch modifier {
        case "text":
            let value = SearchText.normalised(QueryReader.unescaped(text))
            guard !value.isEmpty else { throw query.invalid("\(code) has an empty value.") }
            return [.conceptText(value)]
        case "in", "not-in": return [.tokens(try codes(inValueSet: QueryReader.unescaped(text)))]
        case "below", "above": return [.tokens(try branch(text))]
        case "of-type": return [try typedIdentifier(text)]
        default: break
        }
        let (system, code) = systemAndCode(text)
        guard code != nil || system != .any else { throw query.invalid("\(self.code) has an empty value.") }
        var conditions: [Condition] = []
        if tables.contains(.token) {
            conditions.append(.token(code: code, system: system))
            // An element of type code has one system, which its value set tells.
            if case .exactly(let name) = system, let code, isImplied(name, for: code) {
                conditions.append(.token(code: code, system: .exactly("")))
            }
        }
        if tables.contains(.identifier) { conditions.append(.identifier(value: code, system: system)) }
        return conditions
    }

    /// Whether the elements of type code that the parameter finds take this code from this system.
    private func isImplied(_ system: String, for code: String) -> Bool {
        parameter.valueSets.contains { url in
            query.parts.definitions.valueSet(url)?.contains(system: system, code: code) ?? false
        }
    }

    private func codes(inValueSet text: String) throws(RecordsError) -> [Condition.CodeGroup] {
        var url = text
        if let key = ResourceKey(reference: query.withoutBase(text)) {
            // A literal reference instead of a canonical (search.html#modifiers).
            guard let canonical = try query.parts.storedTerminology.canonical(of: key) else {
                throw RecordsError(
                    .notFound,
                    "\(code):\(modifier ?? "in") asks for the value set \(key), and there is none with a url. Store it "
                        + "first, or give the url of another.")
            }
            url = canonical
        }
        let codes: [(system: String, code: String)]?
        do {
            codes = try query.parts.terminology.codes(inValueSet: url)
        } catch {
            throw RecordsError(.unprocessable, "The value set “\(url)” can't be expanded: \(error)")
        }
        guard let codes else {
            throw RecordsError(
                .notFound,
                "The value set “\(url)” of \(code):\(modifier ?? "in") is not known here. Store it as a ValueSet first."
            )
        }
        return groups(codes)
    }

    /// `system|code`, and what lies below or above it in the code system.
    private func branch(_ text: String) throws(RecordsError) -> [Condition.CodeGroup] {
        let (form, code) = systemAndCode(text)
        guard case .exactly(let system) = form, !system.isEmpty, let code else {
            throw query.invalid(
                "\(self.code):\(modifier ?? "below") takes system|code, since a hierarchy belongs to a code system; found "
                    + "“\(text)”.")
        }
        let found: [String]?
        do {
            let terminology = query.parts.terminology
            found =
                try modifier == "below"
                ? terminology.descendants(of: code, system: system) : terminology.ancestors(of: code, system: system)
        } catch {
            throw RecordsError(.unprocessable, "The code system “\(system)” can't be searched: \(error)")
        }
        guard let found else {
            throw RecordsError(
                .notFound,
                "The code \(code) of “\(system)” is not known here. Store its CodeSystem, with its hierarchy, first.")
        }
        return groups(found.map { (system, $0) })
    }

    private func groups(_ codes: [(system: String, code: String)]) -> [Condition.CodeGroup] {
        var bySystem: [String: [String]] = [:]
        for (system, code) in codes { bySystem[system, default: []].append(code) }
        let plain = codes.filter { isImplied($0.system, for: $0.code) }.map(\.code)
        if !plain.isEmpty { bySystem["", default: []] += plain }
        return bySystem.sorted { $0.key < $1.key }.map { .init(system: $0.key, codes: $0.value) }
    }

    /// `system|code|value` (search.html#modifiers): the type of the identifier, and its value.
    private func typedIdentifier(_ text: String) throws(RecordsError) -> Condition {
        let parts = QueryReader.split(text, at: "|").map(QueryReader.unescaped)
        guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty else {
            throw query.invalid(
                "\(code):of-type takes system|code|value, of the type and the identifier; found “\(text)”.")
        }
        return .typedIdentifier(system: parts[0].isEmpty ? .any : .exactly(parts[0]), code: parts[1], value: parts[2])
    }

    /// `code`, `system|code`, `|code`, `system|`.
    private func systemAndCode(_ text: String) -> (Condition.SystemForm, String?) {
        let parts = QueryReader.split(text, at: "|").map(QueryReader.unescaped)
        guard parts.count >= 2 else { return (.any, parts[0]) }
        let code = parts[1...].joined(separator: "|")
        return (.exactly(parts[0]), code.isEmpty ? nil : code)
    }

    private func string(_ text: String) throws(RecordsError) -> [Condition] {
        try allow(["exact", "contains", "text"])
        let raw = QueryReader.unescaped(text)
        let mode: Condition.StringMode =
            switch modifier {
            case "exact": .exact
            case "contains", "text": .contains
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
        let value = query.withoutBase(QueryReader.unescaped(text))
        guard tables.contains(.reference) else {
            try allow(["below"])
            return [.uri(value, mode: modifier == "below" ? .canonicalBelow : .canonical)]
        }
        if modifier == "identifier" {
            let (system, code) = systemAndCode(text)
            guard code != nil || system != .any else { throw query.invalid("\(self.code) has an empty value.") }
            return [.identifier(value: code, system: system)]
        }
        let targets = parameter.definition.targets
        if let modifier, !query.parts.definitions.isResourceType(modifier) {
            try allow(["identifier", "[a resource type]"])
        }
        if let key = ResourceKey(reference: value) {
            if let modifier, modifier != key.type {
                throw query.invalid("\(code):\(modifier) asks for a \(modifier), and the value is \(key).")
            }
            return [.reference([key])] + absolute([key])
        }
        if ResourceKey.isID(value) {
            let types = modifier.map { [$0] } ?? (targets.isEmpty ? query.parts.definitions.resourceTypes : targets)
            let keys = types.map { ResourceKey(type: $0, id: value) }
            return [.reference(keys), .uri(value, mode: .exact)] + absolute(keys.count <= Self.addressesMax ? keys : [])
        }
        return [.uri(value, mode: parameter.mayBeCanonical ? .canonical : .exact)]
    }

    /// The same resources as others may have written them: by the whole address.
    private func absolute(_ keys: [ResourceKey]) -> [Condition] {
        query.base.map { base in keys.map { .uri("\(base)/\($0)", mode: .exact) } } ?? []
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
            components.append(try read(value, type: component.type, tables: component.tables))
        }
        return [.composite(components)]
    }
}
