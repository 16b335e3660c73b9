import Access
import FHIR
import JSON
import Validation

/// A resource checked, indexed and compressed: all that can be done before the write transaction.
struct PreparedBody: Sendable {
    let stored: StoredBody
    let rows: IndexRows
    let compressed: [UInt8]
    let dictionary: Int64
    let document: JSONDocument
    /// The person that it belongs to (``PersonShard``).
    let shard: Int64
    /// The revision of the search parameters that ``rows`` were made by.
    let revision: Int64
    /// What a SearchParameter adds; nil when it adds nothing, and of other resources.
    let parameter: CustomParameter?
    /// What decisions need to know of it, where that is kept; its persons are not resolved.
    let labels: ResourceLabels?
}

/// Prepares resources, many at a time, on the callers' own threads.
struct Preparation: Sendable {
    let definitions: Definitions
    let validator: ResourceValidator?
    let parameters: ParameterRegistry
    let codec: BodyCodec
    let access: AccessKeeping

    /// Checks a resource and makes it ready to be written as `key`.
    ///
    /// - Parameter links: what to put in place of the references of a transaction (`urn:uuid:…` → `Type/id`).
    func prepare(
        _ document: JSONDocument, as key: ResourceKey, links: Links = Links()
    ) throws(RecordsError) -> PreparedBody {
        try check(document, type: key.type)
        return try prepareChecked(document, as: key, links: links)
    }

    /// Refuses a document that is not a valid resource of the type.
    func check(_ document: JSONDocument, type: String) throws(RecordsError) {
        let root = document.root
        guard root.isObject else {
            throw RecordsError(.invalid, "A resource is a JSON object; this is \(root.kind).")
        }
        guard let found = root["resourceType"]?.string else {
            throw RecordsError(.invalid, "The resource has no resourceType.", expression: type)
        }
        guard found == type else {
            throw RecordsError(
                .invalid, "The resource is a \(found), but the request is for \(type).", expression: found)
        }
        guard definitions.isResourceType(type) else {
            throw RecordsError(.notSupported, "\(type) is not a resource type of FHIR R4.")
        }
        if let validator {
            let issues = validator.validate(document, .write)
            if issues.contains(where: { $0.severity == .error || $0.severity == .fatal }) {
                throw RecordsError(.unprocessable, issues: issues)
            }
        }
    }

    func prepareChecked(
        _ document: JSONDocument, as key: ResourceKey, links: Links = Links()
    ) throws(RecordsError) -> PreparedBody {
        let final = try edited(document, key: key, links: links)
        let parameter = try key.type == ParameterRegistry.type ? parameters.reader.read(final) : nil
        return try prepared(final, as: key, parameter)
    }

    /// Makes a stored text ready to be written again. A SearchParameter that could not be searched by remains a document.
    func prepareStored(_ document: JSONDocument, as key: ResourceKey) throws(RecordsError) -> PreparedBody {
        let parameter =
            key.type == ParameterRegistry.type ? (try? parameters.reader.read(document)).flatMap { $0 } : nil
        return try prepared(document, as: key, parameter)
    }

    private func prepared(
        _ document: JSONDocument, as key: ResourceKey, _ parameter: CustomParameter?
    ) throws(RecordsError) -> PreparedBody {
        let (compressed, dictionary) = codec.compress(document.text)
        let indexer = parameters.current
        let rows = indexer.rows(of: document, type: key.type)
        try indexer.terms.check(rows)
        return PreparedBody(
            stored: StoredBody(bytes: document.text, splice: Self.splice(of: document.root)), rows: rows,
            compressed: compressed, dictionary: dictionary, document: document,
            shard: indexer.persons.shard(of: key, rows), revision: indexer.catalogue.revision, parameter: parameter,
            labels: access.labels(of: document))
    }

    /// The document with the key's id, without version members, with links followed, in compact form.
    private func edited(
        _ document: JSONDocument, key: ResourceKey, links: Links
    ) throws(RecordsError) -> JSONDocument {
        let root = document.root
        var edits = JSONEdits()
        if root[Keys.id]?.equals(key.id) != true {
            if let id = root[Keys.id] {
                edits.replace(id, with: jsonQuoted(key.id))
            } else {
                edits.insertFirstMember("id", of: root, rawJSON: jsonQuoted(key.id))
            }
        }
        let versionMembers = ["versionId", "lastUpdated"]
        if let meta = root[Keys.meta], meta.count > 0, meta.isObject,
            meta.members.allSatisfy({ member in versionMembers.contains { member.key.equals($0) } })
        {
            // A client that reads, changes and writes back sends what the server itself put in.
            edits.removeMember("meta", of: root)
        } else if let meta = root[Keys.meta] {
            for member in versionMembers where meta[JSONKey(member)] != nil {
                edits.removeMember(member, of: meta)
            }
        }
        links.follow(in: document, &edits)
        if edits.isEmpty, document.isCompact { return document }
        do {
            guard !edits.isEmpty else { return try JSONDocument(parsing: document.compactText()) }
            let changed = edits.applied(to: document)
            if document.isCompact { return try JSONDocument(parsing: changed) }
            return try JSONDocument(parsing: JSONDocument(parsing: changed).compactText())
        } catch {
            throw RecordsError(.internal, "A prepared resource can't be read back: \(error)")
        }
    }

    /// Where `meta.versionId` and `meta.lastUpdated` go.
    static func splice(of root: JSONNode) -> StoredBody.Splice {
        if let meta = root[Keys.meta], meta.isObject {
            let inside = meta.range.lowerBound + 1
            return StoredBody.Splice(meta.count == 0 ? .intoEmptyMeta : .intoMeta, at: inside)
        }
        let end = root[Keys.id]?.range.upperBound ?? root["resourceType"]?.range.upperBound ?? root.range.lowerBound + 1
        return StoredBody.Splice(.newMeta, at: end)
    }
}

extension PreparedBody {
    /// The same with the rows that other search parameters give it.
    func indexed(by indexer: Indexer, as key: ResourceKey) throws(RecordsError) -> PreparedBody {
        let rows = indexer.rows(of: document, type: key.type)
        try indexer.terms.check(rows)
        return PreparedBody(
            stored: stored, rows: rows, compressed: compressed, dictionary: dictionary, document: document,
            shard: shard,
            revision: indexer.catalogue.revision, parameter: parameter, labels: labels)
    }
}
