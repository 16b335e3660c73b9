import Calendar
import DailyCounts
public import JSON
import Syndromes

/// What the record tells of a card's fields. Pure: resources in, fields out.
public struct ReportPrefill: Sendable {
    /// The Patient.
    public var patient: JSONNode
    /// The Condition or Observation that tells the case first.
    public var ground: JSONNode
    /// Its Encounter; nil where none is known.
    public var encounter: JSONNode?
    /// The Organization that reports; nil where none is known.
    public var institution: JSONNode?
    /// GB/T 2260 code of the institution's district; 0 when unknown.
    public var institutionDistrict = 0

    /// - Parameters:
    ///   - patient: the Patient.
    ///   - ground: what tells the case.
    ///   - encounter: its Encounter.
    ///   - institution: who reports.
    public init(patient: JSONNode, ground: JSONNode, encounter: JSONNode? = nil, institution: JSONNode? = nil) {
        self.patient = patient
        self.ground = ground
        self.encounter = encounter
        self.institution = institution
    }

    /// The fields that are known, by id. Of what the record doesn't tell nothing is guessed.
    public func values(_ evidence: CaseEvidence, _ form: ReportForm) -> [String: String] {
        var values: [String: String] = [:]
        values["name"] = Self.name(patient["name"])
        values["guardian"] = guardian
        let numbers = patient["identifier"].map { Array($0.elements) } ?? []
        values["idNumber"] =
            numbers.first { $0["system"]?.equals(Self.residentNumber) == true }?["value"]?.string
        switch patient["gender"]?.string {
        case "male": values["sex"] = "1"
        case "female": values["sex"] = "2"
        default: break
        }
        if let born = patient["birthDate"]?.string, CivilDay(born) != nil { values["birthDate"] = born }
        values["phone"] = phone(patient["telecom"]) ?? phone(patient["contact"]?[0]?["telecom"])
        values["address"] = Self.address(patient["address"])
        values["belongs"] = belongs
        values["classification"] = evidence.classification.code
        values["onset"] = (evidence.onset ?? onsetOfCarrier(evidence))?.isoText
        values["diagnosed"] = ReportTime.text(evidence.diagnosedAt)
        values["subtype"] = evidence.icd10.flatMap { form.subtype(of: evidence.disease, icd10: $0)?.code }
        if form.hasCourse(evidence.disease, subtype: values["subtype"]) {
            values["course"] = evidence.icd10.flatMap(Self.course)
        }
        if let died = Recorded.day(of: patient["deceasedDateTime"]) {
            let died = CivilDay(number: died)
            if evidence.onset.map({ $0 <= died }) ?? true { values["died"] = died.isoText }
        }
        values["institution"] = institution?["name"]?.string ?? encounter?["serviceProvider"]?["display"]?.string
        values["institutionPhone"] = phone(institution?["telecom"])
        values["doctor"] =
            ground["recorder"]?["display"]?.string ?? ground["asserter"]?["display"]?.string
            ?? encounter?["participant"]?[0]?["individual"]?["display"]?.string
        return values
    }

    private static let residentNumber = "urn:oid:2.16.156.10011.1.3"

    /// A carrier's onset is the day of the first test.
    private func onsetOfCarrier(_ evidence: CaseEvidence) -> CivilDay? {
        evidence.classification == .carrier ? CivilDay(milliseconds: evidence.diagnosedAt) : nil
    }

    /// Chronic hepatitis has codes of its own; hepatitis B of B16 is acute.
    private static func course(_ icd10: String) -> String? {
        let code = icd10.uppercased()
        if code.hasPrefix("B18") { return "2" }
        return code.hasPrefix("B16") || code.hasPrefix("B17") ? "1" : nil
    }

    private var belongs: String? {
        let home = Int(Recorded.district(ofResource: patient))
        guard home > 0, institutionDistrict > 0 else { return nil }
        if home == institutionDistrict { return "1" }
        if home / 100 == institutionDistrict / 100 { return "2" }
        return home / 10_000 == institutionDistrict / 10_000 ? "3" : "4"
    }

    private var guardian: String? {
        let relations: Set<String> = ["MTH", "FTH", "PRN", "GUARD", "GRPRN"]
        for contact in patient["contact"].map({ Array($0.elements) }) ?? [] {
            let codes = (contact["relationship"].map { Array($0.elements) } ?? []).flatMap {
                $0["coding"].map { Array($0.elements) } ?? []
            }
            if codes.contains(where: { $0["code"]?.string.map(relations.contains) ?? false }) {
                return Self.name(contact["name"])
            }
        }
        return nil
    }

    private func phone(_ telecoms: JSONNode?) -> String? {
        telecoms?.elements.first { $0["system"]?.equals("phone") == true }?["value"]?.string
    }

    private static func name(_ node: JSONNode?) -> String? {
        guard let node else { return nil }
        let names = node.isArray ? Array(node.elements) : [node]
        guard let name = names.first(where: { $0["use"]?.equals("official") == true }) ?? names.first else {
            return nil
        }
        if let text = name["text"]?.string { return text }
        let given = name["given"].map { $0.elements.compactMap(\.string) } ?? []
        let whole = (name["family"]?.string ?? "") + given.joined()
        return whole.isEmpty ? nil : whole
    }

    private static func address(_ node: JSONNode?) -> String? {
        let all = node.map { Array($0.elements) } ?? []
        guard let address = all.first(where: { $0["use"]?.equals("old") != true }) else { return nil }
        if let text = address["text"]?.string { return text }
        let lines = address["line"].map { $0.elements.compactMap(\.string) } ?? []
        let parts = ["state", "city", "district"].compactMap { address[JSONKey($0)]?.string } + lines
        return parts.isEmpty ? nil : parts.joined()
    }
}

/// Moments of a card, in Shanghai.
public enum ReportTime {
    /// `2026-11-22T18:30:00+08:00`.
    public static func text(_ milliseconds: Int64) -> String {
        let day = CivilDay(milliseconds: milliseconds)
        let seconds = (milliseconds - day.startMilliseconds) / 1_000
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(day.isoText)T\(two(seconds / 3_600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))+08:00"
    }
}
