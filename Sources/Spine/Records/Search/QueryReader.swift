import FHIR

/// Reads the parameters of a search.
struct QueryReader {
    let type: String
    let parts: StoreParts
    let lenient: Bool
    let now: Int64
    /// Where clients find this store.
    var base: String?
    /// What the chains of the search come to so far.
    var width = ChainWidth()

    func read(_ parameters: [(String, String)]) throws(RecordsError) -> SearchQuery {
        guard parts.definitions.isResourceType(type) else {
            throw RecordsError(.notSupported, "\(type) is not a resource type of FHIR R4.")
        }
        var query = SearchQuery(type: type)
        for (name, value) in parameters {
            do {
                try add(name, value, to: &query)
                query.understood.append((name, value))
            } catch {
                guard lenient, error.category == .invalid || error.category == .notSupported else { throw error }
                query.warnings += error.issues.map {
                    Issue(severity: .warning, code: $0.code, diagnostics: $0.diagnostics, expression: $0.expression)
                }
            }
        }
        if query.subset == .text, !query.includes.isEmpty || !query.reverseIncludes.isEmpty {
            throw invalid("_summary=text can't be used with _include or _revinclude (search.html#summary).")
        }
        return query
    }

    private func add(_ name: String, _ value: String, to query: inout SearchQuery) throws(RecordsError) {
        let (code, modifier) = split(name, at: ":")
        switch code {
        case "_count":
            guard let count = Int(value), count >= 0 else {
                throw invalid("_count is a whole number from 0 on; found “\(value)”.")
            }
            query.count = min(count, SearchQuery.countMax)
            if count == 0 { query.countsOnly = true }
        case "_cursor":
            guard let cursor = Cursor(value) else { throw invalid("_cursor is not one that this server gave out.") }
            query.cursor = cursor
        case "_sort":
            query.sorts = try value.split(separator: ",").map { item throws(RecordsError) in try sort(String(item)) }
        case "_total":
            switch value {
            case "none": query.total = SearchQuery.Total.none
            case "estimate": query.total = .estimate
            case "accurate": query.total = .accurate
            default: throw invalid("_total is none, estimate or accurate; found “\(value)”.")
            }
        case "_summary":
            let wish = try SubsetWish(summary: value, elements: nil, parts.definitions)
            if wish == .count { query.countsOnly = true }
            guard query.subset == nil || wish == .whole else {
                throw invalid("_summary and _elements can't be used together.")
            }
            query.subset = query.subset ?? wish.subset
        case "_elements":
            guard query.subset == nil else { throw invalid("_summary and _elements can't be used together.") }
            query.subset = try SubsetWish(summary: nil, elements: value, parts.definitions).subset
        case "_include", "_revinclude":
            let isReverse = code == "_revinclude"
            var include = try include(value, reverse: isReverse)
            switch modifier {
            case nil: break
            case "iterate"?, "recurse"?: include.iterates = true
            case let other?: throw unsupported("\(code):\(other) is not supported; use \(code) or \(code):iterate.")
            }
            if isReverse { query.reverseIncludes.append(include) } else { query.includes.append(include) }
        case "_filter", "_query", "_contained", "_containedType":
            throw unsupported(
                "\(code) is not supported. What shapes a search here is: _count, _elements, _include, _revinclude, _sort, "
                    + "_summary and _total, beside the parameters of the type.")
        default:
            query.clauses.append(try clause(name, value))
        }
    }

    private func sort(_ item: String) throws(RecordsError) -> SearchQuery.Sort {
        let isDescending = item.hasPrefix("-")
        let code = isDescending ? String(item.dropFirst()) : item
        switch code {
        case "_id": return .init(key: .id, isDescending: isDescending)
        case "_lastUpdated": return .init(key: .lastUpdated, isDescending: isDescending)
        default:
            guard let parameter = parts.indexer.parameter(code, of: type), !parameter.tables.isEmpty else {
                throw unknown(code)
            }
            return .init(key: .parameter(code), isDescending: isDescending)
        }
    }

    /// `*`, `Type:*`, `Type:parameter` or `Type:parameter:Target` (search.html#include).
    private func include(_ value: String, reverse: Bool) throws(RecordsError) -> SearchQuery.Include {
        if value == "*" { return .init(source: nil, code: nil, target: nil) }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3, self.parts.definitions.isResourceType(parts[0]) else {
            throw invalid(
                "An include is Type:parameter, Type:parameter:TargetType, Type:* or *; found “\(value)”.")
        }
        if parts[1] != "*" {
            guard self.parts.indexer.parameter(parts[1], of: parts[0])?.definition.type == .reference else {
                if let entry = self.parts.indexer.unfinished(parts[1], of: parts[0]) { throw unfinished(entry) }
                throw invalid("\(parts[0]) has no reference parameter “\(parts[1])”.")
            }
        }
        if parts.count == 3, !self.parts.definitions.isResourceType(parts[2]) {
            throw invalid("“\(parts[2])” in the include “\(value)” is not a resource type of FHIR R4.")
        }
        return .init(
            source: parts[0], code: parts[1] == "*" ? nil : parts[1], target: parts.count == 3 ? parts[2] : nil)
    }

    /// Reads a date value with its prefix.
    func date(_ text: String, _ name: String) throws(RecordsError) -> DateCondition {
        let (prefix, rest) = Self.prefix(text)
        guard let moment = FHIRDateTime(rest) ?? Self.minutes(rest) else {
            throw invalid("\(name) takes a date such as 2026-11 or 2026-11-21T08:00:00+08:00; found “\(text)”.")
        }
        var condition = DateCondition(prefix: prefix, low: moment.lowMilliseconds, high: moment.highMilliseconds)
        if prefix == .ap {
            let margin = abs(now - condition.low) / 10
            condition.low -= margin
            condition.high += margin
        }
        return condition
    }

    /// Search allows hours and minutes without seconds (search.html#date), which a resource does not.
    private static func minutes(_ text: String) -> FHIRDateTime? {
        guard let t = text.firstIndex(of: "T"), text[t...].count >= 6 else { return nil }
        let end = text.index(t, offsetBy: 6)
        let zone = text[end...]
        guard zone.isEmpty || zone.first == "Z" || zone.first == "+" || zone.first == "-" else { return nil }
        return FHIRDateTime(text[..<end] + ":00" + (zone.isEmpty ? "+08:00" : zone))
    }

    /// Takes a prefix such as `ge` off a value.
    static func prefix(_ text: String) -> (Prefix, String) {
        guard let prefix = Prefix(rawValue: String(text.prefix(2))) else { return (.eq, text) }
        return (prefix, String(text.dropFirst(2)))
    }

    /// An absolute reference to a resource here as a relative one; any other text as it is.
    func withoutBase(_ text: String) -> String {
        guard let base, text.hasPrefix(base + "/"),
            ResourceKey(reference: String(text.dropFirst(base.count + 1))) != nil
        else { return text }
        return String(text.dropFirst(base.count + 1))
    }

    func invalid(_ diagnostics: String) -> RecordsError { RecordsError(.invalid, diagnostics) }
    func unsupported(_ diagnostics: String) -> RecordsError { RecordsError(.notSupported, diagnostics) }

    func unknown(_ code: String) -> RecordsError {
        if let entry = parts.indexer.unfinished(code, of: type) { return unfinished(entry) }
        return RecordsError(
            .invalid,
            "\(type) has no search parameter “\(code)”. It has: "
                + parts.indexer.codes(of: type).joined(separator: ", ") + ".")
    }

    private func unfinished(_ entry: ParameterEntry) -> RecordsError {
        let percent = parts.parameters.progress[entry.number]?.percent ?? 0
        let definition = entry.definition
        return RecordsError(
            .invalid,
            issues: [
                Issue(
                    .error, .transient,
                    "The search parameter “\(definition.code)” of \(definition.resource) is new: \(percent) % of what is stored is "
                        + "indexed by it. Try again in a moment.")
            ])
    }

    func split(_ text: String, at separator: Character) -> (String, String?) {
        guard let index = text.firstIndex(of: separator) else { return (text, nil) }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }

    /// The alternatives of a value: separated by commas that no backslash escapes.
    func alternatives(_ value: String) -> [String] { Self.split(value, at: ",") }

    /// Splits at a separator that no backslash escapes; escapes stay.
    static func split(_ value: String, at separator: Character) -> [String] {
        var parts: [String] = [""]
        var isEscaped = false
        for character in value {
            if character == separator, !isEscaped {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return parts
    }

    /// Undoes `\,` `\|` `\$` `\\`.
    static func unescaped(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var result = ""
        var isEscaped = false
        for character in text {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }
}
