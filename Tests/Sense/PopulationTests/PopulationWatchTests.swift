import Calendar
import Foundation
import Population
import Records
import Signals
import Surveillance
import Syndromes
import Testing

@Suite("The watch on the population")
struct PopulationWatchTests {
    private let last = CivilMonth(number: 2026 * 12 + 9)

    private func year(boys: Int, girls: Int, deaths: Int) -> VitalFigures {
        func movement(_ change: PopulationChange, _ sex: Int, _ n: Int) -> PopulationMovement {
            PopulationMovement(change: change, district: 330_106, sex: sex, month: last, count: n)
        }
        return VitalFigures(
            [movement(.birth, 1, boys), movement(.birth, 2, girls), movement(.death, 1, deaths)],
            in: PopulationArea(0), last.advanced(by: -11)...last, ends: (0, 0))
    }

    @Test(
        "warns of a sex ratio at birth outside 103 to 107 where chance hardly gives it",
        arguments: [
            (1_300, 1_000, true), (18, 5, false), (1_060, 1_000, false), (850, 1_000, true), (0, 0, false),
        ])
    func sexRatio(boys: Int, girls: Int, isTold: Bool) {
        let found = PopulationWatch().warnings(
            births: [], year: year(boys: boys, girls: girls, deaths: 0), last: last)
        #expect(found.contains { $0.kind == .sexRatio } == isTold)
    }

    @Test(
        "warns of more deaths than births where chance hardly gives it",
        arguments: [(100, 170, true), (10, 14, false), (100, 90, false)])
    func decrease(births: Int, deaths: Int, isTold: Bool) {
        let found = PopulationWatch().warnings(
            births: [], year: year(boys: births / 2, girls: births - births / 2, deaths: deaths), last: last)
        #expect(found.contains { $0.kind == .naturalDecrease } == isTold)
    }

    @Test(
        "warns when births fall at once or little by little, and neither of a season nor of few births",
        arguments: [("steady", false), ("sudden", true), ("slow", true), ("few", false), ("short", false)])
    func births(course: String, isTold: Bool) {
        let watch = PopulationWatch()
        var births = (0..<watch.monthsNeeded).map { (month: Int) -> Int in
            let season = 20 * sin(Double(month) / 6 * Double.pi)
            return 100 + Int(season) + month * 7 % 5
        }
        let end = births.count
        switch course {
        case "sudden": births[end - 1] = 40
        case "slow": for month in end - 9..<end { births[month] -= 5 * (month + 10 - end) }
        case "few": births = births.map { $0 / 50 }; births[end - 1] = 0
        case "short": births = Array(births.suffix(20)); births[births.count - 1] = 10
        default: break
        }
        let found = watch.warnings(births: births, year: year(boys: 0, girls: 0, deaths: 0), last: last)
        #expect(found.contains { $0.kind == .birthsFall } == isTold)
    }

    @Test("has the exact binomial probabilities")
    func binomial() {
        let coin = Binomial(trials: 10, probability: 0.5)
        #expect(abs(coin.cumulative(2) - 56 / 1_024) < 1e-14 && abs(coin.upperTail(9) - 11 / 1_024) < 1e-14)
        #expect(coin.cumulative(-1) == 0 && coin.cumulative(10) == 1 && coin.upperTail(0) == 1)
        #expect(coin.upperTail(11) == 0 && Binomial(trials: 0, probability: 0.5).cumulative(0) == 1)
    }

    @Test("tells a warning as one signal of the centre, the city's instead of its districts', once a month")
    func signals() async throws {
        let clock = TestClock("2026-11-20")
        let store = try populationStore(clock)
        for number in 1...12 {
            try await store.put(Sample.patient("d\(number)", born: "1940-01-01", died: "2026-06-0\(1 + number % 9)"))
        }
        await store.settle()
        let desk = try PopulationDesk(SignalDesk(store, try WatchList()), cityCode: 330_100)
        let day = try #require(CivilDay("2026-11-20"))
        let told = try await desk.run(on: day, now: clock.now)
        #expect(told.map(\.condition.id) == ["natural-decrease"] && told.first?.district == 0)
        #expect(told.first?.cause == .population && told.first?.count == -12)
        #expect(try await desk.run(on: day, now: clock.now).isEmpty)
        let signals = SignalDesk(store, try WatchList())
        let kept = try #require(try signals.signals(open: true).first)
        #expect(kept.cause == .population && !kept.isRuled && kept.explanation.contains("More deaths than births"))
        #expect(try await desk.run(on: #require(CivilDay("2026-12-02")), now: clock.now).count == 1)
        await store.close()
    }
}
