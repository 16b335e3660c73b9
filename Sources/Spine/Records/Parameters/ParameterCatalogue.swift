import FHIR
import SQL

/// The search parameters that SearchParameter resources have added, at one moment.
struct ParameterCatalogue: Sendable, Equatable {
    /// Grows with every change; the setting `parameters` keeps it.
    private(set) var revision: Int64
    private(set) var entries: [ParameterEntry]
    static let setting = "parameters"

    /// Nil when the store has never kept any: it is older than they are.
    init?(_ db: SQLConnection) throws {
        guard let revision = try Self.revision(db) else { return nil }
        self.revision = revision
        entries = try ParameterEntry.all(db)
    }

    init() {
        revision = 0
        entries = []
    }

    static func revision(_ db: SQLConnection) throws -> Int64? {
        try db.first("SELECT value FROM setting WHERE name = ?", [.text(setting)]) { Int64($0.text(0)) ?? 0 }
    }

    /// Writes what differs from another catalogue, and gives this one the next revision.
    mutating func save(_ db: SQLConnection, after old: ParameterCatalogue) throws {
        revision = old.revision + 1
        let known = Dictionary(old.entries.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        for entry in entries where known[entry.number] != entry { try entry.save(db) }
        let left = Set(entries.map(\.number))
        for entry in old.entries where !left.contains(entry.number) {
            try db.execute("DELETE FROM custom_parameter WHERE number = ?", .integer(entry.number))
        }
        try db.execute(
            "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            .text(Self.setting), .text("\(revision)"))
    }

    /// The parameter that a type has by a code, ready or not.
    func entry(_ code: String, of type: String) -> ParameterEntry? {
        entries.first { $0.state != .leaving && $0.definition.code == code && $0.definition.resource == type }
    }

    /// Marks those that are complete.
    mutating func finish(_ numbers: Set<Int64>) {
        for index in entries.indices where numbers.contains(entries[index].number) && entries[index].state == .indexing
        {
            entries[index].state = .ready
        }
    }

    /// Forgets those whose rows are gone, so that their numbers can be given again.
    mutating func forget(_ numbers: Set<Int64>) {
        entries.removeAll { $0.state == .leaving && numbers.contains($0.number) }
    }

    /// Takes in what a SearchParameter now says.
    ///
    /// - Parameters:
    ///   - source: its logical id.
    ///   - parameter: nil when it adds nothing, or is deleted.
    /// - Throws: ``RecordsError`` of category `unprocessable` when it can't stand beside the others.
    mutating func put(
        _ source: String, _ parameter: CustomParameter?, _ definitions: Definitions
    ) throws(RecordsError) {
        let wanted =
            try parameter.map { p throws(RecordsError) in try self.definitions(of: p, source, definitions) } ?? []
        var open = Dictionary(wanted.map { ($0.resource, $0) }, uniquingKeysWith: { first, _ in first })
        for index in entries.indices where entries[index].source == source && entries[index].state != .leaving {
            if open[entries[index].definition.resource] == entries[index].definition {
                open[entries[index].definition.resource] = nil
                entries[index].url = parameter?.url ?? ""
            } else {
                entries[index].state = .leaving
            }
        }
        for definition in wanted where open[definition.resource] != nil {
            entries.append(
                ParameterEntry(
                    number: try freeNumber(max(1, definition.components.count)), source: source,
                    url: parameter?.url ?? "",
                    definition: definition, state: .indexing))
        }
    }

    private func definitions(
        of parameter: CustomParameter, _ source: String, _ definitions: Definitions
    ) throws(RecordsError) -> [SearchParameter] {
        let types = parameter.types(definitions)
        let wanted = Set(types)
        let other = entries.first {
            $0.state != .leaving && $0.source != source && $0.definition.code == parameter.code
                && wanted.contains($0.definition.resource)
        }
        if let other {
            throw Self.refused(
                "code",
                "SearchParameter/\(other.source) defines the search parameter “\(parameter.code)” of \(other.definition.resource) "
                    + "already. Choose another code, change that one, or retire or delete it first.", .duplicate)
        }
        var result: [SearchParameter] = []
        for type in types {
            var components: [SearchParameter.Component] = []
            for (place, component) in parameter.components.enumerated() where parameter.type == .composite {
                guard let found = find(component.definition, of: type, definitions), found.components.isEmpty,
                    found.type != .special
                else {
                    throw Self.refused(
                        "component[\(place)].definition",
                        "“\(component.definition)” is no search parameter of \(type) here that a composite could be made of: neither "
                            + "one of FHIR R4, nor a stored SearchParameter that is not retired.", .notFound)
                }
                components.append(.init(code: found.code, type: found.type, expression: component.expression))
            }
            result.append(
                SearchParameter(
                    resource: type, code: parameter.code, type: parameter.type, expression: parameter.expression,
                    targets: parameter.targets, components: components))
        }
        return result
    }

    /// A parameter of a type by its canonical URL.
    private func find(_ canonical: String, of type: String, _ definitions: Definitions) -> SearchParameter? {
        let url = canonical.prefix { $0 != "|" }
        let own = entries.first { $0.state != .leaving && $0.url == url && $0.definition.resource == type }
        if let own { return own.definition }
        // HL7's ids are a base and a code, and only the code has hyphens: `clinical-code`, `Observation-value-quantity`.
        guard url.hasPrefix(Definitions.standardParameters), let hyphen = url.firstIndex(of: "-") else { return nil }
        let code = String(url[url.index(after: hyphen)...])
        return definitions.searchParameter(code, of: type) ?? definitions.searchParameter("_" + code, of: type)
    }

    /// The first of several numbers side by side that none has.
    private func freeNumber(_ count: Int) throws(RecordsError) -> Int64 {
        var next = ParameterEntry.numberRange.lowerBound
        for range in entries.map(\.numbers).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound - next >= Int64(count) { break }
            next = range.upperBound
        }
        guard next + Int64(count) - 1 <= ParameterEntry.numberRange.upperBound else {
            throw Self.refused(
                "base",
                "The store has \(ParameterEntry.numberRange.count) numbers for search parameters of its own, one for each "
                    + "resource type of each, and they are used up. Retire some, or name fewer types.", .tooCostly)
        }
        return next
    }

    private static func refused(_ element: String, _ diagnostics: String, _ code: IssueCode) -> RecordsError {
        RecordsError(
            .unprocessable,
            issues: [Issue(.error, code, diagnostics, expression: "SearchParameter.\(element)")])
    }
}
