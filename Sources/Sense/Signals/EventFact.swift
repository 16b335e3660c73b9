import DailyCounts
import FHIR
import JSON
import Syndromes

/// What one document counts for. A pure function of the document and the list of what is watched.
struct EventFact: Hashable {
    let condition: Int64
    let source: Int64
    let day: Int64
    /// How much it counts: 1 for a record about a person, the value of a stream.
    var n: Int64 = 1

    /// Whether it counts a person, once a day however many records say so.
    var countsPerson: Bool { EventSource(rawValue: Int(source)).countsPersons }

    /// Everything a document counts for, and whom it is about.
    static func facts(
        of root: JSONNode, type: String, _ list: WatchList
    ) -> (subject: String?, facts: Set<EventFact>) {
        if type == "Observation", let streams = streams(root, list) { return streams }
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

    /// The streams whose numbers an Observation or its components give; nil for one of something else. The place is the subject, else
    /// the first performer.
    private static func streams(_ root: JSONNode, _ list: WatchList) -> (subject: String?, facts: Set<EventFact>)? {
        var isStream = false
        var sums: [EventFact: Int64] = [:]
        let day = Recorded.day(of: root["effectiveDateTime"]) ?? Recorded.day(of: root["effectivePeriod"]?["start"])
        for part in [root] + (root["component"].map { Array($0.elements) } ?? []) {
            for coding in part["code"]?["coding"].map({ Array($0.elements) }) ?? [] {
                guard let system = coding["system"]?.string, let code = coding["code"]?.string,
                    let stream = list.stream(system: system, code: code)
                else { continue }
                isStream = true
                guard let day, let n = amount(of: part, stream) else { continue }
                for condition in stream.conditions.compactMap({ list[$0] }) {
                    let fact = EventFact(
                        condition: Int64(condition.number), source: Int64(stream.source), day: Int64(day))
                    sums[fact, default: 0] += n
                }
            }
        }
        guard isStream else { return nil }
        switch root["status"]?.string {
        case "cancelled", "entered-in-error", "registered": return (nil, [])
        default: break
        }
        let place = root["subject"]?["reference"]?.string ?? root["performer"]?[0]?["reference"]?.string
        let facts = sums.filter { $0.value > 0 }.map { fact, n in
            EventFact(condition: fact.condition, source: fact.source, day: fact.day, n: n)
        }
        return (place, Set(facts))
    }

    private static func amount(of part: JSONNode, _ stream: WatchedStream) -> Int64? {
        let value = part["valueQuantity"]?["value"]?.double ?? part["valueInteger"]?.integer.map(Double.init)
        guard let value, value.isFinite, value >= 0, value <= amountMax else { return nil }
        return stream.above.map { value > $0 ? 1 : 0 } ?? Int64(value.rounded())
    }

    /// No stream counts more at once; a larger number is a mistake and counts for nothing.
    private static let amountMax = 1e6

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
