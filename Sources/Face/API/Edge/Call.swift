import Edge
import HTTPTypes
import Hummingbird
import JSON
import Records
import Views

/// One request on its way through an interaction, with what every interaction asks about it.
struct Call: Sendable {
    let request: Request
    let options: DoorOptions
    /// What the one who asks reaches of the store.
    let records: SeenRecords
    /// Who asks; nil in an open house.
    let visitor: Visitor?
    /// The query as it was sent, without `_format` and `_pretty`.
    let query: String
    /// The query's pairs, decoded, without `_format` and `_pretty`.
    let pairs: [(String, String)]
    /// The label of the answer, from `_format` or `Accept`.
    let contentType: String
    /// The format of rows that was asked for, such as `csv`; nil when it was FHIR. Only views answer in rows.
    let rowFormat: String?
    /// Whether the answer is meant for human eyes.
    let isPretty: Bool

    /// - Parameter query: what stands behind the question mark; nil when there is none.
    /// - Throws: 406 when the client wants something that isn't spoken here, 400 when the query can't be decoded.
    init(
        _ request: Request, query: Substring?, _ options: DoorOptions, records: SeenRecords, visitor: Visitor?
    ) throws {
        self.request = request
        self.records = records
        self.visitor = visitor
        self.options = options
        var format: String?
        if let query, !query.isEmpty {
            var isPretty = false
            let parts = query.split(separator: "&").filter { part in
                part.hasPrefix("_format=") || part.hasPrefix("_pretty=") ? false : true
            }
            for (name, value) in try Form.pairs(query) {
                if name == "_format" { format = value }
                if name == "_pretty" { isPretty = value == "true" }
            }
            self.query = parts.joined(separator: "&")
            pairs = try Form.pairs(self.query)
            self.isPretty = isPretty
        } else {
            self.query = ""
            pairs = []
            isPretty = false
        }
        let wanted = format ?? request.headers[.accept]
        if let contentType = format.map(MediaTypes.answer(format:)) ?? MediaTypes.answer(accept: wanted) {
            self.contentType = contentType
            rowFormat = nil
        } else if let wanted, ViewFormat(named: wanted) != nil {
            contentType = MediaTypes.fhirJSON
            rowFormat = wanted
        } else {
            throw Fault.notAcceptable(wanted ?? "")
        }
    }

    var fields: HTTPFields { request.headers }

    /// The address of the FHIR door as the client knows it, without a slash at the end.
    var base: String {
        if let base = options.publicBase { return base }
        let authority = request.head.authority ?? ""
        let isPlain =
            !authority.isEmpty
            && authority.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                    UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        return "\(Arrival.current.isSecure ? "https" : "http")://\(isPlain ? authority : "localhost")/fhir"
    }

    /// Refuses every parameter but these.
    func allowOnly(_ names: String...) throws(Fault) {
        for (name, _) in pairs where !names.contains(name) {
            throw .unknownParameter(name, names + ["_format", "_pretty"])
        }
    }

    /// The body as JSON.
    func document() async throws -> JSONDocument {
        let contentType = fields[.contentType]
        guard MediaTypes.isReadable(contentType) else { throw Fault.unsupportedMediaType(contentType ?? "") }
        let text = try await body()
        guard !text.isEmpty else { throw Fault.bodyMissing }
        return try JSONDocument(parsing: text, limits: JSONLimits(bytesMax: options.bodyBytesMax))
    }
}
