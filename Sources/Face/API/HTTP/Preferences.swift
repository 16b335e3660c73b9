import HTTPTypes

/// The wishes of a `Prefer` header that FHIR defines (<https://hl7.org/fhir/R4/http.html#ops>).
struct Preferences: Equatable {
    /// What a write answers with.
    enum Return: String {
        case minimal
        case representation
        case operationOutcome = "OperationOutcome"
    }

    var `return`: Return?
    /// Ignore search parameters that the server does not know, instead of refusing them.
    var isLenient = false
    /// Answer at once, and do the work in the background (<https://hl7.org/fhir/R4/async.html>).
    var respondsAsync = false

    /// Reads every `Prefer` field of a request; wishes that FHIR does not define are ignored, as RFC 7240 says.
    init(_ fields: HTTPFields) {
        guard fields.contains(.prefer) else { return }
        for field in fields[values: .prefer] {
            for wish in field.split(whereSeparator: { $0 == "," || $0 == ";" }) {
                let parts = wish.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces() }
                if parts == ["respond-async"] { respondsAsync = true }
                guard parts.count == 2 else { continue }
                let value = parts[1].filter { $0 != "\"" }
                switch parts[0].lowercased() {
                case "return": self.return = Return(rawValue: value) ?? self.return
                case "handling": isLenient = value == "lenient"
                default: break
                }
            }
        }
    }
}
