import FHIR
import Forms
import JSON
import Testing

@Suite("Problems of answers")
struct ProblemTests {
    static func core(_ name: String, _ value: String) -> String {
        #"{"url":"http://hl7.org/fhir/StructureDefinition/\#(name)",\#(value)}"#
    }

    static let rows: [(type: String, more: String, given: [String], kind: FormProblem.Kind?)] = [
        ("integer", "", ["12"], nil), ("integer", "", ["12"], nil), ("integer", "", ["1.5"], .unreadable),
        ("integer", "", ["many"], .unreadable), ("decimal", "", ["36.6"], nil), ("decimal", "", ["36,6"], .unreadable),
        ("date", "", ["2026-03-02"], nil), ("date", "", ["2026/3/2"], nil), ("date", "", ["2026年3月2日"], nil),
        ("date", "", ["20260302"], nil), ("date", "", ["2026-02-30"], .unreadable),
        ("date", "", ["2024-02-29"], nil), ("date", "", ["yesterday"], .unreadable),
        ("dateTime", "", ["2026-03-02T08:30"], nil), ("dateTime", "", ["2026-03-02T25:00"], .unreadable),
        ("time", "", ["8:05"], nil), ("time", "", ["08:65"], .unreadable),
        ("url", "", ["https://a.example/x"], nil), ("url", "", ["two words"], .unreadable),
        ("string", #""required":true"#, [], .missing), ("boolean", #""required":true"#, [], .missing),
        ("string", #""maxLength":3"#, ["四个汉字"], .tooLong(most: 3)), ("string", #""maxLength":4"#, ["四个汉字"], nil),
        ("string", extensions(core("minLength", #""valueInteger":3"#)), ["ab"], .tooShort(least: 3)),
        ("integer", extensions(core("minValue", #""valueInteger":60"#)), ["59"], .tooSmall(least: "60")),
        ("integer", extensions(core("minValue", #""valueInteger":60"#)), ["60"], nil),
        ("integer", extensions(core("maxValue", #""valueInteger":250"#)), ["251"], .tooLarge(most: "250")),
        ("decimal", extensions(core("maxDecimalPlaces", #""valueInteger":1"#)), ["36.65"], .tooFine(places: 1)),
        (
            "date", extensions(core("maxValue", #""valueDate":"2026-11-21""#)), ["2026-11-22"],
            .tooLarge(most: "2026-11-21")
        ),
        (
            "string",
            extensions(core("regex", #""valueString":"1[0-9]{10}""#), core("entryFormat", #""valueString":"手机号""#)),
            ["139"], .wrongForm(format: FormText("手机号"))
        ),
        (
            "string",
            extensions(core("regex", #""valueString":"1[0-9]{10}""#), core("entryFormat", #""valueString":"手机号""#)),
            ["13912345678"], nil
        ),
        ("choice", options([("a", 1)]), ["urn:t|b"], .unreadable),
        (
            "choice",
            #""repeats":true,"answerOption":[{"valueString":"高血压"},{"valueString":"都没有","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive","valueBoolean":true}]}]"#,
            ["高血压", "都没有"], .exclusive
        ),
        (
            "string", #""repeats":true,"# + extensions(core("questionnaire-maxOccurs", #""valueInteger":2"#)),
            ["a", "b", "c"],
            .tooMany
        ),
        (
            "string",
            #""repeats":true,"required":true,"# + extensions(core("questionnaire-minOccurs", #""valueInteger":2"#)),
            ["a"],
            .tooFew(least: 2)
        ),
    ]

    @Test("are found when the form is signed", arguments: rows)
    func kinds(type: String, more: String, given: [String], kind: FormProblem.Kind?) throws {
        var state = try form(questionnaire([item("a", type, more)])).begin(context)
        state.enter(["a": given])
        let found = state.problems(isFinal: true, context)
        #expect(found.map(\.kind) == [kind].compactMap { $0 })
        #expect(
            found.allSatisfy {
                !$0.text.zh.isEmpty && !$0.text.en.isEmpty && $0.text.zh != $0.text.en || $0.kind == kind
            })
    }

    @Test(
        "are the rules of the questionnaire, in its words",
        arguments: [("120", "80", 0), ("80", "120", 1), ("80", "", 0)])
    func rule(systolic: String, diastolic: String, count: Int) throws {
        let rule =
            #"{"url":"http://hl7.org/fhir/StructureDefinition/targetConstraint","extension":[{"url":"key","valueId":"bp"},{"url":"severity","valueCode":"error"},{"url":"human","valueString":"收缩压应高于舒张压。","_valueString":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/translation","extension":[{"url":"lang","valueCode":"en"},{"url":"content","valueString":"Systolic is above diastolic."}]}]}},{"url":"expression","valueExpression":{"language":"text/fhirpath","expression":"item.where(linkId='s').answer.value > item.where(linkId='d').answer.value"}}]}"#
        var state = try form(questionnaire([item("s", "integer"), item("d", "integer")], extensions(rule))).begin(
            context)
        state.enter(["s": [systolic], "d": [diastolic]])
        let found = state.problems(isFinal: true, context)
        #expect(found.count == count)
        if let first = found.first {
            #expect(first.text == FormText("收缩压应高于舒张压。", "Systolic is above diastolic."))
            #expect(first.issue.code == .invariant)
        }
    }

    // MARK: Given responses

    static let checked = questionnaire([
        item("a", "integer", #""required":true"#),
        item("b", "string", #""enableWhen":[{"question":"a","operator":">","answerInteger":5}]"#),
        item("g", "group", items: [item("c", "choice", options([("x", 1), ("y", 2)]))]),
        item(
            "n", "integer",
            #""readOnly":true,"#
                + extensions(expression("calculatedExpression", "%resource.item.where(linkId='a').answer.value + 1"))),
    ])

    static let responses: [(items: String, path: String?, says: String)] = [
        (#"{"linkId":"a","answer":[{"valueInteger":6}]},{"linkId":"b","answer":[{"valueString":"x"}]}"#, nil, ""),
        (#"{"linkId":"b","answer":[{"valueString":"x"}]}"#, "item[0]", "not asked for"),
        (#"{"linkId":"g","item":[]}"#, "", "answer this question"),
        (#"{"linkId":"a","answer":[{"valueString":"6"}]}"#, "item[0].answer[0].value", "type"),
        (#"{"linkId":"a","answer":[{"valueInteger":1},{"valueInteger":2}]}"#, "item[0].answer[1]", "too many"),
        (#"{"linkId":"z","answer":[{"valueInteger":1}]}"#, "item[0]", "no such item"),
        (#"{"linkId":"c","answer":[{"valueCoding":{"system":"urn:t","code":"x"}}]}"#, "item[0]", "elsewhere"),
        (
            #"{"linkId":"g","item":[{"linkId":"c","answer":[{"valueCoding":{"system":"urn:t","code":"q"}}]}]}"#,
            "item[0].item[0].answer[0].value", "one of the options"
        ),
        (
            #"{"linkId":"a","answer":[{"valueInteger":1}]},{"linkId":"n","answer":[{"valueInteger":7}]}"#, "item[1]",
            "another value"
        ),
        (#"{"linkId":"b"},{"linkId":"a","answer":[{"valueInteger":1}]}"#, "item[1]", "order"),
    ]

    @Test("of a response given are issues with their paths", arguments: responses)
    func given(items: String, path: String?, says: String) throws {
        let text =
            #"{"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"https://example.org/Questionnaire/t|1","item":[\#(items)]}"#
        let issues = try form(Self.checked).issues(of: parsed(text).root, context)
        if let path {
            let wanted = "QuestionnaireResponse" + (path.isEmpty ? "" : "." + path)
            #expect(
                issues.contains { $0.expression == wanted && $0.diagnostics.contains(says) && $0.severity == .error },
                "\(issues)")
        } else {
            #expect(issues.isEmpty, "\(issues)")
        }
    }

    @Test("of a draft are warnings where only something is missing")
    func draft() throws {
        let text = #"{"resourceType":"QuestionnaireResponse","status":"in-progress","item":[]}"#
        let issues = try form(Self.checked).issues(of: parsed(text).root, context)
        #expect(issues.map(\.severity) == [.warning])
    }
}
