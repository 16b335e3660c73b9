import Calendar
import Containment

/// How the contacts of a signal stand, in numbers.
struct ContactCount {
    let all: Int
    let open: Int
    let overdue: Int
    let alarming: Int
    let cases: Int
    let released: Int
    /// Those who became cases and stand in no line list yet.
    let newCases: [Contact]

    init(_ contacts: [Contact], _ rules: ContactRules?, now: Int64) {
        let real = contacts.filter { $0.stage != .excluded }
        all = real.count
        open = real.count { $0.stage.isOpen }
        overdue = rules.map { rules in real.count { $0.isOverdue(at: now, rules) } } ?? 0
        alarming = real.count(where: \.isAlarming)
        cases = real.count { $0.stage == .converted }
        released = real.count { $0.stage == .released }
        newCases = real.filter(\.isNewCase).sorted { ($0.onset?.number ?? 0, $0.id) < ($1.onset?.number ?? 0, $1.id) }
    }
}

extension Contact {
    /// Whether they became a case and stand in no line list by themselves.
    var isNewCase: Bool { stage == .converted && person == nil }
}

extension Words {
    func stage(_ stage: ContactStage) -> String { self["contactStage_\(stage.rawValue)"] }

    func outcome(_ outcome: ContactOutcome) -> String { self["contactOutcome_\(outcome.rawValue)"] }

    func refusal(_ refusal: Contact.Refusal) -> String { self["contactProblem_\(refusal.rawValue)"] }

    /// The way of exposure.
    func kind(_ id: String, _ rules: ContactRules) -> String {
        rules.kind(id).map { language == .zh ? $0.zh : $0.en } ?? id
    }

    /// How many contacts, and what is left to do about them.
    func contacts(_ count: ContactCount) -> String {
        guard count.all > 0 else { return self["contactsNone"] }
        return text(
            "contactsAnswer",
            [
                "n": number(count.all), "open": number(count.open), "overdue": number(count.overdue),
                "cases": number(count.cases), "released": number(count.released),
            ])
    }

    /// Until when something is to be done about a contact.
    func due(_ contact: Contact, _ rules: ContactRules, now: Int64) -> String? {
        contact.due(rules).map { due in
            let key = contact.awaitsRelease ? "contactReleaseDue" : due < now ? "contactOverdue" : "contactDue"
            return text(key, ["time": dateTime(milliseconds: due - (due % 60_000 == 0 ? 60_000 : 0))])
        }
    }

    /// Colour of a contact's state: `act`, `watch`, `good` or `quiet`.
    func tone(_ contact: Contact, _ rules: ContactRules, now: Int64) -> String {
        if contact.isAlarming || contact.stage == .converted || contact.isOverdue(at: now, rules) { return "act" }
        return contact.stage.isOpen ? "watch" : contact.stage == .released ? "good" : "quiet"
    }
}
