import FHIR
import JSON
import SQL
import Synchronization

/// The search parameters that searches and writes go by: those of FHIR R4, and those that SearchParameter resources have
/// added. All are exchanged at once, when the writer has committed a change.
final class ParameterRegistry: Sendable {
    /// The type of the resources that define search parameters.
    static let type = "SearchParameter"

    let reader: ParameterReader
    private let indexer: Mutex<Indexer>
    private let counts = Mutex<[Int64: Progress]>([:])
    private let signal: AsyncStream<Void>.Continuation
    /// Says when there may be rows to add or to remove; for ``ParameterUpkeep`` alone.
    let signals: AsyncStream<Void>

    init(_ indexer: Indexer, definitions: Definitions) {
        reader = ParameterReader(definitions: definitions)
        self.indexer = Mutex(indexer)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Those that stand now.
    var current: Indexer { indexer.withLock { $0 } }

    /// Takes a catalogue that was committed, unless a newer one is known.
    func take(_ catalogue: ParameterCatalogue) {
        // The writer and the upkeep may come at once: the newer one stays.
        let known = current
        guard known.catalogue.revision < catalogue.revision else { return }
        let next = Indexer(known, with: catalogue)
        indexer.withLock { if $0.catalogue.revision < catalogue.revision { $0 = next } }
        wake()
    }

    /// Takes the catalogue of the database, where another server has changed it.
    ///
    /// - Parameter revision: that of the database.
    func refresh(_ db: SQLConnection, _ revision: Int64) throws {
        guard revision > current.catalogue.revision, let catalogue = try ParameterCatalogue(db) else { return }
        take(catalogue)
    }

    // MARK: Work on the rows

    /// How far the resources of a type are indexed by a new parameter.
    struct Progress: Sendable {
        var done: Int64
        var total: Int64

        /// Full percents; 99 until all is done.
        var percent: Int64 { total > 0 ? min(99, done * 100 / total) : 0 }
    }

    /// By the number of the parameter.
    var progress: [Int64: Progress] {
        get { counts.withLock { $0 } }
        set { counts.withLock { $0 = newValue } }
    }

    /// Lets the upkeep look for work.
    func wake() { signal.yield() }

    /// Ends ``signals``.
    func close() { signal.finish() }

    // MARK: Opening

    /// Takes the catalogue of a store that is being opened. A store that is older than such parameters is looked through
    /// once for the SearchParameters that it holds.
    func open(_ db: SQLConnection, version: (SQLRow) throws -> Version) throws {
        if let known = try ParameterCatalogue(db) { return take(known) }
        let empty = ParameterCatalogue()
        var catalogue = empty
        let found = try db.query(
            """
            SELECT \(StoreParts.versionColumns) FROM resource r JOIN version v ON v.sequence = r.sequence
            WHERE r.type = (SELECT id FROM resource_type WHERE name = ?) AND r.alive = 1 ORDER BY v.sequence
            """, [.text(Self.type)], map: version)
        for version in found {
            guard let document = try? JSONDocument(parsing: version.stored.bytes),
                let parameter = try? reader.read(document)
            else { continue }
            // One that can't stand beside the others remains a document.
            try? catalogue.put(version.key.id, parameter, reader.definitions)
        }
        try catalogue.save(db, after: empty)
        take(catalogue)
    }
}
