import Hazards
import Signals

/// All kinds of hazards, as the template reads them.
struct HazardsView {
    struct Card {
        let name: String
        let href: String
        let answer: String
        let aim: String?
        let aimTone: String
        let open: String?

        init(_ figures: HazardFigures, _ signals: [Signal], _ words: Words) {
            let kind = figures.asked.kind
            name = words.text(kind.name)
            href = "/hazards/\(kind.id)"
            answer = words.answer(figures)
            let aims = words.aims(figures)
            aim = aims?.text
            aimTone = aims?.isReached == false ? "act" : "good"
            open = signals.isEmpty ? nil : words.counted("hazardOpen", signals.count)
        }
    }

    let cards: [Card]
}

extension Words {
    /// A text of a list of hazards.
    func text(_ text: HazardKind.Text) -> String { language == .zh ? text.zh : text.en }

    /// What an item is called; of what several results make, the kind's share.
    func item(_ code: String, _ kind: HazardKind, _ list: HazardList) -> String {
        list.item(code).map { language == .zh ? $0.nameZh : $0.nameEn } ?? text(kind.share)
    }

    /// Percent with one digit: `88.3%`.
    func percent(_ value: Double?) -> String { value.map { "\(($0 * 10).rounded() / 10)%" } ?? "—" }

    /// A number without needless digits.
    func plain(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

    /// What is within an item's limit: `≤ 85 dB[A]`.
    func limit(_ item: HazardItem) -> String {
        let unit = item.unit == "1" || item.unit.isEmpty ? "" : " \(item.unit)"
        if let above = item.above { return "≤ \(plain(above))\(unit)" }
        if let below = item.below { return "≥ \(plain(below))\(unit)" }
        return item.codes.sorted().joined(separator: self["comma"])
    }

    /// How many of what, which share, how many are over now.
    func answer(_ figures: HazardFigures) -> String {
        let (kind, share) = (figures.asked.kind, figures.whole)
        guard share.all > 0 else { return self["hazardNothing"] }
        let told = text(
            "hazardAnswer",
            [
                "year": "\(figures.asked.year)", "point": text(kind.point), "n": number(share.all),
                "share": text(kind.share), "percent": percent(share.percent(kind)),
            ])
        guard kind.tells == .exceeding else { return told }
        return told
            + (figures.exceeding.isEmpty ? self["hazardNoneOver"] : counted("hazardOver", figures.exceeding.count))
    }

    /// Whether what is aimed at is reached: of the share, else of the plan; nil where nothing is aimed at.
    func aims(_ figures: HazardFigures) -> (text: String, isReached: Bool)? {
        let kind = figures.asked.kind
        if let target = kind.target, let isReached = figures.isReached(figures.whole) {
            return (
                text(isReached ? "hazardReached" : "hazardMissed", ["least": percent(target.least)]), isReached
            )
        }
        guard let plan = kind.plan, let first = figures.coverage.first else { return nil }
        let least = first.district == 0 ? plan.city : plan.county
        let isReached = first.percent >= least
        return (
            text(
                isReached ? "hazardPlanReached" : "hazardPlanMissed",
                [
                    "n": number(first.sampled), "all": number(first.planned), "percent": percent(first.percent),
                    "least": percent(least),
                ]), isReached
        )
    }

    /// A result with its unit: `12 mg/m3`.
    func value(_ result: HazardResults.Result, _ list: HazardList) -> String {
        guard let value = result.value else { return self[result.isOver ? "hazardIsOver" : "hazardIsWithin"] }
        let unit = list.item(result.item)?.unit ?? ""
        return plain(value) + (unit.isEmpty || unit == "1" ? "" : " \(unit)")
    }
}
