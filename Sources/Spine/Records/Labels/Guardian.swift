import JSON

/// Guardianship as FHIR R4 tells it: a RelatedPerson says of whom somebody is a parent or guardian, and the Patient that the
/// same somebody is has a `link` to it (patient.html#links).
enum Guardian {
    /// Codes of <http://terminology.hl7.org/CodeSystem/v3-RoleCode> for those who have custody of a child.
    private static let codes: Set<String> = [
        "ADOPTF", "ADOPTM", "ADOPTP", "FTH", "GUADLTM", "GUARD", "MTH", "NFTH", "NMTH", "NPRN", "PRN",
    ]

    /// The RelatedPersons that a Patient also is.
    static func links(of patient: JSONNode) -> [ResourceKey] {
        let links = patient["link"].map { Array($0.elements) } ?? []
        let keys = links.filter { $0["type"]?.equals("seealso") == true }.compactMap {
            $0["other"]?["reference"]?.string.flatMap { ResourceKey(reference: $0) }
        }
        return keys.filter { $0.type == "RelatedPerson" }
    }

    /// The Patient of whom a RelatedPerson is a parent or guardian; nil when it is neither, or no longer.
    static func child(of related: JSONNode) -> ResourceKey? {
        guard related["active"]?.bool != false, isGuardian(related),
            let child = related["patient"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
            child.type == "Patient"
        else { return nil }
        return child
    }

    private static func isGuardian(_ related: JSONNode) -> Bool {
        let concepts = related["relationship"].map { Array($0.elements) } ?? []
        return concepts.flatMap { $0["coding"].map { Array($0.elements) } ?? [] }.contains { coding in
            coding["code"]?.string.map(codes.contains) == true
                && coding["system"]?.string.map { $0.contains("/v3-Role") } == true
        }
    }
}
