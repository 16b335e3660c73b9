import JSON

/// What the CapabilityStatement tells of a server that asks who is there.
extension CapabilityText {
    /// `rest.security`, with SMART's addresses (<https://hl7.org/fhir/smart-app-launch/conformance.html>).
    static func security(_ root: String?, cors: Bool, _ writer: inout JSONWriter) {
        writer.key("security")
        writer.beginObject()
        if let root {
            writer.key("extension")
            writer.beginArray()
            writer.beginObject()
            writer.member("url", string: "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris")
            writer.key("extension")
            writer.beginArray()
            for name in ["authorize", "token", "introspect", "revoke"] {
                writer.beginObject()
                writer.member("url", string: name)
                writer.member("valueUri", string: "\(root)/auth/\(name)")
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            writer.endArray()
        }
        writer.member("cors", bool: cors)
        if root != nil {
            writer.key("service")
            writer.beginArray()
            writer.beginObject()
            writer.key("coding")
            writer.beginArray()
            writer.beginObject()
            writer.member("system", string: "http://terminology.hl7.org/CodeSystem/restful-security-service")
            writer.member("code", string: "SMART-on-FHIR")
            writer.endObject()
            writer.endArray()
            writer.endObject()
            writer.endArray()
        }
        writer.member(
            "description",
            string: "Everything but this statement needs a bearer token, or a session with the form's token in "
                + "X-Form-Token for what changes something. X-Purpose-Of-Use states why.")
        writer.endObject()
    }

    /// AuditEvents are the audit log's: read and searched, written by nobody.
    static func auditEvents(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", string: "AuditEvent")
        writer.key("interaction")
        writer.beginArray()
        for code in ["read", "search-type"] {
            writer.beginObject()
            writer.member("code", string: code)
            writer.endObject()
        }
        writer.endArray()
        writer.member("versioning", string: "no-version")
        writer.key("searchParam")
        writer.beginArray()
        for (name, type) in [
            ("agent", "reference"), ("date", "date"), ("outcome", "token"), ("patient", "reference"),
            ("subtype", "token"), ("type", "token"),
        ] {
            writer.beginObject()
            writer.member("name", string: name)
            writer.member("type", string: type)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
