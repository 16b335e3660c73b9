/// Codes of ICD-10 in the shapes that are used in China: `A16.2`, `A16.200x002`, `B20`, `A01.001+K77.0*`.
public enum ICD10 {
    /// Whether a code system is ICD-10 or one of its national editions.
    public static func isSystem(_ system: String) -> Bool {
        system.hasPrefix("http://hl7.org/fhir/sid/icd-10") || oids.contains(system)
            || system.lowercased().contains("icd10") || system.lowercased().contains("icd-10")
    }

    private static let oids: Set<String> = [
        "urn:oid:2.16.840.1.113883.6.3", "urn:oid:2.16.840.1.113883.6.90", "urn:oid:2.16.156.10011.2.3.3.11",
    ]

    /// Whether a code, or one half of a dagger and asterisk pair, lies in one of the ranges.
    public static func code(_ code: String, isIn ranges: [ClosedRange<String>]) -> Bool {
        code.uppercased().split(whereSeparator: { "+*†".contains($0) }).contains { part in
            ranges.contains { range in
                part.prefix(range.lowerBound.count) >= range.lowerBound
                    && part.prefix(range.upperBound.count) <= range.upperBound
                    && part.count >= range.lowerBound.count
            }
        }
    }
}
