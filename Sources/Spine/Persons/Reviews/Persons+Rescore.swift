import Identity
public import Records
import SQL

/// What a scoring of the whole index came to.
public struct RescoreReport: Sendable, Equatable {
    /// Records of the index.
    public var records = 0
    /// Decisions of reviewers that were learned from.
    public var decisions = 0
    /// Pairs of persons that are on the desk now.
    public var asked = 0
    /// Pairs that were on the desk and are no longer in doubt.
    public var dropped = 0
}

extension Persons {
    /// So many records of the index are read, or noted, at a time.
    static let piece = 5_000

    /// Learns anew from the whole index and from what reviewers have decided, and scores every pair of persons again: those in
    /// doubt, and those that are certain but not yet merged, come to the desk. What reviewers decided stands.
    ///
    /// - Parameter learns: whether new parameters are learned; else the index is scored by those that stand.
    public func rescore(learns: Bool = true) async throws(RecordsError) -> RescoreReport {
        var report = RescoreReport()
        let batch = try batch()
        report.records = batch.count
        let now = store.now
        if learns, batch.count > 0 { report.decisions = try await learn(batch) }
        let pairs = batch.pairs(matcher.model, from: matcher.probableBits)
        let found = Set(pairs.map { [$0.one, $0.other] })
        let before = try store.readSQL { db in
            try db.query("SELECT id, one, other FROM person_review WHERE state = 0") {
                (id: $0.int(0), pair: [$0.text(1), $0.text(2)])
            }
        }
        let stale = before.filter { !found.contains($0.pair) }.map(\.id)
        report.dropped = stale.count
        try await store.writeSQL { db in
            for id in stale { try db.execute("DELETE FROM person_review WHERE id = ?", .integer(id)) }
            for pair in pairs { try ReviewTable.ask(pair.one, pair.other, pair.weight, at: now, db) }
        }
        report.asked = try reviewCounts()[.open] ?? 0
        return report
    }

    /// All records of the index, read in pieces: a reading that lasts would keep the log of the database from being folded in.
    func batch() throws(RecordsError) -> PersonBatch {
        var batch = PersonBatch()
        var last: Int64 = -1
        while true {
            let rows = try store.readSQL { db in
                let rows = try db.query(
                    "SELECT record, person, fields FROM person_index_record WHERE record > ? ORDER BY record LIMIT ?",
                    [.integer(last), .int(Self.piece)]
                ) { (record: $0.int(0), person: $0.text(1), fields: $0.text(2)) }
                let standing = try Redirects.standing(Set(rows.map(\.person)), db)
                return rows.map { ($0.record, standing[$0.person] ?? $0.person, $0.fields) }
            }
            guard let end = rows.last?.0 else { return batch }
            last = end
            for (_, person, fields) in rows { batch.add(FieldText.decode(fields), person: person) }
        }
    }

    func decisions() throws(RecordsError) -> [PersonBatch.Decision] {
        try store.readSQL { db in
            try db.query(
                "SELECT state, one_fields, other_fields FROM person_review WHERE (state = 1 OR state = 2) AND one_fields <> '' ORDER BY id"
            ) {
                PersonBatch.Decision(
                    one: FieldText.decode($0.text(1)), other: FieldText.decode($0.text(2)), isSame: $0.int(0) == 1)
            }
        }
    }
}
