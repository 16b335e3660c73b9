import FHIR
import Gate
import HTTPTypes
import Hummingbird
import JSON
import Records
import Subscriptions

/// What goes out: `/highway/out`.
extension HighwayDoor {
    func out(_ names: [String], _ visit: HighwayVisit) async throws -> Reply {
        guard let subscriptions = service.subscriptions else {
            throw Fault(.notImplemented, .notSupported, "This server sends to nobody.")
        }
        let isRetrieval = visit.request.method == .get || visit.request.method == .head
        if names.isEmpty, isRetrieval {
            try visit.mayOperate()
            return HighwayJSON.list("out", try subscriptions.overviews()) { HighwayJSON.out($0, &$1) }
        }
        guard names.count == 2, visit.request.method == .post else {
            throw Fault(
                .notFound, .notFound,
                "Read /highway/out; post to /highway/out/ID/pause, …/resume, …/replay?from=INSTANT or …/secret.")
        }
        let id = names[0]
        switch names[1] {
        case "pause":
            try visit.mayChange()
            try await subscriptions.pause(id)
            return try state(of: id, subscriptions)
        case "resume":
            try visit.mayChange()
            try await subscriptions.resume(id)
            return try state(of: id, subscriptions)
        case "replay":
            try visit.mayChange()
            guard let text = visit.value("from"), let from = FHIRDateTime(text) else {
                throw Fault.malformedParameter("from", "an instant such as 2026-11-22T08:00:00+08:00")
            }
            let count = try await subscriptions.replay(id, from: from.lowMilliseconds)
            return HighwayJSON.reply { $0.member("changes", integer: Int(count)) }
        case "secret":
            if try !visit.isProgram(subscriptions.program(of: id)) { try visit.mayChange() }
            let secret = try await subscriptions.newSecret(id)
            return HighwayJSON.reply { $0.member("secret", string: secret) }
        default:
            throw Fault(.notFound, .notFound, "A subscription is paused, resumed, replayed, or given a new secret.")
        }
    }

    private func state(of id: String, _ subscriptions: Subscriptions) throws -> Reply {
        guard let found = try subscriptions.overviews().first(where: { $0.id == id }) else {
            throw Fault(.notFound, .notFound, "There is no Subscription/\(id).")
        }
        return HighwayJSON.reply { HighwayJSON.outMembers(found, &$0) }
    }
}

extension HighwayVisit {
    /// Whether the program that a subscription is for asks.
    func isProgram(_ name: String?) -> Bool {
        guard let name, case .program(let client, _)? = caller else { return false }
        return client == name
    }
}

extension HighwayJSON {
    static func out(_ one: Subscriptions.Overview, _ json: inout JSONWriter) {
        json.beginObject()
        outMembers(one, &json)
        json.endObject()
    }

    static func outMembers(_ one: Subscriptions.Overview, _ json: inout JSONWriter) {
        json.member("id", string: one.id)
        json.member("status", string: one.status)
        json.member("reason", string: one.reason)
        if !one.fault.isEmpty { json.member("fault", string: one.fault) }
        json.member("receiver", string: "Organization/\(one.receiver)")
        if !one.program.isEmpty { json.member("program", string: one.program) }
        json.member("purpose", string: one.purpose)
        json.member("criteria", string: one.criteria)
        json.key("fields")
        json.beginArray()
        for field in one.fields { json.string(field) }
        json.endArray()
        json.member("masking", string: one.masking)
        if !one.agreement.isEmpty { json.member("agreement", string: one.agreement) }
        if !one.retention.isEmpty { json.member("retention", string: one.retention) }
        if !one.frequency.isEmpty { json.member("frequency", string: one.frequency) }
        json.member("host", string: one.host)
        if !one.end.isEmpty { json.member("end", string: one.end) }
        json.member("events", integer: Int(one.events))
        if one.deliveredAt > 0 { json.member("delivered", string: isoInstant(one.deliveredAt)) }
        json.member("failures", integer: Int(one.failures))
        if one.retryAt > 0 { json.member("retry", string: isoInstant(one.retryAt)) }
        json.member("behind", integer: Int(one.behind))
        json.member("lagSeconds", integer: Int(one.lag / 1000))
    }
}
