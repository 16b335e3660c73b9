import HTTPTypes
import Records

/// read: <https://hl7.org/fhir/R4/http.html#read>
extension FHIRService {
    func read(_ key: ResourceKey, _ call: Call) throws -> Reply {
        try call.allowOnly("_summary", "_elements")
        return try unlessKnown(store.read(key), call)
    }

    /// The version, or 304 when the request says that the client has it already
    /// (<https://hl7.org/fhir/R4/http.html#cread>).
    func unlessKnown(_ version: Version, _ call: Call) throws -> Reply {
        if let known = call.fields[.ifNoneMatch] {
            guard let condition = EntityTag.condition(known) else {
                throw Fault.malformedHeader(.ifNoneMatch, "a list of ETags such as W/\"3\"")
            }
            // RFC 9110: with If-None-Match present, If-Modified-Since is not looked at.
            return condition.matches(version.versionID)
                ? Reply(.notModified, headersOf: version) : Reply(.ok, version: version)
        }
        if let since = call.fields[.ifModifiedSince].flatMap(HTTPDate.milliseconds) {
            // Headers carry whole seconds, so the version's time is compared without its fraction.
            let second = version.lastUpdated - version.lastUpdated % 1000
            if second <= since { return Reply(.notModified, headersOf: version) }
        }
        return Reply(.ok, version: version)
    }
}
