import JSON

/// What `$expand` is asked for (<https://hl7.org/fhir/R4/valueset-operation-expand.html>).
public struct ExpandOptions: Sendable {
    /// A text that codes or names must match; `tnb` finds 糖尿病 by its initials.
    public var filter: String?
    /// How many codes to pass over.
    public var offset: Int?
    /// How many codes to give at most; 0 for the total alone.
    public var count: Int?
    /// Whether to give names beside the display.
    public var includeDesignations = false
    /// Which designations to give: languages, or `system|code` of their use; none for all.
    public var designations: [String] = []
    /// Whether to give the rules of the value set too.
    public var includeDefinition = false
    /// Whether to leave out codes that are no longer in use.
    public var activeOnly = false
    /// Whether to give a flat list even where the code system has a hierarchy.
    public var excludeNested = false
    /// Whether to leave out codes that only group others.
    public var excludeNotForUI = false
    /// The language of the displays.
    public var displayLanguage: String?
    /// Code systems, `url` or `url|version`, whose codes are left out.
    public var excludedSystems: [String] = []
    /// The name of this expansion, an absolute URI.
    public var identifier: String
    /// When it was made, as FHIR writes instants.
    public var timestamp: String

    /// - Parameters:
    ///   - identifier: the name of this expansion, an absolute URI such as `urn:uuid:…`.
    ///   - timestamp: when it was made, as FHIR writes instants.
    public init(identifier: String, timestamp: String) {
        self.identifier = identifier
        self.timestamp = timestamp
    }
}

/// An expanded value set.
public struct ExpandedValueSet: Sendable {
    let set: CompiledValueSet
    let options: ExpandOptions
    /// The codes of this page, or of the whole expansion where there is no page.
    let members: [Member]
    /// How many codes the value set has for the filter, on whatever page.
    public let total: Int
    let systems: [String]
    private let languages: Languages?

    /// An answer has this many codes at most; who wants more asks for pages.
    public static let answerMax = 50_000

    init(_ set: CompiledValueSet, _ options: ExpandOptions) throws(TerminologyError) {
        self.set = set
        self.options = options
        languages = options.displayLanguage.map(Languages.init)
        let expansion = try set.expansion()
        var found =
            options.filter.map { $0.isEmpty ? expansion.members : expansion.members(matching: $0) }
            ?? expansion.members
        if options.activeOnly { found.removeAll(where: \.isInactive) }
        if options.excludeNotForUI { found.removeAll(where: \.isAbstract) }
        if !options.excludedSystems.isEmpty {
            let excluded = options.excludedSystems.map { Canonical($0) }
            found.removeAll { member in
                excluded.contains { $0.url == member.system && ($0.version == nil || $0.version == member.version) }
            }
        }
        total = found.count
        systems = expansion.systems
        let start = min(max(0, options.offset ?? 0), found.count)
        let end = options.count.map { min(found.count - start, max(0, $0)) + start } ?? found.count
        guard end - start <= Self.answerMax else {
            throw TerminologyError(
                .tooCostly,
                "The expansion has \(total) codes, and an answer has at most \(Self.answerMax). Ask for pages with count and "
                    + "offset, or narrow it with filter.")
        }
        members = start == 0 && end == found.count ? found : Array(found[start..<end])
    }

    /// The codes of the page, in order.
    public var codes: [TerminologyService.SystemCode] {
        members.map { TerminologyService.SystemCode(system: $0.system, code: $0.code) }
    }

    /// The answer as a `ValueSet` resource.
    public func json() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: members.count * 120 + 1024)
        writer.beginObject()
        writer.member("resourceType", string: "ValueSet")
        for member in set.resource.members {
            guard let key = member.key.string, isKept(key) else { continue }
            writer.member(key, node: member.value)
        }
        if set.resource["status"] == nil { writer.member("status", string: "active") }
        writer.key("expansion")
        writer.beginObject()
        writer.member("identifier", string: options.identifier)
        writer.member("timestamp", string: options.timestamp)
        writer.member("total", integer: total)
        if isPaged { writer.member("offset", integer: max(0, options.offset ?? 0)) }
        writeParameters(&writer)
        if !members.isEmpty {
            writer.key("contains")
            if isNested, let tree = MemberTree(members) {
                write(tree.roots, tree, &writer)
            } else {
                writer.beginArray()
                for member in members {
                    writer.beginObject()
                    write(member, &writer)
                    writer.endObject()
                }
                writer.endArray()
            }
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private var isPaged: Bool { options.offset != nil || options.count != nil }

    /// A page or a filtered list has no room for a hierarchy.
    private var isNested: Bool {
        guard !options.excludeNested, !isPaged, options.filter?.isEmpty ?? true, let table = members.first?.table,
            !table.hierarchy.isFlat
        else { return false }
        return members.allSatisfy { $0.table === table && $0.ordinal >= 0 }
    }

    private func isKept(_ key: String) -> Bool {
        switch key {
        case "resourceType", "expansion", "text", "meta", "contained": false
        case "compose", "purpose", "copyright", "useContext", "jurisdiction", "contact", "description":
            options.includeDefinition
        default: true
        }
    }

    private func writeParameters(_ writer: inout JSONWriter) {
        writer.key("parameter")
        writer.beginArray()
        func parameter(_ name: String, _ write: (inout JSONWriter) -> Void) {
            writer.beginObject()
            writer.member("name", string: name)
            write(&writer)
            writer.endObject()
        }
        func flag(_ name: String, _ value: Bool) {
            if value { parameter(name) { $0.member("valueBoolean", bool: true) } }
        }
        if let filter = options.filter { parameter("filter") { $0.member("valueString", string: filter) } }
        if let offset = options.offset { parameter("offset") { $0.member("valueInteger", integer: offset) } }
        if let count = options.count { parameter("count") { $0.member("valueInteger", integer: count) } }
        flag("includeDesignations", options.includeDesignations)
        flag("activeOnly", options.activeOnly)
        flag("excludeNested", options.excludeNested)
        flag("excludeNotForUI", options.excludeNotForUI)
        if let language = options.displayLanguage {
            parameter("displayLanguage") { $0.member("valueCode", string: language) }
        }
        for system in systems { parameter("version") { $0.member("valueUri", string: system) } }
        writer.endArray()
    }

    private func write(_ places: [Int], _ tree: MemberTree, _ writer: inout JSONWriter) {
        writer.beginArray()
        for place in places {
            writer.beginObject()
            write(members[place], &writer)
            let below = tree.children[place]
            if !below.isEmpty {
                writer.key("contains")
                write(below, tree, &writer)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    private func write(_ member: Member, _ writer: inout JSONWriter) {
        writer.member("system", string: member.system)
        if member.isAbstract { writer.member("abstract", bool: true) }
        if member.isInactive { writer.member("inactive", bool: true) }
        if let version = member.version { writer.member("version", string: version) }
        writer.member("code", string: member.code)
        if let display = member.display(languages) { writer.member("display", string: display) }
        guard options.includeDesignations || !options.designations.isEmpty else { return }
        let designations = member.designations.filter(isWanted)
        guard !designations.isEmpty else { return }
        writer.key("designation")
        writer.beginArray()
        for designation in designations { writer.node(designation.node) }
        writer.endArray()
    }

    private func isWanted(_ designation: Designation) -> Bool {
        options.designations.isEmpty
            || options.designations.contains { wanted in
                let token = wanted.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
                if token.count == 2, token[0] != "urn:ietf:bcp:47" {
                    let use = designation.node["use"]
                    return use?["system"]?.string == token[0] && use?["code"]?.string == token[1]
                }
                guard let language = designation.language, let tag = token.last else { return false }
                return Languages(tag).matches(language)
            }
    }
}

/// The members of an expansion below each other, as their code system has them. A member whose parent is not in the
/// expansion hangs under the nearest ancestor that is.
private struct MemberTree {
    private(set) var roots: [Int] = []
    private(set) var children: [[Int]]

    /// A deeper hierarchy is not nested, so that no document nests without bound.
    private static let depthMax = 40

    /// - Returns: nil when the hierarchy is too deep, or goes in a circle.
    init?(_ members: [Member]) {
        children = Array(repeating: [], count: members.count)
        guard let table = members.first?.table else { return nil }
        var places: [Int32: Int] = [:]
        for (place, member) in members.enumerated() { places[member.ordinal] = place }
        var above = Array(repeating: -1, count: members.count)
        for (place, member) in members.enumerated() {
            above[place] = Self.nearest(Int(member.ordinal), places, table) ?? -1
        }
        for place in members.indices {
            var next = above[place]
            for _ in 0...Self.depthMax where next >= 0 { next = above[next] }
            guard next < 0 else { return nil }
            if above[place] < 0 { roots.append(place) } else { children[above[place]].append(place) }
        }
    }

    private static func nearest(_ ordinal: Int, _ places: [Int32: Int], _ table: CodeSystemTable) -> Int? {
        if let direct = table.hierarchy.parents[ordinal].lazy.compactMap({ places[$0] }).first { return direct }
        return table.hierarchy.ancestors(of: ordinal).lazy.compactMap { places[$0] }.first
    }
}

extension TerminologyService {
    /// Expands a value set.
    ///
    /// - Throws: ``TerminologyError`` of kind `notFound` when the value set or a code system of it is not known here,
    ///   `tooCostly` when there are too many codes for one answer, `unprocessable` when it imports itself.
    public func expand(
        _ reference: ValueSetReference, _ options: ExpandOptions
    ) throws(TerminologyError) -> ExpandedValueSet {
        if let offset = options.offset, offset < 0 {
            throw TerminologyError(.invalid, "offset must be 0 or more, not \(offset).")
        }
        if let count = options.count, count < 0 {
            throw TerminologyError(.invalid, "count must be 0 or more, not \(count).")
        }
        return try ExpandedValueSet(reference.compiled(by: self), options)
    }
}
