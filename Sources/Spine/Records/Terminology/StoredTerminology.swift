import JSON
import SQL
import Synchronization
import Terminology

/// The CodeSystem, ValueSet and ConceptMap resources of a store, as terminology asks for them.
///
/// It stands before the store does, because the store's own parts need it; the store takes its seat when it is ready.
final class StoredTerminology: TerminologySource {
    /// The types that terminology reads.
    static let types: Set<String> = ["CodeSystem", "ValueSet", "ConceptMap"]
    /// What another server wrote to the same database takes effect after this time, in milliseconds.
    static let othersMilliseconds: Int64 = 1000
    /// Versions of one canonical URL that are looked at, and concept maps that a search for a map looks through.
    private static let countMax = 1000

    private struct State {
        weak var store: RecordStore?
        var revision: Int64 = 0
        /// When the revision was read, on the store's clock; nil when it must be read again.
        var readAt: Int64?
    }

    private let state = Mutex(State())

    /// Takes the store whose resources are meant. It is not kept alive by this.
    func attach(_ store: RecordStore) { state.withLock { $0.store = store } }

    /// Hears what was just made durable.
    func heard(of results: [Result<[WriteOutcome?], any Error>]) {
        let matters = results.contains { result in
            guard case .success(let outcomes) = result else { return false }
            return outcomes.contains { outcome in outcome.map { Self.types.contains($0.version.key.type) } ?? false }
        }
        if matters { state.withLock { $0.readAt = nil } }
    }

    /// The place in the feed of the newest change to a resource of the three types.
    var revision: Int64 {
        get throws {
            let (store, known, readAt) = state.withLock { ($0.store, $0.revision, $0.readAt) }
            guard let store else { return known }
            let now = store.options.now()
            if let readAt, now >= readAt, now - readAt < Self.othersMilliseconds { return known }
            // What is written while this reads clears the time again, and is read the next time.
            state.withLock { $0.readAt = now }
            let found = try store.newestChange(ofTypes: Self.types)
            state.withLock { $0.revision = found }
            return found
        }
    }

    /// The canonical of a stored resource, with its version; nil when it is not there or has no url.
    func canonical(of key: ResourceKey) throws(RecordsError) -> String? {
        guard let store = state.withLock({ $0.store }),
            let version = try store.readSQL({ try store.parts.current($0, key) })
        else { return nil }
        guard let root = try? store.parts.document(version.stored.bytes).root, let url = root["url"]?.string else {
            return nil
        }
        return root["version"]?.string.map { "\(url)|\($0)" } ?? url
    }

    func resource(type: String, url: String, version: String?) throws -> JSONDocument? {
        let documents = try find(type, [("url", Self.escaped(url)), ("_count", "\(Self.countMax)")])
        return ResourceVersions.best(of: documents, version: version)
    }

    func resources(type: String) throws -> [JSONDocument] {
        try find(type, [("_count", "\(Self.countMax)")])
    }

    private func find(_ type: String, _ parameters: [(String, String)]) throws -> [JSONDocument] {
        guard let store = state.withLock({ $0.store }) else { return [] }
        return try store.search(type: type, parameters: parameters).entries.map { entry in
            try store.parts.document(entry.version.json())
        }
    }

    /// A value as a search takes it: the characters that would part it are escaped.
    private static func escaped(_ value: String) -> String {
        String(value.flatMap { "\\,|$".contains($0) ? ["\\", $0] : [$0] })
    }
}

extension RecordStore {
    fileprivate func newestChange(ofTypes types: Set<String>) throws -> Int64 {
        let numbers = types.compactMap { parts.types.number(of: $0) }
        let each = numbers.map { _ in "SELECT max(sequence) AS newest FROM version WHERE type = ?" }
        return try database.readOnce { db in
            try db.first(
                "SELECT max(newest) FROM (\(each.joined(separator: " UNION ALL "))) AS changes",
                numbers.map { SQLValue.integer($0) }
            ) { $0.intOrNil(0) ?? 0 } ?? 0
        }
    }
}
