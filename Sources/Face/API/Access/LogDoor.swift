import Access
import AuditLog
import FHIR
import Foundation
import Gate
import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// The audit log for whoever checks it: signed checkpoints and proofs (RFC 9162), which hold hashes alone.
struct LogDoor: Sendable {
    let gate: Gate

    func respond(to request: Request, path: Substring, query: Substring?, requestID: String) async -> Response {
        var reply: Reply
        do { reply = try await self.reply(request, path, query, requestID) } catch { reply = Reply(Fault(error)) }
        reply.fields[.cacheControl] = "no-store"
        return Dressing(request: request, call: nil, options: DoorOptions(), requestID: requestID).response(reply)
    }

    private func reply(
        _ request: Request, _ path: Substring, _ query: Substring?, _ requestID: String
    ) async throws -> Reply {
        guard request.method == .get || request.method == .head else {
            throw Fault.methodNotAllowed(request.method, [.get, .head])
        }
        let caller = try await gate.caller(request.head)
        if caller.isAnonymous { throw Fault.notSignedIn }
        let pairs = try Form.pairs(query ?? "")
        let reply: Reply
        do {
            switch path {
            case "/audit/checkpoint": reply = try checkpoint()
            case "/audit/inclusion": reply = try inclusion(pairs, caller)
            case "/audit/consistency": reply = try consistency(pairs)
            default:
                throw Fault(
                    .notFound, .notFound,
                    "The log is at /audit/checkpoint, /audit/inclusion?index=&size= and /audit/consistency?first=&second=."
                )
            }
        } catch AuditError.outOfRange {
            throw Fault(.notFound, .notFound, "The log has no such entry or size.")
        }
        try gate.note(
            .auditRead, by: caller.on(.audit), entities: [.query(Array((path + "?" + (query ?? "")).utf8))],
            request: requestID)
        return reply
    }

    private func checkpoint() throws -> Reply {
        guard let note = try gate.checkpoint() else {
            throw Fault(.notFound, .notFound, "The log was not signed yet; it is each minute.")
        }
        var reply = Reply(.ok, json: Array(note.utf8))
        reply.fields[.contentType] = "text/plain; charset=utf-8"
        return reply
    }

    private func inclusion(_ pairs: [(String, String)], _ caller: Caller) throws -> Reply {
        let (index, size) = (try number("index", pairs), try number("size", pairs))
        let proof = try gate.inclusion(of: index, size: size, for: caller)
        return json { writer in
            writer.member("index", integer: Int(index))
            writer.member("size", integer: Int(size))
            writer.member("leafHash", string: Self.text(proof.leaf.bytes))
            writer.member("rootHash", string: Self.text(proof.root.bytes))
            writer.hashes("path", proof.path)
            if let entry = proof.entry { writer.member("entry", string: Self.text(entry)) }
        }
    }

    private func consistency(_ pairs: [(String, String)]) throws -> Reply {
        let (first, second) = (try number("first", pairs), try number("second", pairs))
        let proof = try gate.consistency(from: first, to: second)
        return json { writer in
            writer.member("first", integer: Int(first))
            writer.member("second", integer: Int(second))
            writer.member("firstHash", string: Self.text(proof.old.bytes))
            writer.member("secondHash", string: Self.text(proof.new.bytes))
            writer.hashes("path", proof.path)
        }
    }

    private func number(_ name: String, _ pairs: [(String, String)]) throws(Fault) -> Int64 {
        guard let number = pairs.last(where: { $0.0 == name }).flatMap({ Int64($0.1) }), number >= 0 else {
            throw .malformedParameter(name, "a whole number, 0 or more")
        }
        return number
    }

    private func json(_ body: (inout JSONWriter) -> Void) -> Reply {
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        writer.endObject()
        var reply = Reply(.ok, json: writer.bytes)
        reply.fields[.contentType] = MediaTypes.plainJSON
        return reply
    }

    fileprivate static func text(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}

extension JSONWriter {
    fileprivate mutating func hashes(_ key: String, _ hashes: [MerkleHash]) {
        self.key(key)
        beginArray()
        for hash in hashes { string(LogDoor.text(hash.bytes)) }
        endArray()
    }
}
