import JSON
import SQL

/// The last word of a source on a person.
struct SourceRow: Sendable {
    /// Stands for whoever writes the Patient itself, by another door.
    static let ownSource = ""

    let source: String
    /// The number by which the source knows the person.
    let sourceID: String
    /// The person that it was put to; merges redirect from there.
    let person: String
    /// When the source said so, in milliseconds since 1970 UTC.
    let at: Int64
    let document: JSONDocument
    /// Whether it is not yet as it stands in the table.
    var isNew = true

    func isSame(as other: SourceRow) -> Bool { isSame(source: other.source, sourceID: other.sourceID) }

    func isSame(source: String, sourceID: String) -> Bool { self.source == source && self.sourceID == sourceID }

    /// What all sources say of a person, those merged into it included.
    static func all(of person: String, _ db: SQLConnection) throws -> [SourceRow] {
        var rows: [SourceRow] = []
        var waiting = [person]
        while let next = waiting.popLast() {
            rows += try db.query(
                "SELECT source, source_id, person, at, document FROM person_source WHERE person = ? ORDER BY id",
                [.text(next)]
            ) { row in
                SourceRow(
                    source: row.text(0), sourceID: row.text(1), person: row.text(2), at: row.int(3),
                    document: try JSONDocument(parsing: row.blob(4)), isNew: false)
            }
            waiting += try db.query("SELECT person FROM person_redirect WHERE survivor = ?", [.text(next)]) {
                $0.text(0)
            }
        }
        return rows
    }

    /// Writes it down in the place of the source's word before.
    /// - Returns: its number.
    func keep(_ db: SQLConnection) throws -> Int64 {
        let known = try db.first(
            "SELECT id FROM person_source WHERE source = ? AND source_id = ?", [.text(source), .text(sourceID)]
        ) { $0.int(0) }
        if let known {
            try db.execute(
                "UPDATE person_source SET person = ?, at = ?, document = ? WHERE id = ?", .text(person), .integer(at),
                .blob(document.text), .integer(known))
            return known
        }
        let id = try PersonTables.next("person_source", db)
        try db.execute(
            "INSERT INTO person_source (id, source, source_id, person, at, document) VALUES (?, ?, ?, ?, ?, ?)",
            .integer(id), .text(source), .text(sourceID), .text(person), .integer(at), .blob(document.text))
        return id
    }
}
