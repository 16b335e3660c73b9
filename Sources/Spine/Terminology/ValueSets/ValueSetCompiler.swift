import JSON

/// Binds the rules of a ValueSet resource to the code systems and value sets that they name.
struct ValueSetCompiler {
    let service: TerminologyService
    var versions = SystemVersions()
    /// CodeSystem and ValueSet resources that came with the request.
    var supplied: [JSONNode] = []
    /// The value sets on the way to the one at hand, to find one that imports itself.
    private var path: [String] = []

    /// Value sets import each other to this depth at most.
    static let depthMax = 32

    init(_ service: TerminologyService, versions: SystemVersions = SystemVersions(), supplied: [JSONNode] = []) {
        self.service = service
        self.versions = versions
        self.supplied = supplied
    }

    /// Whether the outcome is the same for everybody, so that it may be kept.
    var isPlain: Bool { versions.isEmpty && supplied.isEmpty }

    func compile(_ resource: JSONNode) throws(TerminologyError) -> CompiledValueSet {
        var compiler = self
        try compiler.enter(resource)
        guard let compose = resource["compose"] else { return try compiler.stored(resource) }
        var includes: [CompiledValueSet.Rule] = []
        var excludes: [CompiledValueSet.Rule] = []
        if let list = compose["include"] {
            for node in list.elements { includes.append(try compiler.rule(node)) }
        }
        if let list = compose["exclude"] {
            for node in list.elements { excludes.append(try compiler.rule(node)) }
        }
        return CompiledValueSet(
            resource, includes: includes, excludes: excludes, onlyActive: compose["inactive"]?.bool == false)
    }

    private mutating func enter(_ resource: JSONNode) throws(TerminologyError) {
        guard let url = resource["url"]?.string else { return }
        let name = Canonical(url, version: resource["version"]?.string).text
        guard !path.contains(name) else {
            let chain = (path.drop { $0 != name } + [name]).joined(separator: " → ")
            throw TerminologyError(.unprocessable, "A value set imports itself: \(chain).")
        }
        guard path.count < Self.depthMax else {
            throw TerminologyError(.tooCostly, "Value sets import each other deeper than \(Self.depthMax): \(name).")
        }
        path.append(name)
    }

    /// A value set that comes with its expansion and no rules.
    private func stored(_ resource: JSONNode) throws(TerminologyError) -> CompiledValueSet {
        var order: [String] = []
        var nodes: [String: [JSONNode]] = [:]
        var stack = resource["expansion"]?["contains"].map { [$0.elements.makeIterator()] } ?? []
        while var iterator = stack.popLast() {
            guard let node = iterator.next() else { continue }
            stack.append(iterator)
            if let system = node["system"]?.string, node["code"] != nil, node["abstract"]?.bool != true {
                if nodes[system] == nil { order.append(system) }
                nodes[system, default: []].append(node)
            }
            if let nested = node["contains"] { stack.append(nested.elements.makeIterator()) }
        }
        var rules: [CompiledValueSet.Rule] = []
        for system in order {
            var rule = CompiledValueSet.Rule()
            rule.system = system
            rule.listed = CompiledValueSet.Listed(nodes[system] ?? [])
            rule.table = try? table(system, nil)
            rules.append(rule)
        }
        return CompiledValueSet(resource, includes: rules, excludes: [], onlyActive: false)
    }

    private func rule(_ node: JSONNode) throws(TerminologyError) -> CompiledValueSet.Rule {
        var rule = CompiledValueSet.Rule()
        if let sets = node["valueSet"] {
            for reference in sets.elements {
                guard let text = reference.string else { continue }
                rule.sets.append(try valueSet(Canonical(text)))
            }
        }
        guard let system = node["system"]?.string else {
            guard !rule.sets.isEmpty else {
                throw TerminologyError(.unprocessable, "A rule of a value set names neither a system nor a value set.")
            }
            return rule
        }
        rule.system = system
        rule.version = node["version"]?.string
        do { rule.table = try table(system, rule.version) } catch { rule.missing = error }
        rule.grammar = service.grammars[system]
        if let concepts = node["concept"], concepts.count > 0 {
            rule.listed = CompiledValueSet.Listed(Array(concepts.elements))
        } else if let filters = node["filter"], filters.count > 0 {
            guard let table = rule.table else {
                throw rule.missing ?? TerminologyError(.notFound, "The code system \(system) is not known here.")
            }
            for filter in filters.elements { rule.filters.append(try ConceptFilter(filter, table)) }
        }
        return rule
    }

    /// The code system that answers for a rule.
    func table(_ system: String, _ version: String?) throws(TerminologyError) -> CodeSystemTable {
        let wanted = try versions.version(of: system, named: version)
        for node in supplied where node["resourceType"]?.equals("CodeSystem") ?? false {
            guard node["url"]?.equals(system) ?? false else { continue }
            if let wanted, node["version"]?.string != wanted { continue }
            return try CodeSystemTable(node)
        }
        let table = try service.codeSystem(system, version: wanted)
        try versions.check(table)
        return table
    }

    func valueSet(_ reference: Canonical) throws(TerminologyError) -> CompiledValueSet {
        for node in supplied where node["resourceType"]?.equals("ValueSet") ?? false {
            guard node["url"]?.equals(reference.url) ?? false else { continue }
            if let version = reference.version, node["version"]?.string != version { continue }
            return try compile(node)
        }
        if isPlain, let kept = service.kept(reference) { return kept }
        let compiled = try compile(try service.valueSetResource(reference).root)
        if isPlain { service.keep(compiled, as: reference) }
        return compiled
    }
}

/// Which versions of code systems a request wants, by `url|version` (`system-version`, `check-system-version` and
/// `force-system-version` of `$expand`).
public struct SystemVersions: Sendable, Hashable {
    /// For rules that name no version.
    public var standard: [String]
    /// What the version used must be.
    public var checked: [String]
    /// Whatever a rule names.
    public var forced: [String]

    /// - Parameters:
    ///   - standard: for rules that name no version.
    ///   - checked: what the version used must be.
    ///   - forced: whatever a rule names.
    public init(standard: [String] = [], checked: [String] = [], forced: [String] = []) {
        self.standard = standard
        self.checked = checked
        self.forced = forced
    }

    var isEmpty: Bool { standard.isEmpty && checked.isEmpty && forced.isEmpty }

    func version(of system: String, named: String?) throws(TerminologyError) -> String? {
        Self.version(of: system, in: forced) ?? named ?? Self.version(of: system, in: standard)
    }

    func check(_ table: CodeSystemTable) throws(TerminologyError) {
        guard let wanted = Self.version(of: table.url, in: checked), wanted != table.version else { return }
        throw TerminologyError(
            .unprocessable,
            "Version \(wanted) of \(table.url) is asked for, and the value set uses \(table.version ?? "none").")
    }

    private static func version(of system: String, in list: [String]) -> String? {
        list.lazy.map { Canonical($0) }.first { $0.url == system }?.version
    }
}
