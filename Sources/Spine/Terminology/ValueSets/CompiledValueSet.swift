import JSON

/// A ValueSet resource made ready for questions: its rules bound to code systems and to other value sets.
final class CompiledValueSet: Sendable {
    /// The canonical URL; nil for a value set that came with a request and has none.
    let url: String?
    let version: String?
    let document: JSONDocument
    let resource: JSONNode
    let includes: [Rule]
    let excludes: [Rule]
    /// Whether inactive codes are left out (`compose.inactive` false).
    let onlyActive: Bool
    let lazyExpansion = LazyExpansion()

    init(
        _ resource: JSONNode, includes: [Rule], excludes: [Rule], onlyActive: Bool
    ) {
        url = resource["url"]?.string
        version = resource["version"]?.string
        document = resource.document
        self.resource = resource
        self.includes = includes
        self.excludes = excludes
        self.onlyActive = onlyActive
    }

    /// One `include` or `exclude`, or the codes of a stored expansion from one system.
    struct Rule: Sendable {
        var system: String?
        /// The version of the system that answers.
        var version: String?
        var table: CodeSystemTable?
        /// Why the system is not here; thrown only when the answer depends on it.
        var missing: TerminologyError?
        /// Knows valid codes of a system that has a grammar instead of a list.
        var grammar: (@Sendable (String) -> Bool)?
        var listed: Listed?
        var filters: [ConceptFilter] = []
        var sets: [CompiledValueSet] = []
    }

    /// Codes named one by one.
    struct Listed: Sendable {
        let codes: [String]
        let nodes: [JSONNode]
        private let ordinals: [String: Int]

        init(_ nodes: [JSONNode]) {
            var codes: [String] = []
            var kept: [JSONNode] = []
            var ordinals: [String: Int] = [:]
            for node in nodes {
                guard let code = node["code"]?.string, ordinals[code] == nil else { continue }
                ordinals[code] = codes.count
                codes.append(code)
                kept.append(node)
            }
            self.codes = codes
            self.nodes = kept
            self.ordinals = ordinals
        }

        func position(_ code: String, _ table: CodeSystemTable?) -> Int? {
            if let found = ordinals[code] { return found }
            guard let table, !table.isCaseSensitive else { return nil }
            return codes.firstIndex { $0.lowercased() == code.lowercased() }
        }
    }
}

/// A code that a value set has.
struct Member: Sendable {
    let system: String
    let version: String?
    let code: String
    /// The system's table and the concept's place in it; nil and -1 where the system is not here.
    let table: CodeSystemTable?
    let ordinal: Int32
    /// The element of the value set that names the code; nil when a rule selects it.
    let listed: JSONNode?

    var isInactive: Bool {
        if let table, ordinal >= 0 { return table.isInactive(Int(ordinal)) }
        return listed?["inactive"]?.bool ?? false
    }

    var isAbstract: Bool {
        if let table, ordinal >= 0 { return table.isAbstract(Int(ordinal)) }
        return listed?["abstract"]?.bool ?? false
    }

    /// The name: the value set's own in the language, else the system's, else either's without regard to language.
    func display(_ languages: Languages?) -> String? {
        let node = table.flatMap { ordinal >= 0 ? $0.nodes[Int(ordinal)] : nil }
        if let languages {
            if let listed, let name = languages.name(nil, nil, listed) { return name }
            if let node, let name = languages.name(node["display"]?.string, table?.language, node) { return name }
        }
        return listed?["display"]?.string ?? node?["display"]?.string
    }

    /// The names beside the display: the value set's own, then the system's.
    var designations: [Designation] {
        let own = listed.map(Designation.list) ?? []
        let node = table.flatMap { ordinal >= 0 ? $0.nodes[Int(ordinal)] : nil }
        let systems = node.map(Designation.list) ?? []
        return own + systems.filter { new in !own.contains { $0.value == new.value && $0.language == new.language } }
    }

    /// Whether a text is one of the names.
    func isNamed(_ text: String) -> Bool {
        let wanted = Self.normal(text)
        let node = table.flatMap { ordinal >= 0 ? $0.nodes[Int(ordinal)] : nil }
        let displays = [listed?["display"]?.string, node?["display"]?.string].compactMap { $0 }
        return displays.contains { Self.normal($0) == wanted }
            || designations.contains { Self.normal($0.value) == wanted }
    }

    /// Whether any name is known.
    var isNameKnown: Bool { display(nil) != nil }

    private static func normal(_ text: String) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

extension CompiledValueSet {
    /// Finds a code of a system; nil when the value set does not have it.
    ///
    /// - Throws: ``TerminologyError`` when the answer depends on a code system that is not here.
    func member(system: String, code: String) throws(TerminologyError) -> Member? {
        var found: Member?
        var missing: TerminologyError?
        for rule in includes where found == nil {
            do { found = try rule.member(system: system, code: code) } catch { missing = error }
        }
        guard let found else {
            if let missing { throw missing }
            return nil
        }
        if onlyActive, found.isInactive { return nil }
        return try isExcluded(system: system, code: code) ? nil : found
    }

    /// Whether a rule takes a code out; one that depends on the missing part of a system does not.
    func isExcluded(system: String, code: String) throws(TerminologyError) -> Bool {
        for rule in excludes where try rule.known(system: system, code: code) != nil { return true }
        return false
    }

    /// The systems that the value set names anywhere.
    var systems: [String] {
        var seen: Set<String> = []
        return includes.flatMap { rule in rule.system.map { [$0] } ?? rule.sets.flatMap(\.systems) }
            .filter { seen.insert($0).inserted }
    }
}

extension CompiledValueSet {
    /// The member, as far as the known parts of the code systems tell.
    func known(system: String, code: String) throws(TerminologyError) -> Member? {
        do { return try member(system: system, code: code) } catch {
            guard error.kind == .incomplete else { throw error }
            return nil
        }
    }
}

extension CompiledValueSet.Rule {
    /// The code where the rule selects it, as far as the known parts of the code systems tell.
    func known(system: String, code: String) throws(TerminologyError) -> Member? {
        do { return try member(system: system, code: code) } catch {
            guard error.kind == .incomplete else { throw error }
            return nil
        }
    }

    /// The code where the rule selects it.
    ///
    /// - Throws: ``TerminologyError`` when the answer depends on a code system, or a part of one, that is not here.
    func member(system: String, code: String) throws(TerminologyError) -> Member? {
        guard self.system == nil || self.system == system else { return nil }
        var found: Member?
        if self.system != nil {
            found = try own(system, code)
            guard found != nil else { return nil }
        }
        for set in sets {
            guard let other = try set.member(system: system, code: code) else { return nil }
            if found == nil { found = other }
        }
        return found
    }

    private func own(_ system: String, _ code: String) throws(TerminologyError) -> Member? {
        if let listed {
            guard let position = listed.position(code, table) else { return nil }
            return member(listed, position)
        }
        if let table {
            guard let ordinal = table.ordinal(code) else {
                if let grammar, filters.isEmpty { return described(system, code, grammar) }
                guard table.content == .complete else {
                    throw TerminologyError(
                        .incomplete, "Only a part of \(table.url) is known here, and “\(code)” is not in it.")
                }
                return nil
            }
            guard filters.allSatisfy({ $0.matches(ordinal, table) }) else { return nil }
            return Member(
                system: system, version: table.version, code: table.codes[ordinal], table: table,
                ordinal: Int32(ordinal), listed: nil)
        }
        if let grammar, filters.isEmpty { return described(system, code, grammar) }
        throw missing ?? TerminologyError(.notFound, "The code system \(system) is not known here.")
    }

    /// A code that a grammar allows.
    private func described(_ system: String, _ code: String, _ grammar: (String) -> Bool) -> Member? {
        guard grammar(code) else { return nil }
        return Member(system: system, version: version, code: code, table: nil, ordinal: -1, listed: nil)
    }

    func member(_ listed: CompiledValueSet.Listed, _ position: Int) -> Member {
        let code = listed.codes[position]
        return Member(
            system: system ?? "", version: table?.version ?? version, code: code, table: table,
            ordinal: Int32(table?.ordinal(code) ?? -1), listed: listed.nodes[position])
    }
}
