import DailyCounts
import FHIR
import JSON
import Syndromes

/// What one document counts for. A pure function of the document and the list of what is watched.
struct EventFact: Hashable {
    let condition: Int64
    let source: Int64
    let day: Int64

    /// Everything a document counts for, and whom it is about.
    static func facts(
        of root: JSONNode, type: String, _ list: WatchList
    ) -> (subject: String?, facts: Set<EventFact>) {
        let found: (ids: Set<String>, source: EventSource, day: Int?)? =
            switch type {
            case "Encounter": encounter(root, list)
            case "Condition": condition(root, list)
            case "Observation": observation(root, list)
            default: nil
            }
        guard let found, let day = found.day else { return (nil, []) }
        let facts = found.ids.compactMap { list[$0] }.map {
            EventFact(condition: Int64($0.number), source: Int64(found.source.rawValue), day: Int64(day))
        }
        return (root["subject"]?["reference"]?.string, Set(facts))
    }

    /// A visit counts unless it was planned only, called off, or entered in error.
    private static func encounter(
        _ root: JSONNode, _ list: WatchList
    ) -> (ids: Set<String>, source: EventSource, day: Int?)? {
        switch root["status"]?.string {
        case "planned", "cancelled", "entered-in-error": return nil
        default: break
        }
        var ids: Set<String> = []
        if let reasons = root["reasonCode"]?.elements { for reason in reasons { ids.formUnion(read(reason, list)) } }
        return (ids, .complaint, Recorded.day(of: root["period"]?["start"]))
    }

    /// A diagnosis counts unless it was refuted or entered in error, on the day of its onset, else of its record.
    private static func condition(
        _ root: JSONNode, _ list: WatchList
    ) -> (ids: Set<String>, source: EventSource, day: Int?)? {
        if let codings = root["verificationStatus"]?["coding"]?.elements {
            for coding in codings {
                if coding["code"]?.equals("refuted") == true || coding["code"]?.equals("entered-in-error") == true {
                    return nil
                }
            }
        }
        let day =
            Recorded.day(of: root["onsetDateTime"]) ?? Recorded.day(of: root["onsetPeriod"]?["start"])
            ?? Recorded.day(of: root["recordedDate"])
        return (root["code"].map { read($0, list) } ?? [], .diagnosis, day)
    }

    /// A test counts where it is watched and positive.
    private static func observation(
        _ root: JSONNode, _ list: WatchList
    ) -> (ids: Set<String>, source: EventSource, day: Int?)? {
        let ids = list.diseases(positiveIn: root)
        guard !ids.isEmpty else { return nil }
        let day = Recorded.day(of: root["effectiveDateTime"]) ?? Recorded.day(of: root["issued"])
        return (ids, .laboratory, day)
    }

    /// The conditions that the codes of a concept mean, and its words.
    private static func read(_ concept: JSONNode, _ list: WatchList) -> Set<String> {
        var ids: Set<String> = []
        var words = concept["text"]?.string
        for coding in concept["coding"].map({ Array($0.elements) }) ?? [] {
            if let system = coding["system"]?.string, let code = coding["code"]?.string {
                ids.formUnion(list.conditions(system: system, code: code))
            }
            if words == nil { words = coding["display"]?.string }
        }
        if let words { ids.formUnion(list.conditions(complaint: words)) }
        return ids
    }
}
