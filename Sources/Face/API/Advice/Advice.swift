import Calendar
import JSON
import Pathways

/// What the followed programmes have to say about one person now: worked out from what the one who asks may see, and written nowhere.
struct Advice {
    let desk: PathwayDesk
    let person: String
    /// The person's record.
    let documents: [JSONDocument]
    let now: Int64
    let language: AdviceLanguage
    /// Where the pages are, without a slash at the end.
    let root: String
    /// The id of a stored form by its canonical; nil where there is none.
    let hasForm: (String) -> String?

    /// Cards for single tasks at most; the rest are counted in one.
    static let taskCardsMax = 10
    /// How far ahead the next steps are told, in days [ours].
    static let aheadDays = 90

    /// Something that is asked for, with its pathway.
    struct Asked {
        let pathway: Pathway
        let part: PathwayPart
        let occurrence: Occurrence
    }

    func asked(_ look: PathwayDesk.Look, _ isWanted: (Occurrence) -> Bool) -> [Asked] {
        zip(desk.pathways, look.plans).flatMap { pathway, plan in
            plan.occurrences.filter(isWanted).compactMap { one in
                pathway.part(one.part).map { Asked(pathway: pathway, part: $0, occurrence: one) }
            }
        }.sorted { ($0.occurrence.due, $0.occurrence.key) < ($1.occurrence.due, $1.occurrence.key) }
    }

    // MARK: - A person's record is opened

    func patientView() -> [AdviceCard] {
        guard let look = desk.look(at: documents, now: now) else { return [] }
        let due = asked(look) { $0.state == .open || $0.state == .overdue }
        var cards = due.map { card($0, look) }.enumerated().sorted {
            ($0.element.indicator, $0.offset) < ($1.element.indicator, $1.offset)
        }.map(\.element)
        let rest = cards.dropFirst(Self.taskCardsMax).count
        cards = Array(cards.prefix(Self.taskCardsMax))
        if let grades = grades(look) { cards.append(grades) }
        if let next = nextSteps(look, rest) { cards.append(next) }
        return cards
    }

    /// The card of something that is to be done.
    func card(_ asked: Asked, _ look: PathwayDesk.Look) -> AdviceCard {
        let (part, one) = (asked.part, asked.occurrence)
        let title = language.text(part.title)
        let (opens, due) = (day(one.opens), day(one.due))
        let summary: String
        if one.state == .overdue {
            let days = CivilDay(milliseconds: now).number - CivilDay(milliseconds: one.due).number
            summary = language.text(
                "逾期 \(days) 天：\(title)（应于 \(due) 前完成）", "\(days) days overdue: \(title) (due by \(due))")
        } else {
            summary = language.text("待办：\(title)（\(due) 前完成）", "To do: \(title) (by \(due))")
        }
        var lines = [
            language.text("**为什么** ", "**Why** ") + language.text(asked.pathway.why(one, look.record)),
            language.text("**时间** \(opens) 至 \(due)", "**When** \(opens) to \(due)"),
        ]
        if let role = part.role.flatMap({ asked.pathway.setting.roles[$0] }) {
            lines.append(language.text("**谁来做** ", "**Who** ") + language.text(role.title))
        }
        if !one.escalations.isEmpty {
            lines.append(
                language.text("**已升级** ", "**Escalated** ")
                    + one.escalations.map { "\(language.text($0.rule.kind.title)) \(day($0.at))" }
                    .joined(separator: language.text("、", ", ")))
        }
        return AdviceCard(
            name: PathwayDesk.taskID(person, asked.pathway, one), summary: summary,
            detail: lines.joined(separator: "\n\n"), indicator(asked),
            source: source(asked.pathway, part), suggestions: suggestions(asked), links: links(asked))
    }

    /// How much it matters [ours]: what has been escalated beyond a reminder, or is overdue and stat, is critical; what is overdue, or
    /// urgent, is a warning.
    private func indicator(_ asked: Asked) -> AdviceCard.Indicator {
        let isStat = asked.part.priority == "stat" || asked.part.priority == "asap"
        guard asked.occurrence.state == .overdue else { return isStat ? .warning : .info }
        let isEscalated = asked.occurrence.escalations.contains { $0.rule.kind != .reminder }
        return isEscalated || isStat ? .critical : .warning
    }

    private func suggestions(_ asked: Asked) -> [AdviceCard.Suggestion] {
        guard let draft = PathwayDesk.draft(person, asked.pathway, asked.occurrence) else { return [] }
        let title = language.text(asked.part.title)
        let isForm = draft.starts(with: Array(#"{"resourceType":"Task""#.utf8))
        let label =
            isForm
            ? language.text("填写表单：\(title)", "Fill the form: \(title)")
            : language.text("开具：\(title)", "Order: \(title)")
        return [.init(label: label, resource: draft)]
    }

    private func links(_ asked: Asked) -> [AdviceCard.Link] {
        var links = [personLink]
        if let url = asked.part.questionnaire, let id = hasForm(url) {
            links.append(
                .init(
                    label: language.text("填写表单", "Fill the form"), url: "\(root)/forms/\(id)?patient=\(person)"))
        }
        return links
    }

    var personLink: AdviceCard.Link {
        .init(label: language.text("居民档案", "The person's record"), url: "\(root)/residents/\(person)")
    }

    /// The programme, and the documents that its rule is from.
    func source(_ pathway: Pathway, _ part: PathwayPart?) -> String {
        let documents = (part?.sources ?? []).map { pathway.setting.sources[$0] ?? $0 }
        return ([language.text(pathway.setting.title)] + documents).joined(separator: language.text("；", "; "))
    }

    func day(_ milliseconds: Int64) -> String { CivilDay(milliseconds: milliseconds).isoText }

    // MARK: - Grades and next steps

    private func grades(_ look: PathwayDesk.Look) -> AdviceCard? {
        var lines: [String] = []
        var short: [String] = []
        var sources: [String] = []
        for (pathway, plan) in zip(desk.pathways, look.plans) where plan.current != nil {
            for (id, all) in Dictionary(grouping: plan.grades, by: \.part).sorted(by: { $0.key < $1.key }) {
                guard let last = all.last, let part = pathway.part(id) else { continue }
                let name = last.display.isEmpty ? last.code : last.display
                short.append("\(language.text(part.title)) \(name)")
                let why = last.rationale.isEmpty ? "" : language.text("：", ": ") + last.rationale
                lines.append("- \(language.text(part.title)) **\(name)**（\(last.moment.day.isoText)）\(why)")
                let own = source(pathway, part)
                if !sources.contains(own) { sources.append(own) }
            }
        }
        guard !lines.isEmpty else { return nil }
        return AdviceCard(
            name: PathwayDesk.name(person, "grades"),
            summary: language.text("分级：", "Grades: ") + short.joined(separator: language.text("；", "; ")),
            detail: lines.joined(separator: "\n"), .info, source: sources.joined(separator: " / "), links: [personLink])
    }

    private func nextSteps(_ look: PathwayDesk.Look, _ rest: Int) -> AdviceCard? {
        let end = now + Int64(Self.aheadDays) * 86_400_000
        let ahead = asked(look) { $0.state == .waiting && $0.opens <= end }
        guard !ahead.isEmpty || rest > 0 else { return nil }
        var lines = ahead.map { one in
            "- \(day(one.occurrence.opens)) \(language.text("至", "to")) \(day(one.occurrence.due)) "
                + "\(language.text(one.part.title))（\(language.text(one.pathway.title))）"
        }
        if rest > 0 { lines.append("- " + language.text("另有 \(rest) 项待办", "\(rest) more tasks are to be done")) }
        let first = ahead.first.map { "\(day($0.occurrence.opens)) \(language.text($0.part.title))" } ?? ""
        let summary =
            first.isEmpty
            ? language.text("另有 \(rest) 项待办", "\(rest) more tasks are to be done")
            : language.text("下一步：\(first)", "Next: \(first)")
        var titles: [String] = []
        for one in ahead where !titles.contains(language.text(one.pathway.setting.title)) {
            titles.append(language.text(one.pathway.setting.title))
        }
        return AdviceCard(
            name: PathwayDesk.name(person, "next"), summary: summary, detail: lines.joined(separator: "\n"), .info,
            source: titles.isEmpty ? language.text("健康项目", "Programmes") : titles.joined(separator: " / "),
            links: [personLink])
    }
}
