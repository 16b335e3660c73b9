public import FHIR
import Foundation
public import JSON
import Synchronization

/// Answers questions about codes: what they mean, whether they are valid, which a value set has, how they are related, and
/// what they are in another system.
///
/// Resources come from a source, such as the record store, and beneath it from the tables that the house brings along. What
/// has been read is kept until the source's revision changes, so that a resource takes effect as soon as it is written.
public final class TerminologyService: Sendable {
    /// Tells the valid codes of a system that has a grammar instead of a list.
    public typealias Grammar = @Sendable (_ code: String) -> Bool

    let sources: [any TerminologySource]
    let grammars: [String: Grammar]
    private let memory = Mutex(Memory())

    /// At most this many canonical URLs are remembered, found or not.
    static let rememberedMax = 4096

    private struct Memory {
        var revision: Int64 = .min
        var systems: [Canonical: CodeSystemTable?] = [:]
        var sets: [Canonical: CompiledValueSet] = [:]
        /// Value sets that are not here.
        var absentSets: Set<Canonical> = []
        var maps: [Canonical: ConceptMapTable] = [:]
        var allMaps: [ConceptMapTable]?
        /// Tables by the resource and version they were made from; outlive a change of other resources.
        var tables: [String: CodeSystemTable] = [:]

        var count: Int { systems.count + sets.count + absentSets.count + maps.count }
    }

    /// - Parameters:
    ///   - source: where stored resources are.
    ///   - definitions: what R4 defines, for the value sets that it brings along.
    ///   - grammars: for code systems without a list of codes, by URL; UCUM for one. Languages, MIME types and currencies
    ///     are known without.
    public init(source: some TerminologySource, definitions: Definitions, grammars: [String: Grammar] = [:]) {
        sources = [source, BuiltInTerminology(definitions)]
        self.grammars = CodeGrammars.standard.merging(grammars) { $1 }
    }

    // MARK: Resources

    /// A code system.
    ///
    /// - Parameters:
    ///   - url: its canonical URL; a version may stand behind a bar.
    ///   - version: the business version; nil for the newest.
    /// - Throws: ``TerminologyError`` of kind `notFound`, or what is wrong with the resource.
    public func codeSystem(_ url: String, version: String? = nil) throws(TerminologyError) -> CodeSystemTable {
        let reference = Canonical(url, version: version)
        let revision = try refreshed()
        if let known = memory.withLock({ $0.systems[reference] }) {
            guard let table = known else { throw Self.unknown("code system", reference) }
            return table
        }
        guard let document = try find("CodeSystem", reference) else {
            remember(revision) { $0.systems[reference] = .some(nil) }
            throw Self.unknown("code system", reference)
        }
        let identity = Self.identity(document.root)
        let kept = identity.flatMap { identity in memory.withLock { $0.tables[identity] } }
        let table = if let kept { kept } else { try CodeSystemTable(document.root) }
        remember(revision) { memory in
            memory.systems[reference] = table
            if let identity { memory.tables[identity] = table }
        }
        return table
    }

    /// The resource of a value set, stored or built in, or made for an implicit one: a system's own value set, or
    /// `system?fhir_vs` and `system?fhir_vs=isa/code`.
    ///
    /// - Throws: ``TerminologyError`` of kind `notFound`.
    public func valueSetResource(url: String, version: String? = nil) throws(TerminologyError) -> JSONDocument {
        try valueSetResource(Canonical(url, version: version))
    }

    func valueSetResource(_ reference: Canonical) throws(TerminologyError) -> JSONDocument {
        let revision = try refreshed()
        if memory.withLock({ $0.absentSets.contains(reference) }) { throw Self.unknown("value set", reference) }
        if let document = try find("ValueSet", reference) { return document }
        if let document = try implicitValueSet(reference) { return document }
        remember(revision) { $0.absentSets.insert(reference) }
        throw Self.unknown("value set", reference)
    }

    func valueSet(_ reference: Canonical) throws(TerminologyError) -> CompiledValueSet {
        try ValueSetCompiler(self).valueSet(reference)
    }

    private func implicitValueSet(_ reference: Canonical) throws(TerminologyError) -> JSONDocument? {
        let parts = reference.url.components(separatedBy: "?fhir_vs")
        guard parts.count == 2, let system = parts.first, parts[1].isEmpty || parts[1].hasPrefix("=isa/"),
            (try? codeSystem(system, version: reference.version)) != nil
        else { return nil }
        return BuiltInTerminology.valueSet(
            url: reference.url, system: system, below: parts[1].isEmpty ? nil : String(parts[1].dropFirst(5)))
    }

    func find(_ type: String, _ reference: Canonical) throws(TerminologyError) -> JSONDocument? {
        for source in sources {
            do {
                if let found = try source.resource(type: type, url: reference.url, version: reference.version) {
                    return found
                }
            } catch {
                throw Self.unavailable(error)
            }
        }
        return nil
    }

    // MARK: Memory

    func kept(_ reference: Canonical) -> CompiledValueSet? {
        guard (try? refreshed()) != nil else { return nil }
        return memory.withLock { $0.sets[reference] }
    }

    func keep(_ set: CompiledValueSet, as reference: Canonical) {
        guard let revision = try? refreshed() else { return }
        remember(revision) { $0.sets[reference] = set }
    }

    func conceptMap(_ reference: Canonical) throws(TerminologyError) -> ConceptMapTable {
        let revision = try refreshed()
        if let kept = memory.withLock({ $0.maps[reference] }) { return kept }
        guard let document = try find("ConceptMap", reference) else { throw Self.unknown("concept map", reference) }
        let table = try ConceptMapTable(document.root)
        remember(revision) { $0.maps[reference] = table }
        return table
    }

    func conceptMaps() throws(TerminologyError) -> [ConceptMapTable] {
        let revision = try refreshed()
        if let kept = memory.withLock({ $0.allMaps }) { return kept }
        var tables: [ConceptMapTable] = []
        for source in sources {
            do {
                // A map that can't be used answers when it is asked for by name, not here.
                tables += try source.resources(type: "ConceptMap").compactMap { try? ConceptMapTable($0.root) }
            } catch {
                throw Self.unavailable(error)
            }
        }
        remember(revision) { [tables] in $0.allMaps = tables }
        return tables
    }

    /// Forgets what another revision gave; the revision that holds now.
    @discardableResult
    private func refreshed() throws(TerminologyError) -> Int64 {
        let revision: Int64
        do { revision = try sources[0].revision } catch { throw Self.unavailable(error) }
        memory.withLock { memory in
            guard memory.revision != revision else { return }
            let tables = memory.tables
            memory = Memory()
            memory.tables = tables
            memory.revision = revision
        }
        return revision
    }

    /// Remembers what was read while a revision held, unless another has come.
    private func remember(_ revision: Int64, _ change: @Sendable (inout Memory) -> Void) {
        memory.withLock { memory in
            guard memory.revision == revision else { return }
            if memory.count >= Self.rememberedMax {
                memory = Memory()
                memory.revision = revision
            }
            change(&memory)
            if memory.tables.count > 64 { memory.tables = [:] }
        }
    }

    /// Names one stored version of a resource for good; nil when the resource does not say.
    private static func identity(_ resource: JSONNode) -> String? {
        guard let id = resource["id"]?.string, let meta = resource["meta"], let version = meta["versionId"]?.string,
            let time = meta["lastUpdated"]?.string
        else { return nil }
        return "\(id) \(version) \(time)"
    }

    static func unknown(_ what: String, _ reference: Canonical) -> TerminologyError {
        let version = reference.version.map { " in version \($0)" } ?? ""
        return TerminologyError(.notFound, "The \(what) \(reference.url)\(version) is not known here.")
    }

    private static func unavailable(_ error: any Error) -> TerminologyError {
        (error as? TerminologyError) ?? TerminologyError(.unavailable, "The terminology resources can't be read.")
    }
}
