import Calendar
import Containment
import Syndromes

/// The work list of contacts as the template reads it: whom to follow up, the most urgent first.
struct ContactsView {
    struct Row {
        let href: String
        let name: String
        let condition: String
        let place: String
        let stage: String
        let tone: String
        let last: String
        let due: String?
        let until: String
    }

    struct Tab {
        let href: String
        let text: String
        let isCurrent: Bool
    }

    let answer: String
    let alarm: String?
    let tabs: [Tab]
    let rows: [Row]
    let hasRows: Bool
    let isCut: Bool

    init(_ contacts: [Contact], isEnded: Bool, _ rules: ContactRules, now: Int64, place: CityPlace, words: Words) {
        let ranked = contacts.sorted { one, other in
            (one.isAlarming ? 0 : 1, one.due(rules) ?? -one.listedAt, one.id)
                < (other.isAlarming ? 0 : 1, other.due(rules) ?? -other.listedAt, other.id)
        }
        rows = ranked.map { contact in
            Row(
                href: "/contacts/\(contact.id)", name: contact.name, condition: words.condition(contact.condition),
                place: place.name(contact.district, words), stage: words.stage(contact.stage),
                tone: words.tone(contact, rules, now: now),
                last: contact.lastReached.map {
                    words.text(
                        "contactLast",
                        ["what": words.outcome($0.outcome), "time": words.dateTime(milliseconds: $0.step.at)])
                } ?? words["contactNeverReached"], due: words.due(contact, rules, now: now),
                until: words.date(contact.lastDay))
        }
        hasRows = !rows.isEmpty
        isCut = contacts.count >= Portal.SignalVisit.contactsMax
        let overdue = contacts.count { $0.isOverdue(at: now, rules) }
        answer =
            isEnded
            ? words.counted("contactsEndedAnswer", contacts.count)
            : contacts.isEmpty
                ? words["contactsNobody"]
                : words.text(
                    "contactsToFollow", ["n": words.number(contacts.count), "overdue": words.number(overdue)])
        let alarming = contacts.count(where: \.isAlarming)
        alarm = alarming == 0 ? nil : words.counted("contactsAlarming", alarming)
        tabs = [
            Tab(href: "/contacts", text: words["contactsTabOpen"], isCurrent: !isEnded),
            Tab(href: "/contacts?show=ended", text: words["contactsTabEnded"], isCurrent: isEnded),
        ]
    }
}
