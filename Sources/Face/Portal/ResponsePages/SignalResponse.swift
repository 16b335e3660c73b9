import Calendar
import Containment
import Signals

/// What is done and told about a signal, as its page reads it.
struct SignalResponse {
    struct Measure {
        let id: String
        let kind: String
        let text: String
        let who: String
        let due: String
        let stage: String
        let tone: String
        let isOpen: Bool
        let address: String
    }

    struct Notice {
        let id: String
        let title: String
        let text: String
        let audience: String
        let by: String
        let stage: String
        let tone: String
        /// Why this reader can't approve it.
        let own: String?
        let canApprove: Bool
        /// What the other step is called: to refuse, or to take back.
        let end: String?
        let endStage: String
        let address: String
    }

    struct Choice {
        let code: String
        let text: String
        let isChosen: Bool
    }

    /// A dated event for the life of the signal.
    struct Event {
        let at: Int64
        let name: String
        let by: String
        let text: String
    }

    let measures: [Measure]
    let hasMeasures: Bool
    let notices: [Notice]
    let hasNotices: Bool
    let events: [Event]
    let isOpen: Bool
    let asksName: Bool
    let measuresAddress: String
    let noticesAddress: String
    let kinds: [Choice]
    let audiences: [Choice]
    let isMeasureSent: Bool
    let measureText: String
    let measureWho: String
    let measureDue: String
    let isNoticeSent: Bool
    let noticeTitle: String
    let noticeText: String

    init(
        _ signal: Signal, _ measures: [Containment.Measure], _ notices: [Containment.Notice],
        me: Containment.Notice.Author, isOpenHouse: Bool, form: String, sent: FormBody, now: Int64, words: Words
    ) {
        let measuresAddress = "/signals/\(signal.id)/measures"
        let noticesAddress = "/signals/\(signal.id)/notices"
        self.measures = measures.map { measure in
            Measure(
                id: measure.id, kind: words.kind(measure.kind), text: measure.text, who: measure.who,
                due: words.text(
                    measure.isLate(at: now) ? "signalLate" : "signalDue",
                    ["time": words.dateTime(milliseconds: measure.due)]),
                stage: words["measureStage_\(measure.stage.rawValue)"],
                tone: measure.isLate(at: now) ? "act" : measure.stage == .planned ? "watch" : "quiet",
                isOpen: measure.stage == .planned, address: measuresAddress)
        }
        hasMeasures = !measures.isEmpty
        self.notices = notices.map { notice in
            let isOwn = !isOpenHouse && notice.author?.account == me.account
            let isWaiting = notice.stage == .waiting
            return Notice(
                id: notice.id, title: notice.title, text: notice.text, audience: words.audience(notice.audience),
                by: notice.steps.last.map { step in
                    "\(words.name(step.by)) · \(words.dateTime(milliseconds: step.at))"
                        + (step.text.isEmpty ? "" : " · \(step.text)")
                } ?? "", stage: words["noticeStage_\(notice.stage.rawValue)"],
                tone: isWaiting ? "watch" : notice.stage == .sent ? "good" : "quiet",
                own: isWaiting && isOwn ? words["noticeOwn"] : nil, canApprove: isWaiting && !isOwn,
                end: isWaiting ? words["noticeRefuse"] : notice.stage == .sent ? words["noticeWithdraw"] : nil,
                endStage: isWaiting ? "refused" : "withdrawn", address: noticesAddress)
        }
        hasNotices = !notices.isEmpty
        events =
            measures.flatMap { measure in
                measure.steps.map { step in
                    Event(
                        at: step.at, name: words["measureDid_\(step.stage.rawValue)"],
                        by: step.by.isEmpty ? measure.who : step.by,
                        text: step.text.isEmpty
                            ? words.text(
                                "measureWhat",
                                ["kind": words.kind(measure.kind), "text": measure.text, "who": measure.who])
                            : "\(measure.text) · \(step.text)")
                }
            }
            + notices.flatMap { notice in
                notice.steps.map { step in
                    Event(
                        at: step.at, name: words["noticeDid_\(step.stage.rawValue)"], by: words.name(step.by),
                        text: "\(words.audience(notice.audience)) · \(notice.title)"
                            + (step.text.isEmpty ? "" : " · \(step.text)"))
                }
            }
        isOpen = signal.stage.isOpen
        asksName = isOpenHouse
        self.measuresAddress = measuresAddress
        self.noticesAddress = noticesAddress
        kinds = Containment.Measure.Kind.allCases.map {
            Choice(code: $0.rawValue, text: words.kind($0), isChosen: sent["kind"] == $0.rawValue)
        }
        audiences = Containment.Notice.Audience.allCases.map {
            Choice(code: $0.rawValue, text: words.audience($0), isChosen: sent["audience"] == $0.rawValue)
        }
        isMeasureSent = sent.holds("who") && !sent.holds("measure")
        (measureText, measureWho) = isMeasureSent ? (sent["text"], sent["who"]) : ("", "")
        measureDue = sent.given("due") ?? ShanghaiTime.text(now + 24 * 3_600_000, words)
        isNoticeSent = sent.holds("title")
        (noticeTitle, noticeText) = isNoticeSent ? (sent["title"], sent["text"]) : ("", "")
    }
}

extension Words {
    func kind(_ kind: Measure.Kind) -> String { self["measureKind_\(kind.rawValue)"] }

    func audience(_ audience: Notice.Audience) -> String { self["noticeAudience_\(audience.rawValue)"] }

    func name(_ author: Notice.Author) -> String { author.name.isEmpty ? self["noticeNobody"] : author.name }
}
