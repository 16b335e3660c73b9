import JSON
import SQL
import UCUM

/// Whether values found in a document satisfy conditions; used where index rows can't tell which values belong to the
/// same element, as in composites.
struct ConditionMatch {
    let parts: StoreParts
    let db: SQLConnection

    /// Whether a resource passes what only its document tells.
    func holds(_ residue: Residue, in resource: JSONNode) -> Bool {
        switch residue.test {
        case .any(let conditions): conditions.contains { holds($0, residue.parameter, resource) }
        case .none(let conditions): !conditions.contains { holds($0, residue.parameter, resource) }
        }
    }

    private func holds(_ condition: Condition, _ parameter: IndexedParameter, _ resource: JSONNode) -> Bool {
        if case .composite(let components) = condition { return matches(resource, parameter, components) }
        var found = false
        parameter.each(in: resource) { node, type in if !found { found = says(node, type, condition) } }
        return found
    }

    /// Whether a value of a token parameter has the text, or is an identifier of the type.
    private func says(_ node: JSONNode, _ type: String, _ condition: Condition) -> Bool {
        switch condition {
        case .conceptText(let wanted):
            let concept = type == "Identifier" ? node[Keys.type] : node
            guard let concept else { return false }
            let codings = type == "Coding" ? [concept] : concept[Keys.coding].map { Array($0.elements) } ?? []
            let texts = [concept[Keys.text]?.string] + codings.map { $0["display"]?.string }
            return texts.contains { $0.map { SearchText.normalised($0).hasPrefix(wanted) } ?? false }
        case .typedIdentifier(let system, let code, let value):
            guard node[Keys.value]?.equals(value) == true, let codings = node[Keys.type]?[Keys.coding] else {
                return false
            }
            return codings.elements.contains { coding in
                guard coding[Keys.code]?.equals(code) == true else { return false }
                return switch system {
                case .any: true
                case .exactly(let text):
                    text.isEmpty ? coding[Keys.system] == nil : coding[Keys.system]?.equals(text) == true
                }
            }
        default: return false
        }
    }

    /// Whether some element of the resource satisfies every component at once.
    private func matches(_ resource: JSONNode, _ parameter: IndexedParameter, _ components: [[Condition]]) -> Bool {
        var found = false
        parameter.each(in: resource) { element, type in
            if !found { found = matches(element, type, resource, parameter, components) }
        }
        return found
    }

    private func matches(
        _ element: JSONNode, _ type: String, _ resource: JSONNode, _ parameter: IndexedParameter,
        _ components: [[Condition]]
    ) -> Bool {
        zip(parameter.components, components).allSatisfy { component, conditions in
            var rows = IndexRows()
            component.each(from: element, type: type, resource: resource) { value, type in
                ValueShape(component.type, of: type)?.append(value, param: 1, terms: parts.terms, to: &rows)
            }
            return conditions.contains { matches($0, rows) }
        }
    }

    /// Whether some row satisfies a condition on rows.
    func matches(_ condition: Condition, _ rows: IndexRows) -> Bool {
        switch condition {
        case .token(let code, let system):
            rows.tokens.contains { row in
                (code.map { parts.terms.known($0) == row.code } ?? true) && matches(system, row.system)
            }
        case .identifier(let value, let system):
            rows.identifiers.contains { row in (value.map { $0 == row.value } ?? true) && matches(system, row.system) }
        case .reference(let keys): rows.references.contains { keys.contains($0.target) }
        case .string(let value, let mode, let raw):
            rows.strings.contains { row in
                switch mode {
                case .startsWith: row.value.hasPrefix(value)
                case .contains: row.value.contains(value)
                case .exact: (row.raw.isEmpty ? row.value : row.raw) == raw
                }
            }
        case .date(let condition): rows.dates.contains { matches(condition, low: $0.low, high: $0.low + $0.span) }
        case .number(let condition): rows.numbers.contains { matches(condition, $0.value) }
        case .quantity(let condition, let system, let code):
            rows.quantities.contains { row in
                guard matches(system, row.system) else { return false }
                guard let code else { return matches(condition, row.value) }
                let term = parts.terms.known(code)
                if row.code == term || (system == .any && row.unit == term) { return matches(condition, row.value) }
                guard system == .exactly(UCUM.system), let unit = UCUM.unit(code), let other = try? db.unit(row.code)
                else { return false }
                return condition.converted(from: unit, to: other).map { matches($0, row.value) } ?? false
            }
        case .near(let near): rows.quantities.contains { near.contains($0) }
        case .uri(let value, let mode): rows.uris.contains { matches(value, mode, $0.value) }
        case .tokens, .composite, .words, .conceptText, .typedIdentifier: false
        }
    }

    private func matches(_ wanted: String, _ mode: Condition.URIMode, _ found: String) -> Bool {
        if found == wanted { return true }
        let hasVersion = wanted.contains("|")
        return switch mode {
        case .exact: false
        case .below: found.hasPrefix(wanted + "/")
        case .above: wanted.hasPrefix(found + "/")
        case .canonical: !hasVersion && found.hasPrefix(wanted + "|")
        case .canonicalBelow:
            hasVersion ? found.hasPrefix(wanted + ".") : found.hasPrefix(wanted + "|") || found.hasPrefix(wanted + "/")
        }
    }

    private func matches(_ form: Condition.SystemForm, _ system: Int64) -> Bool {
        switch form {
        case .any: true
        case .exactly(let text): parts.terms.known(text) == system
        }
    }

    private func matches(_ condition: NumberCondition, _ value: Double) -> Bool {
        switch condition.prefix {
        case .eq, .ap: value >= condition.low && value < condition.high
        case .ne: value < condition.low || value >= condition.high
        case .gt, .sa: value > condition.value
        case .lt, .eb: value < condition.value
        case .ge: value >= condition.value
        case .le: value <= condition.value
        }
    }

    /// Whether a span of time satisfies a condition.
    func matches(_ condition: DateCondition, low: Int64, high: Int64) -> Bool {
        let isWithin = low >= condition.low && high <= condition.high
        return switch condition.prefix {
        case .eq: isWithin
        case .ne: !isWithin
        case .gt: high > condition.high
        case .lt: low < condition.low
        case .ge: high > condition.high || isWithin
        case .le: low < condition.low || isWithin
        case .sa: low > condition.high
        case .eb: high < condition.low
        case .ap: low <= condition.high && high >= condition.low
        }
    }
}
