import JSON

/// What one document adds to the daily counts. A pure function of the document, so that what a version
/// added can be taken away again when the next version comes.
struct CountedFact: Equatable {
    /// A diagnosis code with its system.
    struct Code: Hashable {
        let system: String
        let code: String
        let display: String

        static func == (left: Code, right: Code) -> Bool { left.system == right.system && left.code == right.code }
        func hash(into hasher: inout Hasher) {
            hasher.combine(system)
            hasher.combine(code)
        }
    }

    let kind: DailyCountKind
    let day: Int
    /// The reference of the place that gives the district; nil means the resource itself.
    let place: String?
    let code: Code?
}

extension CountedFact {
    /// Everything a document counts for.
    static func facts(of document: JSONDocument, type: String) -> [CountedFact] {
        switch type {
        case "Patient": patientFacts(document.root)
        case "Encounter": encounterFact(document.root).map { [$0] } ?? []
        case "Condition": conditionFact(document.root).map { [$0] } ?? []
        default: []
        }
    }

    private static func patientFacts(_ patient: JSONNode) -> [CountedFact] {
        var facts: [CountedFact] = []
        let died = patient["deceasedDateTime"]
        let deceased = died != nil || patient["deceasedBoolean"]?.bool == true
        if !deceased, patient["active"]?.bool != false {
            facts.append(CountedFact(kind: .residents, day: 0, place: nil, code: nil))
        }
        if let day = Recorded.day(of: patient["birthDate"]) {
            facts.append(CountedFact(kind: .births, day: day, place: nil, code: nil))
        }
        if let day = Recorded.day(of: died) {
            facts.append(CountedFact(kind: .deaths, day: day, place: nil, code: nil))
        }
        return facts
    }

    /// A visit counts unless it was planned only, called off, or entered in error; its place is the institution,
    /// and the resident's home when no institution is named.
    private static func encounterFact(_ encounter: JSONNode) -> CountedFact? {
        switch encounter["status"]?.string {
        case "planned", "cancelled", "entered-in-error": return nil
        default: break
        }
        guard let day = Recorded.day(of: encounter["period"]?["start"]) else { return nil }
        let place = encounter["serviceProvider"]?["reference"]?.string ?? encounter["subject"]?["reference"]?.string
        return CountedFact(
            kind: DailyCountKind(encounterClass: encounter["class"]?["code"]?.string), day: day, place: place ?? "",
            code: nil)
    }

    /// A diagnosis counts unless it was refuted or entered in error; its place is the resident's home.
    private static func conditionFact(_ condition: JSONNode) -> CountedFact? {
        for coding in (condition["verificationStatus"]?["coding"]?.elements).map(Array.init) ?? [] {
            if let code = coding["code"]?.string, code == "entered-in-error" || code == "refuted" { return nil }
        }
        guard let code = code(of: condition["code"]) else { return nil }
        let day =
            Recorded.day(of: condition["recordedDate"]) ?? Recorded.day(of: condition["onsetDateTime"])
            ?? Recorded.day(of: condition["onsetPeriod"]?["start"])
        guard let day else { return nil }
        return CountedFact(
            kind: .diagnoses, day: day, place: condition["subject"]?["reference"]?.string ?? "", code: code)
    }

    /// The ICD-10 coding of a concept, else its first coding.
    private static func code(of concept: JSONNode?) -> Code? {
        guard let concept else { return nil }
        var first: Code?
        if let codings = concept["coding"]?.elements {
            for coding in codings {
                guard let code = coding["code"]?.string else { continue }
                let found = Code(
                    system: coding["system"]?.string ?? "", code: code,
                    display: coding["display"]?.string ?? concept["text"]?.string ?? code)
                if found.system.hasPrefix("http://hl7.org/fhir/sid/icd-10") { return found }
                if first == nil { first = found }
            }
        }
        if let first { return first }
        return (concept["text"]?.string).map { Code(system: "", code: $0, display: $0) }
    }
}
