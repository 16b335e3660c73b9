import FHIR
import HTTPTypes
import Highway
import JSON

/// What the highway tells, as JSON.
enum HighwayJSON {
    static func reply(
        _ status: HTTPResponse.Status = .ok, _ body: (inout JSONWriter) throws -> Void
    ) rethrows -> Reply {
        var json = JSONWriter()
        json.beginObject()
        try body(&json)
        json.endObject()
        var reply = Reply(status, json: json.bytes)
        reply.fields[.contentType] = MediaTypes.plainJSON
        return reply
    }

    static func list<T>(_ key: String, _ values: [T], _ write: (T, inout JSONWriter) -> Void) -> Reply {
        reply { json in
            json.key(key)
            json.beginArray()
            for value in values { write(value, &json) }
            json.endArray()
        }
    }

    static func status(_ status: HighwayReport.Status, _ json: inout JSONWriter) {
        json.member("waiting", integer: Int(status.waiting))
        json.member("dead", integer: Int(status.dead))
        json.member("taken", integer: Int(status.taken))
        json.member("senders", integer: status.senders)
        if let kept = status.keptMilliseconds { json.member("keptDays", integer: Int(kept / 86_400_000)) }
        if let oldest = status.oldestAt { json.member("oldest", string: isoInstant(oldest)) }
    }

    static func sender(_ sender: HighwayReport.Sender, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("name", string: sender.name)
        json.member("door", string: sender.door)
        json.member("format", string: sender.format)
        json.member("last", string: isoInstant(sender.lastAt))
        for name in ["waiting", "taken", "done", "dead", "replaced", "discarded", "duplicate", "refused"] {
            json.member(name, integer: Int(sender.count(name)))
        }
        if let score = sender.qualityScore {
            json.key("qualityScore")
            json.decimal(text: HighwayText.share(score))
        }
        json.endObject()
    }

    static func receipt(_ receipt: HighwayReport.Receipt, isMasked: Bool, _ json: inout JSONWriter) {
        json.member("id", string: "\(receipt.id)")
        json.member("sender", string: receipt.sender)
        json.member("door", string: receipt.door.rawValue)
        json.member("format", string: receipt.format)
        if let control = receipt.control { json.member("control", string: control) }
        json.member("received", string: isoInstant(receipt.receivedAt))
        json.member("bytes", integer: Int(receipt.bytes))
        json.member("state", string: receipt.state.name)
        if let ended = receipt.endedAt { json.member("ended", string: isoInstant(ended)) }
        json.member("written", integer: Int(receipt.written))
        if let other = receipt.replacedBy { json.member("replacedBy", string: "\(other)") }
        if let reason = receipt.discardReason { json.member("discardReason", string: reason) }
        reasons(receipt.reasons, isMasked: isMasked, &json)
    }

    static func letter(_ letter: DeadLetter, isMasked: Bool, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("id", string: letter.id)
        json.member("message", string: "\(letter.message)")
        json.member("sender", string: letter.sender)
        json.member("kind", string: letter.kind)
        if let control = letter.control { json.member("control", string: control) }
        json.member("received", string: isoInstant(letter.receivedAt))
        json.member("at", string: isoInstant(letter.at))
        reasons(letter.reasons, isMasked: isMasked, &json)
        json.endObject()
    }

    private static func reasons(_ reasons: [DeadLetter.Reason], isMasked: Bool, _ json: inout JSONWriter) {
        json.key("reasons")
        json.beginArray()
        for reason in reasons.map({ isMasked ? $0.masked : $0 }) {
            json.beginObject()
            json.member("step", string: reason.step.rawValue)
            json.member("rule", string: reason.rule)
            json.member("place", string: reason.place)
            json.member("what", string: reason.what)
            json.member("hint", string: reason.hint)
            json.endObject()
        }
        json.endArray()
    }

    static func unmapped(_ code: HighwayReport.UnmappedCode, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("sender", string: code.sender)
        json.member("system", string: code.system)
        json.member("code", string: code.code)
        json.member("text", string: code.text)
        json.member("place", string: code.place)
        json.member("count", integer: Int(code.count))
        json.member("first", string: isoInstant(code.firstAt))
        json.member("last", string: isoInstant(code.lastAt))
        json.endObject()
    }

    static func score(_ score: HighwayReport.Score, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("day", string: HighwayText.day(score.day))
        json.member("sender", string: score.sender)
        json.member("kind", string: score.kind)
        json.member("rule", string: score.rule.id)
        json.member("dimension", string: score.rule.dimension.rawValue)
        json.member("title", string: score.rule.title)
        json.member("source", string: score.rule.source)
        json.member("checked", integer: Int(score.checked))
        json.member("failed", integer: Int(score.failed))
        json.key("score")
        json.decimal(text: HighwayText.share(score.score))
        json.endObject()
    }

    static func lag(_ lag: HighwayReport.Lag, _ json: inout JSONWriter) {
        json.key("senders")
        json.beginArray()
        for sender in lag.senders {
            json.beginObject()
            json.member("name", string: sender.name)
            json.key("eventToRecord")
            histogram(sender.fromEvent, &json)
            json.key("receiptToRecord")
            histogram(sender.fromReceipt, &json)
            json.endObject()
        }
        json.endArray()
        json.key("stations")
        json.beginObject()
        for (name, station) in [
            ("receiptToTaken", lag.toTaken), ("takenToReady", lag.toReady), ("readyToRecord", lag.toRecord),
        ] {
            json.key(name)
            histogram(station, &json)
        }
        json.endObject()
        json.key("projections")
        json.beginArray()
        for projection in lag.projections {
            json.beginObject()
            json.member("name", string: projection.name)
            json.key("recordToProjection")
            histogram(projection.fromRecord, &json)
            json.key("eventToProjection")
            histogram(projection.fromEvent, &json)
            json.endObject()
        }
        json.endArray()
    }

    private static func histogram(_ lag: LagHistogram, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("count", integer: lag.count)
        for (name, share) in HighwayText.shares {
            if let value = lag.percentile(share) { json.member("\(name)Milliseconds", integer: Int(value)) }
        }
        json.endObject()
    }
}

/// Texts that the highway tells.
enum HighwayText {
    static let shares: [(String, Double)] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)]

    /// Four digits behind the point.
    static func share(_ value: Double) -> String {
        let parts = Int((value * 10_000).rounded())
        return "\(parts / 10_000).\(String(String(parts % 10_000 + 10_000).dropFirst()))"
    }

    static func day(_ day: Int64) -> String { String(isoInstant(day * 86_400_000).prefix(10)) }

    /// A report line by line, as CSV (RFC 4180).
    static func findings(_ findings: [HighwayReport.Finding], isMasked: Bool) -> [UInt8] {
        var text = "day,sender,kind,message,control,rule,place,what,hint\r\n"
        for finding in findings {
            let what = isMasked ? Mask.quoted(finding.what) : finding.what
            text +=
                [
                    day(finding.day), finding.sender, finding.kind, "\(finding.message)", finding.control,
                    finding.rule, finding.place, what, finding.hint,
                ].map(field).joined(separator: ",") + "\r\n"
        }
        return Array(text.utf8)
    }

    private static func field(_ text: String) -> String {
        // A value that a spreadsheet would take for a formula is text.
        let safe = text.first.map { "=+-@".contains($0) } ?? false ? "'" + text : text
        guard safe.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
