/// Prepared pieces of JSON for coded values.
enum Codes {
    static let icd10 = "http://hl7.org/fhir/sid/icd-10"
    static let house = "https://healthbrain.dev/fhir"

    /// `{"coding":[{"system":…,"code":…,"display":…}],"text":…}`
    static func concept(system: String, code: String, display: String) -> [UInt8] {
        fragment { text in
            text.put(#"{"coding":[{"system":"#)
            text.put(quoted: system)
            text.put(#","code":"#)
            text.put(quoted: code)
            text.put(#","display":"#)
            text.put(quoted: display)
            text.put(#"}],"text":"#)
            text.put(quoted: display)
            text.put("}")
        }
    }

    static func disease(_ code: String, _ name: String) -> [UInt8] {
        concept(system: icd10, code: code, display: name)
    }
}
