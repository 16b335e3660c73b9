import AuditLog
import Calendar
import Containment
import HTTPTypes
import Hazards
import Hummingbird
import JSON
import Records
import Signals
import Surveillance
import Syndromes

extension Portal {
    /// `/signals`: what has become unusual, ranked, and the life of each signal; for epidemiologists.
    func addSignals(to router: Router<BasicRequestContext>, _ desk: SignalDesk) {
        router.get("/signals") { request, context in
            await watched(request, context, desk) { visit in try list(visit) }
        }
        router.get("/signals/:id") { request, context in
            await watched(request, context, desk) { visit in
                guard let signal = try visit.signal(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                if visit.asked("format") == "csv" { return try lines(signal, visit) }
                if visit.asked("format") == "docx" { return try report(signal, visit) }
                if visit.asked("format") == "png" { return try picture(signal, visit) }
                return try life(signal, visit, problem: nil)
            }
        }
        router.post("/signals/:id/lesson") { request, context in
            await watched(request, context, desk) { visit in
                guard var signal = try visit.signal(context.parameters.get("id")), signal.stage == .falseAlarm else {
                    return visit.visit.fault(.notFound)
                }
                signal.isUntaught = visit.form["taught"] != "yes"
                do { try await visit.write(signal) } catch let error as RecordsError
                    where error.category == .preconditionFailed
                {
                    return try life(
                        visit.signal(signal.id) ?? signal, visit, problem: visit.words["signalProblemStage"])
                }
                return .elsewhere(visit.form["from"] == "list" ? "/signals/thresholds" : "/signals/\(signal.id)")
            }
        }
        router.post("/signals/:id") { request, context in
            await watched(request, context, desk) { visit in
                guard let signal = try visit.signal(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                return try await act(on: signal, visit)
            }
        }
    }

    /// What is open, or what has ended; as a page or a table.
    private func list(_ visit: SignalVisit) throws -> Page {
        let isEnded = visit.asked("show") == "ended"
        let all = try visit.signals(open: !isEnded)
        let choice = SignalsView.Choice(
            isEnded: isEnded, condition: visit.asked("condition"), district: visit.asked("district").flatMap { Int($0) }
        )
        let signals = all.filter(choice.holds)
        if visit.asked("format") == "csv" {
            try visit.note(.operation, "signals")
            return Page(
                html: SignalTable.csv(signals, place: parts.place, words: visit.words), status: .ok,
                fileName: "signals.csv")
        }
        let day = CivilDay(milliseconds: visit.visit.now)
        let since = try visit.desk.counts.firstDays(visit.desk.search.days(until: day))
        let view = try SignalsView(
            signals, of: all, choice,
            curve: { signal in
                try curve(signal, since: since, until: min(day, signal.window.upperBound), periods: 26, visit.desk)
            },
            saved: try visit.savedViews(here: choice.href, form: visit.token), now: visit.visit.now, place: parts.place,
            words: visit.words)
        if visit.asked("format") == "png", let map = view.map, let frame = parts.place.map {
            try visit.note(.operation, "signals")
            return try .picture(
                ChartPicture(
                    title: "\(visit.words["signalsMapName"]) · \(view.answer)", legend: [], chart: map,
                    width: frame.width,
                    height: frame.height, foot: visit.words.madeAt(visit.visit.now)), named: "signals-map.png")
        }
        return visit.page("signals", view, title: visit.words["signalsTitle"])
    }

    /// The counts of a condition in a signal's place that a search on a day needs.
    private func history(
        of condition: WatchedCondition, in signal: Signal, until day: CivilDay, _ desk: SignalDesk
    ) throws -> [EventCounts.Cell] {
        try desk.counts.cells(
            desk.search.days(until: day), condition: condition.number,
            district: signal.district == 0 ? nil : signal.district)
    }

    private func curve(
        _ signal: Signal, since: [EventSource: CivilDay], until day: CivilDay, periods: Int, _ desk: SignalDesk
    ) throws -> SignalCurve {
        let cells = try history(of: signal.condition, in: signal, until: day, desk)
        let own = cells.filter { $0.source == signal.source && (signal.age == nil || $0.age == signal.age) }
        return SignalCurve(points: desk.search.course(own, since: since, on: day, periods: periods))
    }

    /// A signal's page.
    func life(_ signal: Signal, _ visit: SignalVisit, problem: String?) throws -> Page {
        let view = try signalView(signal, visit, problem: problem)
        return visit.page(
            "signal", view, title: view.title, status: problem == nil ? .ok : .unprocessableContent)
    }

    /// The report as a Word file; it names no patient.
    private func report(_ signal: Signal, _ visit: SignalVisit) throws -> Page {
        let view = try signalView(signal, visit, problem: nil)
        let madeAt = visit.words.madeAt(visit.visit.now)
        var page = Page(html: "", status: .ok, fileName: "signal-\(signal.id).docx")
        page.file = (
            WordDocument.contentType,
            try SignalReport.file(
                view, curve: curvePicture(view, visit), madeAt: madeAt, words: visit.words)
        )
        return page
    }

    /// The signal's curve as a picture.
    private func picture(_ signal: Signal, _ visit: SignalVisit) throws -> Page {
        let view = try signalView(signal, visit, problem: nil)
        return try .picture(curvePicture(view, visit), named: "signal-\(signal.id).png")
    }

    private func curvePicture(_ view: SignalView, _ visit: SignalVisit) -> ChartPicture {
        ChartPicture(
            title: view.title,
            legend: [
                (.thick, visit.words["signalObserved"]), (.band, visit.words["signalBand"]),
                (.second, visit.words["signalExpected"]),
            ], chart: view.wideChart, width: LineChart.Frame.wide.width, height: LineChart.Frame.wide.height,
            foot: visit.words.madeAt(visit.visit.now))
    }

    private func signalView(_ signal: Signal, _ visit: SignalVisit, problem: String?) throws -> SignalView {
        let (desk, words) = (visit.desk, visit.words)
        let district = signal.district == 0 ? nil : signal.district
        let reach = signal.window.upperBound.advanced(by: -27)...signal.window.upperBound
        let cells = try desk.counts.cells(reach, condition: signal.condition.number, district: district)
            .filter { $0.source == signal.source }
        let found = try desk.counts.lines(
            signal.conditions, signal.window, district: district, limit: SignalView.linesMax)
        let since = try desk.counts.firstDays(desk.search.days(until: signal.window.upperBound))
        let told = [(signal.condition, signal.age)] + signal.parts.map { ($0.condition, $0.age) }
        let records = try visit.records()
        let lines = found.map { line in SignalLine(line, records, today: visit.visit.today) }
        let contacts = try visit.contacts(of: signal.id)
        let response = SignalResponse(
            signal, try visit.measures(of: signal.id), try visit.notices(of: signal.id), me: visit.author,
            isOpenHouse: visit.isOpenHouse, form: visit.token, sent: visit.form, now: visit.visit.now, words: words)
        return SignalView(
            signal, response: response, contacts: ContactCount(contacts, parts.contacts, now: visit.visit.now),
            curve: try curve(signal, since: since, until: signal.window.upperBound, periods: 52, desk),
            sources: try told.map { condition, age in
                SignalSources(
                    try history(of: condition, in: signal, until: signal.window.upperBound, desk), since: since,
                    of: condition,
                    age,
                    in: signal, desk.search, words)
            },
            cells: cells,
            days: reach, lines: lines, hazard: parts.hazards?.list.kind(of: signal.condition), table: AttackForm(visit),
            form: visit.token, sent: visit.form, problem: problem,
            now: visit.visit.now, place: parts.place, words: words)
    }

    /// The line list as a table; those whom the reader may not see stand in it as such.
    private func lines(_ signal: Signal, _ visit: SignalVisit) throws -> Page {
        try visit.note(.operation, "signals/\(signal.id)/lines")
        let found = try visit.desk.counts.lines(
            signal.conditions, signal.window, district: signal.district == 0 ? nil : signal.district, limit: 2_000)
        let records = try visit.records()
        let lines = found.map { SignalLine($0, records, today: visit.visit.today) }
        let converted = try visit.contacts(of: signal.id).filter(\.isNewCase)
        return Page(
            html: SignalTable.csv(lines, converted: converted, words: visit.words), status: .ok,
            fileName: "line-list.csv")
    }

    /// Takes the step that a form asks for.
    private func act(on signal: Signal, _ visit: SignalVisit) async throws -> Page {
        guard let stage = SignalStage(rawValue: visit.form["stage"]) else { return visit.visit.fault(.malformed) }
        var changed = signal
        do {
            try changed.take(
                Signal.Action(
                    stage, by: visit.actor, text: visit.form.given("text") ?? "",
                    assignee: visit.form.given("assignee") ?? "", due: ShanghaiTime.milliseconds(visit.form["due"]),
                    reason: FalseAlarmReason(rawValue: visit.form["reason"]) ?? .other),
                now: visit.visit.now)
        } catch {
            return try life(signal, visit, problem: visit.words.problem(error.reason))
        }
        do { try await visit.write(changed) } catch let error as RecordsError
            where error.category == .preconditionFailed
        {
            return try life(visit.signal(signal.id) ?? signal, visit, problem: visit.words["signalProblemStage"])
        }
        return .elsewhere("/signals/\(signal.id)?done=\(stage.rawValue)")
    }
}

/// A time of a form, `2026-11-22T18:30` in Shanghai.
enum ShanghaiTime {
    /// Milliseconds since 1970 UTC; nil for anything else.
    static func milliseconds(_ text: String) -> Int64? {
        let parts = text.split(separator: "T")
        guard parts.count == 2, let day = CivilDay(parts[0]) else { return nil }
        let clock = parts[1].split(separator: ":").compactMap { Int($0) }
        guard clock.count >= 2, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]) else { return nil }
        return day.startMilliseconds + Int64(clock[0] * 60 + clock[1]) * 60_000
    }

    /// The same as a form writes it.
    static func text(_ milliseconds: Int64, _ words: Words) -> String {
        CivilDay(milliseconds: milliseconds).isoText + "T" + words.clock(milliseconds: milliseconds)
    }
}
