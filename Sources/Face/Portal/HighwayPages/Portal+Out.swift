import AuditLog
import FHIR
import HTTPTypes
import Hummingbird
import JSON
import Records
import Subscriptions

extension Portal {
    /// `/ops/highway/out`: what is sent to others, for operators with the system duty.
    func addOut(to router: Router<BasicRequestContext>, _ subscriptions: Subscriptions) {
        router.get("/ops/highway/out") { request, context in
            await operated(request, context) { visit in
                let all = try subscriptions.overviews()
                let view = OutView(all, names: names(of: all), words: visit.words)
                return visit.page("highway-out", view, title: visit.words["outHeading"])
            }
        }
        router.get("/ops/highway/out/:id") { request, context in
            await operated(request, context) { visit in
                let notice: String? =
                    switch visit.asked("done") {
                    case "pause": visit.words["outPaused"]
                    case "resume": visit.words["outResumed"]
                    case "replay": visit.words.counted("outReplayed", visit.asked("n").flatMap { Int($0) } ?? 0)
                    default: nil
                    }
                return try one(visit, subscriptions, context.parameters.get("id"), notice: notice)
            }
        }
        router.post("/ops/highway/out/:id") { request, context in
            await operated(request, context) { visit in
                try await change(visit, subscriptions, context.parameters.get("id"))
            }
        }
    }

    private func one(
        _ visit: OperatorVisit, _ subscriptions: Subscriptions, _ id: String?, notice: String? = nil,
        problem: String? = nil, secret: String? = nil
    ) throws -> Page {
        guard let found = try subscriptions.overviews().first(where: { $0.id == id }) else {
            return visit.visit.fault(.notFound)
        }
        let view = OutOneView(
            found, receiver: names(of: [found])[found.receiver] ?? found.receiver, form: visit.token,
            from: visit.form["from"], notice: notice, problem: problem, secret: secret, words: visit.words)
        return visit.page(
            "highway-out-one", view, title: visit.words["outDetail"],
            status: problem == nil ? .ok : .unprocessableContent)
    }

    private func change(_ visit: OperatorVisit, _ subscriptions: Subscriptions, _ id: String?) async throws -> Page {
        guard let id, try subscriptions.overviews().contains(where: { $0.id == id }) else {
            return visit.visit.fault(.notFound)
        }
        let wish = visit.form["do"]
        var from: Int64?
        if wish == "replay" {
            guard let day = FHIRDateTime(visit.form["from"].trimmed), day.precision == .day else {
                return try one(visit, subscriptions, id, problem: visit.words["outReplayBad"])
            }
            from = day.lowMilliseconds
        }
        guard ["pause", "resume", "replay", "secret"].contains(wish) else { return visit.visit.fault(.malformed) }
        try visit.note(.configuration, reason: "highway out: \(wish)", "highway/out/\(id)/\(wish)")
        var count: Int64?
        switch wish {
        case "pause": try await subscriptions.pause(id)
        case "resume": try await subscriptions.resume(id)
        case "replay": count = try await subscriptions.replay(id, from: from ?? 0)
        default: return try one(visit, subscriptions, id, secret: try await subscriptions.newSecret(id))
        }
        return .elsewhere(Address.make("/ops/highway/out/\(id)", [("done", wish), ("n", count.map { "\($0)" })]))
    }

    /// The names of receivers, by the id of the Organization.
    private func names(of all: [Subscriptions.Overview]) -> [String: String] {
        var found: [String: String] = [:]
        for id in Set(all.map(\.receiver)) {
            let key = ResourceKey(type: "Organization", id: id)
            guard let version = try? parts.store.read(key), let document = try? JSONDocument(parsing: version.json()),
                let name = document.root["name"]?.string
            else { continue }
            found[id] = name
        }
        return found
    }
}
