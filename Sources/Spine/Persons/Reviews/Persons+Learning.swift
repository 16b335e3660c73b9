import Foundation
import Identity
public import Records
import SQL

extension Persons {
    /// How many records an index has at least before the model learns from it by itself, and at most: beyond, it is for
    /// `healthbrain identity rescore`, which a person starts when the machine has the room.
    static let learnedRecords = 5_000...500_000

    /// Learns anew from the whole index, without labels, and from what reviewers have decided, where the index has twice as
    /// many records as when it was learned from last. All Patients are then looked at again.
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
        try await learn(try batch())
        let now = store.now
        try await store.writeSQL { db in
            try db.execute(
                """
                INSERT INTO person_awaiting (patient, since) SELECT DISTINCT person, \(-now) FROM person_index_record
                WHERE true ON CONFLICT (patient) DO UPDATE SET since = excluded.since
                """)
        }
        return true
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
