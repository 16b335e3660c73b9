import Identity
import SQL

/// The index as it lies in the database: records by key, persons by record.
struct IndexTable {
    let db: SQLConnection

    /// Puts a record in the place of the one that stood there.
    ///
    /// - Parameter isNew: whether none stood there.
    func put(
        _ record: Int64, person: String, _ fields: [ColumnRole: String], in matcher: Matcher, isNew: Bool = false
    ) throws {
        if !isNew { try remove(record, in: matcher) }
        try db.execute(
            "INSERT INTO person_index_record (record, person, fields) VALUES (?, ?, ?)", .integer(record),
            .text(person), .text(FieldText.encode(fields)))
        let keys = matcher.keys(of: fields).map(\.number).sorted()
        try db.insert(
            into: "person_index_key",
            columns: [
                .integers("key", keys), .integers("record", keys.map { _ in record }),
            ])
    }

    /// Takes a record out.
    func remove(_ record: Int64, in matcher: Matcher) throws {
        let old = try db.first("SELECT fields FROM person_index_record WHERE record = ?", [.integer(record)]) {
            FieldText.decode($0.text(0))
        }
        guard let old else { return }
        try db.execute("DELETE FROM person_index_record WHERE record = ?", .integer(record))
        let keys = matcher.keys(of: old).map(\.number).sorted()
        try db.delete(
            from: "person_index_key",
            columns: [
                .integers("key", keys), .integers("record", keys.map { _ in record }),
            ])
    }

    /// The numbers of the records that share one of the keys. A key that too many share is left out.
    func records(sharing keys: [IdentityKey]) throws -> [Int64] {
        var recordsOf: [Int64: [Int64]] = [:]
        try db.rows(
            "SELECT key, record FROM person_index_key WHERE key = ? LIMIT \(Matcher.keyRecordsMax + 1)",
            ofEach: keys.map(\.number)
        ) { recordsOf[$0.int(0), default: []].append($0.int(1)) }
        let found = recordsOf.values.filter { $0.count <= Matcher.keyRecordsMax }
        return Set(found.joined()).sorted()
    }

    /// The records of these numbers, each with the person that stands for it now.
    func records(_ numbers: [Int64]) throws -> [IdentityRecord] {
        var found: [IdentityRecord] = []
        try db.rows("SELECT record, person, fields FROM person_index_record WHERE record = ?", ofEach: numbers) {
            found.append(
                IdentityRecord(
                    id: "\($0.int(0))", person: $0.text(1), fields: FieldText.decode($0.text(2))))
        }
        let redirects = Redirects(db)
        return try found.map { record in
            var record = record
            record.person = try redirects.survivor(of: record.person)
            return record
        }
    }
}

/// Who stands for whom since persons were merged.
final class Redirects {
    private let db: SQLConnection
    private var known: [String: String] = [:]

    init(_ db: SQLConnection) { self.db = db }

    func survivor(of person: String) throws -> String {
        if let known = known[person] { return known }
        var survivor = person
        while let next = try db.first(
            "SELECT survivor FROM person_redirect WHERE person = ?", [.text(survivor)],
            map: {
                $0.text(0)
            })
        { survivor = next }
        known[person] = survivor
        return survivor
    }
}
