import FHIR
import JSON
import Testing
import Validation

/// Checks: https://hl7.org/fhir/R4/questionnaireresponse.html, /questionnaire.html
@Suite("Questionnaires and their answers")
struct QuestionnaireTests {
    private static let questionnaire = #"""
        {"resourceType":"Questionnaire","url":"http://q","status":"active","item":[
        {"linkId":"1","type":"boolean","required":true},
        {"linkId":"2","type":"string","enableWhen":[{"question":"1","operator":"=","answerBoolean":true}],"required":true},
        {"linkId":"3","type":"choice","answerOption":[{"valueCoding":{"system":"http://s","code":"a"}}]},
        {"linkId":"4","type":"group","item":[{"linkId":"4.1","type":"integer","repeats":true}]}]}
        """#

    private func findings(_ items: String, status: String = "completed") throws -> [String] {
        let text =
            #"{"resourceType":"QuestionnaireResponse","questionnaire":"http://q","status":"\#(status)","item":[\#(items)]}"#
        let given = GivenDefinitions([try JSONDocument(parsing: Array(Self.questionnaire.utf8))])
        let validator = try ResourceValidator(definitions: .r4(), given: given)
        return try validator.validate(JSONDocument(parsing: Array(text.utf8))).map {
            "\($0.severity.rawValue) \($0.code.rawValue) @ \($0.expression?.replacing("QuestionnaireResponse", with: "") ?? "")"
        }
    }

    private static let yes = #"{"linkId":"1","answer":[{"valueBoolean":true}]}"#
    private static let no = #"{"linkId":"1","answer":[{"valueBoolean":false}]}"#
    private static let two = #"{"linkId":"2","answer":[{"valueString":"x"}]}"#

    @Test(
        "are compared",
        arguments: [
            ("\(yes),\(two)", []),
            (no, []),
            (yes, ["error required @ "]),
            ("\(no),\(two)", ["error invalid @ .item[1]"]),
            ("\(two),\(yes)", ["error structure @ .item[1]"]),
            (#"{"linkId":"1","answer":[{"valueString":"x"}]}"#, ["error structure @ .item[0].answer[0].value"]),
            (#"\#(no),{"linkId":"9"}"#, ["error not-found @ .item[1]"]),
            (
                #"\#(no),{"linkId":"3","answer":[{"valueCoding":{"system":"http://s","code":"b"}}]}"#,
                ["error code-invalid @ .item[1].answer[0].value"]
            ),
            (#"\#(no),{"linkId":"4.1","answer":[{"valueInteger":1}]}"#, ["error structure @ .item[1]"]),
            (
                #"\#(no),{"linkId":"4","item":[{"linkId":"4.1","answer":[{"valueInteger":1},{"valueInteger":2}]}]}"#, []
            ),
            (#"\#(no),{"linkId":"3","item":[{"linkId":"3.1"}]}"#, ["error structure @ .item[1]"]),
            (
                #"{"linkId":"1","answer":[{"valueBoolean":false},{"valueBoolean":false}]}"#,
                ["error invalid @ .item[0].answer[1]"]
            ),
        ])
    func compare(_ items: String, _ expected: [String]) throws {
        #expect(try findings(items) == expected)
    }

    @Test("may be unfinished in progress")
    func inProgress() throws {
        #expect(try findings(Self.yes, status: "in-progress") == ["warning required @ "])
    }

    @Test(
        "state conditions that can be met",
        arguments: [("9", "error"), ("b", "error"), ("c", "error"), ("d", "warning")])
    func conditions(_ question: String, _ severity: String) throws {
        let when = #""enableWhen":[{"question":"\#(question)","operator":"exists","answerBoolean":true}]"#
        let text =
            #"{"resourceType":"Questionnaire","url":"http://u","name":"N","status":"draft","item":["#
            + #"{"linkId":"b","type":"group","text":"x",\#(when),"item":[{"linkId":"c","type":"string"}]},"#
            + #"{"linkId":"d","type":"string"}]}"#
        #expect(try found(text) == ["\(severity) business-rule @ Questionnaire.item[0].enableWhen[0].question"])
    }
}
