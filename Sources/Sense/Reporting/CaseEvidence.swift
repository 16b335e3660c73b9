public import Calendar
import DailyCounts
import FHIR
public import JSON
public import Syndromes

/// How sure a case is (病例分类1 of the card).
public enum CaseClass: Int, Sendable, Comparable, CaseIterable {
    case carrier = 0
    case suspected = 1
    case clinical = 2
    case confirmed = 3

    /// The code on the card.
    public var code: String {
        switch self {
        case .carrier: "4"
        case .suspected: "3"
        case .clinical: "1"
        case .confirmed: "2"
        }
    }

    /// Reads the code of a card.
    public init?(code: String) {
        guard let found = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = found
    }

    /// The surer is the greater.
    public static func < (left: CaseClass, right: CaseClass) -> Bool { left.rawValue < right.rawValue }
}

/// What one resource says of a case that is to be reported. A pure function of the resource, so that the agent beside the
/// hospital finds the same as the platform.
public struct CaseEvidence: Sendable, Hashable {
    /// The disease.
    public let disease: WatchedCondition
    /// How sure.
    public let classification: CaseClass
    /// The code of ICD-10; nil of a test.
    public let icd10: String?
    /// `Patient/…`, as the resource refers to it; nil where it names nobody.
    public let person: String?
    /// The day of onset; nil where it isn't told.
    public let onset: CivilDay?
    /// When it was diagnosed, in milliseconds since 1970 UTC.
    public let diagnosedAt: Int64

    /// The cases that a resource tells: a Condition by its code, unless refuted; an Observation by a watched test that is positive.
    ///
    /// - Parameters:
    ///   - resource: any resource; others than these tell nothing.
    ///   - known: when it became known, in milliseconds since 1970 UTC. A diagnosis of which only the day is told counts from
    ///     then, and at the latest from the end of that day.
    public static func found(
        in resource: JSONNode, known: Int64, _ list: WatchList, _ form: ReportForm
    ) -> [CaseEvidence] {
        switch resource["resourceType"]?.string {
        case "Condition": condition(resource, known, list, form)
        case "Observation": observation(resource, known, list)
        default: []
        }
    }

    private static func condition(
        _ root: JSONNode, _ known: Int64, _ list: WatchList, _ form: ReportForm
    ) -> [CaseEvidence] {
        let status = root["verificationStatus"]?["coding"]?.elements.compactMap { $0["code"]?.string } ?? []
        guard !status.contains("refuted"), !status.contains("entered-in-error") else { return [] }
        let isSure = status.isEmpty || status.contains("confirmed")
        var found: [String: CaseEvidence] = [:]
        for coding in root["code"]?["coding"].map({ Array($0.elements) }) ?? [] {
            guard let system = coding["system"]?.string, let code = coding["code"]?.string, WatchList.isICD10(system)
            else { continue }
            var diseases = list.conditions(system: system, code: code).map {
                ($0, isSure ? CaseClass.clinical : .suspected)
            }
            if let carried = form.carried(icd10: code) { diseases.append((carried, .carrier)) }
            for (id, classification) in diseases {
                guard let disease = list[id], disease.isNotifiable, found[id] == nil else { continue }
                found[id] = CaseEvidence(
                    disease: disease, classification: classification, icd10: code,
                    person: root["subject"]?["reference"]?.string,
                    onset: (Recorded.day(of: root["onsetDateTime"]) ?? Recorded.day(of: root["onsetPeriod"]?["start"]))
                        .map { CivilDay(number: $0) },
                    diagnosedAt: moment(root["recordedDate"], known))
            }
        }
        return found.values.sorted { $0.disease.number < $1.disease.number }
    }

    private static func observation(_ root: JSONNode, _ known: Int64, _ list: WatchList) -> [CaseEvidence] {
        list.diseases(positiveIn: root).compactMap { list[$0] }.filter(\.isNotifiable).sorted { $0.number < $1.number }
            .map {
                CaseEvidence(
                    disease: $0, classification: .confirmed, icd10: nil, person: root["subject"]?["reference"]?.string,
                    onset: nil, diagnosedAt: moment(root["issued"] ?? root["effectiveDateTime"], known))
            }
    }

    private static func moment(_ node: JSONNode?, _ known: Int64) -> Int64 {
        guard let text = node?.string else { return known }
        if text.utf8.count > 10, let time = FHIRDateTime(text)?.lowMilliseconds { return min(time, known) }
        guard let day = CivilDay(text) else { return known }
        return min(known, day.advanced(by: 1).startMilliseconds - 1_000)
    }
}
