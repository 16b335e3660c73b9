import Containment
import FHIR
import JSON
import Records
import Signals
import Testing
import Validation

@Suite("Measures against an outbreak")
struct MeasureTests {
    @Test("are planned with who and until when, done or dropped with what came of it, and read back as they were")
    func life() async throws {
        let (desk, signal) = try await signalStore()
        var measure = try Measure(
            of: signal, .closure, text: "三年级停课一周", who: "文一街小学 校长", due: start + 24 * hour, by: "孙流调", now: start)
        #expect(!measure.isLate(at: start + 24 * hour) && measure.isLate(at: start + 24 * hour + 1))
        #expect(measure.doneAt == nil)
        #expect(throws: Measure.Refusal.text) { try measure.end(.done, by: "孙流调", text: "", now: start) }
        try measure.end(.done, by: "孙流调", text: "11 月 21 日起停课", now: start + hour)
        #expect(measure.doneAt == start + hour && !measure.isLate(at: .max))
        #expect(throws: Measure.Refusal.stage) { try measure.end(.dropped, by: "", text: "x", now: start + hour) }
        let task = try measure.task()
        let issues = try ResourceValidator(definitions: Definitions.r4()).validate(task)
        #expect(issues.filter { $0.severity == .error || $0.severity == .fatal }.isEmpty, "\(issues)")
        let created = try await desk.store.create(type: "Task", task)
        (measure.id, measure.version) = (created.version.key.id, created.version.versionID)
        await desk.store.settle()
        let found = try desk.store.search(type: "Task", parameters: Measure.search(signal: signal.id, count: 9)).entries
        #expect(try found.compactMap { try Measure($0.version) } == [measure])
        #expect(try Contact(created.version, desk.list) == nil)
        await desk.store.close()
    }

    @Test("are refused without words, without who, with a time that is past, and for a signal that has ended")
    func refused() async throws {
        var signal = try await signalStore().1
        func refusal(_ text: String, _ who: String, _ due: Int64) -> Measure.Refusal? {
            do {
                _ = try Measure(of: signal, .other, text: text, who: who, due: due, by: "", now: start)
                return nil
            } catch { return error }
        }
        #expect(refusal("消毒", "孙流调", start + 1) == nil)
        #expect(refusal("", "孙流调", start + 1) == .text)
        #expect(refusal("消毒", "", start + 1) == .who)
        #expect(refusal("消毒", "孙流调", start) == .due)
        try signal.take(Signal.Action(.falseAlarm, by: "", text: "录入错误"), now: start)
        #expect(refusal("消毒", "孙流调", start + 1) == .ended)
    }
}
