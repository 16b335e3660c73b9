import Calendar
import DailyCounts
import JSON

/// What a registry reports of a month: a MeasureReport of type `summary` with a group for each kind, such as marriages.
struct RegisterFact: Hashable {
    let kind: RegisterKind
    let month: CivilMonth
    let count: Int

    /// The Organization that reports, and what; nothing of a report of something else, or one that isn't complete.
    static func facts(of report: JSONNode) -> (reporter: String?, facts: Set<RegisterFact>) {
        guard report["type"]?.string == "summary", report["status"]?.string == "complete",
            let day = Recorded.day(of: report["period"]?["start"])
        else { return (nil, []) }
        var facts: Set<RegisterFact> = []
        for group in report["group"].map({ Array($0.elements) }) ?? [] {
            for coding in group["code"]?["coding"].map({ Array($0.elements) }) ?? [] {
                guard coding["system"]?.string == RegisterKind.system,
                    let kind = coding["code"]?.string.flatMap({ RegisterKind(code: $0) }),
                    let count = group["population"]?[0]?["count"]?.integer, (0...1_000_000).contains(count)
                else { continue }
                facts.insert(RegisterFact(kind: kind, month: CivilMonth(CivilDay(number: day)), count: count))
            }
        }
        return (report["reporter"]?["reference"]?.string, facts)
    }
}

/// What registries report by month and tell of no single person.
public enum RegisterKind: Int, Sendable, CaseIterable {
    case marriage = 1
    case divorce = 2

    /// The code system of the groups.
    public static let system = "https://healthbrain.dev/fhir/CodeSystem/population-register"
    /// `marriages`, `divorces`
    public var code: String { self == .marriage ? "marriages" : "divorces" }
    init?(code: String) {
        guard let kind = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = kind
    }
}
