import FHIR
import JSON
import SQL

/// What reading, writing and projecting share. It is copied many times in a request, and shared by all: one reference for what
/// does not change.
struct StoreParts: Sendable {
    private let fixed: Fixed

    private final class Fixed: Sendable {
        let definitions: Definitions
        let types: ResourceTypes
        let terms: TermTable
        let codec: BodyCodec
        let parameters: ParameterRegistry
        let preparation: Preparation
        let storedTerminology: StoredTerminology
        let terminology: SearchTerminology
        let access: AccessKeeping

        init(
            _ definitions: Definitions, _ types: ResourceTypes, _ terms: TermTable, _ codec: BodyCodec,
            _ parameters: ParameterRegistry, _ preparation: Preparation, _ storedTerminology: StoredTerminology,
            _ terminology: SearchTerminology, _ access: AccessKeeping
        ) {
            self.definitions = definitions
            self.types = types
            self.terms = terms
            self.codec = codec
            self.parameters = parameters
            self.preparation = preparation
            self.storedTerminology = storedTerminology
            self.terminology = terminology
            self.access = access
        }
    }

    var definitions: Definitions { fixed.definitions }
    var types: ResourceTypes { fixed.types }
    var terms: TermTable { fixed.terms }
    var codec: BodyCodec { fixed.codec }
    var parameters: ParameterRegistry { fixed.parameters }
    var preparation: Preparation { fixed.preparation }
    var storedTerminology: StoredTerminology { fixed.storedTerminology }
    /// What knows value sets and code systems.
    var terminology: SearchTerminology { fixed.terminology }
    /// The tables by which rows are chosen for somebody.
    var access: AccessKeeping { fixed.access }

    init(
        definitions: Definitions, types: ResourceTypes, terms: TermTable, codec: BodyCodec,
        parameters: ParameterRegistry, preparation: Preparation, storedTerminology: StoredTerminology,
        terminology: SearchTerminology, access: AccessKeeping
    ) {
        fixed = Fixed(
            definitions, types, terms, codec, parameters, preparation, storedTerminology, terminology, access)
    }

    /// For whom is searched; nil for the house itself, which sees everything.
    var seen: SightPlan?

    /// Whether what is read is committed: not so inside a write.
    var isCommitted = true

    /// The same, seen by somebody.
    func with(_ seen: SightPlan?) -> StoreParts {
        var copy = self
        copy.seen = seen
        return copy
    }

    /// The search parameters to go by; nil for the newest.
    private var pinned: Indexer?

    /// The search parameters.
    var indexer: Indexer { pinned ?? parameters.current }

    /// The same, with the search parameters of one moment.
    func with(_ indexer: Indexer) -> StoreParts {
        var copy = self
        copy.pinned = indexer
        return copy
    }

    /// The columns that ``version(_:)`` reads, from `version v JOIN resource r ON r.rid = v.rid`.
    static let versionColumns =
        "v.sequence, v.number, v.verb, v.at, v.dictionary, v.splice, v.body, r.type, r.id, r.rid"

    /// A version from a row whose first columns are ``versionColumns``.
    func version(_ row: SQLRow) throws -> Version {
        try version(row, key: key(row, type: 7, id: 8))
    }

    private func version(_ row: SQLRow, key: ResourceKey) throws -> Version {
        let verb = Verb(rawValue: Int(row.int(2))) ?? .update
        let bytes =
            try verb == .delete
            ? [] : row.withBlob(6) { try codec.decompress($0, dictionary: row.int(4)) }
        return Version(
            key: key, versionID: Int(row.int(1)), lastUpdated: row.int(3), sequence: row.int(0), verb: verb,
            stored: StoredBody(bytes: bytes, splice: .init(encoded: row.int(5))))
    }

    /// The version at a place of the feed, of a resource whose key is known.
    func version(_ db: SQLConnection, at sequence: Int64, key: ResourceKey) throws -> Version? {
        try db.first(
            "SELECT v.sequence, v.number, v.verb, v.at, v.dictionary, v.splice, v.body FROM version v WHERE v.sequence = ?",
            [.integer(sequence)]
        ) { try version($0, key: key) }
    }

    /// The key in a row.
    func key(_ row: SQLRow, type: Int, id: Int) -> ResourceKey {
        ResourceKey(type: types.name(of: row.int(type)), id: row.withBlob(id) { IDCode.decode($0) })
    }

    /// Reads a stored text.
    func document(_ text: [UInt8]) throws -> JSONDocument {
        do { return try JSONDocument(parsing: text, limits: JSONLimits(bytesMax: .max, depthMax: 1000)) } catch {
            throw RecordsError(.internal, "A stored body can't be read: \(error)")
        }
    }

    /// The index rows that a stored version has.
    func indexRows(of version: Version) throws -> IndexRows {
        let rows = try indexer.rows(of: document(version.stored.bytes), type: version.key.type)
        try terms.check(rows)
        return rows
    }
}
