import HTTPTypes
import Records

/// create and conditional create: <https://hl7.org/fhir/R4/http.html#create>
extension FHIRService {
    func create(_ type: String, _ call: Call) async throws -> Reply {
        try call.allowOnly()
        let document = try await call.document()
        try checkSubscriptions(in: document, call)
        let outcome = try await metrics.timingWrite {
            try await call.records.create(
                type: type, document, ifNoneExist: call.fields[.ifNoneExist].map(Self.criteria))
        }
        return written(outcome, call)
    }

    /// The search of an `If-None-Exist` header: its query alone, when a client sends an address before it.
    static func criteria(_ header: String) -> String {
        header.firstIndex(of: "?").map { String(header[header.index(after: $0)...]) } ?? header
    }

    /// The answer to a write, as its `Prefer` header wants it (<https://hl7.org/fhir/R4/http.html#ops>).
    func written(_ outcome: WriteOutcome, _ call: Call) -> Reply {
        let version = outcome.version
        let status: HTTPResponse.Status = outcome.created ? .created : .ok
        var reply: Reply
        switch Preferences(call.fields).return {
        case .minimal: reply = Reply(status, headersOf: version)
        case .operationOutcome:
            reply = Reply(status, headersOf: version)
            reply.body = outcomeText(outcome)
        case .representation, nil: reply = Reply(status, version: version)
        }
        reply.fields[.location] = "\(call.base)/\(version.key)/_history/\(version.versionID)"
        return reply
    }
}
