import JSON
public import Records
import SQL
import Synchronization

/// One resource that a merge changed: which, its versions before and after, and where it referred to the one that went.
struct MergeChange: Sendable {
    let key: ResourceKey
    let before: Int
    let places: [String]
}

extension Persons {
    /// Makes two persons one (合并), in one transaction: the survivor's Patient, the other one that points to it, and every
    /// resource that referred to the other.
    ///
    /// - Parameters:
    ///   - request: who becomes whom.
    ///   - isPreview: whether nothing is to be written.
    ///   - trace: who asks, for the audit log.
    /// - Throws: ``RecordsError``: `tooCostly` where more resources would be rewritten than one transaction may.
    public func merge(
        _ request: MergeRequest, isPreview: Bool = false, trace: AccessTrace? = nil
    ) async throws(RecordsError) -> MergeOutcome {
        try await merge(request, isPreview: isPreview, trace: trace, with: nil)
    }

    func merge(
        _ request: MergeRequest, isPreview: Bool = false, trace: AccessTrace?, with review: ReviewWriting?
    ) async throws(RecordsError) -> MergeOutcome {
        let (source, target) = (Self.key(request.source), Self.key(request.target))
        guard source != target else {
            throw RecordsError(.unprocessable, "source-patient and target-patient are the same.")
        }
        let before = try store.referrers(of: source, limit: options.rewrittenMax + 1)
        try checkSize(before.count)
        // The slow part needs no lock; what changes until then is done again inside.
        var ready: [ResourceKey: Rewritten] = [:]
        for version in before where version.key != target && version.key != source {
            ready[version.key] = try translated { try rewritten(version, from: source.id, to: target.id) }
        }
        if isPreview {
            let (stays, goes) = (try store.read(target), try store.read(source))
            let result = try translated { () throws -> JSONDocument in
                try MergedPatients.check(stays, goes, isReviewed: request.isReviewed)
                let words: [PersonWord] = try store.readSQL { db in
                    try self.words(on: target.id, stays, db) + self.words(on: source.id, goes, db)
                }
                return try MergedPatients.survivor(stays, goes, words, result: request.result, options)
            }
            return MergeOutcome(id: nil, result: result, rewritten: ready.count)
        }
        let known = ready
        let changes = Mutex<[MergeChange]>([])
        let said = Mutex<[PersonWord]>([])
        let merge = Mutex<(id: Int64?, result: JSONDocument?)>((nil, nil))
        let now = store.now
        let outcomes = try await store.write(
            size: known.count + 2, trace: trace,
            beside: { db, outcomes in
                let id = try PersonTables.next("person_merge", db)
                merge.withLock { $0.id = id }
                try db.execute(
                    """
                    INSERT INTO person_merge (id, at, person, survivor, author, reason, undone, undone_by)
                    VALUES (?, ?, ?, ?, ?, ?, 0, '')
                    """, .integer(id), .integer(now), .text(source.id), .text(target.id), .text(request.author),
                    .text(request.reason))
                try db.execute(
                    "INSERT INTO person_redirect (person, survivor, merge) VALUES (?, ?, ?)", .text(source.id),
                    .text(target.id), .integer(id))
                try Self.keep(changes.withLock { $0 }, outcomes, of: id, db)
                for word in said.withLock({ $0 }) { try word.keep(db, at: now, in: self.matcher) }
                try review?.write(db)
                // Who is asked about from now on is the survivor.
                try db.execute(
                    "DELETE FROM person_review WHERE state = 0 AND (one = ? OR other = ?)", .text(source.id),
                    .text(source.id))
            },
            deciding: { desk in
                try review?.check(desk.database)
                let (stays, goes) = (try Self.living(target, desk), try Self.living(source, desk))
                try MergedPatients.check(stays, goes, isReviewed: request.isReviewed)
                let words =
                    try self.words(on: target.id, stays, desk.database)
                    + self.words(on: source.id, goes, desk.database)
                said.withLock { $0 = words.filter(\.isNew) }
                let survivor = try MergedPatients.survivor(stays, goes, words, result: request.result, self.options)
                var writes = [
                    try self.store.ready(survivor, as: target),
                    try self.store.ready(MergedPatients.replaced(goes, by: target.id), as: source),
                ]
                var changed = [
                    MergeChange(key: target, before: stays.versionID, places: []),
                    MergeChange(key: source, before: goes.versionID, places: []),
                ]
                desk.stand(try Redirects.tree(of: source.id, desk.database)) { _ in target.id }
                let referring = try desk.referrers(of: source, limit: self.options.rewrittenMax + 1)
                try self.checkSize(referring.count)
                for version in referring where version.key != target && version.key != source {
                    var rewritten = known[version.key]
                    if rewritten?.before != version.versionID {
                        rewritten = try self.rewritten(version, from: source.id, to: target.id)
                    }
                    guard let rewritten else { continue }
                    writes.append(rewritten.write)
                    changed.append(
                        MergeChange(key: version.key, before: version.versionID, places: rewritten.places))
                }
                changes.withLock { $0 = changed }
                merge.withLock { $0.result = survivor }
                return writes
            })
        let done = merge.withLock { $0 }
        guard let result = done.result else { throw RecordsError(.internal, "The merge left no survivor.") }
        return MergeOutcome(id: done.id, result: result, rewritten: outcomes.count - 2)
    }

    static func key(_ id: String) -> ResourceKey { ResourceKey(type: "Patient", id: id) }

    func checkSize(_ count: Int) throws(RecordsError) {
        guard count > options.rewrittenMax else { return }
        throw RecordsError(
            .tooCostly,
            "More than \(options.rewrittenMax) resources refer to the Patient that goes; a merge is one transaction. "
                + "Merge in the other direction, or raise the limit.")
    }

    /// A Patient that stands for a person: there, and not merged into another.
    private static func living(_ key: ResourceKey, _ desk: WriteDesk) throws -> Version {
        guard let version = try desk.current(key) else { throw RecordsError(.notFound, "There is no \(key).") }
        let survivor = try Redirects(desk.database).survivor(of: key.id)
        let replacement =
            try survivor == key.id ? PatientFields.replacement(of: version.plainDocument().root) : survivor
        if let replacement {
            throw RecordsError(
                .conflict, "\(key) is merged into Patient/\(replacement) already; merge that one, or unmerge it first.")
        }
        return version
    }

    /// A resource with its references turned, ready to be written.
    struct Rewritten: Sendable {
        let before: Int
        let places: [String]
        let write: ReadyWrite
    }

    func rewritten(_ version: Version, from old: String, to new: String) throws -> Rewritten? {
        let document = try version.plainDocument()
        let places = ReferenceRewriting.places(of: old, in: document)
        guard let turned = try ReferenceRewriting.turned(document, at: places, from: old, to: new) else { return nil }
        return Rewritten(
            before: version.versionID, places: places, write: try store.ready(turned, as: version.key))
    }

    private static func keep(
        _ changes: [MergeChange], _ outcomes: [WriteOutcome?], of merge: Int64, _ db: SQLConnection
    ) throws {
        for (change, outcome) in zip(changes, outcomes) {
            try db.execute(
                "INSERT INTO person_merge_change (merge, type, id, before, after, places) VALUES (?, ?, ?, ?, ?, ?)",
                .integer(merge), .text(change.key.type), .text(change.key.id), .int(change.before),
                .int(outcome?.version.versionID ?? change.before), .text(change.places.joined(separator: "\n")))
        }
    }

    func translated<T>(_ body: () throws -> T) throws(RecordsError) -> T {
        do { return try body() } catch let error as RecordsError { throw error } catch {
            throw RecordsError(.internal, "\(error)")
        }
    }
}
