import JSON
import Records

/// A source document as its template reads it.
struct SourceView {
    struct Line {
        let href: String
        let text: String
        let verb: String
        let when: String
        let isCurrent: Bool
    }

    let title: String
    let answer: String
    let isOld: Bool
    let deleted: String?
    let residentHref: String?
    let tree: String?
    let json: String?
    let fhirHref: String
    let versions: [Line]

    /// Puts a document and its history into words.
    init(_ model: SourceModel, words: Words) {
        let typeName = words.table["type_\(model.key.type)"] ?? model.key.type
        title = words.text("sourceTitle", ["type": typeName])
        let newest = model.history.first
        isOld = model.versionID != nil && model.versionID != newest?.versionID
        if let versionID = model.versionID, let at = model.at {
            answer = words.text(
                "sourceAnswer",
                ["version": "\(versionID)", "time": words.dateTime(milliseconds: at), "key": "\(model.key)"])
        } else {
            answer = "\(model.key)"
        }
        deleted =
            model.document == nil
            ? words.text("sourceDeleted", ["time": newest.map { words.dateTime(milliseconds: $0.at) } ?? ""]) : nil
        residentHref = model.resident.map { Address.resident($0) }
        tree = model.document.map { DocumentTree.html($0.root) }
        json = model.document.map { String(decoding: PrettyJSON.text($0.root), as: UTF8.self) }
        let path = "/fhir/\(Address.encoded(model.key.type))/\(Address.encoded(model.key.id))"
        fhirHref = isOld ? path + "/_history/\(model.versionID ?? 1)" : path
        versions = model.history.map { line in
            Line(
                href: Address.source(type: model.key.type, id: model.key.id, version: line.versionID),
                text: words.text("versionText", ["n": "\(line.versionID)"]), verb: words["verb_\(line.verb)"],
                when: words.dateTime(milliseconds: line.at), isCurrent: line.versionID == model.versionID)
        }
    }
}
