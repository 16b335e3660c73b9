import FHIR
import Identity
import JSON
import Records

/// One Patient out of what several sources say: of each field the value that survives, and every identifier.
enum GoldenPatient {
    /// The Patient that the sources come to.
    ///
    /// - Parameter standing: the Patient as it stands, whose links to others stay.
    static func fold(
        _ words: [PersonWord], id: String, standing: Version?, _ options: Persons.Options
    ) throws -> JSONDocument {
        let ranked = words.sorted {
            (options.rank(of: $0.source), -$0.at, $0.patient) < (options.rank(of: $1.source), -$1.at, $1.patient)
        }
        guard let base = ranked.first else { throw RecordsError(.internal, "A person without a source was asked for.") }
        let golden = GoldenRecord(
            ranked.enumerated().map { place, word in
                GoldenRecord.Source(
                    recordID: "\(place)", rank: options.rank(of: word.source), recordedAt: isoInstant(word.at),
                    fields: PatientFields.fields(of: word.document.root, source: word.source))
            })
        func from(_ role: ColumnRole, _ member: JSONKey) -> JSONNode? {
            let best = golden.values[role].flatMap { Int($0.recordID) }.flatMap { ranked[$0].document.root[member] }
            return best ?? ranked.lazy.compactMap { $0.document.root[member] }.first
        }
        var values: [(String, [UInt8])] = []
        func add(_ name: String, _ node: JSONNode?) {
            if let node { values.append((name, node.compactText())) }
        }
        let identifiers = union(ranked, "identifier")
        if !identifiers.isEmpty { values.append(("identifier", array(identifiers))) }
        values.append(("active", Array("true".utf8)))
        add("name", from(.name, "name"))
        add("telecom", from(.phone, "telecom"))
        add("gender", from(.sex, "gender"))
        add("birthDate", from(.birthDate, "birthDate"))
        add("address", from(.address, "address"))
        add("contact", from(.contactName, "contact"))
        let written = Set(values.map(\.0) + ["resourceType", "id", "meta", "text", "link", "active"])
        var others: Set<String> = []
        for row in ranked {
            for member in row.document.root.members {
                guard let name = member.key.string, !written.contains(name), others.insert(name).inserted else {
                    continue
                }
                values.append((name, member.value.compactText()))
            }
        }
        let links = try union(linking(standing, ranked), "link")
        if !links.isEmpty { values.append(("link", array(links))) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Patient")
        writer.member("id", string: id)
        // The survivor's own marks stay (profiles, the message); its narrative would tell of one half.
        let now = try standing?.plainDocument()
        let own = ranked.first { $0.patient == id }?.document ?? now
        if let meta = try Self.meta(own, labelled: (now.map { [$0] } ?? []) + ranked.map(\.document)) {
            writer.member("meta", raw: meta)
        }
        for (name, value) in values { writer.member(name, raw: value) }
        writer.endObject()
        return try JSONDocument(parsing: withoutContradictions(writer.bytes, base: base))
    }

    /// A Patient's marks with the security labels of all: what is held back of one is held back of the whole.
    static func meta(_ own: JSONDocument?, labelled: [JSONDocument]) throws -> [UInt8]? {
        var known: Set<[UInt8]> = []
        let labels = labelled.flatMap { $0.root["meta"]?["security"].map { Array($0.elements) } ?? [] }
            .map { $0.compactText() }.sorted { $0.lexicographicallyPrecedes($1) }.filter { known.insert($0).inserted }
        let meta = own?.root["meta"]
        if labels.isEmpty { return meta?.compactText() }
        let document = try JSONDocument(parsing: meta?.compactText() ?? Array("{}".utf8))
        var edits = JSONEdits()
        edits.setMember("security", of: document.root, to: array(labels))
        return edits.applied(to: document)
    }

    /// What says who somebody else is comes from the Patient as it stands; before there is one, from the sources.
    private static func linking(_ standing: Version?, _ words: [PersonWord]) throws -> [PersonWord] {
        guard let standing else { return words }
        return [
            PersonWord(
                patient: standing.key.id, at: standing.lastUpdated, document: try standing.plainDocument())
        ]
    }

    /// Of a choice (`deceased[x]`, `multipleBirth[x]`) one member stays: the best source's.
    private static func withoutContradictions(_ text: [UInt8], base: PersonWord) throws -> [UInt8] {
        let document = try JSONDocument(parsing: text)
        var edits = JSONEdits()
        let choices = [
            ("deceasedBoolean", "deceasedDateTime"), ("multipleBirthBoolean", "multipleBirthInteger"),
        ]
        for (less, more) in choices where document.root[JSONKey(less)] != nil && document.root[JSONKey(more)] != nil {
            // A date or a number says more than "yes"; the best source's "no" is kept.
            let isDenied = base.document.root[JSONKey(less)]?.bool == false
            edits.removeMember(isDenied ? more : less, of: document.root)
        }
        return edits.applied(to: document)
    }

    private static func union(_ rows: [PersonWord], _ member: JSONKey) -> [[UInt8]] {
        var known: Set<[UInt8]> = []
        return rows.flatMap { row in
            (row.document.root[member].map { Array($0.elements) } ?? []).filter { node in
                // An identifier is one by system and value, a link by what it points to.
                let name = "\(node["system"]?.string ?? "")|\(node["value"]?.string ?? "")"
                let isNamed = node["value"] != nil
                return known.insert(isNamed ? Array(name.utf8) : node.compactText()).inserted
            }.map { $0.compactText() }
        }
    }

    private static func array(_ values: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + Array(values.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "]")]
    }
}
