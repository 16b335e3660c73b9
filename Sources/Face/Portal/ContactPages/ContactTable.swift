import Calendar
import Containment

/// Contacts as a table of CSV, in the order of the tree.
enum ContactTable {
    static func csv(_ tree: ContactTree, _ rules: ContactRules, now: Int64) -> String {
        let header = [
            "id", "name", "phone", "address", "district", "kind", "exposedTo", "exposedToName", "generation", "first",
            "last", "days", "until", "stage", "onset", "reached", "missed", "lastOutcome", "due", "overdue",
        ]
        let today = CivilDay(milliseconds: now)
        let rows = tree.flat.map { branch in
            let contact = branch.contact
            return [
                contact.id, contact.name, contact.phone, contact.address, "\(contact.district)", contact.kind,
                contact.exposedTo ?? "", contact.exposedToName, "\(branch.generation)",
                contact.exposure.lowerBound.isoText, contact.exposure.upperBound.isoText, "\(contact.days)",
                contact.lastDay.isoText, contact.stage.rawValue, contact.onset?.isoText ?? "",
                "\(contact.followUps.count { $0.outcome.isReached })",
                "\(contact.plan(today: today).count { $0.state == .missed })",
                contact.lastReached?.outcome.rawValue ?? "",
                contact.due(rules).map { CivilDay(milliseconds: $0 - 1).isoText } ?? "",
                contact.isOverdue(at: now, rules) ? "1" : "0",
            ]
        }
        return SignalTable.text([header] + rows)
    }
}
