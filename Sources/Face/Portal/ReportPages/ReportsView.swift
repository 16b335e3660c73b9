import Calendar
import Reporting
import Syndromes

/// The list of report cards as the template reads it.
struct ReportsView {
    struct Row {
        let href: String
        let disease: String
        let name: String
        let duty: String
        let isUrgent: Bool
        let stage: String
        let tone: String
        let late: String?
        let clock: String?
        let clockTone: String
        let place: String
        let asked: String?
    }

    struct Tab {
        enum Kind: String {
            /// For the institution.
            case waiting
            /// For the centre.
            case review
            /// Nothing to be done.
            case done

            var stages: [ReportStage] {
                switch self {
                case .waiting: [.prepared, .returned, .correctionDue]
                case .review: [.confirmed]
                case .done: [.reviewed, .dismissed]
                }
            }

            /// The reader's own work first.
            static func all(isCentre: Bool?) -> [Kind] {
                isCentre == true ? [.review, .waiting, .done] : [.waiting, .review, .done]
            }
        }

        let href: String
        let text: String
        let isCurrent: Bool
    }

    /// Cards on the page.
    static let rowsMax = 200
    /// Cards in a table, and those that are ranked; a table that is cut there says so in its name.
    static let tableMax = 5_000

    let answer: String
    let late: String?
    let tabs: [Tab]
    let rows: [Row]
    let hasRows: Bool
    let from: String
    let until: String

    init(
        _ cards: [ReportCard], waiting: [ReportCard], tab: Tab.Kind, tabs kinds: [Tab.Kind], from: CivilDay,
        until: CivilDay, now: Int64, words: Words
    ) {
        let ranked = cards.sorted { ($0.due ?? .max, $1.preparedAt) < ($1.due ?? .max, $0.preparedAt) }
        rows = ranked.prefix(Self.rowsMax).map { card in
            let isOverdue = card.isOverdue(at: now)
            return Row(
                href: "/reports/\(card.id)", disease: words.condition(card.disease),
                name: card.values["name"] ?? words["nameUnknown"], duty: words.duty(card),
                isUrgent: card.deadline - card.diagnosedAt <= 2 * 3_600_000, stage: words.stage(card.stage),
                tone: isOverdue ? "act" : card.due == nil ? "quiet" : "watch", late: words.late(card),
                clock: words.clock(card, now: now), clockTone: isOverdue ? "act" : "quiet",
                place: card.values["institution"] ?? words["reportNoInstitution"],
                asked: card.stage == .correctionDue ? card.steps.last { $0.what == .asked }?.text : nil)
        }
        hasRows = !rows.isEmpty
        let overdue = cards.count { $0.isOverdue(at: now) }
        switch tab {
        case .waiting:
            answer =
                rows.isEmpty
                ? words["reportsNoneWaiting"]
                : words.text(
                    "reportsWaiting", ["n": words.number(cards.count), "overdue": words.number(overdue)])
        case .review:
            answer =
                rows.isEmpty
                ? words["reportsNoneReview"]
                : words.text("reportsReview", ["n": words.number(cards.count), "overdue": words.number(overdue)])
        case .done: answer = words.counted("reportsDone", rows.count)
        }
        let lateCount = waiting.count { $0.stage == .prepared && $0.isOverdue(at: now) }
        late = lateCount == 0 || tab == .waiting ? nil : words.counted("reportsLate", lateCount)
        tabs = kinds.map { kind in
            let text =
                switch kind {
                case .waiting: words["reportsTabWaiting"]
                case .review: words["reportsTabReview"]
                case .done: words["reportsTabDone"]
                }
            return Tab(href: "/reports?show=\(kind.rawValue)", text: text, isCurrent: kind == tab)
        }
        self.from = from.isoText
        self.until = until.isoText
    }
}

extension Words {
    /// Where a card stands.
    func stage(_ stage: ReportStage) -> String { self["reportStage_\(stage)"] }

    /// Class and time of the law: `甲类 · 2 小时`.
    func duty(_ card: ReportCard) -> String {
        let hours = Int((card.deadline - card.diagnosedAt) / 3_600_000)
        return text("reportDuty", ["class": legalClass(card.disease.duty?.legalClass ?? ""), "hours": "\(hours)"])
    }

    private func legalClass(_ name: String) -> String {
        guard language == .en else { return name }
        return ["甲": "A", "乙": "B", "丙": "C"][name] ?? name
    }

    /// That the legal time went by.
    func late(_ card: ReportCard) -> String? {
        card.isMissed ? self["reportMissed"] : card.isLate ? self["reportLate"] : nil
    }

    /// How long is left for the next step, or since when it is overdue; nil where nothing is due.
    func clock(_ card: ReportCard, now: Int64) -> String? {
        card.due.map { due in
            text(
                due < now ? "reportClockOver" : "reportClock",
                ["left": span(abs(due - now)), "time": dateTime(milliseconds: due)])
        }
    }

    private func span(_ milliseconds: Int64) -> String {
        let minutes = Int(milliseconds / 60_000)
        if minutes < 60 { return text("reportMinutes", ["m": "\(minutes)"]) }
        if minutes < 48 * 60 { return text("reportHours", ["h": "\(minutes / 60)", "m": "\(minutes % 60)"]) }
        return text("reportDays", ["d": "\(minutes / 1_440)"])
    }
}
