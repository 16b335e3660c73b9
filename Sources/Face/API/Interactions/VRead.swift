import FHIR
import HTTPTypes
import Records

/// vread: <https://hl7.org/fhir/R4/http.html#vread>
extension FHIRService {
    func vread(_ key: ResourceKey, _ versionID: String, _ call: Call) throws -> Reply {
        try call.allowOnly("_summary", "_elements")
        guard let number = Int(versionID), number > 0 else {
            throw Fault(.notFound, .notFound, "\(key) has no version \"\(versionID.prefix(64))\".")
        }
        return try unlessKnown(call.records.version(key, number), call)
    }
}
