import Access
import AuditLog
import Edge
import FHIR
import Gate
import HTTPTypes
import Hummingbird
import Identity
import JSON
import Persons
import Records

/// `/identity/reviews`: pairs of persons that may be one, for reviewers. Operators with the system duty see masked values;
/// clinicians see pairs of whom they may see both; the city's programs see all.
struct ReviewDoor: Sendable {
    let gate: Gate
    let persons: Persons
    let options: DoorOptions

    func respond(to request: Request, path: Substring, query: Substring?, requestID: String) async -> Response {
        var reply: Reply
        do { reply = try await self.reply(request, path, query, requestID) } catch { reply = Reply(Fault(error)) }
        reply.fields[.cacheControl] = "no-store"
        return Dressing(request: request, call: nil, options: options, requestID: requestID).response(reply)
    }

    private func reply(
        _ request: Request, _ path: Substring, _ query: Substring?, _ requestID: String
    ) async throws -> Reply {
        let visitor = try await Visitor.enter(gate, request.head, requestID: requestID)
        defer { try? visitor.finish() }
        guard let duty = gate.identityDuty(of: visitor.caller) else {
            try gate.note(
                .refusal, by: visitor.caller, outcome: .refused, reason: "role", entities: [.query(Array(path.utf8))],
                request: requestID)
            throw Fault.refused(.role)
        }
        let desk = ReviewDesk(gate: gate, persons: persons, duty: duty)
        let parts = path.split(separator: "/").dropFirst(2)
        switch (request.method, parts.count) {
        case (.get, 0):
            let pairs = try Form.pairs(query ?? "")
            let state = pairs.last { $0.0 == "state" }?.1 ?? Review.State.open.word
            guard let wanted = Review.State.allCases.first(where: { $0.word == state }) else {
                throw Fault.malformedParameter("state", Review.State.allCases.map(\.word).joined(separator: ", "))
            }
            let cases = try desk.cases(wanted, records: visitor.records)
            try note(visitor, cases)
            return Self.json(cases)
        case (.get, 1):
            guard let number = parts.first.flatMap({ Int64($0) }),
                let found = try desk.find(number, records: visitor.records)
            else { throw Fault.noReview }
            try note(visitor, [found])
            return Self.json([found])
        case (.post, 1):
            guard let number = parts.first.flatMap({ Int64($0) }),
                try desk.find(number, records: visitor.records) != nil
            else { throw Fault.noReview }
            let body = try await request.body.collect(upTo: 16 << 10)
            let document = try JSONDocument(parsing: Array(body.readableBytesView))
            guard let word = document.root["decision"]?.string,
                let state = Review.State.allCases.first(where: { $0.word == word }), state != .open
            else { throw Fault.malformedParameter("decision", "same, different or later") }
            let agent = visitor.caller.agent
            _ = try await persons.decide(
                number,
                ReviewDecision(
                    state, reason: document.root["reason"]?.string ?? "",
                    author: agent.account.isEmpty ? agent.client : agent.account), trace: visitor.trace)
            return Self.json([])
        default: throw Fault.methodNotAllowed(request.method, [.get, .post])
        }
    }

    private func note(_ visitor: Visitor, _ cases: [ReviewCase]) throws {
        try gate.note(
            .operation, by: visitor.caller,
            patients: cases.flatMap { ["Patient/" + $0.review.one, "Patient/" + $0.review.other] },
            entities: [.query(Array("identity/reviews".utf8))], request: visitor.requestID)
    }

    private static func json(_ cases: [ReviewCase]) -> Reply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("reviews")
        writer.beginArray()
        for found in cases {
            let review = found.review
            writer.beginObject()
            writer.member("id", integer: Int(review.id))
            writer.member("state", string: review.state.word)
            writer.key("score")
            writer.decimal(text: "\((review.score * 10_000).rounded() / 10_000)")
            writer.member("one", raw: found.one.compactText())
            writer.member("other", raw: found.other.compactText())
            writer.key("fields")
            writer.beginArray()
            for field in found.fields {
                writer.beginObject()
                writer.member("field", string: field.role.rawValue)
                writer.member("agreement", string: field.agreement.rawValue)
                writer.key("bits")
                writer.decimal(text: "\((field.bits * 10).rounded() / 10)")
                writer.endObject()
            }
            writer.endArray()
            if !review.reason.isEmpty { writer.member("reason", string: review.reason) }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        var reply = Reply(.ok, json: writer.bytes)
        reply.fields[.contentType] = MediaTypes.plainJSON
        return reply
    }
}

extension Fault {
    fileprivate static let noReview = Fault(
        .notFound, .notFound, "There is no such review, or it is not for you to see.")
}
