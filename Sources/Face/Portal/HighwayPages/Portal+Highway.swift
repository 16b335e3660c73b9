import Access
import AuditLog
import Calendar
import Gate
import HTTPTypes
import Highway
import Hummingbird

extension Portal {
    /// `/ops/highway`: what institutions send and how it fares, for operators with the system duty.
    func addHighway(to router: Router<BasicRequestContext>, _ highway: Highway) {
        router.get("/ops/highway") { request, context in
            await operated(request, context) { visit in try senders(visit, highway) }
        }
        router.get("/ops/highway/dead") { request, context in
            await operated(request, context) { visit in try shelf(visit, highway) }
        }
        router.get("/ops/highway/dead/:id") { request, context in
            await operated(request, context) { visit in try letter(visit, highway, context.parameters.get("id")) }
        }
        router.post("/ops/highway/dead/:id/replay") { request, context in
            await operated(request, context) { visit in
                guard let id = context.parameters.get("id").flatMap({ Int64($0) }) else {
                    return visit.visit.fault(.notFound)
                }
                return try await replay(visit, highway, .message(id), named: "\(id)")
            }
        }
        router.post("/ops/highway/dead/:id/discard") { request, context in
            await operated(request, context) { visit in
                try await discard(visit, highway, context.parameters.get("id"))
            }
        }
        router.get("/ops/highway/replay") { request, context in
            await operated(request, context) { visit in try confirm(visit, highway) }
        }
        router.post("/ops/highway/replay") { request, context in
            await operated(request, context) { visit in
                guard let group = LetterGroup(sender: visit.form.given("sender"), reason: visit.form.given("reason"))
                else { return visit.visit.fault(.malformed) }
                return try await replay(visit, highway, group.letters, named: group.name)
            }
        }
        router.get("/ops/highway/codes") { request, context in
            await operated(request, context) { visit in try codes(visit, highway) }
        }
        router.get("/ops/highway/quality") { request, context in
            await operated(request, context) { visit in try quality(visit, highway) }
        }
    }

    // MARK: Pages

    private func senders(_ visit: OperatorVisit, _ highway: Highway) throws -> Page {
        let today = Int64(visit.visit.today.number)
        let view = SendersView(
            try highway.status(), try highway.senders(), lag: highway.lag,
            today: try highway.quality(days: today...today), now: visit.visit.now, words: visit.words)
        return visit.page("highway", view, title: visit.words["highwayTitle"])
    }

    private func shelf(_ visit: OperatorVisit, _ highway: Highway) throws -> Page {
        let choice = ShelfView.Choice(
            sender: visit.asked("sender"), reason: visit.asked("reason"), before: visit.asked("before"))
        let letters = try highway.deadLetters(
            sender: choice.sender, reason: choice.reason, count: ShelfView.lettersMax, before: choice.before ?? .max)
        let done = visit.asked("done").flatMap { word -> String? in
            let count = visit.asked("n").flatMap { Int($0) } ?? 0
            return switch word {
            case "replayed": visit.words.counted("deadReplayed", count)
            case "discarded": visit.words["deadDiscarded"]
            default: nil
            }
        }
        let view = ShelfView(
            letters, choice: choice, newest: try highway.deadLetters(count: 1000),
            senders: try highway.senders(), notice: done, words: visit.words)
        return visit.page("highway-dead", view, title: visit.words["deadTitle"])
    }

    private func letter(
        _ visit: OperatorVisit, _ highway: Highway, _ id: String?, problem: String? = nil
    ) throws -> Page {
        guard let number = id.flatMap({ Int64($0) }) else { return visit.visit.fault(.notFound) }
        let letters = try highway.deadLetters(of: number)
        guard !letters.isEmpty else { return visit.visit.fault(.notFound) }
        try visit.note(.operation, reason: "", "highway/dead/\(number)")
        let view = LetterView(
            letters, content: try highway.content(of: number, isMasked: true) ?? "", form: visit.token,
            why: visit.form["why"], problem: problem, words: visit.words)
        return visit.page(
            "highway-letter", view, title: visit.words["letterTitle"],
            status: problem == nil ? .ok : .unprocessableContent)
    }

    private func codes(_ visit: OperatorVisit, _ highway: Highway) throws -> Page {
        let sender = visit.asked("sender")
        let view = CodesView(
            try highway.unmappedCodes(sender: sender, count: CodesView.rowsMax), sender: sender,
            senders: try highway.senders(), words: visit.words)
        return visit.page("highway-codes", view, title: visit.words["unmappedTitle"])
    }

    private func quality(_ visit: OperatorVisit, _ highway: Highway) throws -> Page {
        let choice = QualityView.Choice(
            sender: visit.asked("sender"), from: visit.asked("from"), until: visit.asked("until"),
            today: visit.visit.today)
        if visit.asked("format") == "csv", let sender = choice.sender {
            try visit.note(.operation, reason: "", "highway/quality/\(sender)")
            let findings = try highway.findings(sender: sender, days: choice.days)
            return Page(html: QualityTable.csv(findings, visit.words), status: .ok, fileName: "quality.csv")
        }
        let findings = try choice.sender.map { try highway.findings(sender: $0, days: choice.days, count: 100) }
        let view = QualityView(
            try highway.quality(sender: choice.sender, days: choice.days), findings: findings ?? [], choice: choice,
            senders: try highway.senders(), words: visit.words)
        return visit.page("highway-quality", view, title: visit.words["qualityTitle"])
    }

    // MARK: Changes

    private func confirm(_ visit: OperatorVisit, _ highway: Highway) throws -> Page {
        guard let group = LetterGroup(sender: visit.asked("sender"), reason: visit.asked("reason")) else {
            return .elsewhere("/ops/highway/dead")
        }
        let letters = try highway.deadLetters(sender: group.sender, reason: group.reason, count: 1000)
        let view = ReplayView(group, count: Set(letters.map(\.message)).count, form: visit.token, words: visit.words)
        return visit.page("highway-replay", view, title: visit.words["deadTitle"])
    }

    private func replay(
        _ visit: OperatorVisit, _ highway: Highway, _ letters: DeadLetters, named name: String
    ) async throws -> Page {
        try visit.note(.configuration, reason: "highway replay", "highway/dead/replay/\(name)")
        let count = try await highway.replay(letters)
        return .elsewhere(Address.make("/ops/highway/dead", [("done", "replayed"), ("n", "\(count)")]))
    }

    private func discard(_ visit: OperatorVisit, _ highway: Highway, _ id: String?) async throws -> Page {
        guard let number = id.flatMap({ Int64($0) }) else { return visit.visit.fault(.notFound) }
        let why = visit.form["why"].trimmed
        guard why.count >= 4 else { return try letter(visit, highway, id, problem: visit.words["letterWhyEmpty"]) }
        let reason = String(why.prefix(500))
        try visit.note(.configuration, reason: "highway discard: " + reason, "highway/dead/\(number)/discard")
        _ = try await highway.discard(.message(number), reason: reason)
        return .elsewhere("/ops/highway/dead?done=discarded")
    }
}
