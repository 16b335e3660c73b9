import Access
import AuditLog
import FHIR
import JSON
import SQL

/// What the writer remembers from one group of writes to the next.
struct WriterMemory {
    var nextSequence: Int64
    var nextRID: Int64
    var lastInstant: Int64
    /// Numbers of resources seen lately; forgotten as a whole when there are too many.
    var rids: [ResourceKey: Int64] = [:]
    /// Numbers of texts seen lately.
    var texts = TextNumbers()
    /// String values seen lately.
    var strings = StringValues()
    /// The revision of the search parameters, as another server may have left it.
    var parametersRevision: Int64 = 0
    /// How far the tables of access are filled, as another server may have left it.
    var access: String?
    /// Who stands for Patients seen lately; empty where nobody else does.
    var standIns: [String: String] = [:]
    /// Whether anybody stands for another at all; nil before it was asked.
    var hasStandIns: Bool?
    static let ridsMax = 500_000

    /// Gives all to one group of writes, and keeps only the counters, which stand if the group fails. The table is large:
    /// it must never have two holders, or it would be copied.
    mutating func moved() -> WriterMemory {
        defer {
            rids = [:]
            texts = TextNumbers()
            strings = StringValues()
            standIns = [:]
            hasStandIns = nil
        }
        return self
    }

    init(_ db: SQLConnection) throws {
        nextSequence = 1
        nextRID = 1
        lastInstant = Int64.min
        try refresh(db)
    }

    /// Reads the counters anew: on PostgreSQL another server may have written since. The numbers of resources stand: one
    /// that was committed is never changed, and one that was not is never kept.
    mutating func refresh(_ db: SQLConnection) throws {
        let found = try db.first(
            """
            SELECT (SELECT max(sequence) FROM version), (SELECT max(rid) FROM resource),
            (SELECT at FROM version ORDER BY sequence DESC LIMIT 1),
            (SELECT value FROM setting WHERE name = '\(ParameterCatalogue.setting)'),
            (SELECT value FROM setting WHERE name = '\(AccessTables.setting)')
            """
        ) { ($0.int(0), $0.int(1), $0.intOrNil(2), $0.textOrNil(3), $0.textOrNil(4)) }
        guard let found else { return }
        if nextSequence != found.0 + 1 {
            // Another server may have merged.
            standIns = [:]
            hasStandIns = nil
        }
        nextSequence = found.0 + 1
        nextRID = found.1 + 1
        lastInstant = max(lastInstant, found.2 ?? Int64.min)
        parametersRevision = found.3.flatMap { Int64($0) } ?? 0
        access = found.4
    }
}

/// One group of writes inside its transaction.
///
/// Everything that may refuse a job is looked at before the job writes anything, so that a refused job leaves nothing
/// behind and the others of the group go on.
final class WriteSession {
    let db: SQLConnection
    var memory: WriterMemory
    var parts: StoreParts
    private(set) var instant: Int64
    var buffer: IndexBuffer
    /// The search parameters as this group leaves them. Its own rows are made by those that stood before it.
    var catalogue: ParameterCatalogue
    /// Whether what is written was accepted elsewhere, and must not be refused here.
    var isReplay = false
    /// The index rows of the job at hand.
    private var pending: [(removed: IndexRows, added: IndexRows, rid: Int64, shard: Int64)] = []
    /// The resources whose rows the buffer holds.
    private var touched: Set<Int64> = []
    private var aliveDifference: [Int64: Int64] = [:]
    private(set) var versionsWritten = 0
    /// Whether rows are gathered and sent together, and look-ups made ahead.
    let isBuffered: Bool
    private var rows = RowBuffer()
    /// What was looked up, or has been written since.
    var found: [ResourceKey: Found] = [:]
    /// Whether the tables of access are kept.
    let keepsLabels: Bool
    var labelBuffer = LabelBuffer()
    /// The labels of what the group has written.
    var labelled: [ResourceKey: ResourceLabels] = [:]
    /// Resources whose dependents are being labelled anew.
    var isFollowing: Set<Int64> = []
    /// Who stands for Patients once the job at hand is written.
    var pendingStandIns: [String: String] = [:]
    /// For whom the job at hand writes; nil for the house itself.
    var writer: SeenWriter?
    /// What the group's jobs have done, for the audit log.
    var events: [AuditEntry] = []

    init(_ db: SQLConnection, memory: WriterMemory, parts: StoreParts, now: Int64) {
        self.db = db
        isBuffered = db.kind == .postgreSQL
        buffer = IndexBuffer(db.kind)
        self.memory = memory
        self.parts = parts
        catalogue = parts.indexer.catalogue
        self.parts.isCommitted = false
        keepsLabels = parts.access.isOn
        instant = max(now, memory.lastInstant)
        self.memory.lastInstant = instant
    }

    /// Lets the group's next writes stand at another instant: they happened then, in another store.
    func stand(at instant: Int64) {
        self.instant = instant
        memory.lastInstant = instant
    }

    /// What is known of a resource that was written or referred to.
    struct State {
        var rid: Int64
        var sequence: Int64
        var isAlive: Bool
        var number: Int
        var shard: Int64 = 0
    }

    /// What is known of a resource within the group.
    struct Found {
        /// Nil when there is none.
        var state: State?
        /// The version that stands; nil when there is none, or it is deleted.
        var current: Version?
        /// Whether number and version were looked up, and not the resource's own number alone.
        var isWhole = true
    }

    /// What stands before a write.
    private struct Before {
        var version: Version
        /// Its index rows, where the write will take them away.
        var rows: IndexRows
    }

    /// Writes a job, or refuses it.
    ///
    /// Whatever may refuse the job, a stored body that can't be read included, is done before the first row is written.
    func perform(_ writes: [PreparedWrite]) throws -> [WriteOutcome?] {
        let writes = try indexed(writes)
        let catalogue = try catalogue(after: writes)
        try prefetch(writes)
        let states = try writes.map { try state($0.key) }
        let labels = try labels(of: writes)
        if let writer, let sight = writer.sight { try decide(writes, states, labels, for: writer, seeing: sight) }
        for (write, state) in zip(writes, states) { try check(write, state) }
        let befores = try zip(writes, states).map { try before($0, $1) }
        var outcomes: [WriteOutcome?] = []
        outcomes.reserveCapacity(writes.count)
        for (index, write) in writes.enumerated() {
            switch write.operation {
            case .put(let body, _, _): outcomes.append(try put(write.key, body, states[index], befores[index]))
            case .delete: outcomes.append(try delete(write.key, states[index], befores[index]))
            case .keep:
                outcomes.append(
                    befores[index].map { WriteOutcome(version: $0.version, created: false, changed: false) })
            }
        }
        // References are numbered last: a resource of this job that is referred to then has its own number already.
        for rows in pending {
            // The buffer removes before it adds: what an earlier job of the group added must be in its table by then.
            if !touched.insert(rows.rid).inserted {
                try flush()
                touched = [rows.rid]
            }
            try buffer.remove(rows.removed, rid: rows.rid) { try rid(of: $0) }
            try buffer.add(rows.added, rid: rows.rid, shard: rows.shard) { try rid(of: $0) }
        }
        pending.removeAll(keepingCapacity: true)
        try label(writes, outcomes, labels, isKnown: states.map { $0 != nil })
        try settleStandIns()
        if let writer { try note(writes, outcomes, labels, for: writer) }
        if let catalogue { self.catalogue = catalogue }
        return outcomes
    }

    /// Makes what was written so far visible to a search within the transaction.
    func flush() throws {
        try flushRows()
        try buffer.flush(db, &memory)
        try flushLabels()
    }

    /// Sends the rows of resources and versions, where they are gathered.
    func flushRows() throws {
        if isBuffered { try rows.flush(db) }
    }

    /// Ends the group: index rows, counters and search parameters.
    func finish() throws {
        try flush()
        if !events.isEmpty { try AuditTrail.append(events, in: db) }
        if catalogue != parts.indexer.catalogue { try catalogue.save(db, after: parts.indexer.catalogue) }
        for (type, difference) in aliveDifference where difference != 0 {
            try db.execute(
                "UPDATE resource_type SET alive = alive + ? WHERE id = ?", .integer(difference), .integer(type))
        }
    }

    private func check(_ write: PreparedWrite, _ state: State?) throws(RecordsError) {
        let current = state.flatMap { $0.isAlive ? $0.number : nil }
        func matches(_ wanted: Int?) throws(RecordsError) {
            guard let wanted, wanted != current else { return }
            throw RecordsError(
                .preconditionFailed,
                "If-Match asks for version \(wanted) of \(write.key), but "
                    + (current.map { "version \($0) stands. Read it again and redo the change." } ?? "there is none."))
        }
        switch write.operation {
        case .put(_, let ifMatch, let mustBeNew):
            try matches(ifMatch)
            if mustBeNew, current != nil {
                throw RecordsError(
                    .preconditionFailed, "\(write.key) exists already, and the request is for a new one.")
            }
        case .delete(let ifMatch):
            try matches(ifMatch)
        case .keep: break
        }
    }

    func state(_ key: ResourceKey) throws -> State? {
        if isBuffered, let known = found[key], known.isWhole { return known.state }
        guard let type = parts.types.number(of: key.type) else {
            throw RecordsError(.notSupported, "\(key.type) is not a resource type of FHIR R4.")
        }
        return try db.first(
            """
            SELECT r.rid, r.sequence, r.alive, v.number FROM resource r
            LEFT JOIN version v ON v.sequence = r.sequence WHERE r.type = ? AND r.id = ?
            """, [.integer(type), .blob(IDCode.encode(key.id))]
        ) { State(rid: $0.int(0), sequence: $0.int(1), isAlive: $0.int(2) == 1, number: Int($0.int(3))) }
    }

    /// The number of a resource; one that is only referred to gets its number before it comes.
    func rid(of key: ResourceKey) throws -> Int64 {
        if let known = memory.rids[key] { return known }
        guard let type = parts.types.number(of: key.type) else { return 0 }
        let id = IDCode.encode(key.id)
        let known: Int64? =
            if isBuffered, let found = found[key] {
                found.state?.rid
            } else {
                try db.first("SELECT rid FROM resource WHERE type = ? AND id = ?", [.integer(type), .blob(id)]) {
                    $0.int(0)
                }
            }
        let rid =
            try known
            ?? insertResource(
                key, type: type, id: id, .init(sequence: 0, alive: 0, shard: PersonShard.of(key)))
        if isBuffered, known == nil {
            let state = State(rid: rid, sequence: 0, isAlive: false, number: 0, shard: PersonShard.of(key))
            found[key] = Found(state: state)
        }
        remember(key, rid)
        return rid
    }

    private func remember(_ key: ResourceKey, _ rid: Int64) {
        if memory.rids.count >= WriterMemory.ridsMax { memory.rids.removeAll(keepingCapacity: true) }
        memory.rids[key] = rid
    }

    private func insertResource(
        _ key: ResourceKey, type: Int64, id: [UInt8], _ standing: RowBuffer.Standing
    ) throws -> Int64 {
        let rid = memory.nextRID
        memory.nextRID += 1
        if isBuffered {
            rows.insert(rid: rid, type: type, id: id, standing)
            return rid
        }
        let statement = try db.statement(
            "INSERT INTO resource (rid, type, sequence, alive, id) VALUES (?, ?, ?, ?, ?)")
        try statement.bind(1, rid)
        try statement.bind(2, type)
        try statement.bind(3, standing.sequence)
        try statement.bind(4, standing.alive)
        try statement.bind(5, id)
        try statement.finish()
        return rid
    }

    private func before(_ write: PreparedWrite, _ state: State?) throws -> Before? {
        guard let state, state.isAlive else { return nil }
        let known = isBuffered ? found[write.key]?.current : nil
        guard let version = try known ?? parts.version(db, at: state.sequence, key: write.key) else { return nil }
        let takesAway =
            switch write.operation {
            case .put(let body, _, _): version.stored.bytes != body.stored.bytes
            case .delete: true
            case .keep: false
            }
        return Before(version: version, rows: takesAway ? try parts.indexRows(of: version) : IndexRows())
    }

    private func put(
        _ key: ResourceKey, _ body: PreparedBody, _ state: State?, _ before: Before?
    ) throws -> WriteOutcome {
        guard let type = parts.types.number(of: key.type) else {
            throw RecordsError(.notSupported, "\(key.type) is not a resource type of FHIR R4.")
        }
        if let state, let before, before.version.stored.bytes == body.stored.bytes {
            remember(key, state.rid)
            return WriteOutcome(version: before.version, created: false, changed: false)
        }
        let sequence = memory.nextSequence
        memory.nextSequence += 1
        let rid: Int64
        if let state {
            rid = state.rid
            try update(rid, .init(sequence: sequence, alive: 1, shard: body.shard))
        } else {
            rid = try insertResource(
                key, type: type, id: IDCode.encode(key.id), .init(sequence: sequence, alive: 1, shard: body.shard))
        }
        remember(key, rid)
        let moves = isBuffered && (state.map { $0.shard != body.shard } ?? false)
        if moves { rows.move(rid: rid, to: body.shard) }
        if let before {
            let gone = before.rows.subtracting(body.rows)
            let new = body.rows.subtracting(before.rows)
            // What belongs to another person now goes there with every row.
            let goesWhole = moves || (buffer.isWhole && gone.count + new.count > 0)
            pending.append(goesWhole ? (before.rows, body.rows, rid, body.shard) : (gone, new, rid, body.shard))
        } else {
            pending.append((IndexRows(), body.rows, rid, body.shard))
        }
        if before == nil { aliveDifference[type, default: 0] += 1 }
        let version = Version(
            key: key, versionID: (state?.number ?? 0) + 1, lastUpdated: instant, sequence: sequence,
            verb: before == nil ? .create : .update, stored: body.stored)
        try insert(
            .init(
                version: version, rid: rid, type: type, shard: body.shard, dictionary: body.dictionary,
                body: body.compressed))
        return WriteOutcome(version: version, created: before == nil, changed: true)
    }

    private func delete(_ key: ResourceKey, _ state: State?, _ before: Before?) throws -> WriteOutcome? {
        guard let state, let before, let type = parts.types.number(of: key.type) else { return nil }
        let sequence = memory.nextSequence
        memory.nextSequence += 1
        try update(state.rid, .init(sequence: sequence, alive: 0, shard: state.shard))
        pending.append((before.rows, IndexRows(), state.rid, state.shard))
        aliveDifference[type, default: 0] -= 1
        let version = Version(
            key: key, versionID: state.number + 1, lastUpdated: instant, sequence: sequence, verb: .delete,
            stored: StoredBody(bytes: [], splice: .init(.newMeta, at: 0)))
        try insert(
            .init(version: version, rid: state.rid, type: type, shard: state.shard, dictionary: 0, body: []))
        return WriteOutcome(version: version, created: false, changed: true)
    }

    private func update(_ rid: Int64, _ standing: RowBuffer.Standing) throws {
        if isBuffered { return rows.update(rid: rid, standing) }
        let update = try db.statement("UPDATE resource SET sequence = ?, alive = ? WHERE rid = ?")
        try update.run(standing.sequence, standing.alive, rid)
    }

    private func insert(_ row: RowBuffer.NewVersion) throws {
        versionsWritten += 1
        if isBuffered {
            let version = row.version
            found[version.key] = Found(
                state: State(
                    rid: row.rid, sequence: version.sequence, isAlive: version.verb != .delete,
                    number: version.versionID, shard: row.shard),
                current: version.verb == .delete ? nil : version)
            return rows.insert(row)
        }
        let statement = try db.statement(
            """
            INSERT INTO version (sequence, rid, number, type, verb, at, dictionary, splice, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        try statement.bind(1, row.version.sequence)
        try statement.bind(2, row.rid)
        try statement.bind(3, Int64(row.version.versionID))
        try statement.bind(4, row.type)
        try statement.bind(5, Int64(row.version.verb.rawValue))
        try statement.bind(6, row.version.lastUpdated)
        try statement.bind(7, row.dictionary)
        try statement.bind(8, row.version.stored.splice.encoded)
        try statement.bind(9, row.body)
        try statement.finish()
    }
}
