import AuditLog
import Calendar
import Containment
import HTTPTypes
import Hummingbird
import Records
import Signals

extension Portal {
    /// What is done about a signal (`/signals/{id}/measures`) and told of it (`/signals/{id}/notices`), how long the steps take
    /// (`/signals/timeliness`), and what false alarms have taught (`/signals/thresholds`).
    func addResponse(to router: Router<BasicRequestContext>, _ desk: SignalDesk) {
        router.post("/signals/:id/measures") { request, context in
            await watched(request, context, desk) { visit in
                guard let signal = try visit.signal(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                return try await measure(on: signal, visit)
            }
        }
        router.post("/signals/:id/notices") { request, context in
            await watched(request, context, desk) { visit in
                guard let signal = try visit.signal(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                return try await notice(on: signal, visit)
            }
        }
        router.get("/signals/timeliness") { request, context in
            await watched(request, context, desk) { visit in try timeliness(visit) }
        }
        router.get("/signals/thresholds") { request, context in
            await watched(request, context, desk) { visit in
                let signals = try visit.everySignal()
                let view = ThresholdsView(
                    SignalLearning.all(signals, at: visit.visit.now, desk.options), desk.options, form: visit.token,
                    now: visit.visit.now, place: parts.place, words: visit.words)
                return visit.page("thresholds", view, title: visit.words["thresholdsTitle"])
            }
        }
    }

    /// Plans a measure, or ends one.
    private func measure(on signal: Signal, _ visit: SignalVisit) async throws -> Page {
        let (form, now) = (visit.form, visit.visit.now)
        do {
            if let id = form.given("measure") {
                guard var measure = try visit.measures(of: signal.id).first(where: { $0.id == id }) else {
                    return visit.visit.fault(.notFound)
                }
                guard let stage = Measure.Stage(rawValue: form["stage"]) else { return visit.visit.fault(.malformed) }
                try measure.end(stage, by: visit.actor, text: form.given("text") ?? "", now: now)
                try await visit.update(id, measure.task(), version: measure.version)
            } else {
                let measure = try Measure(
                    of: signal, Measure.Kind(rawValue: form["kind"]) ?? .other, text: form.given("text") ?? "",
                    who: form.given("who") ?? "", due: ShanghaiTime.milliseconds(form["due"]) ?? 0, by: visit.actor,
                    now: now)
                _ = try await visit.create(measure.task())
            }
        } catch let refusal as Measure.Refusal {
            return try life(signal, visit, problem: visit.words["measureProblem_\(refusal.rawValue)"])
        } catch let error as RecordsError where error.category == .preconditionFailed {
            return try life(signal, visit, problem: visit.words["measureProblem_stage"])
        }
        return .elsewhere("/signals/\(signal.id)#measures-title")
    }

    /// Writes a notice, or takes a step of one. The sender is the centre that answers for the signal.
    private func notice(on signal: Signal, _ visit: SignalVisit) async throws -> Page {
        let (form, now) = (visit.form, visit.visit.now)
        do {
            if let id = form.given("notice") {
                guard var notice = try visit.notices(of: signal.id).first(where: { $0.id == id }) else {
                    return visit.visit.fault(.notFound)
                }
                guard let stage = Notice.Stage(rawValue: form["stage"]) else { return visit.visit.fault(.malformed) }
                try notice.take(stage, by: visit.author, text: form.given("text") ?? "", now: now)
                try await visit.write(notice)
            } else {
                guard let audience = Notice.Audience(rawValue: form["audience"]) else {
                    return visit.visit.fault(.malformed)
                }
                guard let sender = signal.owner else {
                    return try life(signal, visit, problem: visit.words["noticeNoSender"])
                }
                try await visit.write(
                    Notice(
                        of: signal, from: sender, to: audience, title: form.given("title") ?? "",
                        text: form.given("text") ?? "", by: visit.author, now: now))
            }
        } catch let refusal as Notice.Refusal {
            return try life(signal, visit, problem: visit.words["noticeProblem_\(refusal.rawValue)"])
        } catch let error as RecordsError where error.category == .preconditionFailed {
            return try life(signal, visit, problem: visit.words["noticeProblem_stage"])
        }
        return .elsewhere("/signals/\(signal.id)#notices-title")
    }

    private func timeliness(_ visit: SignalVisit) throws -> Page {
        let days =
            visit.asked("days").flatMap { Int($0) }.flatMap { TimelinessView.choices.contains($0) ? $0 : nil } ?? 365
        let since = visit.visit.now - Int64(days) * 86_400_000
        let signals = try visit.everySignal().filter { $0.detectedAt >= since }
        let known = Set(signals.map(\.id))
        let sent = try NoticeBoard(visit.desk.store).notices(Set(Notice.Audience.allCases), limit: 1_000)
        let found = Timeliness(
            signals, try visit.measures(of: nil), sent.filter { known.contains($0.signal) }, visit.desk.options,
            now: visit.visit.now)
        if visit.asked("format") == "csv" {
            let rows = found.spans.map { span in
                [
                    span.step.rawValue, "\(span.count)", "\(span.median)", "\(span.quarter)", "\(span.threeQuarters)",
                    "\(span.ninety)",
                ]
            }
            return Page(
                html: SignalTable.text([["step", "signals", "medianHours", "p25", "p75", "p90"]] + rows), status: .ok,
                fileName: "timeliness.csv")
        }
        let view = TimelinessView(found, signals: signals.count, days: days, words: visit.words)
        return visit.page("timeliness", view, title: visit.words["timelinessTitle"])
    }
}

extension Portal.SignalVisit {
    /// Every signal that the reader may see, ended ones too, the latest changed first.
    func everySignal() throws -> [Signal] {
        try tasks(Signal.search(open: false, count: 200), limit: 1_000) { try Signal($0, desk.list) }
    }
}
