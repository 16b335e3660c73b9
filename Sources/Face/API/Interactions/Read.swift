import HTTPTypes
import Records

/// read: <https://hl7.org/fhir/R4/http.html#read>
extension FHIRService {
    func read(_ key: ResourceKey, _ call: Call) throws -> Reply {
        try call.allowOnly("_summary", "_elements")
        return try unlessKnown(call.records.read(key), call)
    }

    /// The part of a resource of this type that `_summary` and `_elements` ask for.
    func subsetWish(_ type: String?, _ call: Call) throws -> SubsetWish {
        guard !call.pairs.isEmpty else { return .whole }
        func value(_ name: String) -> String? { call.pairs.last { $0.0 == name }?.1 }
        return try SubsetWish(
            summary: value("_summary"), elements: value("_elements"), type: type, definitions)
    }

    /// The version, or 304 when the request says that the client has it already
    /// (<https://hl7.org/fhir/R4/http.html#cread>).
    func unlessKnown(_ version: Version, _ call: Call) throws -> Reply {
        let wish = try subsetWish(version.key.type, call)
        guard wish != .count else {
            throw Fault.malformedParameter("_summary", "true, text, data or false where one resource is read")
        }
        if let known = call.fields[.ifNoneMatch] {
            guard let condition = EntityTag.condition(known) else {
                throw Fault.malformedHeader(.ifNoneMatch, "a list of ETags such as W/\"3\"")
            }
            // RFC 9110: with If-None-Match present, If-Modified-Since is not looked at.
            return condition.matches(version.versionID)
                ? Reply(.notModified, headersOf: version) : found(version, wish)
        }
        if let since = call.fields[.ifModifiedSince].flatMap(HTTPDate.milliseconds) {
            // Headers carry whole seconds, so the version's time is compared without its fraction.
            let second = version.lastUpdated - version.lastUpdated % 1000
            if second <= since { return Reply(.notModified, headersOf: version) }
        }
        return found(version, wish)
    }

    private func found(_ version: Version, _ wish: SubsetWish) -> Reply {
        guard let subset = wish.subset else { return Reply(.ok, version: version) }
        var reply = Reply(.ok, headersOf: version)
        reply.body = version.json(subset, definitions)
        return reply
    }
}
