import FHIR
import Forms
import Testing

/// Everything that makes a Questionnaire no form, told with its place.
@Suite("Faults of forms")
struct FaultTests {
    static let yes = #""operator":"=","answerBoolean":true"#

    static let rows: [(text: String, path: String, says: String)] = [
        (#"{"resourceType":"Patient"}"#, "resourceType", "no Questionnaire"),
        (questionnaire([item("a", "word")]), "Questionnaire.item[0].type", "no type “word”"),
        (questionnaire([item("a", "string"), item("a", "string")]), "Questionnaire.item[1].linkId", "stands twice"),
        (questionnaire([item("a", "group")]), "Questionnaire.item[0].item", "empty"),
        (questionnaire([item("a", "choice")]), "Questionnaire.item[0]", "nothing to choose from"),
        (questionnaire([item("a", "boolean", options([("x", 1)]))]), "Questionnaire.item[0]", "no list of answers"),
        (
            questionnaire([item("a", "choice", #""answerValueSet":"urn:unknown""#)]),
            "Questionnaire.item[0].answerValueSet", "not known"
        ),
        (
            questionnaire([item("b", "string", #""enableWhen":[{"question":"x",\#(yes)}]"#)]),
            "Questionnaire.item[0].enableWhen[0].question", "no item x"
        ),
        (
            questionnaire([item("b", "boolean", #""enableWhen":[{"question":"b",\#(yes)}]"#)]),
            "Questionnaire.item[0].enableWhen[0].question", "itself"
        ),
        (
            questionnaire([
                item("g", "group", #""enableWhen":[{"question":"b",\#(yes)}]"#, items: [item("b", "boolean")])
            ]), "Questionnaire.item[0].enableWhen[0].question", "inside it"
        ),
        (
            questionnaire([item("a", "integer"), item("b", "string", #""enableWhen":[{"question":"a",\#(yes)}]"#)]),
            "Questionnaire.item[1].enableWhen[0].answer[x]", "are no boolean"
        ),
        (
            questionnaire([
                item("a", "boolean"),
                item("b", "string", #""enableWhen":[{"question":"a","operator":">","answerBoolean":true}]"#),
            ]), "Questionnaire.item[1].enableWhen[0].operator", "not more or less"
        ),
        (
            questionnaire([
                item("a", "choice", options([("x", 1)])),
                item(
                    "b", "string",
                    #""enableWhen":[{"question":"a","operator":"=","answerCoding":{"system":"urn:t","code":"y"}}]"#),
            ]), "Questionnaire.item[1].enableWhen[0].answerCoding", "can't be chosen"
        ),
        (
            questionnaire([
                item("a", "boolean"),
                item("b", "string", #""enableWhen":[{"question":"a",\#(yes)},{"question":"a",\#(yes)}]"#),
            ]), "Questionnaire.item[1]", "enableBehavior"
        ),
        (
            questionnaire([item("a", "integer", extensions(expression("calculatedExpression", "1 +")))]),
            "Questionnaire.item[0].extension(calculatedExpression)", "line 1"
        ),
        (
            questionnaire([item("a", "integer", extensions(expression("calculatedExpression", "'text'")))]),
            "Questionnaire.item[0].extension(calculatedExpression)", "yields string"
        ),
        (
            questionnaire([item("a", "integer", extensions(expression("calculatedExpression", "%resource.name")))]),
            "Questionnaire.item[0].extension(calculatedExpression)", "name"
        ),
        (
            questionnaire([
                item(
                    "a", "integer",
                    extensions(expression("calculatedExpression", "%resource.item.where(linkId = 'z').answer.value")))
            ]), "Questionnaire.item[0].extension(calculatedExpression)", "an item z"
        ),
        (
            questionnaire([item("a", "integer", extensions(expression("calculatedExpression", "%nobody + 1")))]),
            "Questionnaire.item[0].extension(calculatedExpression)", "%nobody"
        ),
        (
            questionnaire([item("a", "boolean", extensions(expression("enableWhenExpression", "'yes'")))]),
            "Questionnaire.item[0].extension(enableWhenExpression)", "yields string"
        ),
        (
            questionnaire([
                item(
                    "a", "integer",
                    extensions(
                        #"{"url":"http://hl7.org/fhir/StructureDefinition/variable","valueExpression":{"name":"v","language":"application/x-fhir-query","expression":"Observation?"}}"#
                    ))
            ]), "Questionnaire.item[0].extension(variable v)", "x-fhir-query"
        ),
        (
            questionnaire([
                item(
                    "a", "quantity",
                    extensions(
                        #"{"url":"http://hl7.org/fhir/StructureDefinition/questionnaire-unit","valueCoding":{"system":"http://unitsofmeasure.org","code":"furlongz"}}"#
                    ))
            ]), "Questionnaire.item[0]", "no UCUM unit"
        ),
        (
            questionnaire([
                item(
                    "a", "integer",
                    extensions(
                        #"{"url":"http://hl7.org/fhir/StructureDefinition/minValue","valueInteger":9}"#,
                        #"{"url":"http://hl7.org/fhir/StructureDefinition/maxValue","valueInteger":1}"#))
            ]), "Questionnaire.item[0].extension(minValue)", "more than maxValue"
        ),
        (
            questionnaire([item("a", "integer", #""initial":[{"valueInteger":1},{"valueInteger":2}]"#)]),
            "Questionnaire.item[0].initial", "que-13"
        ),
        (
            questionnaire([item("a", "integer", #""initial":[{"valueString":"x"}]"#)]),
            "Questionnaire.item[0].initial[0]", "no answer to a integer"
        ),
        (
            questionnaire([
                item(
                    "a", "integer",
                    extensions(
                        #"{"url":"http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-observationExtract","valueBoolean":true}"#
                    ))
            ]), "Questionnaire.item[0].code", "no code"
        ),
        (
            questionnaire([item("a", "integer", #""required":true,"readOnly":true"#)]), "Questionnaire.item[0]",
            "nobody and nothing"
        ),
    ]

    @Test("are told with their place and what is wrong", arguments: rows)
    func faults(text: String, path: String, says: String) throws {
        let faults = Form.faults(of: parsed(text), definitions: try .r4()) { _, _ in nil }
        let found = faults.first { $0.path.hasPrefix(path) && $0.message.contains(says) && !$0.isWarning }
        #expect(found != nil, "\(faults)")
        #expect(throws: FormFaults.self) { try form(text) { _, _ in nil } }
    }

    @Test("are told all at once")
    func together() throws {
        let text = questionnaire([
            item("a", "word"), item("b", "group"), item("c", "choice"),
            item("d", "integer", extensions(expression("calculatedExpression", "("))),
        ])
        let faults = Form.faults(of: parsed(text), definitions: try .r4())
        #expect(faults.filter { !$0.isWarning }.count == 4, "\(faults)")
    }

    static let sum = #"%resource.item.where(linkId = 'LINK').answer.value + 1"#

    static func calculated(_ linkID: String, _ other: String) -> String {
        item(linkID, "integer", extensions(expression("calculatedExpression", sum.replacing("LINK", with: other))))
    }

    @Test(
        "are items that wait for each other",
        arguments: [
            [calculated("a", "a")], [calculated("a", "b"), calculated("b", "a")],
            [calculated("a", "b"), calculated("b", "c"), calculated("c", "a")],
            [
                item("a", "boolean", #""enableWhen":[{"question":"b",\#(yes)}]"#),
                item("b", "boolean", #""enableWhen":[{"question":"a",\#(yes)}]"#),
            ],
            [
                item("a", "boolean", #""enableWhen":[{"question":"b","operator":"exists","answerBoolean":false}]"#),
                item(
                    "b", "boolean",
                    extensions(expression("calculatedExpression", "%resource.item.where(linkId = 'a').answer.exists()"))
                ),
            ],
        ])
    func cycles(items: [String]) throws {
        let faults = Form.faults(of: parsed(questionnaire(items)), definitions: try .r4())
        #expect(
            faults.contains { $0.message.contains("wait for each other") && $0.message.contains("a →") }, "\(faults)")
    }

    @Test("are no items that look at the way to them, or at several others")
    func noCycle() throws {
        let text = questionnaire([
            item(
                "g", "group",
                items: [
                    item("a", "integer"),
                    item(
                        "b", "integer",
                        extensions(
                            expression(
                                "calculatedExpression",
                                "%resource.item.where(linkId = 'g').item.where(linkId = 'a').answer.value * 2"))),
                    item(
                        "c", "integer",
                        extensions(
                            expression(
                                "calculatedExpression",
                                "%resource.item.where(linkId = 'g').item.where(linkId = 'b').answer.value * 2"))),
                ])
        ])
        var state = try form(text).begin(context)
        state.enter(["a": ["3"]])
        #expect(state.texts("c") == ["12"])
    }

    @Test("that only computing shows are told then: a sum of everything, itself included")
    func unsettled() throws {
        let text = questionnaire([
            item("a", "integer"),
            item(
                "sum", "integer",
                extensions(expression("calculatedExpression", "%resource.item.answer.value.ofType(integer).sum() + 1"))),
        ])
        var state = try form(text).begin(context)
        state.enter(["a": ["3"]])
        #expect(state.problems(isFinal: false, context).contains { $0.kind == .unsettled })
    }

    @Test("are told for a constraint without words")
    func constraint() throws {
        let rule =
            #"{"url":"http://hl7.org/fhir/StructureDefinition/targetConstraint","extension":[{"url":"key","valueId":"k"},{"url":"severity","valueCode":"error"},{"url":"expression","valueExpression":{"language":"text/fhirpath","expression":"true"}}]}"#
        let faults = Form.faults(
            of: parsed(questionnaire([item("a", "integer")], extensions(rule))), definitions: try .r4())
        #expect(faults.contains { $0.message.contains("in words") })
    }
}
