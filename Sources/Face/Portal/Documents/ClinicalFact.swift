import JSON
import Timeline

/// One document of a timeline as plain data: what it says, how much, and to which visit it belongs.
struct ClinicalFact: Sendable, Equatable {
    /// What a result means beside its reference.
    enum Flag: Sendable, Equatable {
        case high
        case low
        case abnormal
    }

    /// What stands behind the words, still without a language.
    enum Value: Sendable, Equatable {
        case none
        /// As the source says it.
        case text(String)
        /// `Condition.clinicalStatus`, `Encounter.status` and the like.
        case status(String)
        /// The number of a dose.
        case dose(String)
    }

    let type: String
    let id: String
    let kind: TimelineKind
    /// Seconds since 1970 UTC; 0 when the document tells no time.
    let seconds: Int64
    private(set) var what: Concept?
    let value: Value
    let flag: Flag?
    /// The reference of its visit.
    let encounter: String?
    /// Of a visit: its class code.
    let visitClass: String?
    /// Of a visit: the institution as the document names it, or its reference.
    let place: Reference?
    /// Of a visit: the end as written.
    let end: String?
    /// What it is a medicine of, when the document only refers to it.
    let medication: Reference?
    /// Measured numbers.
    let readings: [Reading]

    /// A reference with the words that came along.
    struct Reference: Sendable, Equatable {
        let reference: String?
        let display: String?

        init?(_ node: JSONNode?) {
            guard let node else { return nil }
            reference = node["reference"]?.string
            display = node["display"]?.string
        }
    }

    init(_ root: JSONNode, kind: TimelineKind, seconds: Int64) {
        type = root["resourceType"]?.string ?? ""
        id = root["id"]?.string ?? ""
        self.kind = kind
        self.seconds = seconds
        encounter = (root["encounter"] ?? root["context"])?["reference"]?.string
        readings = kind == .observation ? Reading.all(root) : []
        visitClass = kind == .visit ? root["class"]?["code"]?.string : nil
        place = kind == .visit ? Reference(root["serviceProvider"]) : nil
        end = kind == .visit ? root["period"]?["end"]?.string : nil
        medication = kind == .medicine ? Reference(root["medicationReference"]) : nil
        what = Self.what(root, kind: kind)
        flag = kind == .observation ? Self.flag(root, readings: readings) : nil
        value = Self.value(root, kind: kind, readings: readings)
    }

    /// The same fact under the name of what it refers to.
    func naming(_ concept: Concept) -> ClinicalFact {
        var named = self
        named.what = concept
        return named
    }

    private static func what(_ root: JSONNode, kind: TimelineKind) -> Concept? {
        switch kind {
        case .visit: Concept(root["type"]?[0]) ?? Concept(root["serviceType"])
        case .medicine: Concept(root["medicationCodeableConcept"])
        case .vaccine: Concept(root["vaccineCode"])
        case .observation, .diagnosis, .report, .procedure, .allergy: Concept(root["code"])
        }
    }

    private static func value(_ root: JSONNode, kind: TimelineKind, readings: [Reading]) -> Value {
        switch kind {
        case .observation:
            return observedValue(root, readings: readings)
        case .diagnosis:
            return (root["clinicalStatus"]?["coding"]?[0]?["code"]?.string).map(Value.status) ?? .none
        case .medicine:
            return (root["dosageInstruction"]?[0]?["text"]?.string ?? root["dosage"]?[0]?["text"]?.string).map(
                Value.text)
                ?? (root["status"]?.string).map(Value.status) ?? .none
        case .vaccine:
            let dose = root["protocolApplied"]?[0]
            return (dose?["doseNumberPositiveInt"]?.numberText ?? dose?["doseNumberString"]?.string).map(Value.dose)
                ?? .none
        case .report: return (root["conclusion"]?.string).map(Value.text) ?? .none
        case .visit: return .none
        case .procedure, .allergy: return .none
        }
    }

    private static func observedValue(_ root: JSONNode, readings: [Reading]) -> Value {
        if readings.count == 1 { return .text(readings[0].text) }
        if readings.count > 1 {
            let units = Set(readings.map(\.unit))
            if units.count == 1, let unit = units.first {
                return .text(readings.map(\.number).joined(separator: "/") + (unit.isEmpty ? "" : " " + unit))
            }
            return .text(readings.map(\.text).joined(separator: ", "))
        }
        if let text = root["valueString"]?.string ?? Concept(root["valueCodeableConcept"])?.text {
            return .text(text)
        }
        if let flag = root["valueBoolean"]?.bool { return .status(flag ? "yes" : "no") }
        return (root["valueInteger"]?.numberText ?? root["valueDateTime"]?.string).map(Value.text) ?? .none
    }

    /// What the source says of the result (`interpretation`), else what its reference range says.
    private static func flag(_ root: JSONNode, readings: [Reading]) -> Flag? {
        for coding in (root["interpretation"]?[0]?["coding"]?.elements).map(Array.init) ?? [] {
            switch coding["code"]?.string {
            case "H", "HH", "HU": return .high
            case "L", "LL", "LU": return .low
            case "A", "AA", "POS": return .abnormal
            case "N", "NEG": return nil
            default: break
            }
        }
        for reading in readings {
            if let flag = reading.flag { return flag }
        }
        return nil
    }
}
