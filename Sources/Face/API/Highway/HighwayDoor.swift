import Access
import AuditLog
import Edge
import FHIR
import Foundation
import Gate
import HTTPTypes
public import Highway
import Hummingbird
import JSON
import NIOCore
import Records
public import Subscriptions

/// The highway at a server: where it is, and how its mappings are read anew.
public struct HighwayService: Sendable {
    let highway: Highway
    let subscriptions: Subscriptions?
    let reload: @Sendable () async throws -> Int

    /// - Parameters:
    ///   - highway: takes and works.
    ///   - subscriptions: sends to others; nil where it does not.
    ///   - reload: reads the mapping files anew, and tells how many deliveries are worked on again.
    public init(
        _ highway: Highway, subscriptions: Subscriptions? = nil, reload: @escaping @Sendable () async throws -> Int
    ) {
        self.highway = highway
        self.subscriptions = subscriptions
        self.reload = reload
    }
}

/// The highway over HTTP: institutions' programs post to `/highway/SENDER`, operators look after the rest.
struct HighwayDoor: Sendable {
    let service: HighwayService
    let gate: Gate?
    let options: DoorOptions
    let streams = HighwayStreams()

    private var highway: Highway { service.highway }

    func respond(to request: Request, path: Substring, query: Substring?, requestID: String) async -> Response {
        var reply: Reply
        do {
            let visit = HighwayVisit(
                request: request, pairs: try Form.pairs(query ?? ""), gate: gate,
                caller: try await gate?.caller(request.head),
                requestID: requestID)
            if path == "/highway/events", request.method == .get || request.method == .head {
                try visit.mayOperate()
                return try streams.response(service, requestID)
            }
            reply = try await self.reply(path.split(separator: "/").dropFirst().map { try Form.decoded($0) }, visit)
        } catch let error as HighwayError {
            reply = Reply(Fault(error))
        } catch { reply = Reply(Fault(error)) }
        reply.fields[.cacheControl] = "no-store"
        return Dressing(request: request, call: nil, options: options, requestID: requestID).response(reply)
    }

    private func reply(_ names: [String], _ visit: HighwayVisit) async throws -> Reply {
        let isRetrieval = visit.request.method == .get || visit.request.method == .head
        let isPost = visit.request.method == .post
        switch (names.first ?? "", names.count) {
        case ("", 0) where isRetrieval, ("status", 1) where isRetrieval:
            try visit.mayOperate()
            return try HighwayJSON.reply { HighwayJSON.status(try highway.status(), &$0) }
        case ("senders", 1) where isRetrieval:
            try visit.mayOperate()
            return HighwayJSON.list("senders", try highway.senders()) { HighwayJSON.sender($0, &$1) }
        case ("receipts", 2) where isRetrieval: return try receipt(names[1], visit)
        case ("dead", 1) where isRetrieval: return try letters(visit)
        case ("dead", 2) where isRetrieval: return try letter(names[1], visit)
        case ("dead", 3) where isPost && names[2] == "replay":
            try visit.mayChange()
            return Self.count(try await highway.replay(.message(try Self.number(names[1]))))
        case ("dead", 3) where isPost && names[2] == "discard":
            try visit.mayChange()
            return Self.count(
                try await highway.discard(.message(try Self.number(names[1])), reason: visit.value("why") ?? ""))
        case ("dead", 2) where isPost && (names[1] == "replay" || names[1] == "discard"):
            try visit.mayChange()
            return try await many(names[1], visit)
        case ("unmapped", 1) where isRetrieval:
            try visit.mayOperate()
            return HighwayJSON.list("codes", try highway.unmappedCodes(sender: visit.value("sender"))) {
                HighwayJSON.unmapped($0, &$1)
            }
        case ("quality", 1) where isRetrieval: return try quality(visit)
        case ("lag", 1) where isRetrieval:
            try visit.mayOperate()
            return HighwayJSON.reply { HighwayJSON.lag(highway.lag, &$0) }
        case ("out", _): return try await out(Array(names.dropFirst()), visit)
        case ("reload", 1) where isPost:
            try visit.mayChange()
            return Self.count(try await service.reload())
        case (let sender, 1) where isPost && !Self.words.contains(sender): return try await take(sender, visit)
        default:
            throw Fault(
                .notFound, .notFound,
                "There is nothing at this address of the highway. Post to /highway/SENDER; read /highway/senders, "
                    + "/highway/receipts/ID, /highway/dead, /highway/unmapped, /highway/quality, /highway/lag, /highway/out or "
                    + "/highway/events."
            )
        }
    }

    /// Names that no sender can have here.
    private static let words: Set<String> = [
        "status", "senders", "receipts", "dead", "unmapped", "quality", "lag", "reload", "events", "out",
    ]

    // MARK: Taking

    private func take(_ sender: String, _ visit: HighwayVisit) async throws -> Reply {
        try visit.maySend(as: sender)
        let (format, charset) = try format(visit)
        let bytes = try await BodyReader(request: visit.request, options: options).body()
        let delivery = Delivery(
            sender: sender, door: .http, format: format, charset: charset, bytes: bytes,
            receivedAt: WallClock.milliseconds())
        let accepted = try await highway.accept(delivery)
        var reply = HighwayJSON.reply(.accepted) { json in
            json.member("id", string: "\(accepted.id)")
            if case .duplicate = accepted {
                json.member("state", string: "duplicate")
            } else {
                json.member("state", string: "accepted")
            }
        }
        reply.fields[.location] = "/highway/receipts/\(accepted.id)"
        return reply
    }

    private func format(_ visit: HighwayVisit) throws -> (Format, String?) {
        let given = visit.request.headers[.contentType] ?? ""
        let parts = given.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        let charset = parts.dropFirst().first { $0.lowercased().hasPrefix("charset=") }.map {
            $0.dropFirst(8).trimmingCharacters(in: ["\"", "'"])
        }
        switch parts.first?.lowercased() {
        case "application/hl7-v2", "x-application/hl7-v2+er7", "application/hl7-v2+er7": return (.hl7v2, charset)
        case "application/fhir+json", "application/json": return (.fhir, nil)
        case "application/fhir+ndjson", "application/ndjson", "application/x-ndjson": return (.ndjson, nil)
        case "text/csv", "text/tab-separated-values":
            guard let table = visit.value("table"), !table.isEmpty else {
                throw Fault(.badRequest, .required, "Say which table it is: /highway/SENDER?table=NAME.")
            }
            return (.table(table), charset)
        default:
            throw Fault(
                .unsupportedMediaType, .notSupported,
                "Send application/hl7-v2, application/fhir+json, application/fhir+ndjson, or text/csv with ?table=NAME."
            )
        }
    }

    private func receipt(_ name: String, _ visit: HighwayVisit) throws -> Reply {
        let found = try highway.receipt(try Self.number(name))
        guard let found else {
            try visit.mayOperate()
            throw Fault(.notFound, .notFound, "There is no delivery of this number.")
        }
        try visit.mayLookAfter(found.sender)
        let isMasked = !visit.reaches(found.sender)
        return HighwayJSON.reply { HighwayJSON.receipt(found, isMasked: isMasked, &$0) }
    }

    // MARK: The shelf

    private func letters(_ visit: HighwayVisit) throws -> Reply {
        try visit.mayOperate()
        let count = try visit.value("_count").map { try Self.number($0, 1...1000) } ?? 50
        let before = try visit.value("page").map { try Self.number($0, 1...Int64.max) } ?? Int64.max
        let found = try highway.deadLetters(
            sender: visit.value("sender"), reason: visit.value("reason"), count: Int(count), before: before)
        return HighwayJSON.reply { json in
            json.key("letters")
            json.beginArray()
            for letter in found { HighwayJSON.letter(letter, isMasked: true, &json) }
            json.endArray()
            if found.count == Int(count), let last = found.last { json.member("next", string: "\(last.message)") }
        }
    }

    /// The letters of a delivery with the message: its structure for everybody who may look, its values for those alone who
    /// may see them and say why.
    private func letter(_ name: String, _ visit: HighwayVisit) throws -> Reply {
        let id = try Self.number(name)
        let found = try highway.deadLetters(of: id)
        guard let first = found.first else {
            try visit.mayOperate()
            throw Fault(.notFound, .notFound, "There is no dead letter of this number.")
        }
        try visit.mayLookAfter(first.sender)
        let isOpen = try visit.reveals(first.sender, message: id)
        let content = try highway.content(of: id, isMasked: !isOpen)
        return HighwayJSON.reply { json in
            json.key("letters")
            json.beginArray()
            for letter in found { HighwayJSON.letter(letter, isMasked: !isOpen, &json) }
            json.endArray()
            json.member("isMasked", bool: !isOpen)
            if let content { json.member("content", string: content) }
        }
    }

    private func many(_ verb: String, _ visit: HighwayVisit) async throws -> Reply {
        let letters: DeadLetters
        switch (visit.value("sender"), visit.value("reason")) {
        case (let sender?, nil): letters = .sender(sender)
        case (nil, let reason?): letters = .reason(reason)
        case (nil, nil) where visit.value("all") == "true": letters = .all
        default: throw Fault(.badRequest, .required, "Say which: ?sender=NAME, ?reason=STEP/RULE, or ?all=true.")
        }
        if verb == "replay" { return Self.count(try await highway.replay(letters)) }
        return Self.count(try await highway.discard(letters, reason: visit.value("why") ?? ""))
    }

    // MARK: Quality

    private func quality(_ visit: HighwayVisit) throws -> Reply {
        let sender = visit.value("sender")
        if let sender { try visit.mayLookAfter(sender) } else { try visit.mayOperate() }
        let days = try Self.days(visit.value("from"), visit.value("to"))
        guard visit.value("_format") == "csv" || visit.request.headers[.accept] == "text/csv" else {
            return HighwayJSON.list("scores", try highway.quality(sender: sender, days: days)) {
                HighwayJSON.score($0, &$1)
            }
        }
        guard let sender else {
            throw Fault(.badRequest, .required, "The report line by line is of one sender: ?sender=NAME.")
        }
        let findings = try highway.findings(sender: sender, days: days)
        var reply = Reply(.ok, json: HighwayText.findings(findings, isMasked: !visit.reaches(sender)))
        reply.fields[.contentType] = "text/csv; charset=utf-8"
        return reply
    }

    private static func days(_ from: String?, _ to: String?) throws -> ClosedRange<Int64> {
        func day(_ text: String) throws -> Int64 {
            guard let date = FHIRDateTime(text), date.precision == .day else {
                throw Fault.malformedParameter("from and to", "days such as 2026-11-22")
            }
            return (date.lowMilliseconds + 8 * 3_600_000) / 86_400_000
        }
        let last = try to.map(day) ?? (WallClock.milliseconds() + 8 * 3_600_000) / 86_400_000
        let first = try from.map(day) ?? last - 6
        guard first <= last else { throw Fault.malformedParameter("from", "not later than to") }
        return first...last
    }

    // MARK: Parts

    private static func count(_ count: Int) -> Reply {
        HighwayJSON.reply { $0.member("deliveries", integer: count) }
    }

    static func number(_ text: String, _ range: ClosedRange<Int64> = 0...Int64.max) throws -> Int64 {
        // A letter's id is `42.0`; the delivery's number is what counts.
        guard let number = Int64(text.prefix { $0 != "." }), range.contains(number) else {
            throw Fault(.badRequest, .value, "\"\(text.prefix(40))\" is no number that is possible here.")
        }
        return number
    }
}

extension Fault {
    init(_ error: HighwayError) {
        switch error {
        case .busy(let seconds):
            self.init(.tooManyRequests, .throttled, error.message)
            fields[.retryAfter] = "\(seconds)"
        case .unavailable:
            self.init(.serviceUnavailable, .transient, error.message)
            fields[.retryAfter] = "1"
        case .refused: self.init(.badRequest, .invalid, error.message)
        case .notFound: self.init(.notFound, .notFound, error.message)
        }
    }
}
