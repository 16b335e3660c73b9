import FHIR
import HTTPTypes
import Highway
import Hummingbird
import JSON
import NIOCore
import ServiceLifecycle
import Subscriptions
import Synchronization

/// Live numbers of the highway as server-sent events: sent when they have changed, and each 15 s.
final class HighwayStreams: Sendable {
    /// Streams open at once, at most.
    private static let streamsMax = 32
    /// A stream ends after this many seconds; the browser opens it again.
    private static let secondsMax = 600
    private let open = Mutex(0)

    func response(_ service: HighwayService, _ requestID: String) throws -> Response {
        guard open.withLock({ $0 < Self.streamsMax }) else {
            var fault = Fault(.serviceUnavailable, .throttled, "Too many look at the highway; come again in a minute.")
            fault.fields[.retryAfter] = "60"
            throw fault
        }
        let fields: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", .requestID: requestID,
        ]
        let body = ResponseBody { [self] writer in
            open.withLock { $0 += 1 }
            defer { open.withLock { $0 -= 1 } }
            try await Self.stream(service, to: &writer)
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: fields, body: body)
    }

    private static func stream(_ service: HighwayService, to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(string: "retry: 5000\n\n"))
        let (ticks, ticker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let clock = Task {
            for _ in 0..<secondsMax {
                ticker.yield()
                try await Task.sleep(for: .seconds(1))
            }
            ticker.finish()
        }
        defer { clock.cancel() }
        var sent = ""
        var quiet = 0
        for await _ in ticks.cancelOnGracefulShutdown() {
            var json = JSONWriter()
            json.beginObject()
            HighwayJSON.status(try service.highway.status(), &json)
            json.key("senders")
            json.beginArray()
            for sender in try service.highway.senders() { HighwayJSON.sender(sender, &json) }
            json.endArray()
            json.key("out")
            json.beginArray()
            for one in try service.subscriptions?.overviews() ?? [] { HighwayJSON.out(one, &json) }
            json.endArray()
            json.endObject()
            let text = String(decoding: json.bytes, as: UTF8.self)
            quiet += 1
            guard text != sent || quiet >= 15 else { continue }
            try await writer.write(ByteBuffer(string: "event: highway\ndata: \(text)\n\n"))
            sent = text
            quiet = 0
        }
    }
}
