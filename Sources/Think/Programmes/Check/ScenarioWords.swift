import Calendar
import FHIR
import JSON

/// What a story may say, member by member; what is not here is a mistake, and not silently without effect.
enum ScenarioWords {
    static let story = ["title", "pathway", "programmes", "city", "person", "following", "steps"]
    static let step = ["on", "given", "answer", "expect"]
    static let given = [
        "bloodPressure", "observation", "condition", "encounter", "immunization", "answer", "death", "resource",
    ]
    static let answer = ["task", "outcome", "reason", "escalation", "pathway"]
    static let outcomes = ["completed", "declined", "not-possible"]
    static let kinds = ["reminder", "prompt", "supervision"]
    static let states = ["waiting", "open", "overdue", "done", "cancelled"]

    /// One kind of expectation: its name, the part of the action that it names, and what may stand beside it.
    struct Expected: Sendable {
        let name: String
        let part: ActionPart?
        let members: [String]
    }

    static let expected: [Expected] = [
        .init(name: "enrolled", part: nil, members: ["on"]),
        .init(name: "stage", part: .stage, members: []),
        .init(name: "left", part: nil, members: []),
        .init(name: "task", part: .activity, members: ["state", "due", "opens", "on", "owner", "outcome"]),
        .init(name: "escalation", part: .activity, members: ["kind", "to", "due"]),
        .init(name: "grade", part: .grade, members: ["is", "on"]),
        .init(name: "milestone", part: .milestone, members: ["is"]),
        .init(name: "visit", part: nil, members: ["on"]),
    ]

    /// The values that a member may have; nil: any.
    static func values(_ member: String, of expected: String) -> [String]? {
        switch member {
        case "state": states + outcomes + ["withdrawn", "none"]
        case "outcome": outcomes + ["withdrawn"]
        case "kind": kinds + ["none"]
        default: nil
        }
    }

    /// When a text is a day, or a dateTime; nil where it is neither.
    static func moment(_ text: String?) -> Int64? {
        guard let text, text.utf8.count >= 10, let value = FHIRDateTime(text) else { return nil }
        return value.lowMilliseconds
    }
}
