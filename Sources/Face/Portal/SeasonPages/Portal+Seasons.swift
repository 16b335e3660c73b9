import Calendar
import HTTPTypes
import Hummingbird
import Population
import Signals
import Syndromes

extension Portal {
    /// `/signals/seasons`: the weeks of this season beside those of the five before.
    func addSeasons(to router: Router<BasicRequestContext>, _ desk: SignalDesk) {
        router.get("/signals/seasons") { request, context in
            await watched(request, context, desk) { visit in try seasons(visit) }
        }
        router.post("/signals/views") { request, context in
            await watched(request, context, desk) { visit in try await saveView(visit) }
        }
    }

    private func seasons(_ visit: SignalVisit) throws -> Page {
        let desk = visit.desk
        let open = visit.division.map { $0 != 0 && $0 % 100 == 0 } ?? true
        let asked = visit.asked("district").flatMap { Int($0) }
        let known = Set(parts.place.map?.districts.map(\.code) ?? []).union([asked].compactMap { $0 }).subtracting([0])
        // Who answers for one district sees its counts; small numbers of others would tell of their people.
        let districts = open ? [0] + known.sorted() : [visit.division ?? 0]
        let question = SeasonsView.Question(
            condition: visit.asked("condition").flatMap { desk.list[$0] } ?? desk.list["NID-C-001"]
                ?? desk.list.conditions[0],
            district: asked.flatMap { districts.contains($0) ? $0 : nil } ?? districts[0],
            source: visit.asked("source").flatMap { Int($0) }.map { EventSource(rawValue: $0) } ?? .diagnosis,
            startMonth: visit.asked("start").flatMap { Int($0) }.flatMap { SeasonsView.months.contains($0) ? $0 : nil }
                ?? 1)
        let today = visit.visit.today
        let cells = try desk.counts.cells(
            Seasons.days(until: today, before: SeasonsView.before, startMonth: question.startMonth),
            condition: question.condition.number, district: question.district == 0 ? nil : question.district)
        let found = Seasons(
            cells.filter { $0.source == question.source }, until: today, before: SeasonsView.before,
            startMonth: question.startMonth)
        if visit.asked("format") == "csv" {
            return Page(html: SeasonsView.csv(found), status: .ok, fileName: "seasons.csv")
        }
        if visit.asked("format") == "png" {
            return try .picture(
                SeasonsView.picture(found, question, place: parts.place, words: visit.words, now: visit.visit.now),
                named: "seasons.png")
        }
        let sources = Set(cells.map(\.source)).union([.complaint, .diagnosis, .laboratory, question.source])
        let month = PopulationDesk.lastMonth(before: today)
        let persons = try parts.population.map { population in
            try population.book.residents(
                of: question.district == 0 ? population.city : PopulationArea(question.district), at: month
            ).total
        }
        let view = SeasonsView(
            found, question, population: persons.map { ($0, month) },
            conditions: desk.list.conditions.filter(\.isCounted), districts: districts,
            sources: sources.sorted { $0.rawValue < $1.rawValue },
            saved: try visit.savedViews(here: question.href, form: visit.token), place: parts.place, words: visit.words)
        return visit.page("seasons", view, title: view.title)
    }

    /// Keeps an address under a name for the account, or drops one.
    private func saveView(_ visit: SignalVisit) async throws -> Page {
        if let id = visit.form.given("remove") {
            try await visit.dropView(id)
            return .elsewhere("/signals#views-title")
        }
        let href = GuardedVisit.next(visit.form["href"])
        guard href.hasPrefix("/signals") || href.hasPrefix("/contacts"), let title = visit.form.given("title") else {
            return visit.visit.fault(.malformed)
        }
        try await visit.keepView(String(title.prefix(60)), href)
        return .elsewhere(href)
    }
}
