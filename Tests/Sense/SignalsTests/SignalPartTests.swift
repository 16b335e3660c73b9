import Calendar
import JSON
import Records
import Signals
import Syndromes
import Testing

@Suite("Related conditions of one place and time")
struct SignalPartTests {
    /// A year of a quiet 西湖区: a case of something each week.
    private func desk(_ clock: TestClock, quiet codes: [String]) async throws -> SignalDesk {
        let store = try countingStore(clock)
        try await store.put(Sample.patient("quiet"))
        let today = CivilDay(milliseconds: clock.now)
        for (index, code) in codes.enumerated() {
            for week in 1..<56 {
                let day = today.advanced(by: -7 * week - index).isoText
                try await store.put(Sample.condition("q\(index)-\(week)", patient: "quiet", code: code, onset: day))
            }
        }
        return SignalDesk(store, try watchList.get())
    }

    /// So many people with a diagnosis on a day.
    private func ill(
        _ desk: SignalDesk, _ count: Int, _ code: String, on day: CivilDay, division: Int = 330_106
    ) async throws {
        for number in 0..<count {
            let id = "\(code.prefix(3).lowercased())-\(division)-\(day.isoText)-\(number)"
            try await desk.store.put(Sample.patient("p-\(id)", division: division))
            try await desk.store.put(Sample.condition("c-\(id)", patient: "p-\(id)", code: code, onset: day.isoText))
        }
        await desk.store.settle()
    }

    /// So many people with a complaint on a day.
    private func complain(_ desk: SignalDesk, _ count: Int, _ text: String, on day: CivilDay) async throws {
        for number in 0..<count {
            let id = "v-\(day.isoText)-\(number)"
            try await desk.store.put(Sample.patient("p-\(id)"))
            try await desk.store.put(
                Sample.encounter(id, patient: "p-\(id)", complaint: text, start: "\(day.isoText)T09:00:00+08:00"))
        }
        await desk.store.settle()
    }

    @Test("influenza and influenza-like illness of the same persons are one signal, which tells both")
    func one() async throws {
        let clock = TestClock()
        let desk = try await desk(clock, quiet: ["J10.100"])
        let today = CivilDay(milliseconds: clock.now)
        try await ill(desk, 9, "J10.100", on: today)
        #expect(try desk.look(until: today, now: clock.now).new.count == 1)
        #expect(try desk.signals(open: true).isEmpty)
        let report = try await desk.run(until: today, now: clock.now)
        let signal = try #require(report.new.first)
        #expect(report.new.count == 1 && signal.condition.id == "NID-C-001" && signal.count == 9)
        #expect(signal.parts.map(\.condition.id) == ["ili"])
        let part = try #require(signal.parts.first)
        #expect(part.count == 9 && Double(part.count) > part.upper && part.source == .diagnosis)
        #expect(try desk.signals(open: true) == [signal])
        for name in ["Influenza,", "with it Influenza-like illness: 9 persons (diagnoses)"] {
            #expect(signal.explanation.contains(name), "\(name)")
        }
        #expect(try await desk.run(until: today, now: clock.now).new.isEmpty)
        // The line list of both has each record once.
        #expect(try desk.counts.lines(signal.conditions, signal.window, district: 330_106, limit: 50).count == 9)
        await desk.store.close()
    }

    @Test("a disease that is diagnosed after its syndrome was told joins that signal, with the day it did")
    func later() async throws {
        let clock = TestClock()
        let desk = try await desk(clock, quiet: ["J10.100"])
        let yesterday = CivilDay(milliseconds: clock.now)
        for week in 1..<56 {
            try await complain(desk, 1, "发热、咳嗽", on: yesterday.advanced(by: -7 * week))
        }
        try await complain(desk, 12, "发热、咳嗽", on: yesterday)
        let first = try #require(try await desk.run(until: yesterday, now: clock.now).new.first)
        #expect(first.condition.id == "ili" && first.leading.id == "ili")
        #expect(Set(first.parts.map(\.condition.id)) == ["respiratory", "fever"])
        clock.advance(days: 1)
        let today = CivilDay(milliseconds: clock.now)
        try await ill(desk, 9, "J10.100", on: today)
        let report = try await desk.run(until: today, now: clock.now)
        #expect(report.new.isEmpty && report.grown.map(\.id) == [first.id])
        let grown = try #require(try desk.signals(open: true).first)
        #expect(grown.leading.id == "NID-C-001" && grown.condition.id == "ili")
        #expect(grown.parts.first { $0.condition.id == "NID-C-001" }?.since == clock.now)
        #expect(grown.parts.first { $0.condition.id == "fever" }?.since == first.detectedAt)
        #expect(grown.window.upperBound == today)
        await desk.store.close()
    }

    @Test("elsewhere, or on days that none of its own are, it is a signal of its own")
    func apart() async throws {
        let clock = TestClock()
        let desk = try await desk(clock, quiet: ["J10.100", "A03.900"])
        let first = CivilDay(milliseconds: clock.now)
        for week in 1..<56 { try await complain(desk, 1, "发热、咳嗽", on: first.advanced(by: -7 * week)) }
        try await complain(desk, 12, "发热、咳嗽", on: first)
        _ = try await desk.run(until: first, now: clock.now)
        let told = Set(try desk.signals(open: true).map(\.id))
        #expect(!told.isEmpty)
        clock.advance(days: 9)
        let later = CivilDay(milliseconds: clock.now)
        try await ill(desk, 9, "J10.100", on: later)
        try await ill(desk, 9, "J10.100", on: later, division: 330_102)
        let report = try await desk.run(until: later, now: clock.now)
        #expect(report.new.map(\.condition.id) == ["NID-C-001", "NID-C-001"])
        #expect(Set(report.new.map(\.district)) == [330_106, 330_102])
        #expect(report.grown.allSatisfy { !told.contains($0.id) || !$0.conditions.contains { $0.id == "NID-C-001" } })
        await desk.store.close()
    }

    @Test("two diseases under one syndrome stay two signals, and the syndrome joins one of them")
    func twoDiseases() async throws {
        let clock = TestClock()
        let desk = try await desk(clock, quiet: ["A03.900", "A08.100"])
        let today = CivilDay(milliseconds: clock.now)
        try await ill(desk, 9, "A03.900", on: today)
        try await ill(desk, 9, "A08.100", on: today)
        let report = try await desk.run(until: today, now: clock.now)
        #expect(Set(report.new.map(\.condition.id)) == ["NID-B-014", "NID-C-011"])
        #expect(report.new.flatMap(\.parts).map(\.condition.id) == ["diarrhoea"])
        await desk.store.close()
    }

    @Test("what an event rule tells has its own signal and two hours, though its syndrome is told already")
    func ruled() async throws {
        let clock = TestClock()
        let desk = try await desk(clock, quiet: ["A08.100"])
        let today = CivilDay(milliseconds: clock.now)
        try await ill(desk, 9, "A08.100", on: today)
        let first = try #require(try await desk.run(until: today, now: clock.now).new.first)
        try await ill(desk, 1, "A00.900", on: today)
        let report = try await desk.run(until: today, now: clock.now)
        #expect(report.new.map(\.condition.id) == ["NID-A-002"])
        #expect(report.new.allSatisfy { $0.due == clock.now + 2 * 3_600_000 })
        #expect(report.grown.map(\.id) == [first.id])
        await desk.store.close()
    }

    @Test("a false alarm teaches for everything that the signal told, and all of it is quiet after")
    func taught() async throws {
        let clock = TestClock()
        let desk = try await desk(clock, quiet: ["J10.100"])
        let today = CivilDay(milliseconds: clock.now)
        try await ill(desk, 9, "J10.100", on: today)
        var signal = try #require(try await desk.run(until: today, now: clock.now).new.first)
        try signal.take(Signal.Action(.falseAlarm, by: "孙流调", text: "补录", reason: .data), now: clock.now)
        _ = try await desk.store.update(
            ResourceKey(type: "Task", id: signal.id), try signal.task(), ifMatch: signal.version)
        let learnt = SignalLearning.all(try desk.signals(open: false), at: clock.now, desk.options)
        #expect(Set(learnt.map(\.condition.id)) == ["NID-C-001", "ili"])
        let again = try await desk.run(until: today, now: clock.now)
        #expect(again.new.isEmpty && again.quiet == 2)
        await desk.store.close()
    }
}
