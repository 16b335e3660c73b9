import Foundation
import Highway
import Records
import Testing

@Suite("The inbox")
struct InboxTests {
    @Test("takes a message, and writes what it says into the record")
    func takes() async throws {
        try await withHighway { highway, store in
            let accepted = try await highway.accept(v2(adt("A01", control: "1", time: "20261122083000", visit: "V1")))
            try await highway.settle()
            let receipt = try #require(try highway.receipt(accepted.id))
            #expect(receipt.state == .done)
            #expect(receipt.control == "1")
            #expect(receipt.reasons.isEmpty)
            let page = try store.search(type: "Patient", parameters: [("identifier", "0001234")])
            let text = String(decoding: try #require(page.entries.first).version.json(), as: UTF8.self)
            #expect(text.contains("张"))
            #expect(text.contains("https://healthbrain.dev/highway/330106001#1"))
            let visits = try store.search(type: "Encounter", parameters: [("identifier", "V1")]).entries
            #expect(visits.count == 1)
            let visit = String(decoding: try #require(visits.first).version.json(), as: UTF8.self)
            #expect(visit.contains("\"reference\":\"\(try #require(page.entries.first).version.key)\""))
        }
    }

    @Test("knows a message again that comes twice, also after others, and does not work on it again")
    func duplicates() async throws {
        try await withHighway { highway, store in
            let message = v2(adt("A01", control: "1", time: "20261122083000"))
            let first = try await highway.accept(message)
            _ = try await highway.accept(v2(adt("A08", control: "2", time: "20261122093000")))
            try await highway.settle()
            let sequence = try store.status().sequence
            #expect(try await highway.accept(message) == .duplicate(of: first.id))
            try await highway.settle()
            #expect(try store.status().sequence == sequence)
            let sender = try #require(try highway.senders().first)
            #expect(sender.count("duplicate") == 1)
            #expect(sender.count("done") == 2)
            #expect(sender.count("waiting") == 0)
        }
    }

    @Test("takes another content under the same control id, and tells it as a fault of quality")
    func reusedControl() async throws {
        try await withHighway { highway, _ in
            _ = try await highway.accept(v2(adt("A01", control: "1", time: "20261122083000")))
            let second = try await highway.accept(v2(adt("A08", control: "1", time: "20261122093000")))
            #expect(second == .taken(id: second.id))
            try await highway.settle()
            let day = second.id > 0 ? Int64(20_779) : 0
            let findings = try highway.findings(sender: "330106001", days: 0...(day + 100))
            #expect(findings.contains { $0.rule == "control-id" && $0.message == second.id })
        }
    }

    @Test("takes content without a control id again when the horizon has passed")
    func horizon() async throws {
        try await withHighway { highway, _ in
            let text = #"{"resourceType":"Patient","id":"p1","name":[{"text":"李四"}]}"#
            let first = try await highway.accept(fhir(text, at: 1_795_305_600_000))
            #expect(try await highway.accept(fhir(text, at: 1_795_305_700_000)) == .duplicate(of: first.id))
            let later = try await highway.accept(fhir(text, at: 1_795_305_600_000 + 30 * 86_400_000))
            #expect(later == .taken(id: later.id))
        }
    }

    @Test("takes content without a control id that returns to what it was before")
    func returns() async throws {
        try await withHighway { highway, store in
            for (place, status) in ["U", "O", "U"].enumerated() {
                let text = #"{"resourceType":"Location","id":"bed-1","operationalStatus":{"code":"\#(status)"}}"#
                let accepted = try await highway.accept(fhir(text, at: 1_795_305_600_000 + Int64(place) * 60_000))
                #expect(accepted == .taken(id: accepted.id))
                try await highway.settle()
            }
            let bed = try store.read(ResourceKey(type: "Location", id: "bed-1"))
            #expect(String(decoding: bed.json(), as: UTF8.self).contains("\"code\":\"U\""))
        }
    }

    @Test("takes the same content again that is to be read another way, or was taken off the shelf")
    func readAnotherWay() async throws {
        try await withHighway { highway, _ in
            let message = adt("A01", control: "1", time: "20261122083000")
            var refused = v2(message)
            refused.format = .refused("it had no end")
            let first = try await highway.accept(refused).id
            try await highway.settle()
            #expect(try highway.receipt(first)?.state == .dead)
            let second = try await highway.accept(v2(message)).id
            #expect(second != first)
            try await highway.settle()
            #expect(try highway.receipt(second)?.state == .done)
            let letter = try await highway.accept(v2(ShelfTests.unknown)).id
            try await highway.settle()
            try await highway.discard(.message(letter), reason: "a test message")
            #expect(try highway.receipt(letter)?.discardReason == "a test message")
            let again = try await highway.accept(v2(ShelfTests.unknown))
            #expect(again == .taken(id: again.id) && again.id != letter)
        }
    }

    @Test("forgets what was worked on when it is older than is kept, and never what waits for somebody")
    func retention() async throws {
        let day: Int64 = 86_400_000
        let start: Int64 = 1_795_305_600_000
        let place = try TestPlace()
        defer { place.remove() }
        var ids: [Int64] = []
        try await withHighway(place) { highway, _ in
            let letters = [adt("A01", control: "1", time: "20261122083000"), ShelfTests.unknown]
            for text in letters { ids.append(try await highway.accept(v2(text, at: start)).id) }
            let new = v2(adt("A08", control: "2", time: "20261122083000"), at: start + 9 * day)
            ids.append(try await highway.accept(new).id)
            try await highway.settle()
        }
        var options = HighwayOptions()
        options.keptMilliseconds = 5 * day
        options.now = { start + 10 * day }
        try await withHighway(place, options: options) { highway, store in
            while try highway.receipt(ids[0]) != nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try highway.receipt(ids[1])?.state == .dead)
            #expect(try highway.receipt(ids[2])?.state == .done)
            #expect(try highway.status().oldestAt == start)
            #expect(try store.status().resourceCounts["Patient"] == 1)
            // It is known no more, and says nothing new.
            let before = try store.everything()
            let again = try await highway.accept(
                v2(adt("A01", control: "1", time: "20261122083000"), at: start + 10 * day))
            #expect(again == .taken(id: again.id))
            try await highway.settle()
            #expect(try store.everything() == before)
        }
    }

    @Test("takes the same content of another sender")
    func senders() async throws {
        try await withHighway { highway, _ in
            let text = adt("A01", control: "1", time: "20261122083000")
            _ = try await highway.accept(v2(text, sender: "one"))
            let other = try await highway.accept(v2(text, sender: "two"))
            #expect(other == .taken(id: other.id))
        }
    }

    @Test("gives each of many at once a number of its own, and loses none")
    func together() async throws {
        try await withHighway { highway, _ in
            let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let text = adt("A01", control: "\(number)", time: "20261122083000", number: "\(number % 7)")
                        return try await highway.accept(v2(text, sender: "s\(number % 5)")).id
                    }
                }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(ids.count == 200)
            try await highway.settle()
            #expect(try highway.senders().map { $0.count("done") } == [40, 40, 40, 40, 40])
        }
    }

    @Test("tells a sender that floods to come again, and takes what others send")
    func backPressure() async throws {
        var options = HighwayOptions()
        options.waitingMax = 3
        let place = try TestPlace()
        defer { place.remove() }
        let store = try place.store()
        // Nobody works.
        let highway = try Highway(store, mapping: try House.mapping.get(), options: options)
        for number in 0..<3 {
            _ = try await highway.accept(v2(adt("A01", control: "\(number)", time: "20261122083000"), sender: "flood"))
        }
        await #expect(throws: HighwayError.busy(retrySeconds: 5)) {
            try await highway.accept(v2(adt("A01", control: "x", time: "20261122083000"), sender: "flood"))
        }
        _ = try await highway.accept(v2(adt("A01", control: "x", time: "20261122083000"), sender: "calm"))
        await highway.close()
        await store.close()
    }

    @Test("works on what a calm sender sends before the rest of a flood")
    func fairness() async throws {
        var options = HighwayOptions()
        options.batchMax = 8
        let place = try TestPlace()
        defer { place.remove() }
        let store = try place.store()
        let idle = try Highway(store, mapping: try House.mapping.get(), options: options)
        var last: Int64 = 0
        for number in 0..<60 {
            last = try await idle.accept(
                v2(adt("A01", control: "\(number)", time: "20261122083000"), sender: "flood")
            ).id
        }
        let calm = try await idle.accept(v2(adt("A01", control: "x", time: "20261122083000"), sender: "calm")).id
        await idle.close()
        let ticks = Ticks()
        options.now = { ticks.next() }
        let highway = try Highway(store, mapping: try House.mapping.get(), options: options)
        let running = Task { await highway.run() }
        try await highway.settle()
        let ends = try [calm, last].map { try #require(try highway.receipt($0)?.endedAt) }
        #expect(ends[0] < ends[1])
        await highway.close()
        await running.value
        await store.close()
    }

    @Test("refuses what is empty or from nobody", arguments: [("", "x"), ("s", "")])
    func refuses(_ sender: String, _ content: String) async throws {
        try await withHighway { highway, _ in
            await #expect(throws: HighwayError.self) {
                try await highway.accept(
                    Delivery(sender: sender, door: .http, format: .fhir, bytes: Array(content.utf8), receivedAt: 0))
            }
        }
    }
}
