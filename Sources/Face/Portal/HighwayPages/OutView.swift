import Access
import Subscriptions

/// What goes out and how it fares, as the templates read it.
struct OutView {
    struct Row {
        let href: String
        let receiver: String
        let state: String
        let tone: String
        let purpose: String
        let criteria: String
        let fields: String
        let last: String
        let events: String
        let behind: String
        let lag: String
        let failures: String

        init(_ one: Subscriptions.Overview, receiver: String, words: Words) {
            let standing = OutState(one)
            href = "/ops/highway/out/\(one.id)"
            self.receiver = receiver
            state = words[standing.key]
            tone = standing.tone
            let code = Purpose.of(code: one.purpose)?.rawValue ?? one.purpose
            purpose = words.table["outPurpose\(code)"].map { "\($0) \(one.purpose)" } ?? one.purpose
            criteria = one.criteria
            fields = one.fields.joined(separator: words["listComma"])
            last = one.deliveredAt > 0 ? words.dateTime(milliseconds: one.deliveredAt) : words["outNever"]
            events = words.number(Int(one.events))
            behind = words.number(Int(one.behind))
            lag = one.behind > 0 ? Words.span(one.lag) : "—"
            failures = words.number(Int(one.failures))
        }
    }

    let tabs: [HighwayTab]
    let answer: String
    let tone: String
    let rows: [Row]
    let hasRows: Bool

    /// - Parameter names: of receivers, by the id of the Organization.
    init(_ all: [Subscriptions.Overview], names: [String: String], words: Words) {
        tabs = HighwayTab.all(.out, words)
        let placed = all.map { ($0, OutState($0)) }.sorted { ($0.1.rawValue, $0.0.id) < ($1.1.rawValue, $1.0.id) }
        rows = placed.map { Row($0.0, receiver: names[$0.0.receiver] ?? $0.0.receiver, words: words) }
        hasRows = !rows.isEmpty
        let bad = placed.filter { $0.1.tone == "act" || $0.1.tone == "watch" }
        tone = bad.contains { $0.1 == .error } ? "act" : bad.isEmpty ? "good" : "watch"
        answer = all.isEmpty ? words["outNone"] : bad.isEmpty ? words["outGood"] : words.counted("outBad", bad.count)
    }
}

/// One subscription, and what may be done with it.
struct OutOneView {
    let id: String
    let row: OutView.Row
    let why: String
    let masking: String
    let agreement: String?
    let retention: String?
    let frequency: String
    let host: String
    let program: String?
    let end: String
    let retry: String?
    let fault: Told?
    let canPause: Bool
    let form: String
    let from: String
    let notice: String?
    let problem: String?
    /// A new secret, shown once.
    let secret: String?

    init(
        _ one: Subscriptions.Overview, receiver: String, form: String, from: String, notice: String?, problem: String?,
        secret: String?, words: Words
    ) {
        id = one.id
        row = OutView.Row(one, receiver: receiver, words: words)
        why = one.reason
        masking = words[one.masking == "none" ? "outMaskingNone" : "outMaskingMasked"]
        agreement = one.agreement.isEmpty ? nil : one.agreement
        retention = one.retention.isEmpty ? nil : one.retention
        frequency = one.frequency.isEmpty ? words["outAtOnce"] : one.frequency
        host = one.host
        program = one.program.isEmpty ? nil : one.program
        end = one.end.isEmpty ? words["outForever"] : words.fhirDate(one.end)
        retry = one.failures > 0 && one.retryAt > 0 ? words.dateTime(milliseconds: one.retryAt) : nil
        fault = one.fault.isEmpty ? nil : words.told(one.fault)
        canPause = one.status == "active" || one.status == "requested"
        self.form = form
        self.from = from
        self.notice = notice
        self.problem = problem
        self.secret = secret
    }
}

/// How a subscription fares, the worst first.
enum OutState: Int {
    case error
    case trying
    case requested
    case off
    case active

    init(_ one: Subscriptions.Overview) {
        switch one.status {
        case "error": self = .error
        case "off": self = .off
        case _ where one.failures > 0: self = .trying
        case "requested": self = .requested
        default: self = .active
        }
    }

    var key: String {
        switch self {
        case .error: "outError"
        case .trying: "outTrying"
        case .requested: "outRequested"
        case .off: "outOff"
        case .active: "outActive"
        }
    }

    var tone: String {
        switch self {
        case .error: "act"
        case .trying: "watch"
        case .requested, .off: "quiet"
        case .active: "good"
        }
    }
}
