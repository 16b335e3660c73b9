import JSON
import Records
import SQL

/// Parents and guardians as RelatedPersons name them (FHIR R4, relatedperson.html): what a newborn's record, named after the
/// mother, is compared with.
enum GuardianNames {
    /// Codes of <http://terminology.hl7.org/CodeSystem/v3-RoleCode> for parents and guardians.
    private static let codes: Set<String> = [
        "ADOPTF", "ADOPTM", "ADOPTP", "FTH", "GUADLTM", "GUARD", "MTH", "NFTH", "NMTH", "NPRN", "PRN", "PRNFOST",
    ]

    /// The child's id and the guardian's name that a RelatedPerson tells; nil where it tells of no guardian.
    private static func read(_ related: JSONNode) -> (child: String, name: String)? {
        let concepts = related["relationship"].map { Array($0.elements) } ?? []
        let isGuardian = concepts.flatMap { $0["coding"].map { Array($0.elements) } ?? [] }.contains { coding in
            coding["code"]?.string.map(codes.contains) == true
        }
        guard isGuardian, related["active"]?.bool != false,
            let child = related["patient"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
            child.type == "Patient",
            let name = related["name"].flatMap({ $0.elements.first(where: { _ in true }) })
                .flatMap(PatientFields.text(ofName:))
        else { return nil }
        return (child.id, name)
    }

    /// Keeps what a change of a RelatedPerson tells.
    /// - Returns: the ids of the children whose guardians changed, with the name that was told of each before.
    static func apply(_ change: Change, _ db: SQLConnection) throws -> [(child: String, before: String?)] {
        let known = try db.first("SELECT child, name FROM person_guardian WHERE related = ?", [.integer(change.rid)]) {
            (child: $0.text(0), name: $0.text(1))
        }
        var told = change.document.flatMap { read($0.root) }
        // A merge turns the reference to the survivor; the word is about the Patient that it was said of.
        if let known, let new = told, try Redirects(db).survivor(of: known.child) == new.child {
            told?.child = known.child
        }
        if known?.child == told?.child, known?.name == told?.name { return [] }
        try db.execute("DELETE FROM person_guardian WHERE related = ?", .integer(change.rid))
        if let told {
            try db.execute(
                "INSERT INTO person_guardian (related, child, name) VALUES (?, ?, ?)", .integer(change.rid),
                .text(told.child), .text(told.name))
        }
        var changed: [(child: String, before: String?)] = []
        if let known { changed.append((known.child, known.name)) }
        if let told, told.child != known?.child { changed.append((told.child, nil)) }
        return changed
    }

    /// The guardian of a child, where RelatedPersons tell of one; of several the first by name.
    static func of(_ child: String, _ db: SQLConnection) throws -> String? {
        try db.first("SELECT min(name) FROM person_guardian WHERE child = ?", [.text(child)]) { $0.textOrNil(0) } ?? nil
    }
}
