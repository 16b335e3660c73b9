import SQL
import Synchronization

/// Indexes what is stored by new search parameters, and removes the rows of those that are gone, while the store serves.
///
/// The work is done in parts between other writes, and how far it is stands in the table `custom_parameter`, so that the
/// next start goes on there. Of several servers on one database one does it.
final class ParameterUpkeep: Sendable {
    /// At most this many resources are indexed in one commit.
    static let resourcesMax = 500
    /// At most this many rows of a table are removed in one commit.
    static let rowsMax = 5000
    /// How often a server looks for what others have changed.
    static let lookMilliseconds: Int64 = 250
    /// The rows of a parameter that is gone stay so long, since searches that have begun, here or at another server, may
    /// still ask for them.
    static let graceMilliseconds: Int64 = 1500

    private enum Step {
        case worked
        /// There is nothing to do until somebody says so.
        case idle
        /// There will be something to do when the time of grace is over.
        case later
    }

    private struct State {
        var isClosed = false
        /// When the rows of a parameter may be removed.
        var due: [Int64: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())
    private let parts: StoreParts
    private let database: any SQLDatabase
    private let isShared: Bool
    private let lock: any SQLLeaderLock
    private let untilMayIndex: @Sendable () async -> Void

    init(
        parts: StoreParts, database: any SQLDatabase, isShared: Bool, lock: any SQLLeaderLock,
        untilMayIndex: @escaping @Sendable () async -> Void
    ) {
        self.parts = parts
        self.database = database
        self.isShared = isShared
        self.lock = lock
        self.untilMayIndex = untilMayIndex
    }

    /// Works until ``close()``.
    func run(_ writer: Writer) async {
        let parameters = parts.parameters
        await withTaskGroup(of: Void.self) { group in
            if isShared {
                group.addTask {
                    while !Task.isCancelled {
                        parameters.wake()
                        try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
                    }
                }
            }
            for await _ in parameters.signals {
                let pause = await work(writer)
                guard let pause else { continue }
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(pause))
                    parameters.wake()
                }
            }
            group.cancelAll()
        }
        lock.release()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        parts.parameters.close()
    }

    /// Works as long as there is work; returns after how many milliseconds to look again, where nobody will say so.
    private func work(_ writer: Writer) async -> Int64? {
        while !state.withLock({ $0.isClosed }) {
            do {
                switch try await step(writer) {
                case .worked: continue
                case .idle: return nil
                case .later: return Self.graceMilliseconds / 4
                }
            } catch {
                // The database can't be reached, or is busy: the work stands where it stood.
                return 1000
            }
        }
        return nil
    }

    private func step(_ writer: Writer) async throws -> Step {
        if isShared { try look() }
        let entries = parts.indexer.catalogue.entries
        guard entries.contains(where: { $0.state != .ready }), lock.hold() else { return .idle }
        if entries.contains(where: { $0.state == .indexing }) {
            await untilMayIndex()
            return try await index(writer) ? .worked : .idle
        }
        let leaving = entries.filter { $0.state == .leaving }
        guard let due = leaving.first(where: isDue) else { return .later }
        try await remove(due, writer)
        return .worked
    }

    /// Learns what another server has changed, and how far it is.
    private func look() throws {
        try database.read { db in
            try parts.parameters.refresh(db, ParameterCatalogue.revision(db) ?? 0)
            guard parts.indexer.catalogue.entries.contains(where: { $0.state == .indexing }) else { return }
            parts.parameters.progress = Dictionary(
                uniqueKeysWithValues: try Standing.all(db).map { ($0.number, .init(done: $0.done, total: $0.total)) })
        }
    }

    // MARK: Indexing

    /// How far a parameter is.
    private struct Standing: Sendable {
        var number: Int64
        var type: String
        /// The last resource that is indexed.
        var place: Int64
        /// The last one that is to be indexed: what came later was indexed as it came.
        var goal: Int64
        var done: Int64
        var total: Int64

        static func all(_ db: SQLConnection) throws -> [Standing] {
            try db.query(
                """
                SELECT number, type, place, goal, done, total FROM custom_parameter
                WHERE state = \(ParameterEntry.State.indexing.rawValue) ORDER BY type, place, number
                """
            ) { row in
                Standing(
                    number: row.int(0), type: row.text(1), place: row.int(2), goal: row.int(3), done: row.int(4),
                    total: row.int(5))
            }
        }
    }

    /// Indexes the next resources of one type by all parameters that stand at the same place; false when the catalogue is
    /// ahead of what this server knows.
    private func index(_ writer: Writer) async throws -> Bool {
        let all = try database.readOnce { try Standing.all($0) }
        guard let first = all.first, let type = parts.types.number(of: first.type) else { return false }
        let sameType = all.filter { $0.type == first.type }
        guard !sameType.contains(where: { $0.goal < 0 }) else {
            try await begin(writer, first.type, type)
            return true
        }
        let group = sameType.filter { $0.place == first.place }
        let numbers = Set(group.map(\.number))
        let entries = parts.indexer.catalogue.entries.filter { numbers.contains($0.number) && $0.state == .indexing }
        guard entries.count == group.count else { return false }
        // Where another one stands, both go on together.
        let meeting = sameType.first { $0.place > first.place }?.place
        let end = meeting ?? group.map(\.goal).max() ?? 0
        let page = try page(type, after: first.place, upTo: end)
        let isLast = page.count < Self.resourcesMax
        let place = isLast ? end : page.last?.rid ?? end
        let plan = parts.indexer.plan(of: entries)
        let rows = try page.map { try derived($0, plan) }
        let parts = parts
        try await writer.index { session in
            let known = session.catalogue.entries.filter { numbers.contains($0.number) }
            // One that is gone by now must get no rows.
            guard known == entries else { return }
            let standings = try Self.standings(session.db, type, after: first.place, upTo: place)
            try session.index(
                rows.compactMap { row in
                    guard let (sequence, shard) = standings[row.rid] else { return nil }
                    guard sequence != row.sequence else { return (row.rows, row.rid, shard) }
                    // Written since it was read.
                    guard let version = try parts.current(session.db, rid: row.rid) else { return nil }
                    let rows = parts.indexer.rows(of: try parts.document(version.stored.bytes), by: plan)
                    try parts.terms.check(rows)
                    return (rows, row.rid, shard)
                })
            let list = numbers.sorted().map(String.init).joined(separator: ", ")
            try session.db.execute(
                "UPDATE custom_parameter SET place = ?, done = done + ? WHERE number IN (\(list))", .integer(place),
                .int(rows.count))
            if isLast, meeting == nil {
                try session.flush()
                for param in entries.flatMap(\.numbers) { try CodeCounts.recount(param, session.db) }
                session.catalogue.finish(numbers)
            }
        }
        let count = Int64(rows.count)
        self.parts.parameters.progress = Dictionary(
            uniqueKeysWithValues: all.map { standing in
                let more = numbers.contains(standing.number) ? count : 0
                return (standing.number, .init(done: standing.done + more, total: standing.total))
            })
        return true
    }

    /// Notes which resources are to be indexed: those that are there now. Later ones were written by servers that know the
    /// parameter.
    private func begin(_ writer: Writer, _ name: String, _ type: Int64) async throws {
        try await writer.perform { db in
            try db.execute(
                """
                UPDATE custom_parameter SET goal = (SELECT coalesce(max(rid), 0) FROM resource),
                total = (SELECT alive FROM resource_type WHERE id = ?) WHERE type = ? AND goal < 0
                """, .integer(type), .text(name))
        }
    }

    private func page(_ type: Int64, after place: Int64, upTo end: Int64) throws -> [(rid: Int64, version: Version)] {
        try database.readOnce { db in
            try db.query(
                """
                SELECT \(StoreParts.versionColumns) FROM resource r JOIN version v ON v.sequence = r.sequence
                WHERE r.type = ? AND r.alive = 1 AND r.rid > ? AND r.rid <= ? ORDER BY r.rid LIMIT \(Self.resourcesMax)
                """, [.integer(type), .integer(place), .integer(end)]
            ) { row in (row.int(9), try parts.version(row)) }
        }
    }

    private func derived(
        _ found: (rid: Int64, version: Version), _ plan: IndexPlan
    ) throws -> (rid: Int64, sequence: Int64, rows: IndexRows) {
        let rows = parts.indexer.rows(of: try parts.document(found.version.stored.bytes), by: plan)
        try parts.terms.check(rows)
        return (found.rid, found.version.sequence, rows)
    }

    /// The newest version and the person of each living resource.
    private static func standings(
        _ db: SQLConnection, _ type: Int64, after place: Int64, upTo end: Int64
    ) throws -> [Int64: (sequence: Int64, shard: Int64)] {
        var found: [Int64: (sequence: Int64, shard: Int64)] = [:]
        let shard = db.kind == .postgreSQL ? "shard" : "0"
        try db.rows(
            "SELECT rid, sequence, \(shard) FROM resource WHERE type = ? AND alive = 1 AND rid > ? AND rid <= ?",
            [.integer(type), .integer(place), .integer(end)]
        ) { found[$0.int(0)] = ($0.int(1), $0.int(2)) }
        return found
    }

    // MARK: Removing

    /// Whether nobody can ask for the rows any more.
    private func isDue(_ entry: ParameterEntry) -> Bool {
        state.withLock { state in
            let due = state.due[entry.number] ?? .now + .milliseconds(Self.graceMilliseconds)
            state.due[entry.number] = due
            return due <= .now
        }
    }

    private func remove(_ entry: ParameterEntry, _ writer: Writer) async throws {
        let params = entry.numbers.flatMap { [$0, -$0] }
        while try await writer.perform({ db in try Self.removeSome(params, db) }) {
            if state.withLock({ $0.isClosed }) { return }
        }
        state.withLock { $0.due[entry.number] = nil }
        try await writer.index { $0.catalogue.forget([entry.number]) }
    }

    /// Removes some rows; false when there are none left.
    private static func removeSome(_ params: [Int64], _ db: SQLConnection) throws -> Bool {
        for table in IndexTable.allCases {
            let key = table.primaryKey.joined(separator: ", ")
            for param in params {
                let exists = try db.first("SELECT 1 FROM \(table.name) WHERE param = ? LIMIT 1", [.integer(param)]) {
                    _ in true
                }
                guard exists == true else { continue }
                try db.execute(
                    """
                    DELETE FROM \(table.name) WHERE param = ? AND (\(key)) IN
                    (SELECT \(key) FROM \(table.name) WHERE param = ? LIMIT \(rowsMax))
                    """, .integer(param), .integer(param))
                return true
            }
        }
        for param in params { try CodeCounts.forget(param, db) }
        return false
    }
}
