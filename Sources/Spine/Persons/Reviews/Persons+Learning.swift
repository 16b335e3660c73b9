import Foundation
import Identity
public import Records
import SQL
import Synchronization

extension Persons {
    /// How many records an index has at least before the model learns from it by itself, and at most: beyond, it is for
    /// `healthbrain identity rescore`, which a person starts when the machine has the room.
    static let learnedRecords = 5_000...500_000

    /// Learns anew from the whole index, without labels, and from what reviewers have decided, where the index has twice as
    /// many records as when it was learned from last, and enough of them tell (``PersonBatch/isTelling``). All Patients are
    /// then looked at again.
    ///
    /// - Returns: whether something was learned.
    public func learnWhenGrown() async throws(RecordsError) -> Bool {
        let (count, last) = try store.readSQL { db in
            (
                Int(try db.first("SELECT count(*) FROM person_index_record") { $0.int(0) } ?? 0),
                Int(try db.first("SELECT max(records) FROM person_learning") { $0.int(0) } ?? 0)
            )
        }
        guard Self.learnedRecords.contains(count), count >= 2 * last else { return false }
        // What told nothing is read again when a tenth has come (ours).
        guard untelling.withLock({ count >= $0 + $0 / 10 }) else { return false }
        let batch = try batch()
        guard batch.isTelling else {
            untelling.withLock { $0 = count }
            return false
        }
        try await learn(batch)
        try await lookAtAllAgain()
        return true
    }

    /// Notes for all Patients that it is to be decided anew who else they are, in pieces that hold up nobody.
    private func lookAtAllAgain() async throws(RecordsError) {
        let now = store.now
        var last: Int64 = -1
        while true {
            let place = last
            let end = try await store.writeSQL(durably: false) { db in
                let end = try db.first(
                    """
                    SELECT max(record) FROM
                    (SELECT record FROM person_index_record WHERE record > ? ORDER BY record LIMIT ?) AS piece
                    """, [.integer(place), .int(Self.piece)]
                ) { $0.intOrNil(0) }
                guard let end = end ?? nil else { return Int64?.none }
                try db.execute(
                    """
                    INSERT INTO person_awaiting (patient, since) SELECT DISTINCT person, \(-now) FROM person_index_record
                    WHERE record > ? AND record <= ? ON CONFLICT (patient) DO UPDATE SET since = excluded.since
                    """, .integer(place), .integer(end))
                return end
            }
            guard let end else { return }
            last = end
        }
    }

    /// Learns from a whole index; the parameters are in force at once.
    /// - Returns: of how many decisions.
    @discardableResult
    func learn(_ batch: PersonBatch) async throws(RecordsError) -> Int {
        let decisions = try decisions()
        let model = batch.learned(from: decisions)
        let text = try translated { String(decoding: try JSONEncoder().encode(model), as: UTF8.self) }
        let (now, records) = (store.now, batch.count)
        try await store.writeSQL { db in
            let id = try PersonTables.next("person_model", db)
            try db.execute(
                "INSERT INTO person_model (id, at, model) VALUES (?, ?, ?)", .integer(id), .integer(now), .text(text))
            try db.execute("INSERT INTO person_learning (model, records) VALUES (?, ?)", .integer(id), .int(records))
        }
        try translated { try refreshModel() }
        return decisions.count
    }
}
