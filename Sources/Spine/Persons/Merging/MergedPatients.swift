import Identity
import JSON
import Records

/// What two Patients become by a merge.
enum MergedPatients {
    /// The survivor: the best value of each field, and the identifiers of both.
    static func survivor(
        _ target: Version, _ source: Version, _ words: [PersonWord], result: JSONDocument?, _ options: Persons.Options
    ) throws -> JSONDocument {
        let link = #"{"other":{"reference":"Patient/\#(source.key.id)"},"type":"replaces"}"#
        if let result {
            guard result.root["id"]?.equals(target.key.id) == true else {
                throw RecordsError(
                    .invalid, "The result-patient must have the id of the target, \(target.key.id).",
                    expression: "Patient.id")
            }
            return try with(link, result)
        }
        return try with(link, GoldenPatient.fold(words, id: target.key.id, standing: target, options))
    }

    /// The one that went: inactive, and pointing to the survivor.
    static func replaced(_ source: Version, by target: String) throws -> JSONDocument {
        let document = try source.plainDocument()
        var edits = JSONEdits()
        edits.setMember("active", of: document.root, to: Array("false".utf8))
        let inactive = try JSONDocument(parsing: edits.applied(to: document))
        return try with(#"{"other":{"reference":"Patient/\#(target)"},"type":"replaced-by"}"#, inactive)
    }

    private static func with(_ link: String, _ document: JSONDocument) throws -> JSONDocument {
        var edits = JSONEdits()
        let link = Array(link.utf8)
        if let links = document.root["link"], links.isArray {
            if links.elements.contains(where: { $0.compactText() == link }) { return document }
            return try JSONDocument(parsing: document.inserting(link, at: links.count, of: links))
        }
        edits.setMember("link", of: document.root, to: [UInt8(ascii: "[")] + link + [UInt8(ascii: "]")])
        return try JSONDocument(parsing: edits.applied(to: document))
    }

    /// Takes the traces of a merge out of a Patient that was changed since: its link, and identifiers that only the other
    /// one brought.
    static func parted(
        _ document: JSONDocument, from other: String, ownBefore: JSONDocument?, otherBefore: JSONDocument
    ) throws -> JSONDocument {
        var edits = JSONEdits()
        if let links = document.root["link"], links.isArray {
            let kept = links.elements.filter { link in
                link["other"]?["reference"]?.equals("Patient/" + other) != true
                    || !["replaces", "replaced-by"].contains(link["type"]?.string ?? "")
            }
            set("link", kept.map { $0.compactText() }, of: document, &edits)
        }
        if let ownBefore, let identifiers = document.root["identifier"], identifiers.isArray {
            let (own, others) = (names(ownBefore), names(otherBefore))
            let kept = identifiers.elements.filter { node in
                let name = name(node)
                return own.contains(name) || !others.contains(name)
            }
            set("identifier", kept.map { $0.compactText() }, of: document, &edits)
        }
        return try JSONDocument(parsing: edits.applied(to: document))
    }

    private static func set(_ key: String, _ values: [[UInt8]], of document: JSONDocument, _ edits: inout JSONEdits) {
        if values.isEmpty {
            edits.removeMember(key, of: document.root)
        } else {
            let joined = Array(values.joined(separator: [UInt8(ascii: ",")]))
            edits.setMember(key, of: document.root, to: [UInt8(ascii: "[")] + joined + [UInt8(ascii: "]")])
        }
    }

    private static func name(_ identifier: JSONNode) -> String {
        "\(identifier["system"]?.string ?? "")|\(identifier["value"]?.string ?? "")"
    }

    private static func names(_ patient: JSONDocument) -> Set<String> {
        Set((patient.root["identifier"].map { Array($0.elements) } ?? []).map(name))
    }

    /// Refuses to join two different valid resident numbers where no reviewer decides.
    static func check(_ one: Version, _ other: Version, isReviewed: Bool) throws {
        if isReviewed { return }
        let numbers = try [one, other].compactMap { version in
            try PatientFields.fields(of: version.plainDocument().root)[.idNumber].flatMap { ResidentNumber($0) }
        }
        guard numbers.count == 2, numbers[0] != numbers[1] else { return }
        throw RecordsError(
            .unprocessable,
            "The two have different valid resident numbers: only a reviewer may merge them (GB 11643).",
            expression: "Patient.identifier")
    }
}
