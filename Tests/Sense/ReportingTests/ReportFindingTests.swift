import Calendar
import FHIR
import JSON
import Records
import Reporting
import Signals
import Syndromes
import Testing

@Suite("Report cards")
struct ReportFindingTests {
    @Test("come once for a person, a disease and an episode, however often it is recorded and looked for")
    func once() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "J10.100"))
        try await house.put(Sample.condition("c2", code: "J11.100", recorded: "2026-11-21T07:40:00+08:00"))
        #expect(try await house.run().prepared.count == 1)
        #expect(try await house.run().isEmpty)
        try await house.put(Sample.condition("c1", code: "J10.100"))
        try await house.put(Sample.condition("c3", code: "B05.900"))
        #expect(try await house.run().prepared.count == 1)
        let cards = try house.cards()
        #expect(Set(cards.map(\.disease.id)) == ["NID-C-001", "NID-B-007"])
        #expect(
            cards.first { $0.disease.id == "NID-C-001" }?.grounds.map(\.reference) == ["Condition/c1", "Condition/c2"])
        // Six weeks later it is another episode of influenza.
        house.clock.advance(hours: 24 * 42)
        try await house.put(Sample.condition("c4", code: "J10.100", onset: nil, recorded: nil))
        #expect(try await house.run().prepared.count == 1)
        await house.store.close()
    }

    @Test("come once for the whole course of what is reported once")
    func chronic() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B18.100", onset: "2020-01-01", recorded: "2020-01-02"))
        try await house.put(Sample.condition("c2", code: "B18.100"))
        #expect(try await house.run().isEmpty)
        // Of influenza, a case of years ago says nothing of one of today.
        try await house.put(Sample.condition("c3", code: "J10.100", onset: "2020-01-01", recorded: "2020-01-02"))
        try await house.put(Sample.condition("c4", code: "J10.100"))
        #expect(try await house.run().prepared.count == 1)
        await house.store.close()
    }

    @Test(
        "classify by the evidence",
        arguments: [
            ("J10.100", "provisional", false, "3"), ("J10.100", "confirmed", false, "1"),
            ("J10.100", "provisional", true, "2"), ("Z22.000", "confirmed", false, "4"),
        ])
    func classified(code: String, status: String, hasTest: Bool, expected: String) async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: code, status: status))
        if hasTest { try await house.put(Sample.influenzaTest("o1")) }
        #expect(try await house.run().prepared.count == 1)
        #expect(try house.cards().map { $0.values["classification"] } == [expected])
        await house.store.close()
    }

    @Test("come of a positive test alone, and not of a negative one, a refuted diagnosis or another disease")
    func evidence() async throws {
        let house = try await House()
        try await house.put(Sample.influenzaTest("o1", isPositive: false))
        try await house.put(Sample.condition("c1", code: "A00.900", status: "refuted"))
        try await house.put(Sample.condition("c2", code: "I10.x00"))
        #expect(try await house.run().isEmpty)
        try await house.put(Sample.influenzaTest("o1"))
        #expect(try await house.run().prepared.count == 1)
        let card = try #require(try house.cards().first)
        #expect(card.owner == "Organization/h1" && card.icd10 == "J10" && card.values["onset"] == nil)
        await house.store.close()
    }

    @Test("take in what becomes surer: before the report silently, after it as a correction that is due")
    func surer() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "J10.100", status: "provisional"))
        try await house.run()
        try await house.put(Sample.condition("c1", code: "J10.100", status: "confirmed"))
        #expect(try await house.run().changed.count == 1)
        var card = try #require(try house.cards().first)
        #expect(card.values["classification"] == "1" && card.stage == .prepared)
        card = try await house.take(.confirm, card, changes: missing)
        card = try await house.take(.review, card)
        try await house.put(Sample.influenzaTest("o1"))
        #expect(try await house.run().changed == [card.id])
        #expect(try await house.run().isEmpty)
        card = try #require(try house.desk.card(card.id))
        #expect(card.stage == .correctionDue && card.due == house.clock.now + 24 * hour)
        card = try await house.take(.correct, card, text: "检验阳性", changes: ["classification": "2"])
        #expect(card.stage == .confirmed && card.kind == 2)
        #expect(try await house.run().isEmpty)
        await house.store.close()
    }

    @Test("go when the diagnosis is taken back before the report, and ask for a correction after it")
    func withdrawn() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B05.900"))
        try await house.put(Sample.condition("c2", code: "J10.100"))
        try await house.run()
        let measles = try #require(try house.cards().first { $0.disease.id == "NID-B-007" })
        _ = try await house.take(.confirm, measles, changes: missing)
        try await house.put(Sample.condition("c1", code: "B05.900", status: "refuted"))
        try await house.put(Sample.condition("c2", code: "J10.100", status: "refuted"))
        #expect(try await house.run().changed.count == 2)
        #expect(try await house.run().isEmpty)
        let stages = Dictionary(uniqueKeysWithValues: try house.cards().map { ($0.disease.id, $0.stage) })
        #expect(stages == ["NID-B-007": .correctionDue, "NID-C-001": .dismissed])
        await house.store.close()
    }

    @Test("ask about a death once, and take it")
    func death() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B05.900"))
        try await house.run()
        var card = try await house.take(.confirm, try #require(try house.cards().first), changes: missing)
        try await house.put(Sample.patient("p1", died: "2026-11-21"))
        #expect(try await house.run().changed == [card.id])
        card = try #require(try house.desk.card(card.id))
        #expect(card.stage == .correctionDue && card.steps.last?.text.contains("2026-11-21") == true)
        #expect(throws: ReportCard.Refusal.fields([ReportProblem(field: "died", kind: .missing)])) {
            try card.take(.tellDeath, by: "李明", house.form, now: house.clock.now)
        }
        card = try await house.take(.tellDeath, card, changes: ["died": "2026-11-21"])
        #expect(card.stage == .confirmed && card.kind == 2 && card.values["died"] == "2026-11-21")
        #expect(try await house.run().isEmpty)
        await house.store.close()
    }

    @Test("count two records as one person once they are")
    func merged() async throws {
        let house = try await House()
        try await house.put(Sample.patient("p2"))
        try await house.put(Sample.condition("c1", code: "B05.900"))
        try await house.put(
            Sample.condition("c2", patient: "p2", code: "B05.900", recorded: "2026-11-21T07:45:00+08:00"))
        #expect(try await house.run().prepared.count == 2)
        // A merge turns every reference to the survivor, those of the cards too.
        try await house.put(Sample.condition("c2", code: "B05.900", recorded: "2026-11-21T07:45:00+08:00"))
        var second = try #require(try house.cards().first { $0.patient == "Patient/p2" })
        second.patient = "Patient/p1"
        #expect(try await house.desk.write(second))
        #expect(try await house.run().changed == [second.id])
        let cards = try house.cards()
        #expect(cards.filter { $0.stage == .dismissed }.map(\.id) == [second.id])
        #expect(cards.first { $0.id == second.id }?.steps.last?.text.contains("Task/") == true)
        // What it stood on is now the first one's.
        #expect(try await house.run().changed == cards.filter { $0.stage == .prepared }.map(\.id))
        #expect(try await house.run().isEmpty)
        await house.store.close()
    }

    @Test("that are late are marked, and tell the centre by a signal of their own")
    func late() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B05.900"))
        try await house.run()
        house.clock.advance(hours: 23, minutes: 29)
        #expect(try await house.run().late.isEmpty)
        house.clock.advance(minutes: 2)
        let report = try await house.run()
        #expect(report.late.count == 1 && report.signals.count == 1)
        #expect(try await house.run().isEmpty)
        let signals = SignalDesk(house.store, house.list)
        var signal = try #require(try signals.signals(open: true).first)
        #expect(signal.cause == .overdue("机构 h1") && signal.owner == "Organization/xihu" && signal.count == 1)
        #expect(signal.explanation.contains("1 report cards past their legal time"))
        // Counts of the disease leave that signal alone, and another late card makes it grow.
        try await house.put(Sample.patient("p2"))
        try await house.put(Sample.condition("c2", patient: "p2", code: "B05.900"))
        let second = try await house.run()
        #expect(second.prepared.count == 1 && second.signals == [signal.id])
        signal = try #require(try signals.signals(open: true).first)
        #expect(signal.count == 2)
        let missed = try #require(try house.cards().first { $0.patient == "Patient/p2" })
        #expect(missed.isMissed && missed.isLate)
        let card = try #require(try house.cards().first { $0.patient == "Patient/p1" })
        #expect(!card.isMissed && card.isLate)
        let done = try await house.take(.confirm, card, changes: missing)
        #expect(done.isLate && done.stage == .confirmed)
        await house.store.close()
    }

    @Test("leave history alone, and count a diagnosis of a day from when it was known")
    func history() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "A00.900", onset: "2026-11-01", recorded: "2026-11-02"))
        #expect(try await house.run().isEmpty)
        try await house.put(Sample.condition("c2", code: "B05.900", recorded: "2026-11-21"))
        try await house.put(Sample.condition("c3", code: "B06.900", recorded: "2026-11-19"))
        try await house.run()
        let cards = try house.cards()
        #expect(cards.first { $0.disease.id == "NID-B-007" }?.diagnosedAt == house.clock.now)
        let old = try #require(cards.first { $0.disease.id == "NID-C-003" })
        #expect(CivilDay(milliseconds: old.diagnosedAt).isoText == "2026-11-19" && old.isMissed)
        await house.store.close()
    }

    @Test(
        "come anew when something surer is found after a dismissal, and when a diagnosis that was taken back is made again"
    )
    func again() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "J10.100", status: "provisional"))
        try await house.run()
        let card = try await house.take(.dismiss, try #require(try house.cards().first), text: "不是流感")
        #expect(try await house.run().isEmpty)
        try await house.put(Sample.condition("c1", code: "J10.100", status: "confirmed"))
        #expect(try await house.run().prepared.count == 1)
        let second = try #require(try house.cards().first { $0.id != card.id })
        #expect(second.stage == .prepared && second.values["classification"] == "1")
        try await house.put(Sample.condition("c1", code: "J10.100", status: "refuted"))
        #expect(try await house.run().changed == [second.id])
        house.clock.advance(minutes: 30)
        try await house.put(Sample.condition("c1", code: "J10.100", status: "confirmed"))
        #expect(try await house.run().prepared.count == 1)
        #expect(try house.cards().filter { $0.stage == .prepared }.map(\.diagnosedAt) == [house.clock.now])
        await house.store.close()
    }

    @Test("tell hepatitis A from B, and report B once in a life")
    func hepatitis() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B18.100", recorded: "2019-05-01"))
        try await house.put(Sample.condition("c2", code: "B16.900"))
        #expect(try await house.run().isEmpty)
        try await house.put(Sample.condition("c3", code: "B15.900"))
        #expect(try await house.run().prepared.count == 1)
        #expect(try house.cards().map { $0.values["subtype"] } == ["0301"])
        await house.store.close()
    }

    @Test("count a diagnosis that replaces another from when it was made, and a graver one from when it was told")
    func replaced() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "J06.900", recorded: "2026-11-11"))
        #expect(try await house.run().isEmpty)
        house.clock.advance(minutes: 5)
        try await house.put(Sample.condition("c1", code: "A22.900", recorded: "2026-11-11"))
        #expect(try await house.run().prepared.count == 1)
        var card = try #require(try house.cards().first)
        #expect(card.diagnosedAt == house.clock.now && card.due == house.clock.now + 24 * hour)
        house.clock.advance(hours: 1)
        try await house.put(Sample.condition("c1", code: "A22.100", recorded: "2026-11-11"))
        #expect(try await house.run().changed == [card.id])
        #expect(try await house.run().isEmpty)
        card = try #require(try house.desk.card(card.id))
        #expect(card.values["subtype"] == "1901" && card.due == house.clock.now + 2 * hour)
        await house.store.close()
    }

    @Test("without a visit are the centre's to report")
    func nowhere() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B05.900", encounter: nil))
        try await house.run()
        let card = try #require(try house.cards().first)
        #expect(card.owner == "Organization/xihu" && card.requester == card.owner)
        #expect(card.isFor(.confirm, centre: true) && card.isFor(.dismiss, centre: true))
        await house.store.close()
    }
}
