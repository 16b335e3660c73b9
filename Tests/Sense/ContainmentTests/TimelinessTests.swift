import Containment
import Signals
import Testing

@Suite("How long the steps take")
struct TimelinessTests {
    /// A signal whose steps came so many hours after the detection.
    private func signal(_ base: Signal, _ id: String, _ hours: [(SignalStage, Int64)]) throws -> Signal {
        var signal = base
        signal.id = id
        for (stage, after) in hours {
            let now = start + after * hour
            try signal.take(
                Signal.Action(stage, by: "孙流调", text: "x", assignee: "孙流调", due: stage.isOpen ? now + hour : nil),
                now: now)
        }
        return signal
    }

    @Test(
        "medians and quartiles of the hours from the detection, as R's type 7 gives them, and the share judged in time")
    func spans() async throws {
        let base = try await signalStore().1
        var slow = base
        slow.isRuled = false
        let signals = [
            try signal(base, "a", [(.verifying, 1), (.investigating, 2), (.responding, 10), (.closed, 100)]),
            try signal(base, "b", [(.verifying, 1), (.investigating, 3)]),
            try signal(base, "c", [(.verifying, 2), (.falseAlarm, 6)]),
            try signal(slow, "d", [(.verifying, 4), (.investigating, 23)]),
            try signal(base, "e", []),
        ]
        var running = base
        running.id = "a"
        var measure = try Measure(
            of: running, .closure, text: "停课", who: "校长", due: start + 99 * hour, by: "", now: start)
        try measure.end(.done, by: "", text: "已停课", now: start + 12 * hour)
        var notice = try Notice(
            of: signals[0], from: "Organization/xihu", to: .everybody, title: "提示", text: "x",
            by: Notice.Author(account: "A1", name: ""), now: start)
        try notice.take(.sent, by: Notice.Author(account: "A2", name: ""), now: start + 20 * hour)
        let found = Timeliness(signals, [measure], [notice], SignalOptions(), now: start + 3 * hour)
        #expect(found.spans.map(\.step) == [.assigned, .verified, .responded, .measured, .noticed, .ended])
        #expect(found.spans.map(\.count) == [4, 4, 1, 1, 1, 2])
        // quantile(c(2, 3, 6, 23), c(.5, .25, .75, .9)) in R: 4.5 2.75 10.25 17.9
        let verified = try #require(found.spans.first { $0.step == .verified })
        #expect(verified.median == 4.5 && verified.quarter == 2.75 && verified.threeQuarters == 10.25)
        #expect(abs(verified.ninety - 17.9) < 1e-9)
        #expect(found.spans.first { $0.step == .measured }?.median == 12)
        #expect(found.spans.first { $0.step == .noticed }?.median == 20)
        // Two hours for what a rule told, 24 for the rest; the one that nobody has looked at is late by now.
        #expect(found.inTime.count == 2 && found.inTime.of == 5)
        let early = Timeliness([signals[4]], [], [], SignalOptions(), now: start + hour)
        #expect(early.inTime.of == 0 && early.spans.isEmpty)
    }
}
