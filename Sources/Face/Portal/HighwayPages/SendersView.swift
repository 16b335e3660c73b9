import Calendar
import Highway

/// Who sends, and how it fares, as the template reads it.
struct SendersView {
    struct Row {
        let name: String
        let door: String
        let state: String
        let tone: String
        let last: String
        let today: String
        let taken: String
        let waiting: String
        let dead: String
        let deadHref: String
        let score: String
        let scoreHref: String
        let lag: String
        let eventLag: String
    }

    struct Figure {
        let name: String
        let value: String
    }

    struct Projection {
        let name: String
        let lag: String
    }

    let tabs: [HighwayTab]
    let answer: String
    let tone: String
    let figures: [Figure]
    let rows: [Row]
    let hasRows: Bool
    let projections: [Projection]
    let hasProjections: Bool

    /// - Parameter today: the scores of today, by which the messages of today are counted.
    init(
        _ status: HighwayReport.Status, _ senders: [HighwayReport.Sender], lag: HighwayReport.Lag,
        today: [HighwayReport.Score], now: Int64, words: Words
    ) {
        tabs = HighwayTab.all(.senders, words)
        let messages = Self.messages(today)
        let lags = Dictionary(lag.senders.map { ($0.name, $0) }) { one, _ in one }
        let placed = senders.map { ($0, SenderState($0, now: now)) }.sorted {
            ($0.1.order, $0.0.name) < ($1.1.order, $1.0.name)
        }
        rows = placed.map { sender, state in
            Row(
                name: sender.name, door: "\(sender.door) · \(sender.format)", state: words[state.key],
                tone: state.tone, last: words.dateTime(milliseconds: sender.lastAt),
                today: words.number(messages[sender.name] ?? 0), taken: words.number(Int(sender.count("taken"))),
                waiting: words.number(Int(sender.count("waiting"))), dead: words.number(Int(sender.count("dead"))),
                deadHref: Address.make("/ops/highway/dead", [("sender", sender.name)]),
                score: sender.qualityScore.map { words.share($0) } ?? "—",
                scoreHref: Address.make("/ops/highway/quality", [("sender", sender.name)]),
                lag: Words.percentiles(lags[sender.name]?.fromReceipt),
                eventLag: Words.percentiles(lags[sender.name]?.fromEvent))
        }
        hasRows = !rows.isEmpty
        projections = lag.projections.map { projection in
            Projection(
                name: words.table["projection_\(projection.name)"] ?? projection.name,
                lag: Words.percentiles(projection.fromRecord))
        }
        hasProjections = !projections.isEmpty
        let bad = placed.filter { $0.1 != .good }.count
        tone = placed.isEmpty || bad == 0 ? "good" : placed.contains { $0.1 == .dead } ? "act" : "watch"
        answer =
            placed.isEmpty
            ? words["highwayNone"] : bad == 0 ? words["highwayGood"] : words.counted("highwayBad", bad)
        figures = [
            Figure(name: words["highwaySenders"], value: words.number(status.senders)),
            Figure(name: words["highwayTaken"], value: words.number(Int(status.taken))),
            Figure(name: words["highwayWaiting"], value: words.number(Int(status.waiting))),
            Figure(name: words["highwayDead"], value: words.number(Int(status.dead))),
        ]
    }

    /// How many messages of each sender were worked on: each is asked by the rules for messages, each rule once.
    static func messages(_ scores: [HighwayReport.Score]) -> [String: Int] {
        var kinds: [String: [String: Int64]] = [:]
        for score in scores where score.rule.subject == "message" {
            kinds[score.sender, default: [:]][score.kind] = max(
                kinds[score.sender]?[score.kind] ?? 0, score.checked)
        }
        return kinds.mapValues { Int($0.values.reduce(0, +)) }
    }
}

/// How a sender fares, the worst first.
enum SenderState: Hashable {
    case dead
    case crowded
    case silent
    case good

    /// More than this many that wait are told.
    static let waitingMax: Int64 = 1000
    /// Who has sent nothing for a day is told.
    static let silentMilliseconds: Int64 = 86_400_000

    init(_ sender: HighwayReport.Sender, now: Int64) {
        if sender.count("dead") > 0 {
            self = .dead
        } else if sender.count("waiting") > Self.waitingMax {
            self = .crowded
        } else {
            self = now - sender.lastAt > Self.silentMilliseconds ? .silent : .good
        }
    }

    var order: Int {
        switch self {
        case .dead: 0
        case .crowded: 1
        case .silent: 2
        case .good: 3
        }
    }

    var key: String {
        switch self {
        case .dead: "senderDead"
        case .crowded: "senderCrowded"
        case .silent: "senderSilent"
        case .good: "senderGood"
        }
    }

    var tone: String {
        switch self {
        case .dead: "act"
        case .crowded, .silent: "watch"
        case .good: "good"
        }
    }
}
