import FHIR
import FHIRPath
import JSON
import Testing

/// `trace` does something besides yielding a value, so that nothing that holds it is worked out once for all: it gives the same expression
/// as it is without keeping anything.
@Suite("What is the same for all items is worked out once")
struct ClosedPartsTests {
    private static let visits = [
        ("2025-01-01", "AMB"), ("2025-01-01", "IMP"), ("2025-02-10", "AMB"), ("2025-03-05", "AMB"),
        ("2025-06-30", "IMP"),
        ("2025-07-01", "AMB"), ("2025-12-31", "AMB"), ("2026-01-01", "AMB"),
    ]

    private static func resources(_ texts: [String]) throws -> [FHIRPathValue] {
        try texts.map { .node(FHIRPathNode(try JSONDocument(parsing: Array($0.utf8)).root)) }
    }

    private static func encounters(_ visits: [(String, String)]) throws -> [FHIRPathValue] {
        try resources(
            visits.map {
                #"{"resourceType":"Encounter","status":"finished","class":{"code":"\#($1)"},"period":{"start":"\#($0)"}}"#
            })
    }

    private static func days(_ texts: [String]) throws -> [FHIRPathValue] {
        try texts.flatMap { text in
            try FHIRPathExpression("@\(text)", definitions: .r4()).evaluate(
                on: JSONDocument(parsing: Array(#"{"resourceType":"Patient"}"#.utf8)).root)
        }
    }

    /// What an expression yields at each of some moments, or how it fails.
    private static func yields(
        _ text: String, at moments: [String], isKept: Bool, _ variables: [String: [FHIRPathValue]]
    ) throws -> [String] {
        let expression = try FHIRPathExpression(
            text, definitions: .r4(), options: FHIRPathOptions(contextType: "Patient"))
        let patient = try JSONDocument(
            parsing: Array(#"{"resourceType":"Patient","birthDate":"1960-05-05","name":[{"given":["A","B"]}]}"#.utf8))
        let memory = FHIRPathMemory(FHIRPathVariation([expression], varying: ["moment"]))
        var environment = FHIRPathEnvironment(resource: patient.root, variables: variables)
        environment.now = FHIRPathInstant(milliseconds: 1_767_000_000_000)
        return try moments.map { moment in
            environment.variables["moment"] = try days([moment])
            do throws(FHIRPathError) {
                let values =
                    isKept
                    ? try expression.evaluate(on: patient.root, environment, keeping: memory)
                    : try expression.evaluate(on: patient.root, environment)
                return values.map { String(decoding: $0.json(), as: UTF8.self) }.joined(separator: " ")
            } catch {
                return error.message
            }
        }
    }

    @Test(
        "an expression yields the same, or fails as it did",
        arguments: [
            // Days that are compared, with more conditions behind or before.
            "V.where(period.start.toDate() > %moment)", "V.where(period.start.toDate() <= %moment).last()",
            "V.where(period.start.toDate() = %moment and class.code = 'IMP')",
            "V.where(class.exists(code = 'IMP') and period.start.toDate() >= %moment)",
            "V.where(class.code = 'AMB' and status = 'finished' and period.start.toDate() < %moment).count()",
            "V.where(period.start.toDate() >= %moment and $index > 2)",
            "V.where($this.period.start.toDate() > %moment)",
            "V.where(period.start > %moment)", "V.where(period.start.toDate() > %moment.toString())",
            "V.where(period.start.toDate() > %nothing)", "V.where(period.end.toDate() > %moment)",
            "V.where(period.start.toDate() > %absent)", "V.where(period.start.toDate() > D)",
            "V.where(period.start.toDate() < %moment and period.start.toDate() > %absent)",
            "V.where(period.start.toDate() < @2000-01-01 and period.start.toDate() > %absent)",
            "V.where(period.start.toDate() < %moment or class.code = 'IMP')",
            "V.where(period.start.toDate() < %moment xor class.code = 'IMP')",
            "V.where(status > 3 and period.start.toDate() < %moment)",
            "V.where(period.start.toDate() < %moment and status > 3)",
            "V.where(period.start.toDate() < %moment and period.start.toDate() >= birthDate)",
            // Days among days.
            "%moment in D", "(%moment in D).not()", "%moment.toDateTime() in D", "D.where($this in D)", "%nothing in D",
            "D in D", "@2025 in D", "'2025-02-10' in D", "%moment in M", "D.where($this < %moment).last() in D",
            // Variables of its own, positions, totals.
            "D.where(defineVariable('day', $this).select(D.where($this < %day and $this > %moment).count() > 1))",
            "D.where(defineVariable('day', %moment).select(D.where($this <= %day)).exists($this = %moment))",
            "defineVariable('a', %moment).select(D.where($this > %a))",
            "D.where($index + 1 = D.count() or $this != D[$index + 1])",
            "D.select(D.where($this < %moment).count() + $index)",
            "D.aggregate($total + D.where($this <= %moment).count(), 0)",
            "D.aggregate(iif($total.empty() or $this > $total + 40 days, $this, $total), {})",
            "D.aggregate(D.where($total.empty() or $this > %moment).count() + $total.count(), {})",
            "D.select(iif($index > 2, %moment, @2000-01-01))", "D.select(iif(%moment > @2025-06-01, D.first(), $this))",
            "D.where($this + iif(%moment < @2025-06-01, 10 days, 100 days) >= %moment)",
            "D.where(iif($this > %moment, true, $index = 0))", "name.given.select($this & D.count().toString())",
            "name.given.where(%context.birthDate < %moment)",
            "V.where(period.start.toDate() > %resource.birthDate).count()",
            "(D | V.select(period.start.toDate()) | M).count()", "D.repeat(D.where($this > %moment).first()).count()",
            "V.select(period.start.toDate()).distinct().sort().where($this >= %moment)", "D.sort(-$this).first()",
            "D.all($this <= %moment)", "D.exists($this > %moment and today() > $this)", "D.where($this < today())",
            "V.where(period.start.toDate() > %moment).where(class.code = 'IMP').period.start",
            "V.period.where(start.toDate() > %moment).start",
            "V.where(period.start.toDate() <= %moment).where($index = 0)",
            "(D.where($this > %moment).count() + D.count()) * 2", "D.count() / (D.where($this > %moment).count())",
        ], ["each day known", "a day known to the month"])
    func same(template: String, days: String) throws {
        var visits = Self.visits
        if days == "a day known to the month" { visits.insert(("2025-04", "IMP"), at: 4) }
        let variables = [
            "v": try Self.encounters(visits), "d": try Self.days(visits.map(\.0)), "nothing": [],
            "m": try Self.days(["2025-02-10T08:00:00+08:00", "2025-02", "2025-02-10"]),
        ]
        func text(_ end: String) -> String {
            var result = ""
            var before: Character?
            let characters = Array(template)
            for (place, character) in characters.enumerated() {
                let next = place + 1 < characters.count ? characters[place + 1] : " "
                let isName =
                    ["V", "D", "M"].contains(character) && !next.isLetter && before?.isLetter != true && before != "'"
                result += isName ? "%\(character.lowercased())\(end)" : String(character)
                before = character
            }
            return result
        }
        let moments = ["2024-12-31", "2025-02-10", "2025-04-15", "2025-07-01", "2030-01-01", "2025-02-10"]
        let plain = try Self.yields(text(".trace('t')"), at: moments, isKept: false, variables)
        #expect(try Self.yields(text(""), at: moments, isKept: false, variables) == plain)
        #expect(try Self.yields(text(""), at: moments, isKept: true, variables) == plain)
    }

    @Test("what is kept follows the variables that vary and no others")
    func varying() throws {
        let variables = ["d": try Self.days(Self.visits.map(\.0)), "nothing": []]
        let later = try Self.yields(
            "%d.where($this > %moment).count()", at: ["2025-03-01", "2025-12-31"], isKept: true, variables)
        #expect(later == ["5", "1"])
    }
}
