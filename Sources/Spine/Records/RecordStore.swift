public import FHIR
import Foundation
public import SQL
import Synchronization
public import Terminology
import UCUM
import Validation

/// Where a store keeps what it holds.
public enum RecordDatabase: Sendable, Hashable, CustomStringConvertible {
    /// One file; nil for a store in memory.
    case sqlite(path: String?)
    /// A PostgreSQL database, which several servers may open at once.
    case postgreSQL(PostgreSQLAddress)

    /// The file, or the address without its password.
    public var description: String {
        switch self {
        case .sqlite(let path): path ?? "memory"
        case .postgreSQL(let address): address.description
        }
    }

    func open(readers: Int) throws(SQLError) -> any SQLDatabase {
        switch self {
        case .sqlite(let path): try SQLiteDatabase(path: path, readers: readers)
        case .postgreSQL(let address): try PostgreSQLDatabase(address, readers: readers)
        }
    }
}

/// How a store is opened.
public struct RecordStoreOptions: Sendable {
    /// The database.
    public var database: RecordDatabase
    /// How many may read at once.
    public var readers: Int
    /// The clock, in milliseconds since 1970 UTC.
    public var now: @Sendable () -> Int64
    /// Makes logical ids.
    public var newID: @Sendable () -> String
    /// Whether resources are held against the R4 definitions before they are written.
    public var validates: Bool
    /// Whether a store that is being filled by ``FeedCopy`` may be opened. Nobody else may: what it lacks would be missed.
    public var acceptsCopy = false
    /// Whether people look at the store by the rules of access. The tables for that are made when a store is first opened
    /// so; from then on they are kept, however it is opened.
    public var isSeenByRules = false
    /// Awaited before each part of what is stored is indexed by a new search parameter, so that the work can be held for a
    /// quiet hour; not held unless set. It must return for the store to close.
    public var untilMayIndex: @Sendable () async -> Void = {}

    /// Chooses how a store is opened.
    public init(
        path: String? = nil, readers: Int = 4,
        now: @escaping @Sendable () -> Int64 = { WallClock.milliseconds() },
        newID: @escaping @Sendable () -> String = { TimeOrderedID.next() }, validates: Bool = true
    ) {
        self.init(database: .sqlite(path: path), readers: readers, now: now, newID: newID, validates: validates)
    }

    /// Chooses how a store is opened.
    public init(
        database: RecordDatabase, readers: Int = 4,
        now: @escaping @Sendable () -> Int64 = { WallClock.milliseconds() },
        newID: @escaping @Sendable () -> String = { TimeOrderedID.next() }, validates: Bool = true
    ) {
        self.database = database
        self.readers = readers
        self.now = now
        self.newID = newID
        self.validates = validates
    }
}

/// The record store: every version of every resource, found by every R4 search parameter, and one change feed.
///
/// Reads are synchronous and run on a snapshot. A write returns when it is durable. All facts come in by the writing
/// methods of this class; projections follow the feed.
public final class RecordStore: Sendable {
    let database: any SQLDatabase
    let parts: StoreParts
    let writer: Writer
    let options: RecordStoreOptions
    let sights = SightMemories()
    /// Where readers look for commits; nil where other servers commit too.
    let commits: CommitMark?
    private let follower: Mutex<(working: Task<Void, Never>, tending: Task<Void, Never>)?>
    private let upkeep: Upkeep
    private let parameterUpkeep: ParameterUpkeep
    private let labelUpkeep: LabelUpkeep
    /// The change feed and its projections.
    public let feed: ChangeFeed
    /// Answers questions about codes from the stored resources and those that come with the house.
    public let terminology: TerminologyService

    /// Opens a store, and makes it when it is absent.
    ///
    /// - Throws: ``RecordsError`` when the file can't be used.
    public init(
        _ options: RecordStoreOptions, definitions: Definitions, projections: [any Projection] = []
    ) throws {
        self.options = options
        do {
            let database = try options.database.open(readers: options.readers)
            let isShared = if case .postgreSQL = options.database { true } else { false }
            let codec = isShared ? BodyCodec { try Self.dictionary($0, in: database) } : BodyCodec()
            let terms = TermTable(source: isShared ? TermSource(database) : nil)
            let storedTerminology = StoredTerminology()
            let terminology = TerminologyService(
                source: storedTerminology, definitions: definitions,
                grammars: ["http://unitsofmeasure.org": { UCUM.isValid($0) }])
            let access = AccessKeeping(definitions)
            let (parts, memory) = try database.write { db in
                try Schema.create(db)
                if options.isSeenByRules { try AccessTables.create(db) }
                access.state = try AccessTables.state(db)
                if !options.acceptsCopy { try FeedCopy.refuseBegun(db) }
                try terms.load(db)
                try db.rows("SELECT id, content FROM dictionary ORDER BY id") {
                    codec.add($0.int(0), content: $0.blob(1))
                }
                let types = try ResourceTypes(db, definitions: definitions)
                let parameters = ParameterRegistry(
                    try Indexer(db, definitions: definitions, terms: terms), definitions: definitions)
                let preparation = Preparation(
                    definitions: definitions,
                    validator: options.validates ? try ResourceValidator(definitions: definitions) : nil,
                    parameters: parameters, codec: codec, access: access)
                let parts = StoreParts(
                    definitions: definitions, types: types, terms: terms, codec: codec, parameters: parameters,
                    preparation: preparation, storedTerminology: storedTerminology,
                    terminology: SearchTerminology(service: terminology), access: access)
                try parameters.open(db) { try parts.version($0) }
                return (parts, try WriterMemory(db))
            }
            let feed = try ChangeFeed(projections, database: database, parts: parts, now: options.now)
            let upkeep = Upkeep(
                parts: parts, lock: database.leaderLock("upkeep"), rebuildLock: database.leaderLock("rebuilding"))
            let commits = isShared ? nil : CommitMark(head: feed.head)
            let writer = Writer(database, parts: parts, memory: memory, commits: commits, now: options.now) { head in
                feed.advanced(to: head)
                upkeep.advanced(to: head)
            }
            let parameterUpkeep = ParameterUpkeep(
                parts: parts, database: database, isShared: isShared, lock: database.leaderLock("parameters"),
                untilMayIndex: options.untilMayIndex)
            let labelUpkeep = LabelUpkeep(parts: parts, database: database, lock: database.leaderLock("access"))
            self.database = database
            self.parts = parts
            self.feed = feed
            self.writer = writer
            self.commits = commits
            self.upkeep = upkeep
            self.parameterUpkeep = parameterUpkeep
            self.labelUpkeep = labelUpkeep
            let threads = database.followingThreads
            let working = Task(executorPreference: threads) {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await feed.run(writer) }
                    group.addTask { await feed.watch() }
                    // Training a dictionary takes a processor for seconds.
                    group.addTask(executorPreference: database.quietThreads) { await upkeep.run(writer, database) }
                    group.addTask { await parameterUpkeep.run(writer) }
                    group.addTask { await labelUpkeep.run(writer) }
                }
            }
            follower = Mutex((working, Task(executorPreference: threads) { await upkeep.tend(database) }))
            self.terminology = terminology
            upkeep.advanced(to: feed.head)
            storedTerminology.attach(self)
        } catch {
            throw RecordsError(translating: error)
        }
    }

    private static func dictionary(_ id: Int64, in database: any SQLDatabase) throws -> [UInt8]? {
        try database.readOnce { db in
            try db.first("SELECT content FROM dictionary WHERE id = ?", [.integer(id)]) { $0.blob(0) }
        }
    }

    /// Finishes what was begun and closes the database.
    public func close() async {
        await writer.close()
        feed.close()
        upkeep.close()
        parameterUpkeep.close()
        labelUpkeep.close()
        let tasks = follower.withLock { tasks in
            defer { tasks = nil }
            return tasks
        }
        tasks?.tending.cancel()
        await tasks?.working.value
        // It ends what the tending does.
        try? database.close()
        await tasks?.tending.value
    }

    /// Builds anew the indexes that have grown loose, now rather than when the store is next idle. Blocks until it is done.
    ///
    /// - Throws: ``RecordsError`` of category `unavailable` when the database can't be reached.
    public func rebuildIndexes() throws(RecordsError) {
        do { try upkeep.rebuildIndexes(database, head: feed.head, wanted: true) } catch {
            throw RecordsError(translating: error)
        }
    }

    /// Where a task that reads is to run: threads that may wait for the database, nil where reading waits for nobody.
    /// Give it to `withTaskExecutorPreference`.
    public var readingThreads: (any TaskExecutor)? { database.readingThreads }

    /// Where background work that nobody waits for is to run, so that requests and fresh messages go before it; nil where
    /// there are no such threads. Give it to `withTaskExecutorPreference`.
    public var quietThreads: (any TaskExecutor)? { database.quietThreads }

    /// Whether writes wait or are under way, or projections have not yet seen all that was written: background work that can
    /// wait gives way then.
    public var isBusy: Bool { writer.isBusy || feed.isBehind }

    /// The right to lead in a matter, held by one server on the database at a time.
    public func leaderLock(_ name: String) -> any SQLLeaderLock { database.leaderLock(name) }

    // MARK: Reading

    /// The current version.
    ///
    /// - Throws: ``RecordsError`` of category `notFound`, or `gone` when it is deleted.
    public func read(_ key: ResourceKey) throws(RecordsError) -> Version {
        let found = try reading { try $0.readOnce { db in try parts.newest(db, key) } }
        guard let found else { throw RecordsError(.notFound, "There is no \(key).") }
        if found.verb == .delete { throw Self.gone(found) }
        return found
    }

    /// A given version.
    ///
    /// - Throws: ``RecordsError`` of category `notFound`, or `gone` when that version is a delete.
    public func version(_ key: ResourceKey, _ versionID: Int) throws(RecordsError) -> Version {
        let found = try reading { try $0.readOnce { db in try parts.version(db, key, versionID) } }
        guard let found else { throw RecordsError(.notFound, "There is no version \(versionID) of \(key).") }
        if found.verb == .delete { throw Self.gone(found) }
        return found
    }

    static func gone(_ version: Version) -> RecordsError {
        let time = isoInstant(version.lastUpdated)
        return RecordsError(.gone, "\(version.key) was deleted at \(time) (version \(version.versionID)).")
    }

    /// A page of the history of a resource, of a type, or of everything.
    public func history(_ scope: HistoryScope, _ query: HistoryQuery) throws(RecordsError) -> HistoryPage {
        try reading { try $0.read { db in try parts.history(db, scope, query) } }
    }

    /// A page of a search.
    ///
    /// - Parameters:
    ///   - type: the resource type.
    ///   - parameters: name and value of each parameter, decoded, in order; result parameters (`_count`, `_sort`,
    ///     `_include`, `_revinclude`, `_total`, `_summary=count`, `_cursor`) among them.
    ///   - lenient: whether what is not understood is passed over with a warning instead of being refused.
    public func search(
        type: String, parameters: [(String, String)], lenient: Bool = false
    ) throws(RecordsError) -> SearchPage {
        let parts = parts.with(parts.indexer)
        let query = try QueryReader(type: type, parts: parts, lenient: lenient, now: options.now()).read(parameters)
        return try reading { try $0.read { db in try SearchRun(db: db, parts: parts, query: query).page() } }
    }

    /// The codes of the search parameters of a type, sorted.
    public func searchParameters(of type: String) -> [String] { parts.indexer.codes(of: type) }

    /// Reads a projection's own tables.
    public func readSQL<T>(_ body: (SQLConnection) throws -> T) throws(RecordsError) -> T {
        try reading { try $0.read(body) }
    }

    func reading<T>(_ body: (any SQLDatabase) throws -> T) throws(RecordsError) -> T {
        do { return try body(database) } catch { throw RecordsError(translating: error) }
    }

    // MARK: Projections

    /// Drops a projection's tables and rebuilds them from the feed, while everything goes on.
    public func rebuild(projection name: String) async throws(RecordsError) {
        do { try await feed.rebuild(name, writer) } catch { throw RecordsError(translating: error) }
    }

    /// Returns when the projections have caught up with the feed.
    public func settle() async { await feed.settled() }

    /// The size and state of the store.
    public func status() throws(RecordsError) -> StoreStatus {
        let counts = try readSQL { db in
            try db.query("SELECT name, alive FROM resource_type WHERE alive <> 0") { ($0.text(0), Int($0.int(1))) }
        }
        return StoreStatus(
            databaseBytes: database.bytes(), resourceCounts: Dictionary(uniqueKeysWithValues: counts),
            sequence: feed.head, projections: feed.projectionStates, parameters: parts.parameters.states,
            labelledRatio: parts.access.state.ratio)
    }
}

/// The size and state of a store.
public struct StoreStatus: Sendable {
    /// Bytes on disk, the write-ahead log included.
    public let databaseBytes: Int
    /// Resources that are not deleted, by type.
    public let resourceCounts: [String: Int]
    /// The newest change.
    public let sequence: Int64
    /// Where each projection stands.
    public let projections: [ProjectionState]
    /// The search parameters that SearchParameter resources have added.
    public let parameters: [AddedParameterState]
    /// How much is labelled for the rules of access, from 0 to 1; nil for a store that keeps no labels. Until it is 1 nobody
    /// looks at the store by the rules.
    public let labelledRatio: Double?
}
