import Access
import FHIR
import JSON
import Records
import Subscriptions
import Synchronization
import Testing

/// Somebody who receives, as a test wants.
private final class TestReceiver: NotificationDoor {
    private struct State {
        var bodies: [[UInt8]] = []
        var refusals = 0
        var keys: [String] = []
    }

    private let state = Mutex(State())

    /// Answers so many requests with a failure.
    func refuse(_ count: Int) { state.withLock { $0.refusals = count } }

    func fault(of endpoint: String) -> String? { endpoint.isEmpty ? "There is no endpoint." : nil }
    func fault(ofHeader name: String, _ value: String) -> String? { nil }

    func send(_ notification: NotificationRequest) async -> NotificationAnswer {
        state.withLock { state in
            state.keys.append(notification.fields.first { $0.name == "Idempotency-Key" }?.value ?? "")
            if state.refusals > 0 {
                state.refusals -= 1
                return .later("The receiver answered 503.", afterSeconds: nil)
            }
            state.bodies.append(notification.body)
            return .taken
        }
    }

    var keys: [String] { state.withLock { $0.keys } }

    /// What came: `PUT Observation/o1`.
    var events: [String] {
        entries.map { "\($0["request"]?["method"]?.string ?? "") \($0["request"]?["url"]?.string ?? "")" }
    }

    var entries: [JSONNode] {
        state.withLock { $0.bodies }.flatMap { body -> [JSONNode] in
            guard let entries = try? JSONDocument(parsing: body).root["entry"]?.elements else { return [] }
            return Array(entries.dropFirst())
        }
    }
}

private struct OpenHouse: SubscriptionHouse {
    let store: RecordStore
    var isOpen: Bool { true }
    func program(_ id: String) throws(RecordsError) -> SubscriptionProgram {
        SubscriptionProgram(name: id, organisations: nil)
    }
    func view(_ program: String?, purpose: Purpose) throws(RecordsError) -> SeenRecords { try ownRecords() }
    func ownRecords() throws(RecordsError) -> SeenRecords {
        store.seen(by: nil, trace: AccessTrace(AccessTrace.Who()))
    }
}

/// A store, and what leaves it.
private final class Place: Sendable {
    let store: RecordStore
    let receiver = TestReceiver()
    let subscriptions: Subscriptions
    private let running: Task<Void, Never>

    init(attemptsMax: Int64 = 5, on other: RecordStore? = nil) throws {
        let definitions = try Definitions.r4()
        let store = try other ?? RecordStore(RecordStoreOptions(database: try testDatabase()), definitions: definitions)
        self.store = store
        var options = SubscriptionsOptions(key: Array(0..<32))
        options.attemptsMax = attemptsMax
        options.pauseSecondsMax = 0
        options.eventsMax = 7
        subscriptions = try Subscriptions(
            store, definitions, house: OpenHouse(store: store), door: receiver, options: options)
        running = Task { [subscriptions] in await subscriptions.run() }
    }

    func stop() async {
        subscriptions.close()
        await running.value
    }

    func put(_ text: String) async throws {
        let document = try JSONDocument(parsing: Array(text.utf8))
        let key = ResourceKey(
            type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? "")
        _ = try await store.update(key, document)
    }

    func observation(_ id: String, status: String = "final", patient: String = "p") async throws {
        try await put(
            #"{"resourceType":"Observation","id":"\#(id)","status":"\#(status)","code":{"text":"x"},"#
                + #""subject":{"reference":"Patient/\#(patient)"}}"#)
    }

    /// Writes a Subscription and waits until it is active.
    func subscribe(_ criteria: String = "Observation?status=final") async throws {
        try await put(#"{"resourceType":"Organization","id":"brain","name":"城市大脑"}"#)
        try await put(#"{"resourceType":"Patient","id":"p","name":[{"text":"张三"}]}"#)
        let url = "https://healthbrain.dev/fhir/StructureDefinition/subscription-"
        try await put(
            """
            {"resourceType":"Subscription","id":"s","status":"requested","reason":"r","criteria":"\(criteria)",
            "extension":[{"url":"\(url)receiver","valueReference":{"reference":"Organization/brain"}},
            {"url":"\(url)purpose","valueCoding":{"code":"PUBHLTH"}},
            {"url":"\(url)element","valueString":"status"},{"url":"\(url)element","valueString":"subject.reference"}],
            "channel":{"type":"rest-hook","endpoint":"https://r.example/","payload":"application/fhir+json"}}
            """)
        try await until { try status() == "active" }
    }

    func status() throws -> String {
        try JSONDocument(parsing: store.read(ResourceKey(type: "Subscription", id: "s")).json()).root["status"]?.string
            ?? ""
    }

    func until(_ test: () throws -> Bool) async throws {
        for _ in 0..<1_500 {
            if try test() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("It did not come: \(receiver.events)")
    }
}

@Suite("What leaves by a subscription")
struct DeliveryTests {
    @Test("comes in order, corrections and deletions too, and nothing that was never sent is taken back")
    func order() async throws {
        let place = try Place()
        try await place.observation("before")
        try await place.subscribe()
        for number in 0..<20 { try await place.observation("o\(number)") }
        try await place.observation("never", status: "preliminary")
        try await place.until { place.receiver.events.count >= 20 }
        try await place.observation("o3", status: "entered-in-error")
        _ = try await place.store.delete(ResourceKey(type: "Observation", id: "o4"))
        _ = try await place.store.delete(ResourceKey(type: "Observation", id: "never"))
        try await place.observation("o5", status: "final", patient: "q")
        try await place.observation("end")
        try await place.until { place.receiver.events.last == "PUT Observation/end" }
        await place.stop()
        #expect(
            place.receiver.events
                == (0..<20).map { "PUT Observation/o\($0)" } + [
                    "DELETE Observation/o3", "DELETE Observation/o4", "PUT Observation/o5", "PUT Observation/end",
                ])
        let first = try #require(place.receiver.entries.first?["resource"])
        #expect(first.members.compactMap { $0.key.string } == ["resourceType", "id", "meta", "status", "subject"])
    }

    @Test("is sent again with the same key until it is taken, and waits for the operator after too many failures")
    func failures() async throws {
        let place = try Place(attemptsMax: 4)
        try await place.subscribe()
        place.receiver.refuse(2)
        try await place.observation("a")
        try await place.until { place.receiver.events == ["PUT Observation/a"] }
        #expect(Set(place.receiver.keys.suffix(3)).count == 1)
        place.receiver.refuse(1_000)
        try await place.observation("b")
        try await place.until { try place.status() == "error" }
        #expect(try place.subscriptions.overviews().first?.fault.contains("503") == true)
        place.receiver.refuse(0)
        try await place.observation("c")
        try await place.subscriptions.resume("s")
        try await place.until { place.receiver.events.count == 3 }
        await place.stop()
        #expect(place.receiver.events == ["PUT Observation/a", "PUT Observation/b", "PUT Observation/c"])
    }

    @Test("tells which id stands for which when persons are merged and parted, and no more of them")
    func merges() async throws {
        let place = try Place()
        try await place.subscribe()
        try await place.observation("a")
        try await place.until { place.receiver.events.count == 1 }
        try await place.put(#"{"resourceType":"Patient","id":"p","name":[{"text":"李四"}]}"#)
        try await place.put(
            #"{"resourceType":"Patient","id":"p","active":false,"name":[{"text":"张三"}],"link":[{"other":"#
                + #"{"reference":"Patient/q"},"type":"replaced-by"},{"other":{"reference":"Patient/z"},"type":"seealso"}]}"#
        )
        try await place.until { place.receiver.events.count == 2 }
        try await place.put(#"{"resourceType":"Patient","id":"p","active":true,"name":[{"text":"张三"}]}"#)
        try await place.until { place.receiver.events.count == 3 }
        await place.stop()
        #expect(place.receiver.events.suffix(2) == ["PUT Patient/p", "PUT Patient/p"])
        let told = place.receiver.entries.suffix(2).compactMap { $0["resource"] }.map {
            String(decoding: $0.compactText(), as: UTF8.self)
        }
        #expect(told[0].contains(#""link":[{"other":{"reference":"Patient/q"},"type":"replaced-by"}]"#))
        #expect(!told[1].contains("link") && !told.contains { $0.contains("张三") || $0.contains("seealso") })
    }

    @Test("goes on where it was after a restart, and begins anew where the operator says")
    func restart() async throws {
        let place = try Place()
        try await place.subscribe()
        try await place.observation("a")
        try await place.until { place.receiver.events.count == 1 }
        await place.stop()
        try await place.observation("b")
        let next = try Place(on: place.store)
        try await next.until { next.receiver.events == ["PUT Observation/b"] }
        _ = try await next.subscriptions.replay("s", from: 0)
        try await next.until { next.receiver.events.count == 3 }
        await next.stop()
        #expect(next.receiver.events.suffix(2) == ["PUT Observation/a", "PUT Observation/b"])
    }

    @Test("ends when it should, and is told what is wrong with it")
    func ends() async throws {
        let place = try Place()
        try await place.subscribe()
        try await place.put(
            #"{"resourceType":"Subscription","id":"s","status":"requested","reason":"r","criteria":"Observation?colour=red","#
                + #""channel":{"type":"rest-hook","endpoint":"https://r.example/"}}"#)
        try await place.until { try place.status() == "error" }
        let fault = try place.subscriptions.overviews().first?.fault ?? ""
        #expect(fault.contains("Subscription.channel.payload") && fault.contains("subscription-receiver"))
        await place.stop()
    }
}
