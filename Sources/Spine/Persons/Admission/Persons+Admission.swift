import FHIR
import Identity
public import JSON
import Records
import SQL

extension Persons: PersonDesk {
    /// Reads what is compared, and finds who it may be.
    public func prepare(_ patient: JSONDocument, source: String, at: Int64) async throws -> any PreparedPerson {
        guard patient.root["resourceType"]?.equals("Patient") == true else {
            throw RecordsError(.invalid, "A person is admitted by a Patient.", expression: "resourceType")
        }
        let fields = PatientFields.fields(of: patient.root, source: source, registeredAt: isoDay(at))
        let matcher = matcher
        let keys = matcher.keys(of: fields)
        let seen = try store.readSQL { db in try IndexTable(db: db).records(sharing: keys) }
        return Admission(
            persons: self, matcher: matcher, patient: patient, fields: fields, keys: keys, source: source,
            sourceID: Self.sourceID(of: patient, fields), at: at, newID: TimeOrderedID.next(), seen: seen)
    }

    /// The number by which a source knows a person: a medical record number, else the Patient's id, else what it says.
    static func sourceID(of patient: JSONDocument, _ fields: [ColumnRole: String]) -> String {
        if let card = fields[.card] { return "card:" + card }
        if let id = patient.root["id"]?.string { return "id:" + id }
        if let number = fields[.idNumber] { return "number:" + number }
        return "text:" + FieldText.encode(fields)
    }

    private func isoDay(_ milliseconds: Int64) -> String { String(isoInstant(milliseconds).prefix(10)) }
}

/// A Patient of a source on its way to a person.
struct Admission: PreparedPerson {
    let persons: Persons
    let matcher: Matcher
    let patient: JSONDocument
    let fields: [ColumnRole: String]
    let keys: [IdentityKey]
    let source: String
    let sourceID: String
    let at: Int64
    let newID: String
    /// The records that shared a key before the transaction.
    let seen: [Int64]

    /// What is to be reviewed: the person that it may be, too.
    private struct Doubt {
        let person: String
        let weight: Double
    }

    func decide(
        _ desk: WriteDesk
    ) throws -> (key: ResourceKey, document: JSONDocument, beside: @Sendable (SQLConnection) throws -> Void) {
        let db = desk.database
        let redirects = Redirects(db)
        let known = try db.first(
            "SELECT id, person, at FROM person_source WHERE source = ? AND source_id = ?",
            [.text(source), .text(sourceID)]
        ) { (id: $0.int(0), person: $0.text(1), at: $0.int(2)) }
        var doubts: [Doubt] = []
        var home: String?
        let person: String
        if let known, try !contradicts(redirects.survivor(of: known.person), db) {
            person = try redirects.survivor(of: known.person)
            home = known.person
        } else {
            (person, doubts) = try choose(db, desk)
        }
        let key = ResourceKey(type: "Patient", id: person)
        let standing = try desk.current(key)
        var sources = try SourceRow.all(of: person, db)
        // What came by another door is a source as well: its own word.
        if let standing, try !GoldenPatient.isOurs(standing, sources, persons.options) {
            let own = SourceRow(
                source: SourceRow.ownSource, sourceID: person, person: person, at: standing.lastUpdated,
                document: try standing.plainDocument())
            sources.removeAll { $0.isSame(as: own) }
            sources.append(own)
        }
        let row = SourceRow(
            source: source, sourceID: sourceID, person: home ?? person, at: at, document: patient)
        let isLate = (known?.at ?? Int64.min) > at
        if !isLate {
            sources.removeAll { $0.isSame(as: row) }
            sources.append(row)
        }
        let golden = try GoldenPatient.fold(sources, id: person, standing: standing, persons.options)
        let kept = sources.filter { $0.isNew }
        let (fields, matcher, at, reviews) = (fields, matcher, at, doubts)
        return (
            key, golden,
            { db in
                let index = IndexTable(db: db)
                for row in kept {
                    let id = try row.keep(db)
                    let fields =
                        row.isSame(source: source, sourceID: sourceID)
                        ? fields : PatientFields.fields(of: row.document.root, source: row.source)
                    try index.put(IndexedRecord.source(id: id), person: row.person, fields, in: matcher)
                }
                for doubt in reviews {
                    try ReviewTable.ask(person, doubt.person, doubt.weight, at: at, db)
                }
            }
        )
    }

    /// Whether another source has proven another resident number of the person. That the source itself has corrected its
    /// number contradicts nothing.
    private func contradicts(_ person: String, _ db: SQLConnection) throws -> Bool {
        guard let number = fields[.idNumber].flatMap({ ResidentNumber($0) }) else { return false }
        return try SourceRow.all(of: person, db).contains { row in
            guard !row.isSame(source: source, sourceID: sourceID) else { return false }
            let other = PatientFields.fields(of: row.document.root, source: row.source)
            return other[.idNumber].flatMap { ResidentNumber($0) }.map { $0 != number } ?? false
        }
    }

    /// The person of a record that is new: an old one where that is certain, else a new one, and who else it may be.
    private func choose(_ db: SQLConnection, _ desk: WriteDesk) throws -> (String, [Doubt]) {
        let index = IndexTable(db: db)
        let candidates = try index.records(index.records(sharing: keys))
        let matches = matcher.match(fields, among: candidates)
        if let best = matches.first, best.grade == .certain,
            try desk.current(ResourceKey(type: "Patient", id: best.person)) != nil
        {
            return (best.person, [])
        }
        let doubts = matches.filter { $0.grade == .certain || $0.grade == .probable }
        return (newID, doubts.map { Doubt(person: $0.person, weight: $0.weight) })
    }
}

extension Version {
    /// The resource without its version.
    func plainDocument() throws -> JSONDocument { try JSONDocument(parsing: plainText()) }

    /// The resource's text as it would be written again: without `meta.versionId` and `meta.lastUpdated`.
    func plainText() throws -> [UInt8] {
        let document = try JSONDocument(parsing: json())
        guard let meta = document.root["meta"] else { return document.text }
        var edits = JSONEdits()
        let members = ["versionId", "lastUpdated"]
        if meta.members.allSatisfy({ member in members.contains { member.key.equals($0) } }) {
            edits.removeMember("meta", of: document.root)
        } else {
            for member in members { edits.removeMember(member, of: meta) }
        }
        return edits.applied(to: document)
    }
}
