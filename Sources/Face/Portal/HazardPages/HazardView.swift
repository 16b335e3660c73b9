import Hazards
import Signals

/// One kind of hazards, as the template reads it.
struct HazardView {
    struct Year {
        let text: String
        let href: String
        let isCurrent: Bool
    }

    struct Area {
        let name: String
        let all: String
        let over: String
        let share: String
        let before: String
        let reached: String
    }

    struct Covered {
        let name: String
        let items: String
        let share: String
        let reached: String
        let missing: String
    }

    struct Open {
        let href: String
        let name: String
        let stage: String
        let who: String
        let due: String
        let tone: String
    }

    struct Over {
        let href: String
        let site: String
        let item: String
        let part: String
        let value: String
        let limit: String
        let day: String
    }

    struct Site {
        let href: String
        let name: String
        let area: String
        let all: String
        let share: String
        let before: String
        let change: String
    }

    struct Limit {
        let name: String
        let limit: String
        let source: String
    }

    /// Sites on the page; the table of CSV has all.
    private static let sitesMax = 60

    let title: String
    let answer: String
    let aim: String?
    let aimTone: String
    let years: [Year]
    let hasYears: Bool
    let point: String
    let shareName: String
    let overName: String
    let areas: [Area]
    let hasAreas: Bool
    let hasTarget: Bool
    let coverage: [Covered]
    let hasCoverage: Bool
    let open: [Open]
    let hasOpen: Bool
    let over: [Over]
    let hasOver: Bool
    let sites: [Site]
    let hasSites: Bool
    let limits: [Limit]
    let rules: [String]
    let csvHref: String

    init(
        _ figures: HazardFigures, _ list: HazardList, _ signals: [Signal], now: Int64, place: CityPlace, words: Words
    ) {
        let (asked, kind) = (figures.asked, figures.asked.kind)
        title = words.text(kind.name)
        answer = words.answer(figures)
        let aims = words.aims(figures)
        aim = aims?.text
        aimTone = aims?.isReached == false ? "act" : "good"
        years = asked.years.map {
            Year(text: "\($0)", href: "/hazards/\(kind.id)?year=\($0)", isCurrent: $0 == asked.year)
        }
        hasYears = years.count > 1
        point = words.text(kind.point)
        shareName = words.text(kind.share)
        overName = words[kind.tells == .exceeding ? "hazardOverCount" : "hazardFound"]
        func reached(_ isReached: Bool?) -> String {
            isReached.map { words[$0 ? "hazardYes" : "hazardNo"] } ?? "—"
        }
        areas = Set(asked.districts + figures.shares.keys).sorted().compactMap { district in
            guard let share = figures.shares[district], share.all > 0 else { return nil }
            return Area(
                name: words.area(district, place), all: words.number(share.all), over: words.number(share.over),
                share: words.percent(share.percent(kind)),
                before: words.percent(figures.before[district]?.percent(kind)),
                reached: reached(figures.isReached(share)))
        }
        hasAreas = !areas.isEmpty
        hasTarget = kind.target != nil
        coverage = figures.coverage.map { one in
            let least = one.district == 0 ? kind.plan?.city ?? 0 : kind.plan?.county ?? 0
            return Covered(
                name: words.area(one.district, place), items: "\(one.sampled) / \(one.planned)",
                share: words.percent(one.percent), reached: reached(one.percent >= least),
                missing: one.missing.isEmpty
                    ? "—"
                    : one.missing.map { words.language == .zh ? $0.nameZh : $0.nameEn }
                        .joined(separator: words["comma"]))
        }
        hasCoverage = !coverage.isEmpty
        open = signals.sorted { ($0.due ?? .max, $0.id) < ($1.due ?? .max, $1.id) }.map { signal in
            let isLate = signal.isLate(at: now)
            return Open(
                href: "/signals/\(signal.id)", name: words.what(signal), stage: words.stage(signal.stage),
                who: signal.assignee.isEmpty ? words["hazardNobody"] : signal.assignee,
                due: signal.due.map {
                    words.text(isLate ? "signalLate" : "signalDue", ["time": words.dateTime(milliseconds: $0)])
                } ?? "", tone: isLate ? "act" : "watch")
        }
        hasOpen = !open.isEmpty
        over = figures.exceeding.map { result in
            Over(
                href: words.href(result.site, kind), site: result.site.name, item: words.item(result.item, kind, list),
                part: result.part, value: words.value(result, list),
                limit: list.item(result.item).map { words.limit($0) } ?? "—", day: words.date(result.day))
        }
        hasOver = !over.isEmpty
        let ranked = figures.sites.sorted { one, other in
            let (first, second) = (one.value.percent(kind) ?? 0, other.value.percent(kind) ?? 0)
            let isWorse = kind.sharesWithin ? first < second : first > second
            return first == second
                ? (one.key.district, one.key.name) < (other.key.district, other.key.name) : isWorse
        }
        sites = ranked.prefix(Self.sitesMax).map { site, share in
            let (now, before) = (share.percent(kind), figures.sitesBefore[site]?.percent(kind))
            let change = now.flatMap { now in before.map { now - $0 } }
            return Site(
                href: words.href(site, kind), name: site.name, area: words.area(site.district, place),
                all: words.number(share.all), share: words.percent(now), before: words.percent(before),
                change: change.map { ($0 > 0 ? "+" : $0 < 0 ? "−" : "±") + "\((abs($0) * 10).rounded() / 10)" } ?? "—")
        }
        hasSites = !sites.isEmpty
        limits = list.items(of: kind).map {
            Limit(
                name: words.language == .zh ? $0.nameZh : $0.nameEn, limit: words.limit($0), source: $0.limitSource)
        }
        rules =
            [kind.target?.source, kind.plan?.source, kind.plan?.list, kind.rise?.source].compactMap { $0 }.map {
                words.text($0)
            } + [
                words.text(
                    "hazardTimes",
                    [
                        "hours": "\(kind.verifyHours)", "act": "\(kind.actDays)", "retest": "\(kind.retestDays)",
                        "who": words.text(kind.department),
                    ])
            ]
        csvHref = "/hazards/\(kind.id)?year=\(asked.year)&format=csv"
    }

    /// Sites with their figures.
    static func csv(_ figures: HazardFigures, _ place: CityPlace, _ words: Words) -> String {
        let kind = figures.asked.kind
        let rows = figures.sites.sorted {
            ($0.key.district, $0.key.name) < ($1.key.district, $1.key.name)
        }.map { site, share in
            [
                "\(site.district)", words.area(site.district, place), site.name, "\(share.all)", "\(share.over)",
                words.percent(share.percent(kind)), words.percent(figures.sitesBefore[site]?.percent(kind)),
            ]
        }
        return SignalTable.text([["division", "area", "site", "all", "over", "share", "year before"]] + rows)
    }
}

/// One site, as the template reads it.
struct HazardSiteView {
    struct Line {
        let day: String
        let item: String
        let part: String
        let value: String
        let limit: String
        let state: String
        let tone: String
    }

    struct Part {
        let year: String
        let name: String
        let all: String
        let over: String
        let share: String
    }

    let title: String
    let back: String
    let backHref: String
    let answer: String
    let open: [HazardView.Year]
    let lines: [Line]
    let hasLines: Bool
    let parts: [Part]
    let hasParts: Bool
    let point: String
    let shareName: String

    init(
        _ kind: HazardKind, _ site: HazardResults.Site, _ results: [HazardResults.Result],
        _ years: [(year: Int, parts: [(name: String, share: HazardResults.Share)])], _ list: HazardList,
        _ signals: [Signal], place: CityPlace, words: Words
    ) {
        title = "\(site.name) · \(words.area(site.district, place))"
        back = words.text(kind.name)
        backHref = "/hazards/\(kind.id)"
        point = words.text(kind.point)
        shareName = words.text(kind.share)
        let newest = years.first { !$0.parts.isEmpty }
        var whole = HazardResults.Share()
        for part in newest?.parts ?? [] {
            whole.all += part.share.all
            whole.over += part.share.over
        }
        answer = words.text(
            "hazardAnswer",
            [
                "year": newest.map { "\($0.year)" } ?? "", "point": point, "n": words.number(whole.all),
                "share": shareName, "percent": words.percent(whole.percent(kind)),
            ])
        open = signals.map {
            HazardView.Year(text: words.stage($0.stage), href: "/signals/\($0.id)", isCurrent: false)
        }
        // Results about persons are told by class or workshop, measurements one by one.
        let isOfPersons = kind.tells != .exceeding
        parts = years.flatMap { year, parts in
            parts.map { name, share in
                Part(
                    year: "\(year)", name: name.isEmpty ? "—" : name, all: words.number(share.all),
                    over: words.number(share.over), share: words.percent(share.percent(kind)))
            }
        }
        hasParts = isOfPersons && !parts.isEmpty
        lines = results.map { result in
            Line(
                day: words.date(result.day), item: words.item(result.item, kind, list),
                part: result.part.isEmpty ? "—" : result.part, value: words.value(result, list),
                limit: list.item(result.item).map { words.limit($0) } ?? "—",
                state: words[result.isOver ? "hazardIsOver" : "hazardIsWithin"], tone: result.isOver ? "act" : "good")
        }
        hasLines = !isOfPersons
    }
}

extension Words {
    /// What a division is called; the city for 0.
    func area(_ district: Int, _ place: CityPlace) -> String {
        district == 0 ? place.cityName(self) : place.name(district, self)
    }

    /// The page of a site.
    func href(_ site: HazardResults.Site, _ kind: HazardKind) -> String {
        Address.make("/hazards/\(kind.id)/site", [("name", site.name), ("district", "\(site.district)")])
    }
}
