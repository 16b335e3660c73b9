public import JSON
public import SQL

/// A write that is ready: its resource is checked, indexed and compressed, which needs no lock.
public struct ReadyWrite: Sendable {
    let write: PreparedWrite

    /// What it writes.
    public var key: ResourceKey { write.key }

    /// The resource as it will stand, but for its version; nil for a delete.
    public var document: JSONDocument? {
        if case .put(let body, _, _) = write.operation { body.document } else { nil }
    }
}

/// The store inside of a transaction, as its writer finds it.
public struct WriteDesk {
    let session: WriteSession
    let store: RecordStore

    /// The tables beside the records, to look at. What is to be written there is written beside the transaction's writes.
    public var database: SQLConnection { session.db }

    /// The one resource that a search finds; nil when it finds none.
    ///
    /// - Throws: ``RecordsError`` of category `multipleMatches` when it finds more, or for what is wrong with the search.
    public func find(type: String, query: String) throws -> ResourceKey? {
        switch try session.matches(store.condition(type, query)) {
        case .none: nil
        case .one(let key): key
        }
    }

    /// What stands under a key; nil when there is nothing, or it is deleted.
    public func current(_ key: ResourceKey) throws -> Version? {
        if session.isBuffered, let known = session.found[key], known.isWhole, let current = known.current {
            return current
        }
        do { return try session.standing(key) } catch let error as RecordsError {
            guard error.category == .notFound || error.category == .gone else { throw error }
            return nil
        }
    }
}

/// A write of the house's own that is decided inside of its transaction (``RecordStore/write(size:trace:beside:deciding:)``).
public struct DecidedWork: Sendable {
    let size: Int
    let trace: AccessTrace?
    let beside: @Sendable (SQLConnection, [WriteOutcome?]) throws -> Void
    let decide: @Sendable (WriteDesk) throws -> [ReadyWrite]

    /// - Parameters:
    ///   - size: roughly how many resources it writes.
    ///   - trace: on whose account it is noted in the audit log; nil for nobody's.
    ///   - beside: writes the caller's own tables, once nothing can refuse the writes any more.
    ///   - decide: what to write.
    public init(
        size: Int, trace: AccessTrace?, beside: @escaping @Sendable (SQLConnection, [WriteOutcome?]) throws -> Void,
        deciding decide: @escaping @Sendable (WriteDesk) throws -> [ReadyWrite]
    ) {
        self.size = size
        self.trace = trace
        self.beside = beside
        self.decide = decide
    }
}

extension WriteDesk {
    /// The numbers of the versions that stand under some keys; those of which nothing stands are left out. In one round trip
    /// where the database is elsewhere.
    public func numbers(of keys: some Collection<ResourceKey>) throws -> [ResourceKey: Int] {
        if session.isBuffered {
            try session.lookUp(
                Dictionary(keys.filter { session.found[$0]?.isWhole != true }.map { ($0, true) }) { one, _ in one })
        }
        var numbers: [ResourceKey: Int] = [:]
        for key in keys {
            if let state = try session.state(key), state.isAlive { numbers[key] = state.number }
        }
        return numbers
    }

    /// The newest change of the store, those of this transaction included.
    public func head() throws -> Int64 {
        try session.db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0
    }
}

extension RecordStore {
    /// Does several works one after the other, each by itself: a refusal concerns its work alone. They share a commit as far as
    /// there is room.
    ///
    /// - Returns: of each, in order, what its writes did, when it is durable, or why it wasn't done.
    public func write(inOrder works: [DecidedWork]) async -> [Result<[WriteOutcome?], RecordsError>] {
        await writer.write(
            inOrder: works.map { work in
                (
                    work.size, noting(work.trace), work.beside,
                    { session in try work.decide(WriteDesk(session: session, store: self)).map(\.write) }
                )
            })
    }

    /// Checks a resource and makes it ready to be written as `key`. Needs no lock; many may do so at a time.
    ///
    /// - Parameter links: what to put in place of references, such as `urn:uuid:…` → `Patient/7`.
    /// - Throws: ``RecordsError`` with every fault of the resource.
    public func ready(
        _ body: JSONDocument, as key: ResourceKey, links: [String: String] = [:]
    ) throws(RecordsError) -> ReadyWrite {
        let prepared = try parts.preparation.prepare(body, as: key, links: Links(links))
        return ReadyWrite(write: PreparedWrite(key: key, operation: .put(prepared, ifMatch: nil, mustBeNew: false)))
    }

    /// Checks a resource as ``ready(_:as:links:)`` does, where it needn't be written.
    public func check(_ body: JSONDocument, type: String) throws(RecordsError) {
        try parts.preparation.check(body, type: type)
    }

    /// A delete; it does nothing when there is nothing.
    public func ready(deleting key: ResourceKey) -> ReadyWrite {
        ReadyWrite(write: PreparedWrite(key: key, operation: .delete(ifMatch: nil)))
    }

    /// Writes in one transaction what is decided inside of it, and tables of the caller's own beside; for the house's own work.
    ///
    /// - Parameters:
    ///   - size: roughly how many resources it writes.
    ///   - trace: on whose account it is noted in the audit log, in the same transaction; nil for nobody's.
    ///   - beside: writes the caller's own tables, once nothing can refuse the writes any more. Where it throws, nothing of the
    ///     transaction stands, other jobs' that share it included; it must not refuse what a caller may have got wrong.
    ///   - decide: what to write. It may look, and must not write. Several transactions decide one after the other.
    /// - Returns: what each write did, when it is durable.
    /// - Throws: ``RecordsError``; nothing is written then.
    public func write(
        size: Int, trace: AccessTrace? = nil,
        beside: @escaping @Sendable (SQLConnection, [WriteOutcome?]) throws -> Void = { _, _ in },
        deciding decide: @escaping @Sendable (WriteDesk) throws -> [ReadyWrite]
    ) async throws(RecordsError) -> [WriteOutcome?] {
        try await writer.write(
            size: size, for: noting(trace), beside: beside
        ) { session in
            try decide(WriteDesk(session: session, store: self)).map(\.write)
        }
    }

    /// Whether what is done is noted in the audit log: a store that nobody sees by the rules keeps none.
    public var isNoted: Bool { parts.access.isOn }

    /// The house as a writer that is noted.
    private func noting(_ trace: AccessTrace?) -> SeenWriter? {
        isNoted ? trace.map { SeenWriter(sight: nil, trace: $0) } : nil
    }
}
