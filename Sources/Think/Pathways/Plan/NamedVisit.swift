import Calendar
import JSON

/// A common visit as the Tasks that it serves tell it.
struct NamedVisit: Equatable {
    static let system = "\(PathwayFacts.base)/NamingSystem/common-visit"

    /// The earliest day on which all may be done.
    let day: CivilDay
    /// The value of the `groupIdentifier`.
    let name: String

    /// The visits of a person, by the name of the occurrence.
    ///
    /// A visit keeps the name that stands in one of its Tasks, the most urgent one's first: what is overdue or done leaves its visit, and
    /// those that stay needn't be written again. A new one is named by what it serves.
    static func byKey(_ windows: [VisitWindow], _ record: PersonRecord) -> [String: NamedVisit] {
        let visits = CommonVisit.merging(windows)
        var names: [String?] = visits.map { _ in nil }
        var taken: Set<String> = []
        func take(_ place: Int, _ candidates: some Sequence<String>) {
            names[place] = names[place] ?? candidates.first { taken.insert($0).inserted }
        }
        for (place, visit) in visits.enumerated() { take(place, visit.keys.lazy.compactMap { standing($0, record) }) }
        for (place, visit) in visits.enumerated() {
            take(place, visit.keys.lazy.map { FactID.of(record.id, "visit", $0) })
            // Others may stand under all of these.
            take(place, (1...).lazy.map { FactID.of(record.id, "visit", visit.keys.first ?? "", "\($0)") })
        }
        var byKey: [String: NamedVisit] = [:]
        for (visit, name) in zip(visits, names) {
            for key in visit.keys { byKey[key] = name.map { NamedVisit(day: visit.day, name: $0) } }
        }
        return byKey
    }

    /// The name of the visit under which the Task of an occurrence stands.
    private static func standing(_ key: String, _ record: PersonRecord) -> String? {
        let names = key.split(separator: "/", maxSplits: 1).map(String.init)
        guard names.count == 2 else { return nil }
        let group = record.entry("Task/\(FactID.of(record.id, names[0], "task", names[1]))")?.root["groupIdentifier"]
        return group?["system"]?.equals(system) == true ? group?["value"]?.string : nil
    }
}
