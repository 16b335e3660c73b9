import Calendar
import JSON
import Records
import Signals
import Syndromes
import Testing

@Suite("What false alarms teach")
struct SignalLearningTests {
    private static let day: Int64 = 86_400_000
    private let options = SignalOptions()
    private let now: Int64 = 1_795_219_200_000

    /// A signal of varicella that the counts told, and that was judged false so many days ago.
    private func falseAlarm(
        daysAgo: Int, reason: FalseAlarmReason = .natural, district: Int = 330_106, source: EventSource = .diagnosis
    ) throws -> Signal {
        let list = try watchList.get()
        let ended = now - Int64(daysAgo) * Self.day
        let text = """
            {"resourceType":"Task","id":"s\(daysAgo)-\(district)-\(source.rawValue)","status":"requested","intent":"order",\
            "code":{"coding":[{"code":"surveillance-signal"}]},"businessStatus":{"coding":[{"code":"detected"}]},"input":[\
            {"type":{"coding":[{"code":"condition"}]},"valueCoding":{"code":"\(try #require(list["varicella"]).id)"}},\
            {"type":{"coding":[{"code":"district"}]},"valueString":"\(district)"},\
            {"type":{"coding":[{"code":"source"}]},"valueInteger":\(source.rawValue)},\
            {"type":{"coding":[{"code":"window"}]},"valuePeriod":{"start":"2026-01-01","end":"2026-01-07"}}],"output":[]}
            """
        var signal = try #require(Signal(try JSONDocument(parsing: Array(text.utf8)).root, list))
        try signal.take(Signal.Action(.falseAlarm, by: "孙流调", text: "每年如此", reason: reason), now: ended)
        return signal
    }

    @Test("one halves the share that may be false, less with each day, and nothing is left after a year")
    func decays() throws {
        for (days, strictness) in [(0, 2.0), (73, 1.7411), (182, 1.4156), (365, 1.0), (500, 1.0)] {
            let learnt = SignalLearning.all([try falseAlarm(daysAgo: days)], at: now, options)
            #expect(abs((learnt.first?.strictness ?? 1) - strictness) < 0.0005, "\(days)")
            #expect(learnt.isEmpty == (days >= 365))
        }
    }

    @Test("many are limited to three halvings")
    func limited() throws {
        let many = try (0..<9).map { try falseAlarm(daysAgo: $0) }
        let learnt = SignalLearning.all(many, at: now, options)
        #expect(learnt.count == 1 && learnt[0].strictness == 8 && learnt[0].alarms.count == 9)
        let two = SignalLearning.all(Array(many.prefix(1)) + [try falseAlarm(daysAgo: 73)], at: now, options)
        #expect(abs(two[0].halvings - 1.8) < 1e-9 && two[0].alarms.map(\.id).first?.hasPrefix("s0-") == true)
    }

    @Test("each stream and place learns for itself")
    func apart() throws {
        let learnt = SignalLearning.all(
            [
                try falseAlarm(daysAgo: 1), try falseAlarm(daysAgo: 1, district: 330_102),
                try falseAlarm(daysAgo: 1, source: .laboratory),
            ], at: now, options)
        #expect(learnt.count == 3 && learnt.allSatisfy { $0.strictness < 2 && $0.alarms.count == 1 })
    }

    @Test("a duplicate teaches nothing, nor does one whose lesson was taken back; reason and taking back are kept")
    func undone() throws {
        #expect(SignalLearning.all([try falseAlarm(daysAgo: 0, reason: .duplicate)], at: now, options).isEmpty)
        var signal = try falseAlarm(daysAgo: 0, reason: .known)
        #expect(SignalLearning.all([signal], at: now, options).count == 1)
        signal.isUntaught = true
        #expect(SignalLearning.all([signal], at: now, options).isEmpty)
        let kept = try #require(Signal(try signal.task().root, try watchList.get()))
        #expect(kept.isUntaught && kept.reason == .known && kept == signal)
    }

    @Test(
        "a finding that was just unusual enough isn't told after a false alarm there, and is told elsewhere and after its undoing"
    )
    func taught() throws {
        let list = try watchList.get()
        let search = SignalSearch(list)
        let varicella = try #require(list["varicella"])
        let today = CivilDay(milliseconds: now)
        func cells(_ count: Int) -> [EventCounts.Cell] {
            var random = SeededGenerator(seed: 5)
            return (0..<200).map { week in
                EventCounts.Cell(
                    condition: varicella.number, source: .diagnosis, district: 330_106, age: .from25to64,
                    day: today.advanced(by: -7 * week), count: week == 0 ? count : Int.random(in: 2...8, using: &random)
                )
            }
        }
        // The smallest number that is told with nothing learnt, and with one false alarm of today.
        func least(_ strictness: @escaping (SignalFinding) -> Double) throws -> Int {
            try #require((8...60).first { search.findings(cells($0), on: today, strictness: strictness).contains { $0.district == 330_106 } })
        }
        let learnt = SignalLearning.all([try falseAlarm(daysAgo: 0)], at: now, options)
        let strictest = SignalLearning.all(try (0..<9).map { try falseAlarm(daysAgo: $0) }, at: now, options)
        func after(_ learnt: [SignalLearning], district: Int = 330_106) throws -> Int {
            try least { finding in
                finding.condition.id == learnt[0].condition.id && finding.district == district
                    ? learnt[0].strictness : 1
            }
        }
        let untaught = try least { _ in 1 }
        #expect(try after(learnt) >= untaught && after(strictest) > untaught)
        #expect(try after(strictest, district: 330_102) == untaught)
    }
}
