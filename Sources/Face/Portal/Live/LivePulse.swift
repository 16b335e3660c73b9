import Hummingbird
import JSON
import Records
import ServiceLifecycle
import Synchronization

/// The pulse of the feed for every open page: read at most once a second, however many look.
final class LivePulse: Sendable {
    /// Streams open at once, at most; further pages keep the numbers that they came with.
    static let streamsMax = 64
    /// A stream ends after this many seconds, and the browser opens it again.
    static let streamSecondsMax = 600
    /// Seconds between two looks at the feed.
    static let stepSeconds = 1

    private struct State {
        var streams = 0
        var latest: Pulse?
    }

    private let state = Mutex(State())
    private let store: RecordStore
    private let now: @Sendable () -> Int64

    init(store: RecordStore, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.now = now
    }

    /// The pulse, not older than a second.
    func current() throws -> Pulse {
        let time = now()
        if let latest = state.withLock({ $0.latest }), abs(time - latest.at) < 900 { return latest }
        let pulse = try Pulse.load(store, now: time)
        state.withLock { $0.latest = pulse }
        return pulse
    }

    /// Whether a place for a stream is free just now.
    var hasRoom: Bool { state.withLock { $0.streams < Self.streamsMax } }

    /// Takes one of the places for a stream; false when all are taken.
    func enter() -> Bool {
        state.withLock { state in
            guard state.streams < Self.streamsMax else { return false }
            state.streams += 1
            return true
        }
    }

    /// Gives a place back.
    func leave() { state.withLock { $0.streams -= 1 } }
}

extension Portal {
    /// The live stream: server-sent events whose data is the pulse in words, sent when it changed and every 15 s.
    func addLive(to router: Router<BasicRequestContext>) {
        router.get("/live/pulse") { request, _ -> Response in live(request) }
    }

    /// Answers a request for the live stream.
    func live(_ request: Request) -> Response {
        let language = Query.pairs(request.uri.query).last { $0.name == "lang" }.flatMap {
            Language(rawValue: $0.value)
        }
        let words = Words(parts.catalogue, language ?? .zh)
        let live = parts.livePulse
        var headers = StrictHeaders.common
        headers[.cacheControl] = "no-store"
        guard live.hasRoom else {
            headers[.retryAfter] = "60"
            return Response(status: .serviceUnavailable, headers: headers)
        }
        headers[.contentType] = "text/event-stream"
        // The place is taken when the body is written, which for a HEAD request it never is.
        let body = ResponseBody { writer in
            if live.enter() {
                defer { live.leave() }
                try await Self.stream(live, words: words, to: &writer)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// Writes until the reader goes, the server stops or the time is over.
    private static func stream(
        _ live: LivePulse, words: Words, to writer: inout any ResponseBodyWriter
    ) async throws {
        try await writer.write(ByteBuffer(string: "retry: 5000\n\n"))
        var sent = ""
        var quietSteps = 0
        for await _ in Ticks(seconds: LivePulse.stepSeconds, count: LivePulse.streamSecondsMax)
            .cancelOnGracefulShutdown()
        {
            let text = String(decoding: PulseView(try live.current(), words: words).json(), as: UTF8.self)
            quietSteps += 1
            guard text != sent || quietSteps >= 15 else { continue }
            try await writer.write(ByteBuffer(string: "event: pulse\ndata: \(text)\n\n"))
            sent = text
            quietSteps = 0
        }
    }
}

/// A tick now and after each pause, a given number of times.
private struct Ticks: AsyncSequence, Sendable {
    let seconds: Int
    let count: Int

    struct Iterator: AsyncIteratorProtocol {
        let seconds: Int
        var left: Int
        var isFirst = true

        mutating func next() async -> Void? {
            guard left > 0, !Task.isCancelled else { return nil }
            left -= 1
            if isFirst {
                isFirst = false
                return ()
            }
            do { try await Task.sleep(for: .seconds(seconds)) } catch { return nil }
            return ()
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(seconds: seconds, left: count) }
}

extension PulseView {
    /// The pulse as JSON, for the script.
    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("answer", string: answer)
        writer.member("stateClass", string: stateClass)
        writer.member("time", string: time)
        writer.key("rows")
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.member("name", string: row.name)
            writer.member("state", string: row.state)
            writer.member("stateClass", string: row.stateClass)
            writer.member("position", string: row.position)
            writer.member("lag", string: row.lag)
            writer.member("failures", string: row.failures)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
