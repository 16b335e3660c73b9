import AuditLog
import Calendar
import Hazards
import Hummingbird
import Records
import Signals
import Syndromes

extension Portal {
    /// `/hazards`: what is measured at sites and found by screening, against limits, plans and aims; for epidemiologists.
    func addHazards(to router: Router<BasicRequestContext>, _ desk: HazardDesk, _ signals: SignalDesk) {
        router.get("/hazards") { request, context in
            await watched(request, context, signals) { visit in try hazards(visit, desk) }
        }
        router.get("/hazards/:kind") { request, context in
            await watched(request, context, signals) { visit in
                guard let kind = context.parameters.get("kind").flatMap({ desk.list[$0] }) else {
                    return visit.visit.fault(.notFound)
                }
                return try hazard(kind, visit, desk)
            }
        }
        router.get("/hazards/:kind/site") { request, context in
            await watched(request, context, signals) { visit in
                guard let kind = context.parameters.get("kind").flatMap({ desk.list[$0] }) else {
                    return visit.visit.fault(.notFound)
                }
                return try hazardSite(kind, visit, desk)
            }
        }
    }

    /// The districts that the reader sees: 0 for the city first, or the reader's own alone.
    private func districts(_ visit: SignalVisit) -> [Int] {
        let isOpen = visit.division.map { $0 != 0 && $0 % 100 == 0 } ?? true
        return isOpen ? [0] + (parts.place.map?.districts.map(\.code) ?? []).sorted() : [visit.division ?? 0]
    }

    private func question(_ kind: HazardKind, _ visit: SignalVisit, _ desk: HazardDesk) throws -> HazardQuestion {
        let years = try desk.results.years(kind)
        let now = visit.visit.today.components.year
        let asked = visit.asked("year").flatMap { Int($0) }.flatMap { years.contains($0) ? $0 : nil }
        return HazardQuestion(
            kind: kind, years: years, year: asked ?? years.first ?? now, districts: districts(visit))
    }

    private func open(_ kind: HazardKind, _ visit: SignalVisit) throws -> [Signal] {
        try visit.signals(open: true).filter { signal in
            if case .site = signal.cause {
                signal.stage.isOpen && signal.condition.id == kind.condition.id
            } else {
                false
            }
        }
    }

    private func hazards(_ visit: SignalVisit, _ desk: HazardDesk) throws -> Page {
        let cards = try desk.list.kinds.map { kind in
            let asked = try question(kind, visit, desk)
            return HazardsView.Card(
                try HazardFigures(asked, desk, today: visit.visit.today), try open(kind, visit), visit.words)
        }
        return hazardPage("hazards", HazardsView(cards: cards), visit.words["hazardsTitle"], visit)
    }

    private func hazard(_ kind: HazardKind, _ visit: SignalVisit, _ desk: HazardDesk) throws -> Page {
        let asked = try question(kind, visit, desk)
        let figures = try HazardFigures(asked, desk, today: visit.visit.today)
        if visit.asked("format") == "csv" {
            try visit.note(.operation, "hazards/\(kind.id)/\(asked.year)")
            return Page(
                html: HazardView.csv(figures, parts.place, visit.words), status: .ok,
                fileName: "\(kind.id)-\(asked.year).csv")
        }
        let view = HazardView(
            figures, desk.list, try open(kind, visit), now: visit.visit.now, place: parts.place, words: visit.words)
        return hazardPage("hazard", view, view.title, visit)
    }

    private func hazardSite(_ kind: HazardKind, _ visit: SignalVisit, _ desk: HazardDesk) throws -> Page {
        let seen = districts(visit)
        guard let name = visit.asked("name"), let district = visit.asked("district").flatMap({ Int($0) }),
            seen[0] == 0 || seen.contains(district)
        else { return visit.visit.fault(.notFound) }
        let site = HazardResults.Site(name: name, district: district)
        let results = try desk.results.results(kind, of: site)
        guard !results.isEmpty else { return visit.visit.fault(.notFound) }
        let years = try desk.results.years(kind)
        let shares = try years.map { ($0, try desk.results.parts(kind, HazardResults.days(of: $0), of: site)) }
        let view = HazardSiteView(
            kind, site, results, shares, desk.list,
            try open(kind, visit).filter { $0.cause == .site(name) && $0.district == district },
            place: parts.place, words: visit.words)
        return hazardPage("hazard-site", view, site.name, visit)
    }

    private func hazardPage(_ template: String, _ view: Any, _ title: String, _ visit: SignalVisit) -> Page {
        visit.visit.page(template, view, title: title, place: .hazards)
    }
}
