import Programmes
import Testing

@Suite("A parameter")
struct ParameterTests {
    @Test(
        "reads spans of time as UCUM names their units",
        arguments: [("3 mo", 3, "3个月"), ("7 d", 7, "7天"), ("5 {workday}", 5, "5个工作日"), ("1 a", 1, "1年")])
    func spans(text: String, amount: Int, words: String) throws {
        let duration = try #require(ProgrammeDuration(text))
        #expect(duration.amount == amount)
        #expect(duration.description == text)
        #expect(duration.words(.zh) == words)
        #expect(ProgrammeDuration(duration.quantity) == duration)
    }

    @Test("refuses what is no span of time", arguments: ["3", "mo", "3 months", "-1 d", "1.5 mo", ""])
    func noSpans(text: String) {
        #expect(ProgrammeDuration(text) == nil)
    }
}
