import FHIR

/// Instants written as text.
enum InstantText {
    /// Milliseconds since 1970 UTC of a FHIR date, dateTime or instant, from its first instant; nil when malformed.
    static func milliseconds(_ text: String) -> Int64? { FHIRDateTime(text)?.lowMilliseconds }
}
