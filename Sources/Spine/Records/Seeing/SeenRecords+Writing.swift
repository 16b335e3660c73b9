import Access
import AuditLog
import FHIR
public import JSON
import SQL

extension SeenRecords {
    /// Creates a resource under a new id.
    ///
    /// - Parameters:
    ///   - type: the resource type.
    ///   - body: the resource; an id in it is replaced.
    ///   - ifNoneExist: a search among what is seen; when one resource matches it, nothing is written and that one is the
    ///     outcome.
    public func create(
        type: String, _ body: JSONDocument, ifNoneExist: String? = nil
    ) async throws(RecordsError) -> WriteOutcome {
        try await writing { writer throws(RecordsError) in
            try await store.create(type: type, body, ifNoneExist: ifNoneExist, for: writer)
        }
    }

    /// Updates a resource, or creates it under the id given. The old and the new one must both be for the one who asks.
    public func update(
        _ key: ResourceKey, _ body: JSONDocument, ifMatch: Int? = nil, ifNoneMatchAny: Bool = false
    ) async throws(RecordsError) -> WriteOutcome {
        try await writing { writer throws(RecordsError) in
            try await store.update(key, body, ifMatch: ifMatch, ifNoneMatchAny: ifNoneMatchAny, for: writer)
        }
    }

    /// Updates the one resource that a search finds among what is seen; creates one when it finds none.
    public func conditionalUpdate(
        type: String, query: String, _ body: JSONDocument, ifMatch: Int? = nil
    ) async throws(RecordsError) -> WriteOutcome {
        try await writing { writer throws(RecordsError) in
            try await store.conditionalUpdate(type: type, query: query, body, ifMatch: ifMatch, for: writer)
        }
    }

    /// Changes a resource by a patch, on the version that stands when it is written.
    ///
    /// - Parameter check: refuses what the patch makes of it.
    public func patch(
        _ key: ResourceKey, _ patch: ResourcePatch, ifMatch: Int? = nil, checking check: ResourceCheck? = nil
    ) async throws(RecordsError) -> WriteOutcome {
        if sight != nil { _ = try read(key) }
        return try await writing(.patch) { writer throws(RecordsError) in
            try await store.patch(key, patch, ifMatch: ifMatch, checking: check, for: writer)
        }
    }

    /// Changes the one resource that a search finds among what is seen.
    public func conditionalPatch(
        type: String, query: String, _ patch: ResourcePatch, ifMatch: Int? = nil,
        checking check: ResourceCheck? = nil
    ) async throws(RecordsError) -> WriteOutcome {
        try await writing(.patch) { writer throws(RecordsError) in
            try await store.conditionalPatch(
                type: type, query: query, patch, ifMatch: ifMatch, checking: check, for: writer)
        }
    }

    /// Refuses what the one who asks could not put in the place of a resource themselves, by the rules and in form; writes
    /// nothing.
    public func check(updating key: ResourceKey, to body: JSONDocument) throws(RecordsError) {
        try store.check(body, type: key.type)
        guard let sight else { return }
        let refusal = try store.readSQL { db -> Refusal? in
            let judge = SightJudge(db: db, parts: store.parts, plan: SightPlan(sight, for: .update))
            let current = try store.parts.newest(db, key).flatMap { $0.verb == .delete ? nil : $0 }
            let standing = try current.map { try store.parts.document($0.stored.bytes).root }
            for root in [standing, body.root].compactMap({ $0 }) {
                if let refusal = try judge.decide(.update, judge.labels(of: root)).refusal { return refusal }
            }
            return nil
        }
        guard let refusal else { return }
        trace.refuse(.update, refusal, key: key, patients: [])
        throw RecordsError(refusal)
    }

    /// Deletes a resource; nil when there was nothing to delete, as far as is seen.
    public func delete(_ key: ResourceKey, ifMatch: Int? = nil) async throws(RecordsError) -> WriteOutcome? {
        do {
            return try await store.delete(key, ifMatch: ifMatch, for: writer())
        } catch {
            // What is not seen is deleted with the same answer as what is not there.
            guard let sight, error.category == .notFound, try !sees(key, sight) else { throw error }
            return nil
        }
    }

    /// Deletes the one resource that a search finds among what is seen; none when it finds none.
    public func conditionalDelete(type: String, query: String) async throws(RecordsError) -> [WriteOutcome] {
        do { return try await store.conditionalDelete(type: type, query: query, for: writer()) } catch {
            throw sight == nil ? error : error.uniform
        }
    }

    /// For whom a job writes; nil for the house itself.
    func writer(_ updating: AuditAction = .update) -> SeenWriter? {
        sight.map { SeenWriter(sight: $0, trace: trace, updating: updating) }
    }

    private func writing(
        _ updating: AuditAction = .update, _ write: (SeenWriter?) async throws(RecordsError) -> WriteOutcome
    ) async throws(RecordsError) -> WriteOutcome {
        guard let sight else { return try await write(nil) }
        do { return try shown(try await write(writer(updating)), sight) } catch { throw error.uniform }
    }

    private func sees(_ key: ResourceKey, _ sight: Sight) throws(RecordsError) -> Bool {
        try store.reading { database in
            try database.readOnce { db in try find(key, sight, db).1?.judgement != nil }
        }
    }

    /// What a write has left, as its writer may see it. What a condition has found was read, not written.
    func shown(_ outcome: WriteOutcome, _ sight: Sight) throws(RecordsError) -> WriteOutcome {
        guard outcome.version.verb != .delete else { return outcome }
        return try store.reading { database in
            try database.read { db in
                let judge = try judge(sight, .read, db)
                guard let judgement = try judge.judge([outcome.version.key])[outcome.version.key] else {
                    return outcome
                }
                let version = try shown(outcome.version, judgement, sight, db)
                if !outcome.changed { trace.reach(.read, [reached(version, judgement)]) }
                return WriteOutcome(version: version, created: outcome.created, changed: outcome.changed)
            }
        }
    }
}
