public import JSON

/// The FHIR resource that tells a client what was found.
public struct OperationOutcome: Sendable, Equatable {
    /// The findings, in the order in which they were met.
    public var issues: [Issue]

    /// - Parameter issues: at least one, for the resource to be valid FHIR.
    public init(issues: [Issue]) {
        self.issues = issues
    }

    /// The resource as compact JSON.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the resource as the next value.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("resourceType", string: "OperationOutcome")
        writer.key("issue")
        writer.beginArray()
        for issue in issues {
            writer.beginObject()
            writer.member("severity", string: issue.severity.rawValue)
            writer.member("code", string: issue.code.rawValue)
            if !issue.diagnostics.isEmpty { writer.member("diagnostics", string: issue.diagnostics) }
            if let expression = issue.expression {
                writer.key("expression")
                writer.beginArray()
                writer.string(expression)
                writer.endArray()
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

extension Issue {
    /// The finding about a text that is not acceptable JSON.
    public init(_ error: JSONError) {
        self.init(.fatal, .structure, "JSON: \(error.description)", byteOffset: error.offset)
    }
}
