import Forms
import Testing

/// R4, Questionnaire.item.enableWhen, and SDC, enableWhenExpression.
@Suite("Conditions of forms")
struct ConditionTests {
    static let rows: [(type: String, given: String?, test: String, isOn: Bool)] = [
        ("integer", nil, #""operator":"exists","answerBoolean":true"#, false),
        ("integer", nil, #""operator":"exists","answerBoolean":false"#, true),
        ("integer", "5", #""operator":"exists","answerBoolean":true"#, true),
        ("integer", "5", #""operator":"exists","answerBoolean":false"#, false),
        ("integer", "5", #""operator":"=","answerInteger":5"#, true),
        ("integer", "5", #""operator":"=","answerInteger":6"#, false),
        ("integer", nil, #""operator":"=","answerInteger":5"#, false),
        ("integer", "5", #""operator":"!=","answerInteger":5"#, false),
        ("integer", "5", #""operator":"!=","answerInteger":6"#, true),
        ("integer", nil, #""operator":"!=","answerInteger":6"#, false),
        ("integer", "5", #""operator":">","answerInteger":5"#, false),
        ("integer", "6", #""operator":">","answerInteger":5"#, true),
        ("integer", "5", #""operator":">=","answerInteger":5"#, true),
        ("integer", "4", #""operator":">=","answerInteger":5"#, false),
        ("integer", "4", #""operator":"<","answerInteger":5"#, true),
        ("integer", "5", #""operator":"<","answerInteger":5"#, false),
        ("integer", "5", #""operator":"<=","answerInteger":5"#, true),
        ("integer", "6", #""operator":"<=","answerInteger":5"#, false),
        ("integer", "10", #""operator":">","answerInteger":9"#, true),
        ("decimal", "7.0", #""operator":"=","answerDecimal":7"#, true),
        ("decimal", "7.01", #""operator":">","answerDecimal":7"#, true),
        ("boolean", "true", #""operator":"=","answerBoolean":true"#, true),
        ("boolean", "false", #""operator":"=","answerBoolean":true"#, false),
        ("boolean", "false", #""operator":"!=","answerBoolean":true"#, true),
        ("string", "abc", #""operator":"=","answerString":"abc""#, true),
        ("string", "abd", #""operator":">","answerString":"abc""#, true),
        ("date", "2026-03-02", #""operator":">","answerDate":"2026-03-01""#, true),
        ("date", "2026-03-02", #""operator":"=","answerDate":"2026-03-02""#, true),
        ("date", "2026-02-28", #""operator":">=","answerDate":"2026-03-01""#, false),
        ("dateTime", "2026-03-02T08:00", #""operator":"<","answerDateTime":"2026-03-02T00:01:00Z""#, true),
        ("time", "08:30", #""operator":">=","answerTime":"08:30:00""#, true),
        ("time", "08:29", #""operator":">=","answerTime":"08:30:00""#, false),
        (
            "quantity", "1500",
            #""operator":"=","answerQuantity":{"value":1.5,"system":"http://unitsofmeasure.org","code":"g"}"#, true
        ),
        (
            "quantity", "1499",
            #""operator":">=","answerQuantity":{"value":1.5,"system":"http://unitsofmeasure.org","code":"g"}"#, false
        ),
        ("choice", "urn:t|a", #""operator":"=","answerCoding":{"system":"urn:t","code":"a"}"#, true),
        ("choice", "urn:t|b", #""operator":"=","answerCoding":{"system":"urn:t","code":"a"}"#, false),
        ("choice", "urn:t|b", #""operator":"!=","answerCoding":{"system":"urn:t","code":"a"}"#, true),
        ("url", "https://a.example", #""operator":"exists","answerBoolean":true"#, true),
    ]

    @Test("hold for every operator and type as R4 says", arguments: rows)
    func operators(type: String, given: String?, test: String, isOn: Bool) throws {
        var more = ""
        if type == "choice" { more = options([("a", 0), ("b", 1)]) }
        if type == "quantity" {
            more = extensions(
                #"{"url":"http://hl7.org/fhir/StructureDefinition/questionnaire-unit","valueCoding":{"system":"http://unitsofmeasure.org","code":"mg"}}"#
            )
        }
        let text = questionnaire([
            item("asked", type, more), item("follows", "string", #""enableWhen":[{"question":"asked",\#(test)}]"#),
        ])
        var state = try form(text).begin(context)
        state.enter(["asked": given.map { [$0] } ?? []])
        #expect(state.texts("asked").isEmpty == (given == nil))
        #expect(state.asks("follows") == [isOn])
    }

    @Test(
        "hold together or one alone",
        arguments: [
            ("all", "1", "", false), ("all", "1", "1", true), ("any", "1", "", true), ("any", "", "", false),
        ])
    func behaviour(word: String, one: String, other: String, isOn: Bool) throws {
        let text = questionnaire([
            item("one", "integer"), item("other", "integer"),
            item(
                "follows", "string",
                #""enableBehavior":"\#(word)","enableWhen":[{"question":"one","operator":"exists","answerBoolean":true},{"question":"other","operator":"exists","answerBoolean":true}]"#
            ),
        ])
        var state = try form(text).begin(context)
        state.enter(["one": [one], "other": [other]])
        #expect(state.asks("follows") == [isOn])
    }

    @Test("count any of several answers, and for != none of them")
    func several() throws {
        let text = questionnaire([
            item("asked", "choice", #""repeats":true,"# + options([("a", 0), ("b", 1), ("c", 2)])),
            item(
                "is", "string",
                #""enableWhen":[{"question":"asked","operator":"=","answerCoding":{"system":"urn:t","code":"a"}}]"#),
            item(
                "isNot", "string",
                #""enableWhen":[{"question":"asked","operator":"!=","answerCoding":{"system":"urn:t","code":"a"}}]"#),
        ])
        var state = try form(text).begin(context)
        state.enter(["asked": ["urn:t|b", "urn:t|a"]])
        #expect(state.asks("is") == [true] && state.asks("isNot") == [false])
        state.enter(["asked": ["urn:t|b", "urn:t|c"]])
        #expect(state.asks("is") == [false] && state.asks("isNot") == [true])
    }

    @Test("take along what is inside, and count no answer that is not asked for")
    func chain() throws {
        let yes = #"{"operator":"=","answerBoolean":true,"question":"#
        let text = questionnaire([
            item("a", "boolean"),
            item("g", "group", #""enableWhen":[\#(yes)"a"}]"#, items: [item("b", "boolean")]),
            item("c", "string", #""enableWhen":[\#(yes)"b"}]"#),
            item(
                "n", "integer",
                extensions(
                    expression("calculatedExpression", "%resource.descendants().where(linkId = 'b').answer.count()"))),
        ])
        var state = try form(text).begin(context)
        state.enter(["a": ["true"], "b": ["true"], "c": ["words"]])
        #expect(state.asks("c") == [true] && state.texts("n") == ["1"])
        state.enter(["a": ["false"]])
        #expect(state.asks("b") == [false] && state.asks("c") == [false] && state.texts("n") == ["0"])
        let written = String(decoding: state.response(testHead), as: UTF8.self)
        #expect(!written.contains("words") && !written.contains(#""linkId":"b""#))
        // What was typed comes back with what asks for it.
        state.enter(["a": ["true"]])
        #expect(state.texts("c") == ["words"])
    }

    @Test("ask what hangs below an answer only once there is one")
    func nested() throws {
        let text = questionnaire([item("smokes", "string", items: [item("since", "date", #""required":true"#)])])
        var state = try form(text).begin(context)
        #expect(state.asks("since") == [false])
        #expect(state.problems(isFinal: true, context).isEmpty)
        state.enter(["smokes": ["yes"]])
        #expect(state.asks("since") == [true])
        #expect(state.problems(isFinal: true, context).map(\.linkID) == ["since"])
    }
}
