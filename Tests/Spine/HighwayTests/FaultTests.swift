import Foundation
import Highway
import Records
import Synchronization
import Testing

/// Something fails anywhere, again and again: nothing that was acknowledged is lost, and nothing is doubled.
@Suite("Faults")
struct FaultTests {
    struct Crash: Error {}

    /// Stops the highway at a point that a seed chooses; from then on nothing works, as after a crash.
    final class Saboteur: Sendable {
        private let state: Mutex<(random: SeededGenerator, isDown: Bool)>
        private let chance: Int

        init(seed: UInt64, chance: Int) {
            state = Mutex((SeededGenerator(seed: seed), false))
            self.chance = chance
        }

        var isDown: Bool { state.withLock { $0.isDown } }

        func probe() throws {
            try state.withLock { state in
                if !state.isDown, Int.random(in: 0..<chance, using: &state.random) == 0 { state.isDown = true }
                if state.isDown { throw Crash() }
            }
        }
    }

    @Test("anywhere lose nothing and double nothing", arguments: 0..<4 as Range<UInt64>)
    func crashes(seed: UInt64) async throws {
        let deliveries = OrderTests.mix(seed)
        let expected = try await withHighway { highway, store in
            for delivery in deliveries { _ = try await highway.accept(delivery) }
            try await highway.settle()
            return try store.everything()
        }
        let place = try TestPlace()
        defer { place.remove() }
        var acknowledged = 0
        var random = SeededGenerator(seed: seed)
        var lives = 0
        while acknowledged < deliveries.count || lives == 0 {
            lives += 1
            // The last lives are quiet ones, so that the test ends.
            let saboteur = Saboteur(seed: random.next(), chance: lives > 12 ? .max : 20)
            var options = HighwayOptions()
            options.batchMax = Int.random(in: 1...6, using: &random)
            options.probe = { _ in try saboteur.probe() }
            let store = try place.store()
            let highway = try Highway(store, mapping: try House.mapping.get(), options: options)
            let running = Task { await highway.run() }
            // A sender sends each message until it is acknowledged, as MLLP has it.
            while acknowledged < deliveries.count, !saboteur.isDown {
                do {
                    _ = try await highway.accept(deliveries[acknowledged])
                    acknowledged += 1
                } catch { break }
            }
            if !saboteur.isDown { try await Task.sleep(for: .milliseconds(20)) }
            await highway.close()
            await running.value
            await store.close()
        }
        try await withHighway(place) { highway, store in
            try await highway.settle()
            #expect(try store.everything() == expected, "lives: \(lives)")
            let senders = try highway.senders()
            #expect(senders.reduce(0) { $0 + $1.count("done") } == Int64(deliveries.count))
            #expect(senders.reduce(0) { $0 + $1.count("waiting") + $1.count("dead") } == 0)
        }
    }

    @Test("of the store are waited for, and send nothing to the shelf")
    func storeFails() async throws {
        let left = Mutex(3)
        var options = HighwayOptions()
        options.probe = { point in
            guard point == .insideCommit else { return }
            try left.withLock { left in
                guard left > 0 else { return }
                left -= 1
                throw Crash()
            }
        }
        try await withHighway(options: options) { highway, store in
            let id = try await highway.accept(v2(adt("A01", control: "1", time: "20261122083000"))).id
            try await highway.settle()
            #expect(try highway.receipt(id)?.state == .done)
            #expect(try store.status().resourceCounts["Patient"] == 1)
            #expect(left.withLock { $0 } == 0)
        }
    }
}
