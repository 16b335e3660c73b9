import Calendar
import FHIR
import JSON
import Signals
import Syndromes
import Testing

@Suite("A trial of the nightly search")
struct SignalTrialTests {
    private let first = CivilDay(number: 20_514)

    /// Eight people fall ill of dengue on three days after a year in which somebody had a cold each day.
    private func trial(seed: UInt64 = 1) throws -> SignalTrial {
        var trial = SignalTrial(try watchList.get(), seed: seed)
        func add(_ text: String) throws { trial.add(try JSONDocument(parsing: Array(text.utf8)).root) }
        for number in 0..<40 { try add(Sample.patient("p\(number)")) }
        for number in 0..<120 {
            let day = first.advanced(by: -3 * number).isoText
            try add(
                Sample.encounter(
                    "e\(number)", patient: "p\(number % 40)", complaint: "咳嗽", start: "\(day)T09:00:00+08:00"))
        }
        for number in 0..<8 {
            let day = first.advanced(by: 10 + number / 3).isoText
            try add(Sample.condition("d\(number)", patient: "p\(number)", code: "A97.900", onset: day))
        }
        return trial
    }

    private func outbreak(isArtefact: Bool = false) -> TrialReport.Outbreak {
        TrialReport.Outbreak(
            id: "dengue", conditions: ["NID-B-011"], district: 330_106,
            cases: (0..<8).map { first.advanced(by: 10 + $0 / 3) }, isArtefact: isArtefact)
    }

    @Test("tells an outbreak on the night on which enough of it is known, and no sooner")
    func found() async throws {
        let nights = first...first.advanced(by: 30)
        let told = try await trial().run(nights, try Definitions.r4())
        let report = TrialReport(told, [outbreak()], nights: nights)
        let outcome = try #require(report.outcomes.first)
        let signal = try #require(outcome.told)
        #expect(signal.signal.condition.id == "NID-B-011" && signal.signal.isRuled)
        // The fifth case falls ill on the second day, and is known up to two days later.
        #expect((1...4).contains(try #require(outcome.days)))
        #expect(try #require(outcome.casesSeen) >= 5)
        #expect(signal.signal.count >= 5)
    }

    @Test("gives the same for the same seed")
    func same() async throws {
        let nights = first.advanced(by: 8)...first.advanced(by: 16)
        let one = try await trial(seed: 3).run(nights, try Definitions.r4()).map(\.day)
        let other = try await trial(seed: 3).run(nights, try Definitions.r4()).map(\.day)
        #expect(one == other && !one.isEmpty)
    }

    @Test("counts as false what tells another condition, another place, an earlier day or an artefact")
    func falseSignals() async throws {
        let nights = first...first.advanced(by: 20)
        let told = try await trial().run(nights, try Definitions.r4()).filter { $0.signal.condition.id == "NID-B-011" }
        #expect(told.count == 1)
        var wrong = outbreak()
        wrong.conditions = ["NID-A-002"]
        #expect(TrialReport(told, [wrong], nights: nights).falseSignals.count == 1)
        wrong = outbreak()
        wrong.district = 330_102
        #expect(TrialReport(told, [wrong], nights: nights).outcomes[0].told == nil)
        wrong = outbreak()
        wrong.cases = [nights.upperBound]
        #expect(TrialReport(told, [wrong], nights: nights).outcomes[0].told == nil)
        let artefact = TrialReport(told, [outbreak(isArtefact: true)], nights: nights)
        #expect(artefact.outcomes[0].told != nil && artefact.falseSignals.count == 1)
        #expect(abs(artefact.falsePerWeek - 1.0 / 3) < 1e-12)
    }

    @Test("takes what joins an open signal for told that night, and for no signal of its own")
    func joined() async throws {
        let nights = first...first.advanced(by: 20)
        let told = try await trial().run(nights, try Definitions.r4())
        let dengue = try #require(told.first { $0.signal.condition.id == "NID-B-011" && $0.joined == nil })
        // People of the same codes count for fever with haemorrhage, which makes no signal beside it.
        #expect(!told.contains { $0.signal.condition.id == "haemorrhagic" })
        let report = TrialReport(told, [outbreak()], nights: nights)
        #expect(report.outcomes[0].signals == 1 && report.outcomes[0].isRuled)
        let part = Signal.Part(
            condition: dengue.signal.condition, since: 0, age: nil, source: .laboratory, count: 5, expected: 1,
            upper: 3, p: 0.001)
        let fever = SignalTrial.Told(day: dengue.day, signal: dengue.signal, joined: part)
        let other = TrialReport([fever], [outbreak()], nights: nights)
        #expect(other.outcomes[0].source == .laboratory && !other.outcomes[0].isRuled && other.falseSignals.isEmpty)
        #expect(TrialReport([fever], [outbreak(isArtefact: true)], nights: nights).outcomes[0].told != nil)
        #expect(TrialReport([fever], [], nights: nights).falseSignals.isEmpty)
    }

    @Test("lets a stream tell an outbreak from its exposure on, and persons from its first case")
    func exposure() async throws {
        var trial = try trial()
        func add(_ text: String) throws { trial.add(try JSONDocument(parsing: Array(text.utf8)).root) }
        try add(Sample.organization("xihu", type: "cdc", partOf: nil, division: 330_106))
        for week in 0..<60 {
            let day = first.advanced(by: 7 - 7 * week).isoText
            let value = week == 0 ? "9" : week % 10 == 5 ? "6" : "2"
            let places = [(code: String, value: String)](
                repeating: ("vector-breteau", value), count: week == 0 ? 12 : 1)
            try add(Sample.stream("v\(week)", by: "Organization/xihu", on: day, places))
        }
        let nights = first...first.advanced(by: 9)
        let told = try await trial.run(nights, try Definitions.r4()).filter { $0.signal.condition.id == "NID-B-011" }
        let signal = try #require(told.first)
        #expect(signal.signal.source.rawValue == 7 && signal.signal.district == 330_106)
        #expect(TrialReport(told, [outbreak()], nights: nights).outcomes[0].told == nil)
        var exposed = outbreak()
        exposed.exposed = first
        let outcome = try #require(TrialReport(told, [exposed], nights: nights).outcomes.first)
        #expect(outcome.told == signal && outcome.casesSeen == 0)
        #expect(try #require(outcome.days) < 0)
    }
}
