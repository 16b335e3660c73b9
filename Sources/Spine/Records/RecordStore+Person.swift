import FHIR
import SQL

extension RecordStore {
    /// Everything that stands in a person's record now: the Patient, its compartment
    /// (FHIR R4, compartmentdefinition-patient.html), and the Tasks and Contracts about it, which R4 leaves out of the compartment.
    /// One read of the database; nobody's rules are asked: for the house's own engines.
    ///
    /// - Parameters:
    ///   - id: the Patient's.
    ///   - types: only resources of these types, and the Patient; nil: of every type.
    /// - Returns: the versions in the order in which the resources first came; none where there is no such Patient.
    public func record(ofPerson id: String, types: Set<String>? = nil) throws(RecordsError) -> [Version] {
        try records(ofPersons: [id], types: types).first ?? []
    }

    /// What stands in the records of several persons, as ``record(ofPerson:types:)`` tells of one, all at the same time.
    ///
    /// - Returns: the versions of each in the order of the ids.
    public func records(
        ofPersons ids: [String], types: Set<String>? = nil
    ) throws(RecordsError) -> [[Version]] {
        try reading { database in
            try database.read { db in
                let members = try members(db, ids, types)
                let all = Set(members.joined()).sorted()
                let versions = Dictionary(
                    try parts.numbered(db, rids: all).map { ($0.rid, $0.version) }
                ) { one, _ in one }
                return members.map { rids in
                    guard let person = rids.first, versions[person] != nil else { return [] }
                    return rids.sorted().compactMap { versions[$0] }
                }
            }
        }
    }

    /// What stands in the records of several persons and was written after a change each.
    ///
    /// - Parameter persons: the ids of Patients and the numbers of the changes.
    /// - Returns: the versions of each in the order of the persons.
    public func changes(
        ofPersons persons: [(id: String, after: Int64)], types: Set<String>? = nil
    ) throws(RecordsError) -> [[Version]] {
        try reading { database in
            try database.read { db in
                let members = try members(db, persons.map(\.id), types)
                let all = Set(members.joined()).sorted()
                let versions = Dictionary(
                    try parts.numbered(db, rids: all, after: persons.map(\.after).min()).map { ($0.rid, $0.version) }
                ) { one, _ in one }
                return zip(persons, members).map { person, rids in
                    rids.sorted().compactMap { versions[$0] }.filter { $0.sequence > person.after }
                }
            }
        }
    }

    /// The numbers of the resources of each person, that of the Patient first; none where there is no such Patient.
    private func members(_ db: SQLConnection, _ ids: [String], _ types: Set<String>?) throws -> [[Int64]] {
        let parameters = personParameters(types)
        let persons = try ids.map { try parts.rid(db, ResourceKey(type: "Patient", id: $0)) }
        var members: [Int64: Set<Int64>] = [:]
        for case let rid? in persons { members[rid] = [] }
        if !parameters.isEmpty {
            try db.rows(
                """
                SELECT c.target, c.rid FROM index_reference c WHERE c.param IN (\(parameters)) AND c.target = ?
                """, ofEach: members.keys.sorted()
            ) { row in members[row.int(0)]?.insert(row.int(1)) }
        }
        return persons.map { person in person.map { [$0] + (members[$0] ?? []).subtracting([$0]) } ?? [] }
    }

    /// The numbers of the search parameters by which a resource is a person's.
    private func personParameters(_ types: Set<String>?) -> String {
        var codes = parts.definitions.compartment("Patient")?.parameters ?? [:]
        codes["Task"] = ["patient"]
        codes["Contract"] = ["patient"]
        let indexer = parts.indexer
        var numbers: Set<Int64> = []
        for (type, codes) in codes where types?.contains(type) ?? true {
            for code in codes {
                guard let parameter = indexer.parameter(code, of: type), parameter.tables.contains(.reference) else {
                    continue
                }
                numbers.formUnion(parameter.rowIDs)
            }
        }
        return numbers.sorted().map(String.init).joined(separator: ", ")
    }
}
