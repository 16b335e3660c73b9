import JSON

/// Ages in bands of five years, as a copy for research shows them.
public enum AgeBands {
    /// The band of an age: `0-4`, `85-89`, `90+`.
    public static func band(_ years: Int) -> String {
        guard years < 90 else { return "90+" }
        let low = max(years, 0) / 5 * 5
        return "\(low)-\(low + 4)"
    }

    /// The URL of the extension that holds the band where a birth date stood.
    public static let url = "https://healthbrain.dev/fhir/StructureDefinition/age-band"

    /// What stands for a birth date that is hidden: the sign of its absence, and the band.
    static func hiddenBirthDate(_ band: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("extension")
        writer.beginArray()
        writer.beginObject()
        writer.member("url", string: "http://hl7.org/fhir/StructureDefinition/data-absent-reason")
        writer.member("valueCode", string: "masked")
        writer.endObject()
        writer.beginObject()
        writer.member("url", string: url)
        writer.member("valueString", string: band)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
