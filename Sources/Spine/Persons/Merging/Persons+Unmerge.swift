import JSON
public import Records
import SQL
import Synchronization

/// A merge as it was written down.
public struct MergeRecord: Sendable, Equatable {
    /// Its number.
    public let id: Int64
    /// When, in milliseconds since 1970 UTC.
    public let at: Int64
    /// The id of the Patient that went.
    public let person: String
    /// The id of the Patient that stayed.
    public let survivor: String
    /// Who decided, and why.
    public let author: String
    /// Why.
    public let reason: String
    /// When it was taken back, in milliseconds since 1970 UTC; nil where it stands.
    public let undone: Int64?

    static let columns = "id, at, person, survivor, author, reason, undone"

    init(_ row: SQLRow) {
        id = row.int(0)
        at = row.int(1)
        person = row.text(2)
        survivor = row.text(3)
        author = row.text(4)
        reason = row.text(5)
        undone = row.int(6) == 0 ? nil : row.int(6)
    }
}

extension Persons {
    /// The merges that a person took part in, the newest first.
    public func merges(of person: String) throws(RecordsError) -> [MergeRecord] {
        try store.readSQL { db in
            try db.query(
                "SELECT \(MergeRecord.columns) FROM person_merge WHERE person = ? OR survivor = ? ORDER BY id DESC",
                [.text(person), .text(person)]
            ) { MergeRecord($0) }
        }
    }

    /// Takes a merge back (拆分), in one transaction. What has not changed since is byte for byte as it was. Of what has, the
    /// references that the merge turned are turned back. What came after the merge stays with the survivor.
    ///
    /// - Parameters:
    ///   - person: the id of the Patient that went.
    ///   - author: the account that decides.
    ///   - trace: who asks, for the audit log.
    /// - Returns: how many resources other than the two Patients were given back.
    public func unmerge(
        _ person: String, author: String, trace: AccessTrace? = nil
    ) async throws(RecordsError) -> Int {
        let now = store.now
        let undone = Mutex<MergeRecord?>(nil)
        let outcomes = try await store.write(
            size: options.rewrittenMax, trace: trace,
            beside: { db, _ in
                guard let merge = undone.withLock({ $0 }) else { return }
                try db.execute("DELETE FROM person_redirect WHERE merge = ?", .integer(merge.id))
                try db.execute(
                    "UPDATE person_merge SET undone = ?, undone_by = ? WHERE id = ?", .integer(now), .text(author),
                    .integer(merge.id))
                for patient in [merge.person, merge.survivor] where try Redirects.standing([patient], db).isEmpty {
                    try PersonWord.forget(patient, db, in: self.matcher)
                }
                // The machine does not join again what somebody has parted, nor learns from a “same” that was none.
                if author != Self.machine {
                    try ReviewTable.part(merge.person, merge.survivor, author: author, at: now, db)
                }
            },
            deciding: { desk in
                let merge = try Self.standingMerge(of: person, desk.database)
                undone.withLock { $0 = merge }
                desk.stand(try Redirects.tree(of: merge.person, desk.database)) { _ in merge.person }
                return try self.givenBack(merge, desk)
            })
        return outcomes.compactMap { $0 }.filter { $0.version.key.type != "Patient" }.count
    }

    private static func standingMerge(of person: String, _ db: SQLConnection) throws -> MergeRecord {
        let found = try db.first(
            "SELECT \(MergeRecord.columns) FROM person_merge WHERE person = ? AND undone = 0 ORDER BY id DESC LIMIT 1",
            [.text(person)]
        ) { MergeRecord($0) }
        guard let found else {
            throw RecordsError(.conflict, "Patient/\(person) is not merged into another, as far as this index knows.")
        }
        let over = try db.first("SELECT survivor FROM person_redirect WHERE person = ?", [.text(found.survivor)]) {
            $0.text(0)
        }
        if let over {
            throw RecordsError(
                .conflict,
                "Patient/\(found.survivor) was merged into Patient/\(over) since; unmerge that first.")
        }
        return found
    }

    private func givenBack(_ merge: MergeRecord, _ desk: WriteDesk) throws -> [ReadyWrite] {
        let changes = try desk.database.query(
            "SELECT type, id, before, after, places FROM person_merge_change WHERE merge = ? ORDER BY type, id",
            [.integer(merge.id)]
        ) { row in
            (
                key: ResourceKey(type: row.text(0), id: row.text(1)), before: Int(row.int(2)),
                after: Int(row.int(3)), places: row.text(4).split(separator: "\n").map(String.init)
            )
        }
        let beforeOf = Dictionary(uniqueKeysWithValues: changes.map { ($0.key, $0.before) })
        func before(_ key: ResourceKey) throws -> JSONDocument? {
            try beforeOf[key].map { try desk.version(key, $0).plainDocument() }
        }
        let (goes, stays) = (Self.key(merge.person), Self.key(merge.survivor))
        let said = try saidSince(merge, desk.database)
        var writes: [ReadyWrite] = []
        for change in changes {
            // What was deleted since stays so.
            guard let standing = try desk.current(change.key), let old = try before(change.key) else { continue }
            if change.key.type == "Patient", let words = said[change.key.id] {
                let own = try parted(words, change.key.id, desk.version(change.key, change.before))
                // An own word that was made of both must not keep what is the other's.
                let (other, others) = change.key == stays ? (goes, try before(goes)) : (stays, try before(stays))
                let clean = try others.map {
                    try MergedPatients.parted(own, from: other.id, ownBefore: old, otherBefore: $0)
                }
                writes.append(try store.ready(clean ?? own, as: change.key))
                continue
            }
            // A later merge that was taken back leaves another version of the same text.
            let isUntouched =
                try standing.versionID == change.after
                || standing.plainText() == desk.version(change.key, change.after).plainText()
            if isUntouched {
                writes.append(try store.ready(old, as: change.key))
                continue
            }
            let later: JSONDocument?
            switch change.key {
            case stays:
                later = try before(goes).map {
                    try MergedPatients.parted(
                        standing.plainDocument(), from: goes.id, ownBefore: old, otherBefore: $0)
                }
            case goes:
                let parted = try MergedPatients.parted(
                    standing.plainDocument(), from: stays.id, ownBefore: nil, otherBefore: old)
                later = try Self.withActivity(of: old, parted)
            default:
                later = try ReferenceRewriting.turnedBack(
                    standing.plainDocument(), after: desk.version(change.key, change.after).plainDocument(),
                    at: change.places, from: stays.id, to: goes.id)
            }
            if let later { writes.append(try store.ready(later, as: change.key)) }
        }
        return writes
    }

    /// What was said of the two since they were merged, by what remains of each: its words, where one of them is newer.
    private func saidSince(_ merge: MergeRecord, _ db: SQLConnection) throws -> [String: [PersonWord]] {
        let goes = try PersonWord.all(of: merge.person, db)
        let gone = Set(goes.map(\.patient))
        let stays = try PersonWord.all(of: merge.survivor, db).filter { !gone.contains($0.patient) }
        guard (goes + stays).contains(where: { $0.written > merge.at }) else { return [:] }
        var found: [String: [PersonWord]] = [:]
        if !stays.isEmpty { found[merge.survivor] = stays }
        if goes.contains(where: { $0.written > merge.at }) { found[merge.person] = goes }
        return found
    }

    /// A person as its own words say it.
    private func parted(_ words: [PersonWord], _ id: String, _ before: Version) throws -> JSONDocument {
        if words.count == 1, words[0].patient == id {
            let own = words[0].document
            guard let meta = try GoldenPatient.meta(own, labelled: [own, before.plainDocument()]) else { return own }
            var edits = JSONEdits()
            edits.setMember("meta", of: own.root, to: meta)
            return try JSONDocument(parsing: edits.applied(to: own))
        }
        return try GoldenPatient.fold(words, id: id, standing: before, options)
    }

    private static func withActivity(of old: JSONDocument, _ document: JSONDocument) throws -> JSONDocument {
        var edits = JSONEdits()
        if let active = old.root["active"] {
            edits.setMember("active", of: document.root, to: active.compactText())
        } else {
            edits.removeMember("active", of: document.root)
        }
        return try JSONDocument(parsing: edits.applied(to: document))
    }
}
