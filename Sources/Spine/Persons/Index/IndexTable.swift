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
        let old = isNew ? nil : try standing(record)
        let text = FieldText.encode(fields)
        if let old, old.person == person, old.fields == text { return }
        if old != nil {
            try db.execute(
                "UPDATE person_index_record SET person = ?, fields = ? WHERE record = ?", .text(person), .text(text),
                .integer(record))
        } else {
            try db.execute(
                "INSERT INTO person_index_record (record, person, fields) VALUES (?, ?, ?)", .integer(record),
                .text(person), .text(text))
        }
        let keys = Set(matcher.keys(of: fields).map(\.number))
        let before = old.map { Set(matcher.keys(of: FieldText.decode($0.fields)).map(\.number)) } ?? []
        try db.delete(from: "person_index_key", columns: Self.columns(before.subtracting(keys), record))
        try db.insert(into: "person_index_key", columns: Self.columns(keys.subtracting(before), record))
    }

    private func standing(_ record: Int64) throws -> (person: String, fields: String)? {
        try db.first("SELECT person, fields FROM person_index_record WHERE record = ?", [.integer(record)]) {
            ($0.text(0), $0.text(1))
        }
    }

    private static func columns(_ keys: Set<Int64>, _ record: Int64) -> [SQLColumn] {
        let keys = keys.sorted()
        return [.integers("key", keys), .integers("record", keys.map { _ in record })]
    }

    /// Puts a record in anew since the guardians of its Patient changed.
    func renew(
        _ record: Int64, of patient: String, guardedBefore before: String?, in matcher: Matcher
    ) throws {
        guard let old = try standing(record) else { return }
        var fields = FieldText.decode(old.fields)
        // Whom the Patient itself names as contact stays.
        guard fields[.contactName] == nil || fields[.contactName] == before else { return }
        fields[.contactName] = try GuardianNames.of(patient, db)
        try put(record, person: old.person, fields, in: matcher)
    }

    /// Takes a record out.
    func remove(_ record: Int64, in matcher: Matcher) throws {
        guard let old = try standing(record) else { return }
        try db.execute("DELETE FROM person_index_record WHERE record = ?", .integer(record))
        let keys = Set(matcher.keys(of: FieldText.decode(old.fields)).map(\.number))
        try db.delete(from: "person_index_key", columns: Self.columns(keys, record))
    }

    /// The numbers of the records that share one of the keys. A key that too many share is left out.
    func records(sharing keys: [IdentityKey], _ crowded: CrowdedKeys) throws -> [Int64] {
        var recordsOf: [Int64: [Int64]] = [:]
        try db.rows(
            "SELECT key, record FROM person_index_key WHERE key = ? LIMIT \(Matcher.keyRecordsMax + 1)",
            ofEach: crowded.others(among: keys.map(\.number))
        ) { recordsOf[$0.int(0), default: []].append($0.int(1)) }
        let usable = recordsOf.filter { $0.value.count <= Matcher.keyRecordsMax }
        if usable.count < recordsOf.count { crowded.note(recordsOf.keys.filter { usable[$0] == nil }) }
        // The rarest keys say the most; common ones count only while there is room.
        var found: Set<Int64> = []
        for (_, records) in usable.sorted(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) }) {
            if !found.isEmpty, found.count + records.count > Self.candidatesMax { break }
            found.formUnion(records)
        }
        return found.sorted()
    }

    /// At most about this many records are compared with one.
    static let candidatesMax = 128

    /// The records of these numbers, each with the Patient that it is of.
    func homes(_ numbers: [Int64]) throws -> [IdentityRecord] {
        var found: [IdentityRecord] = []
        try db.rows("SELECT record, person, fields FROM person_index_record WHERE record = ?", ofEach: numbers) {
            found.append(
                IdentityRecord(
                    id: "\($0.int(0))", person: $0.text(1), fields: FieldText.decode($0.text(2))))
        }
        return found
    }

    /// The same, each with the person that stands for it now.
    func records(_ numbers: [Int64]) throws -> [IdentityRecord] {
        let found = try homes(numbers)
        let standing = try Redirects.standing(Set(found.map(\.person)), db)
        return found.map { record in
            var record = record
            record.person = standing[record.person] ?? record.person
            return record
        }
    }
}
