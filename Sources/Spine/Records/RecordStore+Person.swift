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
        let parameters = personParameters(types)
        let belonging =
            parameters.isEmpty
            ? "" : "OR x.rid IN (SELECT c.rid FROM index_reference c WHERE c.param IN (\(parameters)) AND c.target = ?)"
        return try reading { database in
            try database.read { db in
                guard let rid = try parts.rid(db, ResourceKey(type: "Patient", id: id)) else { return [] }
                let rids = try db.query(
                    """
                    SELECT x.rid FROM resource x WHERE x.alive = 1 AND (x.rid = ? \(belonging)) ORDER BY x.rid
                    """, belonging.isEmpty ? [.integer(rid)] : [.integer(rid), .integer(rid)]
                ) { $0.int(0) }
                guard rids.contains(rid) else { return [] }
                let versions = try parts.current(db, rids: rids)
                return versions
            }
        }
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
