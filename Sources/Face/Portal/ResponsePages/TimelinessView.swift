import Containment

/// How long the steps take, as the template reads it.
struct TimelinessView {
    struct Row {
        let name: String
        let count: String
        let median: String
        let quarter: String
        let threeQuarters: String
        let ninety: String
    }

    struct Tab {
        let href: String
        let text: String
        let isCurrent: Bool
    }

    /// Days that can be chosen.
    static let choices = [30, 90, 365]

    let answer: String
    let tabs: [Tab]
    let rows: [Row]
    let hasRows: Bool
    let csvHref: String

    init(_ found: Timeliness, signals: Int, days: Int, words: Words) {
        let verified = found.spans.first { $0.step == .verified }
        answer =
            signals == 0
            ? words["timelinessNone"]
            : words.text(
                "timelinessAnswer",
                [
                    "n": words.number(signals),
                    "median": verified.map { words.delay(seconds: $0.median * 3_600) } ?? "—",
                    "quick": words.number(found.inTime.count), "of": words.number(found.inTime.of),
                ])
        tabs = Self.choices.map {
            Tab(
                href: "/signals/timeliness?days=\($0)", text: words.text("timelinessDays", ["n": "\($0)"]),
                isCurrent: $0 == days)
        }
        func hours(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        rows = found.spans.map { span in
            Row(
                name: words["timelinessStep_\(span.step.rawValue)"], count: words.number(span.count),
                median: hours(span.median), quarter: hours(span.quarter), threeQuarters: hours(span.threeQuarters),
                ninety: hours(span.ninety))
        }
        hasRows = !rows.isEmpty
        csvHref = "/signals/timeliness?days=\(days)&format=csv"
    }
}
