import Calendar
import JSON
import Pathways

extension Advice {
    /// Cards for what is still expected at most [ours].
    private static let expectedMax = 5

    /// Drafts against the pathways: they are tried, as if they were done, and what then is different is told.
    func orderSelect(_ drafts: [JSONNode]) throws -> [AdviceCard] {
        guard !drafts.isEmpty, let before = desk.look(at: documents, now: now) else { return [] }
        var cards: [AdviceCard] = []
        var done = documents
        for draft in drafts {
            let tried = try whatIf(draft)
            done += tried
            let fulfilled = desk.look(at: documents + tried, now: now).map { self.fulfilled(before, $0) } ?? []
            let due = fulfilled.filter { $0.occurrence.state != .waiting }
            let card =
                due.isEmpty
                ? fulfilled.first.map { early(draft, $0) } ?? repeated(draft, before) : serving(draft, due)
            if let card { cards.append(card) }
        }
        guard let after = desk.look(at: done, now: now) else { return cards }
        let left = asked(after) { $0.state == .open || $0.state == .overdue }.filter { one in
            one.part.outputs.contains("ServiceRequest")
                && asked(before, { $0.key == one.occurrence.key }).contains { $0.pathway.id == one.pathway.id }
        }
        cards += left.prefix(Self.expectedMax).map { card($0, after) }
        return cards.enumerated().sorted {
            ($0.element.indicator, $0.offset) < ($1.element.indicator, $1.offset)
        }.map(\.element)
    }

    /// The draft as if it had been carried out now: the order itself, and the result that it would give.
    private func whatIf(_ draft: JSONNode) throws -> [JSONDocument] {
        let at = Moment(milliseconds: now).instantText
        let type = draft["resourceType"]?.string ?? ""
        var order = JSONWriter()
        order.beginObject()
        for (key, value) in draft.members {
            guard let name = key.string, !["id", "status", "authoredOn"].contains(name) else { continue }
            order.member(name, node: value)
        }
        order.member("id", string: "tried-\(draft["id"]?.string ?? "order")")
        order.member("status", string: type == "Appointment" ? "fulfilled" : "active")
        if type == "ServiceRequest" || type == "MedicationRequest" { order.member("authoredOn", string: at) }
        order.endObject()
        var made = [try JSONDocument(parsing: order.bytes)]
        guard type == "ServiceRequest", let code = draft["code"] else { return made }
        for (type, status, date) in [
            ("Observation", "final", "effectiveDateTime"), ("DiagnosticReport", "final", "effectiveDateTime"),
            ("Procedure", "completed", "performedDateTime"),
        ] {
            var result = JSONWriter()
            result.beginObject()
            result.member("resourceType", string: type)
            result.member("id", string: "tried-\(type)-\(draft["id"]?.string ?? "order")")
            result.member("status", string: status)
            result.member("code", node: code)
            result.key("subject")
            result.beginObject()
            result.member("reference", string: "Patient/\(person)")
            result.endObject()
            result.member(date, string: at)
            result.endObject()
            made.append(try JSONDocument(parsing: result.bytes))
        }
        return made
    }

    /// What was asked for before and is done after; also what a draft says that it is for, by the identifier that the house gave it.
    private func fulfilled(_ before: PathwayDesk.Look, _ after: PathwayDesk.Look) -> [Asked] {
        let open = asked(before) { $0.state.isAlive }
        let done = Set(asked(after) { $0.state == .done }.map { "\($0.pathway.id)/\($0.occurrence.key)" })
        return open.filter { done.contains("\($0.pathway.id)/\($0.occurrence.key)") }
    }

    private func serving(_ draft: JSONNode, _ asked: [Asked]) -> AdviceCard? {
        guard let first = asked.first else { return nil }
        let titles = asked.map { language.text($0.part.title) }
        return AdviceCard(
            name: PathwayDesk.name(person, "serves", AdviceText.reference(draft)),
            summary: language.text(
                "该申请可完成：\(titles.joined(separator: "、"))", "This order does: \(titles.joined(separator: ", "))"),
            detail: asked.map {
                "- \(language.text($0.part.title)) \(day($0.occurrence.opens)) \(language.text("至", "to")) \(day($0.occurrence.due))"
            }.joined(separator: "\n"), .info, source: source(first.pathway, first.part), links: [personLink])
    }

    // MARK: - What was done already

    /// A warning where it isn't asked for again yet.
    private func early(_ draft: JSONNode, _ next: Asked) -> AdviceCard {
        let (title, when) = (language.text(next.part.title), next.occurrence.moment.day.isoText)
        let (from, to) = (day(next.occurrence.opens), day(next.occurrence.due))
        return AdviceCard(
            name: PathwayDesk.name(person, "repeats", AdviceText.reference(draft)),
            summary: language.text(
                "可能重复：\(when) 已做，\(title)自 \(from) 起", "May be a repeat: done on \(when); \(title) is due from \(from)"),
            detail: language.text("**下次** \(from) 至 \(to)", "**Next** \(from) to \(to)") + "\n\n"
                + language.text("**依据** ", "**Evidence** ") + (next.occurrence.basis ?? when),
            .warning, source: source(next.pathway, next.part), links: [personLink])
    }

    /// A warning where the same was done in a window that still runs.
    private func repeated(_ draft: JSONNode, _ look: PathwayDesk.Look) -> AdviceCard? {
        let codes = AdviceText.codes(draft)
        guard !codes.isEmpty else { return nil }
        let named = Dictionary(documents.map { (AdviceText.reference($0.root), $0.root) }) { one, _ in one }
        let waiting = asked(look) { $0.state == .waiting }
        let done = asked(look) { $0.state == .done }.filter { one in
            one.occurrence.evidence.contains {
                named[$0].map { !AdviceText.codes($0).isDisjoint(with: codes) } ?? false
            }
        }.max { ($0.occurrence.doneAt?.milliseconds ?? 0) < ($1.occurrence.doneAt?.milliseconds ?? 0) }
        guard let done else { return nil }
        let next = waiting.first { $0.pathway.id == done.pathway.id && $0.part.id == done.part.id }
        guard next != nil || now <= done.occurrence.due else { return nil }
        let when = (done.occurrence.doneAt ?? done.occurrence.moment).day.isoText
        let title = language.text(done.part.title)
        let again = next.map { day($0.occurrence.opens) }
        let until = day(done.occurrence.due)
        let wait = again.map { language.text("下次自 \($0) 起", "next from \($0)") }
        let window = wait ?? language.text("本期至 \(until)", "the window runs to \(until)")
        return AdviceCard(
            name: PathwayDesk.name(person, "repeats", AdviceText.reference(draft)),
            summary: language.text(
                "可能重复：\(title)已于 \(when) 完成，\(window)", "May be a repeat: \(title) was done on \(when); \(window)"),
            detail: language.text("**依据** ", "**Evidence** ") + done.occurrence.evidence.joined(separator: ", "),
            .warning,
            source: source(done.pathway, done.part), links: [personLink])
    }
}
