import Access
import JSON
import SQL

/// How somebody stands to patients, by the tables of access.
struct RelationLookup {
    let db: SQLConnection
    let parts: StoreParts

    func relations(of subject: Subject, now: Int64) throws -> Relations {
        var relations = Relations()
        if subject.role == .resident, let patient = subject.patient,
            let person = try parts.access.number(of: ResourceKey(type: "Patient", id: patient), db, parts)
        {
            let own = try StandInLookup(db: db, parts: parts).person(of: person, id: patient)
            relations.own = Set(own.map(\.id))
            relations.delegations = try delegations(to: own.map(\.number))
            relations.guardianships = try guardianships(of: own.map(\.number), relations.delegations, now)
        }
        if let patient = subject.scopes?.patient {
            relations.context = try StandInLookup(db: db, parts: parts).survivors(of: [patient])[patient]
        }
        if subject.purpose == .emergency { relations.breakGlass = try breakGlass(of: subject.account) }
        if subject.purpose == .research {
            relations.approvals = try ApprovalTable.signed(of: subject.account, in: db)
        }
        return relations
    }

    private func delegations(to person: [Int64]) throws -> [Delegation] {
        let within = Fragment.padded("m.delegate", person)
        return try db.query(
            """
            SELECT p.id, m.types, m.sensitivities, m.valid_from, m.valid_until, c.id FROM access_mandate m
            JOIN resource p ON p.rid = m.patient JOIN resource c ON c.rid = m.rid WHERE \(within.sql)
            """, within.values
        ) { row in
            let types = row.text(1)
            return Delegation(
                patient: row.withBlob(0) { IDCode.decode($0) },
                types: types == "*" ? nil : Set(types.split(separator: " ").map(String.init)),
                sensitivities: Sensitivity.all(row.int(2)), from: row.int(3), until: row.int(4),
                source: "Consent/" + row.withBlob(5) { IDCode.decode($0) })
        }
    }

    /// A child of 14 to 17 lets guardians see sensitive categories by a mandate that names them.
    private func guardianships(
        of person: [Int64], _ delegations: [Delegation], _ now: Int64
    ) throws -> [Guardianship] {
        let within = Fragment.padded("k.rid", person)
        let children = try db.query(
            """
            SELECT DISTINCT g.child FROM access_link k JOIN access_guardian g ON g.rid = k.related
            WHERE \(within.sql) ORDER BY g.child
            """, within.values
        ) { $0.int(0) }
        return try children.compactMap { child in
            guard let version = try parts.current(db, rid: child) else { return nil }
            let born = try parts.document(version.stored.bytes).root["birthDate"]?.string ?? ""
            let allowed = delegations.filter { $0.patient == version.key.id && $0.holds(at: now) }
            return Guardianship(
                child: version.key.id, birthDate: born,
                sensitivitiesAllowed: allowed.reduce(into: []) { $0.formUnion($1.sensitivities) })
        }
    }

    private func breakGlass(of account: String) throws -> [BreakGlass] {
        let opened = try db.query(
            "SELECT patient, reason, since FROM access_break_glass WHERE account = ? ORDER BY since DESC LIMIT 100",
            [.text(account)]
        ) { BreakGlass(patient: $0.text(0), reason: $0.text(1), from: $0.int(2)) }
        let survivors = try StandInLookup(db: db, parts: parts).survivors(of: Set(opened.map(\.patient)))
        return opened.flatMap { glass -> [BreakGlass] in
            guard let survivor = survivors[glass.patient] else { return [glass] }
            return [glass, BreakGlass(patient: survivor, reason: glass.reason, from: glass.from)]
        }
    }

    /// The care relations of a patient with the organisations that somebody acts for.
    func care(of patient: String, with reach: Reach) throws -> [CareRelation] {
        guard case .organisations(let organisations) = reach, !organisations.isEmpty,
            let person = try parts.access.number(of: ResourceKey(type: "Patient", id: patient), db, parts)
        else { return [] }
        let numbers = try organisations.sorted().compactMap {
            try parts.access.number(of: ResourceKey(type: "Organization", id: $0), db, parts)
        }
        guard !numbers.isEmpty else { return [] }
        let within = Fragment.padded("k.organisation", numbers)
        return try db.query(
            """
            SELECT o.id, k.kind, k.valid_from, k.valid_until FROM care_relation k
            JOIN resource o ON o.rid = k.organisation WHERE k.person = ? AND \(within.sql)
            """, [.integer(person)] + within.values
        ) { row -> CareRelation? in
            guard let kind = CareRelation.Kind.allCases.first(where: { $0.number == row.int(1) }) else { return nil }
            return CareRelation(
                patient: patient, organisation: row.withBlob(0) { IDCode.decode($0) }, kind: kind, from: row.int(2),
                until: row.int(3) == .max ? nil : row.int(3))
        }.compactMap { $0 }
    }
}

extension Fragment {
    /// `column IN (…)` with numbers, repeated up to a power of two, so that there are few different statements.
    static func padded(_ column: String, _ numbers: [Int64], not: Bool = false) -> Fragment {
        padded(column, numbers.map { SQLValue.integer($0) }, not: not)
    }

    /// `column IN (…)` with values, repeated up to a power of two.
    static func padded(_ column: String, _ values: [SQLValue], not: Bool = false) -> Fragment {
        guard let last = values.last else { return Fragment(not ? "1 = 1" : "1 = 0") }
        var size = 1
        while size < values.count { size *= 2 }
        let marks = Array(repeating: "?", count: size).joined(separator: ", ")
        return Fragment(
            "\(column) \(not ? "NOT IN" : "IN") (\(marks))", values + Array(repeating: last, count: size - values.count)
        )
    }
}
