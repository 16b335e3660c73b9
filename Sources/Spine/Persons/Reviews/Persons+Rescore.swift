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

    func batch() throws(RecordsError) -> PersonBatch {
        try store.readSQL { db in
            var batch = PersonBatch()
            let redirects = Redirects(db)
            // Rows are gone through once; whom each stands for is asked afterwards, on the same snapshot.
            var rows: [(String, String)] = []
            try db.rows("SELECT person, fields FROM person_index_record ORDER BY record") {
                rows.append(($0.text(0), $0.text(1)))
            }
            for (person, fields) in rows {
                batch.add(FieldText.decode(fields), person: try redirects.survivor(of: person))
            }
            return batch
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
