import Identity
import JSON
public import Records
public import SQL

/// The person index (居民主索引): every Patient of the store, found by what it shares with others. Of those that were put
/// together the words on each are in it instead.
///
/// It follows the change feed, so that Patients that come by any door are in it, and notes for each that it is to be decided
/// who else it is (``Persons/link(limit:)``). It can be made anew at any time.
public struct PersonIndex: Projection {
    /// The keys of records depend on no model.
    private let matcher = Matcher(LearnedModel(assumingRecords: 1))

    /// A projection with its tables still to be created.
    public init() {}

    /// `person_index`
    public var name: String { "person_index" }
    /// Raised whenever keys or fields change.
    public var revision: Int { 2 }
    /// Patient, and RelatedPerson for the guardians of children.
    public var interest: Set<String>? { ["Patient", "RelatedPerson"] }

    /// Makes the tables, and puts in the words when the index is empty.
    public func createTables(_ db: SQLConnection) throws {
        try PersonTables.createFacts(db)
        try PersonTables.createIndex(db)
        guard try db.first("SELECT 1 FROM person_index_record LIMIT 1", map: { $0.int(0) }) == nil else { return }
        let index = IndexTable(db: db)
        let words = try db.query("SELECT id, patient, document FROM person_word ORDER BY id") {
            (id: $0.int(0), patient: $0.text(1), document: $0.blob(2))
        }
        for word in words {
            let patient = try JSONDocument(parsing: word.document)
            try index.put(
                IndexedRecord.word(id: word.id), person: word.patient,
                PatientFields.fields(of: patient.root, child: word.patient, db), in: matcher)
        }
    }

    /// Drops the index; the words and what was decided stay.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["index_record", "index_key", "guardian"] {
            try db.run(script: "DROP TABLE IF EXISTS person_\(table)")
        }
    }

    /// Puts Patients in, and takes deleted ones out.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        let index = IndexTable(db: db)
        for change in changes {
            if change.key.type == "RelatedPerson" {
                for (child, before) in try GuardianNames.apply(change, db) {
                    guard let rid = try change.rid(of: "Patient/" + child) else { continue }
                    try index.renew(IndexedRecord.patient(rid: rid), of: child, guardedBefore: before, in: matcher)
                    try PersonTables.await(child, since: change.sequence, db)
                }
                continue
            }
            let record = IndexedRecord.patient(rid: change.rid)
            try PersonTables.await(change.key.id, since: change.sequence, db)
            guard let patient = change.document?.root else {
                try index.remove(record, in: matcher)
                continue
            }
            if patient["link"] != nil, try PersonWord.of(change.key.id, db) != nil {
                try index.remove(record, in: matcher)
                continue
            }
            try index.put(
                record, person: PatientFields.replacement(of: patient) ?? change.key.id,
                PatientFields.fields(of: patient, child: change.key.id, db), in: matcher, isNew: change.verb == .create)
        }
    }
}
