import FHIR

/// The person that a row belongs to, as a small number: 1 to 4096 for a person, 0 for reference data that belongs to
/// nobody (organizations, practitioners, code systems).
///
/// PostgreSQL's rows carry it so that Citus can distribute by it and joins of one person's rows stay local
/// (`Docs/decisions/0007-shard-key.md`). It is a pure function of the Patient's logical id: every server computes the same.
public enum PersonShard {
    /// How many shards there are for persons.
    public static let count: UInt64 = 4096
    /// The shard of what belongs to no person.
    public static let reference: Int64 = 0

    /// The shard of a Patient, by FNV-1a over the UTF-8 of its logical id, mixed so that near ids lie apart.
    public static func of(patientID id: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 33
        hash &*= 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 33
        return Int64(hash % count) + 1
    }

    /// The shard of a resource of which no more than the key is known.
    public static func of(_ key: ResourceKey) -> Int64 {
        key.type == "Patient" ? of(patientID: key.id) : reference
    }

    /// The shard that a literal reference such as `Patient/123` names.
    public static func of(reference: String) -> Int64 {
        ResourceKey(reference: reference).map { of($0) } ?? Self.reference
    }
}

/// Finds the person of a resource: the first Patient that one of the Patient compartment's parameters refers to
/// (FHIR R4, compartmentdefinition-patient.html), `patient` and `subject` before the others.
struct PersonParameters: Sendable {
    private let parameters: [String: [Int64]]

    /// - Parameter number: the number that the index rows of a type's parameter carry.
    init(_ definitions: Definitions, number: (_ code: String, _ type: String) -> Int64?) {
        let compartment = definitions.compartments.first { $0.name == "Patient" }
        let leading = ["patient", "subject"]
        var result: [String: [Int64]] = [:]
        for (type, codes) in compartment?.parameters ?? [:] {
            let sorted = leading.filter { codes.contains($0) } + codes.filter { !leading.contains($0) }
            result[type] = sorted.compactMap { number($0, type) }
        }
        parameters = result
    }

    /// The shard of a resource with these index rows.
    func shard(of key: ResourceKey, _ rows: IndexRows) -> Int64 {
        if key.type == "Patient" { return PersonShard.of(key) }
        guard !rows.references.isEmpty, let parameters = parameters[key.type] else { return PersonShard.reference }
        for parameter in parameters {
            for row in rows.references where row.param == parameter && row.target.type == "Patient" {
                return PersonShard.of(row.target)
            }
        }
        return PersonShard.reference
    }
}
