import FHIR
import HTTPTypes
import JSON
import Records

/// patch and conditional patch: <https://hl7.org/fhir/R4/http.html#patch>
extension FHIRService {
    /// The media types of patches that are understood, as the CapabilityStatement lists them.
    static let patchFormats = ["application/json-patch+json"]

    func patch(_ key: ResourceKey, _ call: Call) async throws -> Reply {
        try call.allowOnly()
        let patch = try await patchBody(call)
        let expected = try expectedVersion(of: key, call)
        let check = subscriptionCheck(of: key.type, call)
        let outcome = try await metrics.timingWrite {
            try await call.records.patch(key, patch, ifMatch: expected, checking: check)
        }
        return written(outcome, call)
    }

    func conditionalPatch(_ type: String, _ call: Call) async throws -> Reply {
        guard !call.pairs.isEmpty else {
            throw Fault(
                .badRequest, .required,
                "A patch needs an id (PATCH /fhir/\(type)/[id]) or a search (PATCH /fhir/\(type)?…).")
        }
        let patch = try await patchBody(call)
        let expected = try expectedVersion(call)
        let check = subscriptionCheck(of: type, call)
        let outcome = try await metrics.timingWrite {
            try await call.records.conditionalPatch(
                type: type, query: call.query, patch, ifMatch: expected, checking: check)
        }
        return written(outcome, call)
    }

    private func patchBody(_ call: Call) async throws -> ResourcePatch {
        let contentType = call.fields[.contentType] ?? ""
        guard let name = MediaTypes.name(of: contentType), Self.patchFormats.contains(name) else {
            var fault = Fault(
                .unsupportedMediaType, .notSupported,
                "A patch is sent as \(Self.patchFormats.joined(separator: " or ")).")
            fault.fields[.acceptPatch] = Self.patchFormats.joined(separator: ", ")
            throw fault
        }
        let text = try await call.body()
        guard !text.isEmpty else { throw Fault(.badRequest, .required, "A body with a patch is needed.") }
        let document = try JSONDocument(parsing: text, limits: JSONLimits(bytesMax: options.bodyBytesMax))
        return try ResourcePatch(json: document)
    }
}
