import FHIR

/// How many ways the chains of one search go in all.
final class ChainWidth {
    var ways = 0
    /// A reference to any type, followed to any type, would make a search of thousands of parts.
    static let waysMax = 200
    /// At most this many references are followed one after the other.
    static let depthMax = 8
}

/// Reads what a resource must satisfy: parameters, chains (search.html#chaining) and `_has` (search.html#has).
extension QueryReader {
    func clause(_ name: String, _ value: String, depth: Int = 0) throws(RecordsError) -> Clause {
        guard depth <= ChainWidth.depthMax else {
            throw RecordsError(
                .tooCostly,
                "“\(name)” and what stands before it follow more than \(ChainWidth.depthMax) references; search in steps."
            )
        }
        if name == "_has" || name.hasPrefix("_has:") { return try has(name, value, depth) }
        if let dot = name.firstIndex(of: ".") {
            return try chain(String(name[..<dot]), String(name[name.index(after: dot)...]), value, depth)
        }
        let (code, modifier) = split(name, at: ":")
        switch code {
        case "_id":
            try refuse(modifier, of: code)
            return Clause(test: .ids(alternatives(value)))
        case "_lastUpdated":
            try refuse(modifier, of: code)
            let conditions = try alternatives(value).map { text throws(RecordsError) in try date(text, name) }
            return Clause(test: .lastUpdated(conditions))
        case "_list":
            try refuse(modifier, of: code)
            return Clause(test: .listed(try lists(value)))
        default: return try plain(code, modifier, value)
        }
    }

    private func refuse(_ modifier: String?, of code: String) throws(RecordsError) {
        guard let modifier else { return }
        throw unsupported("\(code):\(modifier) is not supported: \(code) takes no modifier.")
    }

    private func plain(_ code: String, _ modifier: String?, _ value: String) throws(RecordsError) -> Clause {
        guard let parameter = parts.indexer.parameter(code, of: type) else { throw unknown(code) }
        if modifier == "missing" {
            guard value == "true" || value == "false" else {
                throw invalid("\(code):missing is true or false; found “\(value)”.")
            }
            // search.html#modifiers: “for all parameters (except combination)”.
            guard parameter.definition.type != .composite else {
                let parts = parameter.components.map(\.code).joined(separator: ", ")
                throw unsupported(
                    "\(code):missing is not supported: FHIR R4 has no modifiers on composite parameters. Ask for one of the "
                        + "parts that it is made of, as far as they are parameters themselves: \(parts).")
            }
            return Clause(test: .missing(parameter, value == "true"))
        }
        let reader = ConditionReader(query: self, parameter: parameter, modifier: modifier)
        var conditions: [Condition] = []
        for text in alternatives(value) { conditions += try reader.read(text) }
        return Clause(
            test: modifier == "not" || modifier == "not-in"
                ? .none(parameter, conditions) : .any(parameter, conditions))
    }

    /// `List/1`, `1`, or several; the functional lists (`$current-problems`) are not kept.
    private func lists(_ value: String) throws(RecordsError) -> [ResourceKey] {
        try alternatives(value).map { text throws(RecordsError) in
            let key = ResourceKey(reference: text) ?? ResourceKey(type: "List", id: text)
            guard key.type == "List", ResourceKey.isID(key.id) else {
                throw invalid("_list takes the id of a List; found “\(text)”.")
            }
            return key
        }
    }

    private func reference(_ code: String, of type: String) throws(RecordsError) -> IndexedParameter {
        let reader = QueryReader(type: type, parts: parts, lenient: false, now: now)
        guard let parameter = parts.indexer.parameter(code, of: type) else { throw reader.unknown(code) }
        guard parameter.definition.type == .reference, parameter.has(type: "Reference") else {
            let references = parts.indexer.codes(of: type).filter {
                parts.indexer.parameter($0, of: type)?.has(type: "Reference") ?? false
            }
            throw invalid(
                "The parameter \(code) of \(type) does not refer to a resource here, so nothing can be searched behind "
                    + "it. Those that do are: \(references.joined(separator: ", ")).")
        }
        return parameter
    }

    private func at(_ type: String) throws(RecordsError) -> QueryReader {
        width.ways += 1
        guard width.ways <= ChainWidth.waysMax else {
            throw RecordsError(
                .tooCostly,
                "The chains of this search go more than \(ChainWidth.waysMax) ways, since their references may point to "
                    + "many types. Name the type of each, as in subject:Patient.name.")
        }
        return QueryReader(type: type, parts: parts, lenient: false, now: now, base: base, width: width)
    }

    /// `subject.name`, `subject:Patient.organization.name`.
    private func chain(
        _ head: String, _ rest: String, _ value: String, _ depth: Int
    ) throws(RecordsError) -> Clause {
        let (code, wanted) = split(head, at: ":")
        let parameter = try reference(code, of: type)
        var targets = parameter.targetTypes(parts.definitions)
        if let wanted {
            guard targets.contains(wanted) else {
                throw invalid(
                    "\(code) of \(type) does not refer to “\(wanted)”. It refers to: "
                        + targets.joined(separator: ", ") + ".")
            }
            targets = [wanted]
        }
        var links: [Link] = []
        var failures: [RecordsError] = []
        for target in targets {
            let reader = try at(target)
            do throws(RecordsError) {
                links.append(Link(type: target, clause: try reader.clause(rest, value, depth: depth + 1)))
            } catch {
                width.ways -= 1
                // What can't be searched yet could be behind any of the ways.
                guard error.category != .tooCostly, error.issues.first?.code != .transient else { throw error }
                failures.append(error)
            }
        }
        guard links.isEmpty else { return Clause(test: .chain(parameter, links)) }
        if failures.count == 1 { throw failures[0] }
        throw invalid(
            "None of the types that \(code) of \(type) refers to can be searched by “\(rest)” with the value given. Name "
                + "the type to learn more, as in \(code):\(targets.first ?? "Patient").\(rest).")
    }

    /// `_has:Observation:patient:code`.
    private func has(_ name: String, _ value: String, _ depth: Int) throws(RecordsError) -> Clause {
        let parts = name.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, !parts[3].isEmpty else {
            throw invalid(
                "_has is _has:Type:reference:parameter, as in _has:Observation:patient:code; found “\(name)”.")
        }
        guard self.parts.definitions.isResourceType(parts[1]) else {
            throw invalid("“\(parts[1])” in “\(name)” is not a resource type of FHIR R4.")
        }
        let parameter = try reference(parts[2], of: parts[1])
        let targets = parameter.targetTypes(self.parts.definitions)
        guard targets.contains(type) else {
            throw invalid(
                "\(parts[2]) of \(parts[1]) never refers to \(type). It refers to: "
                    + targets.joined(separator: ", ") + ".")
        }
        let clause = try at(parts[1]).clause(parts[3], value, depth: depth + 1)
        return Clause(test: .has(parameter, Link(type: parts[1], clause: clause)))
    }
}
