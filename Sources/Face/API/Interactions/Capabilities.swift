import HTTPTypes

/// capabilities: <https://hl7.org/fhir/R4/http.html#capabilities>
extension FHIRService {
    func capabilities(_ call: Call) throws -> Reply {
        // FHIR asks for mode=full, normative or terminology; there is one statement here.
        try call.allowOnly("mode")
        let capabilities = capabilities
        var reply = Reply(.ok, json: capabilities.json)
        reply.gzipBody = capabilities.gzip
        return reply
    }
}
