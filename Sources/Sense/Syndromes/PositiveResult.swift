import JSON

/// Whether an Observation tells a positive result.
enum PositiveResult {
    /// `POS` or `DET` of HL7's interpretations, LOINC's and SNOMED CT's answers, or the words.
    static func isTold(by observation: JSONNode) -> Bool {
        let concepts =
            (observation["interpretation"].map { Array($0.elements) } ?? [])
            + [observation["valueCodeableConcept"]].compactMap { $0 }
        for concept in concepts {
            for coding in concept["coding"].map({ Array($0.elements) }) ?? [] {
                let key = (coding["system"]?.string ?? "") + "|" + (coding["code"]?.string ?? "")
                if codes.contains(key) { return true }
            }
        }
        let said = observation["valueString"]?.string ?? observation["valueCodeableConcept"]?["text"]?.string
        return said.map { words.contains($0.lowercased()) } ?? false
    }

    private static let codes: Set<String> = [
        "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation|POS",
        "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation|DET", "http://loinc.org|LA6576-8",
        "http://loinc.org|LA11882-0", "http://snomed.info/sct|10828004", "http://snomed.info/sct|260373001",
    ]
    private static let words: Set<String> = ["阳性", "阳性(+)", "阳性（+）", "检出", "positive", "detected", "+"]
}
