import Calendar
import HTTPTypes
import Hummingbird
import Records
import Reporting

extension Portal {
    /// `/reports`: report cards of notifiable diseases, with their clocks; for clinicians to confirm, for epidemiologists to review.
    func addReports(to router: Router<BasicRequestContext>, _ desk: ReportDesk) {
        router.get("/reports") { request, context in
            await reported(request, context, desk) { visit in try reports(visit) }
        }
        router.get("/reports/:id") { request, context in
            await reported(request, context, desk) { visit in
                guard let card = try visit.card(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                return show(card, visit, refusal: nil)
            }
        }
        router.post("/reports/:id") { request, context in
            await reported(request, context, desk) { visit in
                guard let card = try visit.card(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                return try await act(on: card, visit)
            }
        }
    }

    /// The cards of a tab, or the reported ones of some days as a table.
    private func reports(_ visit: ReportVisit) throws -> Page {
        let today = visit.visit.today
        let until = visit.asked("until").flatMap { CivilDay($0) } ?? today
        let from = visit.asked("from").flatMap { CivilDay($0) } ?? until.advanced(by: -6)
        if visit.asked("format") == "csv" {
            guard from <= until else { return visit.visit.fault(.malformed) }
            try visit.note("reports/\(from.isoText)/\(until.isoText)")
            let cards = try visit.cards(
                [.confirmed, .reviewed, .correctionDue], days: from...until, limit: ReportsView.tableMax)
            return Page(
                html: ReportTable.csv(cards, visit.desk.form), status: .ok,
                fileName: "reports-\(from.isoText)-\(until.isoText)"
                    + (cards.count >= ReportsView.tableMax ? "-incomplete.csv" : ".csv"))
        }
        let tabs = ReportsView.Tab.Kind.all(isCentre: visit.isCentre)
        let tab = visit.asked("show").flatMap { ReportsView.Tab.Kind(rawValue: $0) } ?? tabs[0]
        // All that waits is ranked, however long ago it was prepared.
        let cards = try visit.cards(tab.stages, limit: tab == .done ? ReportsView.rowsMax : ReportsView.tableMax)
        let waiting =
            tab == .waiting
            ? cards : try visit.cards(ReportsView.Tab.Kind.waiting.stages, limit: ReportsView.tableMax)
        let view = ReportsView(
            cards, waiting: waiting, tab: tab, tabs: tabs, from: from, until: until, now: visit.visit.now,
            words: visit.words)
        return visit.page("reports", view, title: visit.words["reportsTitle"])
    }

    private func show(_ card: ReportCard, _ visit: ReportVisit, refusal: ReportCard.Refusal?) -> Page {
        let view = ReportCardView(
            card, visit.desk.form, isCentre: visit.isCentre, token: visit.token, sent: visit.form, refusal: refusal,
            actor: visit.actor, now: visit.visit.now, words: visit.words)
        return visit.page("report", view, title: view.title, status: refusal == nil ? .ok : .unprocessableContent)
    }

    /// Takes the step that a form asks for.
    private func act(on card: ReportCard, _ visit: ReportVisit) async throws -> Page {
        guard let action = ReportAction(rawValue: visit.form["action"]) else { return visit.visit.fault(.malformed) }
        if let isCentre = visit.isCentre, !card.isFor(action, centre: isCentre) {
            return visit.visit.fault(.forbidden)
        }
        var changed = card
        do {
            try changed.take(
                action, by: visit.actor, text: visit.form.given("text") ?? "",
                changes: ReportCardView.changes(visit.form, visit.desk.form), visit.desk.form, now: visit.visit.now)
        } catch {
            return show(card, visit, refusal: error)
        }
        do { try await visit.write(changed) } catch let error as RecordsError
            where error.category == .preconditionFailed
        {
            return show(try visit.card(card.id) ?? card, visit, refusal: .stage)
        }
        return .elsewhere("/reports/\(card.id)")
    }
}
