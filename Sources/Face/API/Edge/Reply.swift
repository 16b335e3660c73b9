import FHIR
import HTTPTypes
import Records

/// What an interaction answers, before it is dressed for the wire.
struct Reply {
    var status: HTTPResponse.Status
    var fields = HTTPFields()
    /// Compact JSON text; nil for an answer without a body.
    var body: [UInt8]?
    /// The same text compressed, when it is at hand already.
    var gzipBody: [UInt8]?
    /// A file that is the body, instead of text.
    var file: FileBody?

    /// A resource as it is stored, with its version's headers.
    init(_ status: HTTPResponse.Status, version: Version) {
        self.init(status, headersOf: version)
        body = version.json()
    }

    /// The headers of a version without the resource.
    init(_ status: HTTPResponse.Status, headersOf version: Version) {
        self.status = status
        fields.reserveCapacity(8)
        fields[.eTag] = EntityTag.text(version.versionID)
        fields[.lastModified] = HTTPDate.text(milliseconds: version.lastUpdated)
    }

    init(_ status: HTTPResponse.Status, json: [UInt8]? = nil) {
        self.status = status
        body = json
    }

    init(_ fault: Fault) {
        status = fault.status
        fields = fault.fields
        body = OperationOutcome(issues: fault.issues).json()
    }
}
