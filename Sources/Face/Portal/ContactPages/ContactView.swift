import Calendar
import Containment
import Syndromes

/// One contact as the template reads it: the observation day by day, what may be done next, and what was done.
struct ContactView {
    struct Figure {
        let name: String
        let value: String
        let note: String
    }

    struct Day {
        let day: String
        let state: String
        let tone: String
    }

    struct Choice {
        let code: String
        let text: String
        let isChosen: Bool
    }

    /// A step that may come next, as a form.
    struct Next {
        let action: String
        let title: String
        let hint: String
        let isFollowUp: Bool
        let dayLabel: String?
        let day: String
        let asksPerson: Bool
        let textLabel: String
        let text: String
        let isOpen: Bool
    }

    struct Step {
        let name: String
        let when: String
        let by: String
        let text: String
    }

    let title: String
    let signalHref: String?
    let answer: String
    let stage: String
    let tone: String
    let alarm: String?
    let due: String?
    let problem: String?
    let form: String
    let address: String
    let phone: String?
    let home: String?
    let exposedTo: String
    let exposedHref: String?
    let figures: [Figure]
    let days: [Day]
    let next: [Next]
    let outcomes: [Choice]
    let at: String
    let temperature: String
    let cases: [Choice]
    let steps: [Step]
    let source: String

    init(
        _ contact: Contact, isSignalSeen: Bool, cases: [(reference: String, name: String)], _ rules: ContactRules,
        form: String, sent: FormBody, problem: Contact.Refusal?, now: Int64, place: CityPlace, words: Words
    ) {
        let today = CivilDay(milliseconds: now)
        title = words.text("contactTitle", ["name": contact.name, "condition": words.condition(contact.condition)])
        signalHref = isSignalSeen ? "/signals/\(contact.signal)/contacts" : nil
        answer = words.text(
            "contactAnswer",
            [
                "kind": words.kind(contact.kind, rules), "last": words.date(contact.exposure.upperBound),
                "until": words.date(contact.lastDay),
            ])
        stage = words.stage(contact.stage)
        tone = words.tone(contact, rules, now: now)
        alarm = contact.isAlarming ? words["contactAlarm"] : nil
        due = words.due(contact, rules, now: now)
        self.problem = problem.map { words.refusal($0) }
        self.form = form
        address = "/contacts/\(contact.id)"
        phone = contact.phone.isEmpty ? nil : contact.phone
        home = contact.address.isEmpty ? nil : contact.address
        exposedTo = contact.exposedToName.isEmpty ? words["contactRootUnknown"] : contact.exposedToName
        exposedHref = contact.exposedTo.flatMap { reference in
            reference.hasPrefix("Task/") ? "/contacts/" + reference.dropFirst(5) : nil
        }
        let plan = contact.plan(today: today)
        figures = [
            Figure(
                name: words["contactUntil"], value: words.date(contact.lastDay),
                note: words.text(
                    "contactDaysNote",
                    ["n": "\(contact.days)", "last": words.date(contact.exposure.upperBound)])),
            Figure(
                name: words["contactFollowed"],
                value: words.number(plan.count { if case .done = $0.state { true } else { false } }),
                note: words.text(
                    "contactMissed", ["n": words.number(plan.count { $0.state == .missed })])),
            Figure(
                name: words["contactDistrict"], value: place.name(contact.district, words),
                note: contact.testsNeeded == 0
                    ? ""
                    : words.text(
                        "contactTests", ["n": "\(contact.negatives)", "of": "\(contact.testsNeeded)"])),
        ]
        days = plan.filter { contact.stage.isOpen || $0.day <= today }.map { item in
            let (state, tone): (String, String) =
                switch item.state {
                case .done(let outcome): (words.outcome(outcome), outcome.isAlarming ? "act" : "good")
                case .missed: (words["contactDayMissed"], "act")
                case .today: (words["contactDayToday"], "watch")
                case .ahead: (words["contactDayAhead"], "quiet")
                }
            return Day(day: words.dateWithWeekday(item.day), state: state, tone: tone)
        }
        let main: ContactAction = contact.awaitsRelease && !contact.isAlarming ? .release : .follow
        next = contact.stage.actions.map { action in
            let isSent = sent["action"] == action.rawValue
            let dayLabel: String? =
                action == .expose ? words["contactLastExposure"] : action == .convert ? words["contactOnset"] : nil
            return Next(
                action: action.rawValue, title: words["contactAction_\(action.rawValue)"],
                hint: words["contactHint_\(action.rawValue)"], isFollowUp: action == .follow, dayLabel: dayLabel,
                day: isSent ? sent["day"] : today.isoText, asksPerson: action == .convert && !cases.isEmpty,
                textLabel: words[action.asksReason ? "contactReason" : "contactNote"], text: isSent ? sent["text"] : "",
                isOpen: isSent || action == main || action == .reopen)
        }
        outcomes = ContactOutcome.allCases.map {
            Choice(code: $0.rawValue, text: words.outcome($0), isChosen: sent["outcome"] == $0.rawValue)
        }
        at = sent.given("at") ?? ShanghaiTime.text(now, words)
        temperature = sent["temperature"]
        self.cases =
            [Choice(code: "", text: words["contactNotInList"], isChosen: sent["person"].isEmpty)]
            + cases.map { Choice(code: $0.reference, text: $0.name, isChosen: sent["person"] == $0.reference) }
        steps = contact.steps.reversed().map { step in
            let name: String =
                switch step.what {
                case .listed: words["contactListed"]
                case .followed(let outcome): words.text("contactFollowUp", ["what": words.outcome(outcome)])
                case .done(let action): words["contactDone_\(action.rawValue)"]
                }
            return Step(
                name: name + (step.temperature.map { " · \($0) °C" } ?? ""),
                when: words.dateTime(milliseconds: step.at),
                by: step.by.isEmpty ? words["signalByHouse"] : step.by, text: step.text)
        }
        source = words.language == .zh ? rules.source.zh : rules.source.en
    }
}
