import JSON

/// A Task of the house that stands in the record, as the engine sees it.
struct StandingTask: Sendable {
    /// The identifiers of Tasks for occurrences: `pathway/action/moment`.
    static let system = "https://healthbrain.dev/fhir/NamingSystem/pathway-occurrence"
    /// The code system of ``businessStatus``.
    static let stateSystem = "https://healthbrain.dev/fhir/CodeSystem/pathway-task-state"

    let root: JSONNode
    /// `pathway/action/moment`
    let name: String
    let status: String
    /// What the engine wrote last.
    let state: String

    init?(_ root: JSONNode) {
        guard
            let name = root.list("identifier").lazy.compactMap({ node in
                node["system"]?.equals(Self.system) == true ? node["value"]?.string : nil
            }).first, let status = root["status"]?.string
        else { return nil }
        self.root = root
        self.name = name
        self.status = status
        state = root["businessStatus"]?["coding"]?[0]?["code"]?.string ?? ""
    }

    /// How a person has answered it; nil where nobody has.
    var outcome: Occurrence.Outcome? {
        guard state != Occurrence.State.done.rawValue, state != Occurrence.State.cancelled.rawValue else { return nil }
        return switch status {
        case "completed": .completed
        case "rejected": .declined
        case "failed": .notPossible
        case "cancelled": .withdrawn
        default: nil
        }
    }

    /// When it was answered.
    var answeredAt: Moment? {
        let value = root["executionPeriod"]?["end"] ?? root["lastModified"]
        return value?.string.flatMap { Moment($0) }
    }

    /// Why it was declined or couldn't be done.
    var reason: String { root["statusReason"]?["text"]?.string ?? "" }

    /// Until when a person has put it off.
    var deferredUntil: Moment? {
        root.extensionValue("https://healthbrain.dev/fhir/StructureDefinition/deferred-until")?.string.flatMap {
            Moment($0)
        }
    }

    /// When it was first written.
    var authored: Int64? { root["authoredOn"]?.string.flatMap { Moment($0)?.milliseconds } }
    var opens: Int64? { root["restriction"]?["period"]?["start"]?.string.flatMap { Moment($0)?.milliseconds } }
    var due: Int64? { root["restriction"]?["period"]?["end"]?.string.flatMap { Moment($0)?.milliseconds } }
    var canonical: String { root["instantiatesCanonical"]?.string ?? "" }
}
