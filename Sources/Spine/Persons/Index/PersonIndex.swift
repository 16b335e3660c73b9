import Identity
import JSON
public import Records
public import SQL

/// The person index (居民主索引): every Patient of the store and every word of a source, found by what they share.
///
/// It follows the change feed, so that Patients that come by any door are in it; what sources say is put in with the
/// transaction that takes it in. It can be made anew at any time.
public struct PersonIndex: Projection {
    /// The keys of records depend on no model.
    private let matcher = Matcher(LearnedModel(assumingRecords: 1))

    /// A projection with its tables still to be created.
    public init() {}

    /// `person_index`
    public var name: String { "person_index" }
    /// Raised whenever keys or fields change.
    public var revision: Int { 1 }
    /// Patient.
    public var interest: Set<String>? { ["Patient"] }

    /// Makes the tables, and puts in what sources have said when the index is empty.
    public func createTables(_ db: SQLConnection) throws {
        try PersonTables.createFacts(db)
        try PersonTables.createIndex(db)
        guard try db.first("SELECT 1 FROM person_index_record LIMIT 1", map: { $0.int(0) }) == nil else { return }
        let index = IndexTable(db: db)
        let sources = try db.query("SELECT id, source, person, document FROM person_source ORDER BY id") {
            (id: $0.int(0), source: $0.text(1), person: $0.text(2), document: $0.blob(3))
        }
        for source in sources {
            let patient = try JSONDocument(parsing: source.document)
            try index.put(
                IndexedRecord.source(id: source.id), person: source.person,
                PatientFields.fields(of: patient.root, source: source.source), in: matcher)
        }
    }

    /// Drops the index; what sources said and what was decided stays.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["record", "key"] { try db.run(script: "DROP TABLE IF EXISTS person_index_\(table)") }
    }

    /// Puts Patients in, and takes deleted ones out.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        let index = IndexTable(db: db)
        for change in changes {
            let record = IndexedRecord.patient(rid: change.rid)
            guard let patient = change.document?.root else {
                try index.remove(record, in: matcher)
                continue
            }
            try index.put(
                record, person: PatientFields.replacement(of: patient) ?? change.key.id,
                PatientFields.fields(of: patient), in: matcher, isNew: change.verb == .create)
        }
    }
}
