import Calendar
import JSON
import Records
import Signals
import Syndromes
import Testing

@Suite("The life of a signal")
struct SignalDeskTests {
    private func cholera(_ store: RecordStore, _ id: String, on day: String) async throws {
        try await store.put(Sample.patient("p-\(id)", division: 330_106))
        try await store.put(Sample.condition(id, patient: "p-\(id)", code: "A00.900", onset: day))
        await store.settle()
    }

    private func desk(_ clock: TestClock) async throws -> SignalDesk {
        let store = try countingStore(clock)
        try await store.put(Sample.organization("wjw", type: "commission", partOf: nil, division: nil))
        try await store.put(Sample.organization("office", type: "commission", partOf: "wjw", division: 330_106))
        try await store.put(Sample.organization("city", type: "cdc", partOf: "wjw", division: 330_102))
        try await store.put(Sample.organization("xihu", type: "cdc", partOf: "office", division: 330_106))
        return SignalDesk(store, try watchList.get())
    }

    @Test("begins as a Task of the district's centre, grows instead of coming twice, and ends with lessons")
    func life() async throws {
        let clock = TestClock()
        let desk = try await desk(clock)
        let today = CivilDay(milliseconds: clock.now)
        try await cholera(desk.store, "c1", on: today.isoText)
        let first = try await desk.run(until: today, now: clock.now)
        #expect(first.new.map(\.condition.id) == ["NID-A-002"])
        var signal = try #require(try desk.signals(open: true).first)
        #expect(signal == first.new.first)
        #expect(signal.owner == "Organization/xihu" && signal.requester == "Organization/city")
        #expect(signal.due == clock.now + 2 * 3_600_000)
        #expect(try await desk.run(until: today, now: clock.now).new.isEmpty)
        clock.advance(minutes: 30)
        try await cholera(desk.store, "c2", on: today.isoText)
        let second = try await desk.run(until: today, now: clock.now)
        #expect(second.new.isEmpty && second.grown.map(\.count) == [2])
        signal = try #require(try desk.signals(open: true).first)
        #expect(signal.count == 2 && signal.steps.count == 1)
        for (stage, text) in [
            (SignalStage.verifying, ""), (.investigating, "两例均为聚餐后发病"), (.responding, "关闭餐厅,密接观察5天"),
            (.closed, "冷荤制作人员带菌;每月抽检"),
        ] {
            clock.advance(minutes: 45)
            let due = stage.isOpen ? clock.now + 86_400_000 : nil
            try signal.take(Signal.Action(stage, by: "孙流调", text: text, assignee: "孙流调", due: due), now: clock.now)
            let key = ResourceKey(type: "Task", id: signal.id)
            _ = try await desk.store.update(key, try signal.task(), ifMatch: signal.version)
            signal = try #require(try desk.signals(open: false).first)
        }
        #expect(
            signal.stage == .closed && signal.durations.map(\.milliseconds) == [75, 45, 45, 45].map { $0 * 60_000 })
        #expect(try desk.signals(open: true).isEmpty)
        let again = try await desk.run(until: today, now: clock.now)
        #expect(again.new.isEmpty && again.quiet == 1)
        await desk.store.close()
    }

    @Test("refuses steps that don't follow, and those without words, a person or a time")
    func refused() async throws {
        let clock = TestClock()
        let desk = try await desk(clock)
        let today = CivilDay(milliseconds: clock.now)
        try await cholera(desk.store, "c1", on: today.isoText)
        var signal = try #require(try await desk.run(until: today, now: clock.now).new.first)
        func refusal(_ action: Signal.Action) -> Signal.Refusal.Reason? {
            do {
                try signal.take(action, now: clock.now)
                return nil
            } catch { return error.reason }
        }
        let due = clock.now + 3_600_000
        #expect(refusal(Signal.Action(.closed, by: "a", text: "x")) == .stage)
        #expect(refusal(Signal.Action(.falseAlarm, by: "a", text: "")) == .text)
        #expect(refusal(Signal.Action(.verifying, by: "a", text: "", due: due)) == .assignee)
        #expect(refusal(Signal.Action(.verifying, by: "a", text: "", assignee: "b", due: clock.now)) == .due)
        #expect(refusal(Signal.Action(.verifying, by: "a", text: "", assignee: "b", due: due)) == nil)
        #expect(refusal(Signal.Action(.falseAlarm, by: "a", text: "录入错误")) == nil)
        #expect(signal.stage == .falseAlarm && !signal.isLate(at: due + 1))
        await desk.store.close()
    }

    @Test("what event rules tell is found alone too, grows then, and comes once whichever looks first")
    func events() async throws {
        let clock = TestClock()
        let desk = try await desk(clock)
        let today = CivilDay(milliseconds: clock.now)
        #expect(try await desk.runEvents(until: today, now: clock.now).new.isEmpty)
        try await cholera(desk.store, "c1", on: today.isoText)
        let first = try await desk.runEvents(until: today, now: clock.now)
        #expect(first.new.map(\.condition.id) == ["NID-A-002"] && first.new.allSatisfy(\.isRuled))
        #expect(try await desk.run(until: today, now: clock.now).new.isEmpty)
        try await cholera(desk.store, "c2", on: today.isoText)
        #expect(try await desk.runEvents(until: today, now: clock.now).grown.map(\.count) == [2])
        #expect(try await desk.runEvents(until: today.advanced(by: 8), now: clock.now).new.isEmpty)
        #expect(try desk.signals(open: true).count == 1)
        await desk.store.close()
    }

    @Test(
        "what is told beside the counts grows while it is open, stays apart from them, and is quiet after its end unless it grows by half"
    )
    func raised() async throws {
        let clock = TestClock()
        let desk = try await desk(clock)
        let today = CivilDay(milliseconds: clock.now)
        let measles = try #require(desk.list["NID-B-007"])
        func raise(_ count: Int, _ cause: Signal.Cause = .unit("文一街小学")) async throws -> Signal? {
            try await desk.raise(cause, measles, district: 330_106, window: today...today, count: count, now: clock.now)
        }
        let first = try #require(try await raise(10))
        #expect(first.owner == "Organization/xihu" && first.due == clock.now + 2 * 3_600_000 && first.isRuled)
        #expect(try await raise(12)?.id == first.id)
        #expect(try await raise(2, .overdue("文一街小学"))?.id != first.id)
        // Equal to what is stored, cause included.
        var stored = try #require(try desk.signals(open: true).first { $0.id == first.id })
        #expect(stored.count == 12 && stored.peak == 12 && stored.cause == .unit("文一街小学"))
        try stored.take(Signal.Action(.falseAlarm, by: "孙流调", text: "同一天补录"), now: clock.now)
        _ = try await desk.store.update(
            ResourceKey(type: "Task", id: stored.id), try stored.task(), ifMatch: stored.version)
        #expect(try await raise(17) == nil)
        #expect(try await raise(18)?.id != first.id)
        #expect(try desk.signals(open: true).count == 2)
        await desk.store.close()
    }

    @Test("every stage can be reached and every open one can end")
    func stages() {
        var reached: Set<SignalStage> = [.detected]
        for _ in SignalStage.allCases { reached.formUnion(reached.flatMap(\.next)) }
        #expect(reached == Set(SignalStage.allCases))
        for stage in SignalStage.allCases where stage.isOpen {
            var ends = Set(stage.next)
            for _ in SignalStage.allCases { ends.formUnion(ends.flatMap(\.next)) }
            #expect(ends.contains(.closed) || ends.contains(.falseAlarm))
        }
    }
}
