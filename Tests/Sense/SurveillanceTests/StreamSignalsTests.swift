import Surveillance
import Testing

@Suite("Signals from several streams")
struct StreamSignalsTests {
    /// Poisson draws with a season from a small generator, so that every run sees the same city.
    private struct Draws {
        var state: UInt64

        mutating func unit() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Double(state >> 11) + 0.5) * 0x1p-53
        }

        mutating func weeks(_ mean: Double, last: Double? = nil) -> [Double] {
            var counts = (0..<260).map { (week: Int) -> Double in
                let level = week % 52 < 10 ? 1.5 * mean : mean
                return CountDistribution.poisson(mean: level).quantile(unit())
            }
            if let last { counts[259] = last }
            return counts
        }
    }

    private func city(_ rises: [Int: (Double, Double)], seed: UInt64) -> [StreamSignals.Event] {
        var draws = Draws(state: seed)
        return (0..<60).map { index in
            let rise = rises[index]
            return StreamSignals.Event(
                what: "rash with fever", place: "district \(index)", group: "0–5 years",
                streams: [
                    .init(name: "diagnoses", counts: draws.weeks(10, last: rise?.0)),
                    .init(name: "drug sales", counts: draws.weeks(40, last: rise?.1)),
                ])
        }
    }

    @Test("two streams that rise together stand first, with what rose and against what")
    func together() throws {
        let signals = StreamSignals().signals(city([17: (30, 75), 40: (24, 70)], seed: 5))
        #expect(signals.prefix(2).map(\.event.place) == ["district 17", "district 40"])
        let first = try #require(signals.first)
        #expect(first.rank == 1)
        #expect(first.falseDiscoveryRate < 0.001)
        #expect(first.explanation.hasPrefix("rash with fever, district 17, 0–5 years: diagnoses 30 where "))
        #expect(first.explanation.contains("drug sales 75 where "))
    }

    @Test("a quiet city tells next to nothing", arguments: 1...5 as ClosedRange<UInt64>)
    func quiet(seed: UInt64) { #expect(StreamSignals().signals(city([:], seed: seed)).count <= 1) }

    @Test("rates rise along the list, and a missing newest count says nothing")
    func rates() {
        var events = city([3: (26, 60), 4: (40, 100), 5: (22, 60)], seed: 9)
        for index in events[4].streams.indices { events[4].streams[index].counts[259] = .nan }
        let signals = StreamSignals(falseDiscoveryRate: 0.5).signals(events)
        #expect(!signals.contains { $0.event.place == "district 4" })
        #expect(zip(signals, signals.dropFirst()).allSatisfy { $0.falseDiscoveryRate <= $1.falseDiscoveryRate })
        #expect(signals.map(\.rank) == Array(1...signals.count))
    }

    @Test(
        "streams that count the same persons add nothing by saying the same, and quiet streams beside them take little")
    func samePersons() throws {
        var draws = Draws(state: 3)
        let cases = draws.weeks(10, last: 30)
        let sales = draws.weeks(40, last: 38)
        func p(_ streams: [StreamSignals.Stream]) throws -> Double {
            let event = StreamSignals.Event(what: "rash", place: "x", group: "all", streams: streams)
            return try #require(StreamSignals(falseDiscoveryRate: 0.999).signals([event]).first).p
        }
        let one = try p([.init(name: "diagnoses", counts: cases, countsPersons: true)])
        let twice = try p([
            .init(name: "complaints", counts: cases, countsPersons: true),
            .init(name: "diagnoses", counts: cases, countsPersons: true),
        ])
        #expect(abs(twice / one - 1) < 1e-9)
        let apart = try p([.init(name: "a", counts: cases), .init(name: "b", counts: cases)])
        #expect(apart < one / 10)
        let quiet = StreamSignals.Stream(name: "drug sales", counts: sales)
        let beside = try p([.init(name: "diagnoses", counts: cases, countsPersons: true), quiet, quiet, quiet, quiet])
        #expect(beside <= 2 * one * (1 + 1e-9))
    }
}
