import FHIRPath
import Foundation
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

    /// Steeping times of tea: a value of the province, of the city, of a district, and dated ones.
    private static let dated = """
        default: 3 min, values: [
            {value: 4 min, source: house}, {from: 2026-01-01, value: 5 min, source: house},
            {city: "330000", value: 6 min, source: house}, {city: "330100", from: 2025-06-01, value: 7 min, source: house},
            {city: "330100", from: 2026-06-01, value: 8 min, source: house}, {city: "330110", value: 9 min, source: house}]
        """

    @Test(
        "is in force by the nearest area, and then by the latest day",
        arguments: [
            (nil, "2025-12-31", "4 min"), (nil, "2026-01-01", "5 min"), ("110101", "2026-02-01", "5 min"),
            ("330203", "2026-02-01", "6 min"), ("330106", "2025-05-31", "6 min"), ("330106", "2025-06-01", "7 min"),
            ("330106", "2026-06-01", "8 min"), ("330110", "2026-06-01", "9 min"),
            ("330110005000", "2020-01-01", "9 min"),
        ] as [(String?, String, String)])
    func inForce(area: String?, day: String, value: String) throws {
        let (programme, faults) = try Sample.read([.init("programme.yaml", "default: 12 mo", Self.dated)])
        #expect(faults.isEmpty, "\(faults)")
        let parameter = try #require(programme.parameter("checkEvery"))
        #expect(parameter.inForce(in: area, on: day).value.text == value)
        #expect(parameter.inForce(in: area, on: day).source == "house")
    }

    @Test("has its default where no value has begun")
    func before() throws {
        let (programme, _) = try Sample.read([
            .init(
                "programme.yaml", "default: 12 mo",
                "default: 12 mo, values: [{from: 2026-01-01, value: 6 mo, source: house}]")
        ])
        let parameter = try #require(programme.parameter("checkEvery"))
        #expect(parameter.inForce(in: "330110", on: "2025-12-31").value.text == "12 mo")
        #expect(parameter.inForce(in: "330110", on: "2026-01-01").value.text == "6 mo")
    }

    @Test(
        "gives expressions a value of its type, with the digits that were written",
        arguments: [
            ("decimal, unit: cm, default: 1.50", "decimal", "1.50"), ("integer, unit: a, default: 35", "integer", "35"),
            ("boolean, default: true", "boolean", "true"), ("string, default: 绿茶", "string", "绿茶"),
            ("date, default: 2025-10-27", "date", "2025-10-27"), ("code, default: I10", "string", "I10"),
            ("quantity, unit: mL, default: 100", "Quantity", "100"), ("duration, default: 3 mo", "Quantity", "3 mo"),
        ])
    func types(yaml: String, type: String, text: String) throws {
        let (programme, _) = try Sample.read([.init("programme.yaml", "duration, default: 12 mo", yaml)])
        let value = try #require(programme.parameter("checkEvery")).base
        #expect(value.text == text)
        #expect(value.fhirPath.shortTypeName == type)
    }
}
