import Foundation
import Identity
public import JSON
import Records
import SQL

/// The last word on a Patient of somebody whose Patients were put together: what an institution says of its own one, of which
/// the survivor shows the best.
public struct PersonWord: Sendable {
    /// The id of the Patient that it is about.
    public let patient: String
    /// When it was said, in milliseconds since 1970 UTC.
    public let at: Int64
    /// The Patient as its source says it.
    public let document: JSONDocument
    /// Whether it is not yet as it stands in the table.
    var isNew = true
    /// When it was written down here, in milliseconds since 1970 UTC.
    var written: Int64 = 0

    /// A word.
    public init(patient: String, at: Int64, document: JSONDocument) {
        self.patient = patient
        self.at = at
        self.document = document
    }

    /// Who said it: the sender that the highway has noted; empty for whoever came by another door.
    var source: String { Self.sender(of: document.root) ?? "" }

    /// What `meta.source` of all that the highway writes begins with.
    private static let highway = "https://healthbrain.dev/highway/"

    /// The sender whose message a Patient is; nil where it came by another door.
    static func sender(of patient: JSONNode) -> String? {
        guard let source = patient["meta"]?["source"]?.string, source.hasPrefix(highway) else { return nil }
        let name = source.dropFirst(highway.count).prefix { $0 != "#" }
        return name.removingPercentEncoding ?? String(name)
    }

    // MARK: The table

    private static let columns = "patient, at, document, written"

    private static func read(_ row: SQLRow) throws -> PersonWord {
        var word = PersonWord(
            patient: row.text(0), at: row.int(1), document: try JSONDocument(parsing: row.blob(2)))
        word.isNew = false
        word.written = row.int(3)
        return word
    }

    /// The word on one Patient; nil where it stands for itself alone.
    static func of(_ patient: String, _ db: SQLConnection) throws -> PersonWord? {
        try db.first("SELECT \(columns) FROM person_word WHERE patient = ?", [.text(patient)]) { try read($0) }
    }

    /// The words on all Patients of a person.
    static func all(of survivor: String, _ db: SQLConnection) throws -> [PersonWord] {
        try Redirects.tree(of: survivor, db).compactMap { try of($0, db) }
    }

    /// Writes it down in the place of the word before, into the index as well.
    func keep(_ db: SQLConnection, at now: Int64, in matcher: Matcher) throws {
        let known = try db.first("SELECT id FROM person_word WHERE patient = ?", [.text(patient)]) { $0.int(0) }
        let id = try known ?? PersonTables.next("person_word", db)
        if known != nil { try db.execute("DELETE FROM person_word WHERE id = ?", .integer(id)) }
        try db.execute(
            "INSERT INTO person_word (id, patient, at, document, written) VALUES (?, ?, ?, ?, ?)", .integer(id),
            .text(patient), .integer(at), .blob(document.text), .integer(now))
        try IndexTable(db: db).put(
            IndexedRecord.word(id: id), person: patient,
            PatientFields.fields(of: document.root, child: patient, db), in: matcher)
    }

    /// Forgets the word on a Patient that stands for itself again.
    static func forget(_ patient: String, _ db: SQLConnection, in matcher: Matcher) throws {
        let known = try db.first("SELECT id FROM person_word WHERE patient = ?", [.text(patient)]) { $0.int(0) }
        guard let known else { return }
        try IndexTable(db: db).remove(IndexedRecord.word(id: known), in: matcher)
        try db.execute("DELETE FROM person_word WHERE id = ?", .integer(known))
    }
}
