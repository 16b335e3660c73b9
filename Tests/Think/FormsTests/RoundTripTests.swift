import FHIR
import Forms
import JSON
import Testing
import Validation

@Suite("Responses of forms")
struct RoundTripTests {
    static let unit =
        #"{"url":"http://hl7.org/fhir/StructureDefinition/questionnaire-unit","valueCoding":{"system":"http://unitsofmeasure.org","code":"mm[Hg]","display":"mmHg"}}"#

    /// Every type, nested and repeated.
    static let everything = questionnaire([
        item("flag", "boolean"), item("whole", "integer"), item("number", "decimal"), item("day", "date"),
        item("moment", "dateTime"), item("clock", "time"), item("words", "string"), item("lines", "text"),
        item("place", "url"), item("pressure", "quantity", extensions(unit)),
        item("one", "choice", options([("a", 0), ("b", 1), ("c", 2)])),
        item("some", "choice", #""repeats":true,"# + options([("a", 0), ("b", 1), ("c", 2)])),
        item("open", "open-choice", #""answerOption":[{"valueString":"左"},{"valueString":"右"}]"#),
        item("whom", "reference"), item("hint", "display"),
        item(
            "group", "group", #""repeats":true"#,
            items: [
                item("inner", "integer"),
                item("question", "string", #""repeats":true"#, items: [item("below", "integer")]),
                item("deeper", "group", items: [item("deepest", "boolean")]),
            ]),
        item("shown", "string", #""enableWhen":[{"question":"flag","operator":"=","answerBoolean":true}]"#),
        item(
            "twice", "integer",
            extensions(expression("calculatedExpression", "%resource.item.where(linkId='whole').answer.value * 2"))),
    ])

    static let made = Result { try form(everything) }

    static func answer(_ linkID: String, _ random: inout SeededGenerator) -> [String] {
        func pick(_ list: [String]) -> String { list.randomElement(using: &random) ?? "" }
        if Int.random(in: 0..<3, using: &random) == 0 { return [] }
        switch linkID {
        case "flag", "deepest": return [pick(["true", "false"])]
        case "whole", "inner", "below": return ["\(Int.random(in: -999...9_999, using: &random))"]
        case "number", "pressure": return [pick(["0.10", "120", "36.60", "-1.5", "140.0"])]
        case "day": return [pick(["2026-03-02", "1954-12-31", "2024-02-29"])]
        case "moment": return [pick(["2026-03-02T08:30", "2026-03-02 23:59:59", "2026-03-02"])]
        case "clock": return [pick(["08:30", "23:59:59", "0:00"])]
        case "place": return ["https://a.example/" + pick(["x", "y?z=1"])]
        case "one": return ["urn:t|" + pick(["a", "b", "c"])]
        case "some": return ["a", "b", "c"].filter { _ in Bool.random(using: &random) }.map { "urn:t|" + $0 }
        case "open": return [pick(["左", "右", "两边都有"])]
        case "whom": return ["Practitioner/d1"]
        case "question": return (0..<Int.random(in: 1...3, using: &random)).map { "答 \($0) \"引号\" <b>" }
        default: return [pick(["王秀英", "a\\b", "多行", "😀"])]
        }
    }

    @Test(
        "come back as they were written, valid by R4 and by the house's other check",
        arguments: 0..<100 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let form = try Self.made.get()
        var state = form.begin(context)
        for _ in 0..<Int.random(in: 0...2, using: &random) { state.add(state.name("group"), context) }
        for _ in 0..<2 {
            var fields: [String: [String]] = [:]
            form.visit(state.nodes) { name, node in
                if form.items[node.item].isEntered { fields[name] = Self.answer(form.items[node.item].linkID, &random) }
            }
            state.enter({ fields[$0] }, context)
        }
        let written = state.response(testHead)
        let document = try JSONDocument(parsing: written)
        let again = form.resume(document.root, context)
        #expect(String(decoding: again.response(testHead), as: UTF8.self) == String(decoding: written, as: UTF8.self))
        #expect(again.problems(isFinal: true, context).isEmpty)
        #expect(form.issues(of: document.root, context).isEmpty)
        // The check of Spine was written apart from this engine.
        let validator = try ResourceValidator(
            definitions: .r4(), given: GivenDefinitions([parsed(Self.everything)]))
        let issues = validator.validate(document).filter { $0.severity == .error || $0.severity == .fatal }
        #expect(issues.isEmpty, "\(issues) \(String(decoding: written, as: UTF8.self))")
    }
}
