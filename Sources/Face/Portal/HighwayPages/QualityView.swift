import Calendar
import Highway

/// How well senders keep to the rules, as the template reads it: of all senders, or of one by day, type and rule.
struct QualityView {
    /// What the address asks for.
    struct Choice {
        let sender: String?
        let from: CivilDay
        let until: CivilDay

        /// At most so many days are summed up.
        static let daysMax = 92

        /// The last seven days when nothing is said.
        init(sender: String?, from: String?, until: String?, today: CivilDay) {
            self.sender = sender
            let last = until.flatMap { CivilDay($0) } ?? today
            let first = min(from.flatMap { CivilDay($0) } ?? last.advanced(by: -6), last)
            self.until = last
            self.from = max(first, last.advanced(by: 1 - Self.daysMax))
        }

        var days: ClosedRange<Int64> { Int64(from.number)...Int64(until.number) }
    }

    struct Row {
        let name: String
        let href: String?
        let kind: String?
        let score: String
        let tone: String
        let checked: String
        let failed: String
    }

    struct Rule {
        let title: String
        let id: String
        let dimension: String
        let score: String
        let failed: String
        let hint: Told
        let source: Told
    }

    struct Line {
        let day: String
        let rule: String
        let message: String
        let place: String
        let what: Told
        let hint: Told
    }

    /// Where a score asks for a look, and where for work.
    private static let (watchBelow, actBelow) = (0.98, 0.9)

    let tabs: [HighwayTab]
    let answer: String
    let sender: String?
    let senders: [HighwayOption]
    let from: String
    let until: String
    let rows: [Row]
    let hasRows: Bool
    let rules: [Rule]
    let hasRules: Bool
    let lines: [Line]
    let hasLines: Bool
    let reportHref: String?

    init(
        _ scores: [HighwayReport.Score], findings: [HighwayReport.Finding], choice: Choice,
        senders: [HighwayReport.Sender], words: Words
    ) {
        tabs = HighwayTab.all(.quality, words)
        sender = choice.sender
        self.senders = HighwayOption.senders(senders.map(\.name), chosen: choice.sender, words)
        from = choice.from.isoText
        until = choice.until.isoText
        rows = choice.sender == nil ? Self.bySender(scores, choice, words) : Self.byDay(scores, words)
        hasRows = !rows.isEmpty
        let total = Sum(scores)
        answer =
            total.checked == 0
            ? words["qualityNone"] : words.text("qualityAnswer", ["score": words.share(total.score)])
        let groups = Dictionary(grouping: scores, by: \.rule.id)
        let sums = groups.compactMap { id, own in own.first.map { (rule: $0.rule, sum: Sum(own)) } }
        rules = sums.filter { $0.sum.failed > 0 }.sorted { ($1.sum.failed, $0.rule.id) < ($0.sum.failed, $1.rule.id) }
            .map { rule, sum in
                Rule(
                    title: words.title(rule), id: rule.id, dimension: words.dimension(rule.dimension),
                    score: words.share(sum.score), failed: words.number(Int(sum.failed)), hint: words.told(rule.hint),
                    source: words.told(rule.source))
            }
        hasRules = !rules.isEmpty
        lines = findings.map { finding in
            Line(
                day: words.shortDate(CivilDay(number: Int(finding.day))), rule: finding.rule,
                message: finding.control.isEmpty ? "#\(finding.message)" : finding.control,
                place: words.told(finding.place).text,
                what: words.told(Mask.quoted(finding.what)), hint: words.told(finding.hint))
        }
        hasLines = !lines.isEmpty
        reportHref = choice.sender.map {
            Address.make(
                "/ops/highway/quality",
                [("sender", $0), ("from", choice.from.isoText), ("until", choice.until.isoText), ("format", "csv")])
        }
    }

    private struct Sum {
        var checked: Int64 = 0
        var failed: Int64 = 0
        var score: Double { checked == 0 ? 1 : 1 - Double(failed) / Double(checked) }

        init(_ scores: [HighwayReport.Score]) {
            for score in scores {
                checked += score.checked
                failed += score.failed
            }
        }
    }

    /// The worst first.
    private static func bySender(_ scores: [HighwayReport.Score], _ choice: Choice, _ words: Words) -> [Row] {
        let sums = Dictionary(grouping: scores, by: \.sender).mapValues { Sum($0) }
        return sums.sorted { ($0.value.score, $0.key) < ($1.value.score, $1.key) }.map { name, sum in
            row(
                name, sum, kind: nil,
                href: Address.make(
                    "/ops/highway/quality",
                    [("sender", name), ("from", choice.from.isoText), ("until", choice.until.isoText)]),
                words)
        }
    }

    /// The latest day first, and in it the worst type.
    private static func byDay(_ scores: [HighwayReport.Score], _ words: Words) -> [Row] {
        Dictionary(grouping: scores, by: \.day).sorted { $0.key > $1.key }.flatMap { day, own in
            let kinds = Dictionary(grouping: own, by: \.kind).mapValues { Sum($0) }
            return kinds.sorted { ($0.value.score, $0.key) < ($1.value.score, $1.key) }.map { kind, sum in
                row(words.date(CivilDay(number: Int(day))), sum, kind: kind, href: nil, words)
            }
        }
    }

    private static func row(_ name: String, _ sum: Sum, kind: String?, href: String?, _ words: Words) -> Row {
        Row(
            name: name, href: href, kind: kind, score: words.share(sum.score),
            tone: sum.score < actBelow ? "act" : sum.score < watchBelow ? "watch" : "good",
            checked: words.number(Int(sum.checked)), failed: words.number(Int(sum.failed)))
    }
}
