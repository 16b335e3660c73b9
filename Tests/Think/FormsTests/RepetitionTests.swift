import Forms
import Testing

@Suite("Repetitions of forms")
struct RepetitionTests {
    static let medicines = questionnaire(
        [
            item(
                "medicine", "group", #""repeats":true"#,
                items: [
                    item("name", "string"), item("insulin", "boolean"),
                    item(
                        "units", "integer",
                        #""enableWhen":[{"question":"insulin","operator":"=","answerBoolean":true}]"#),
                    item("twice", "integer", extensions(expression("calculatedExpression", "%own * 2"))),
                ]
            ).replacingVariable(),
            item(
                "all", "integer",
                extensions(
                    expression(
                        "calculatedExpression",
                        "%resource.item.where(linkId = 'medicine').item.where(linkId = 'units').answer.value.sum()")
                )),
        ])

    @Test("ask and compute within each repetition, and over all of them")
    func groups() throws {
        var state = try form(Self.medicines).begin(context)
        state.add(state.name("medicine"), context)
        state.add(state.name("medicine"), context)
        #expect(state.asks("medicine").count == 3)
        state.enter([
            state.name("insulin", 0): ["true"], state.name("units", 0): ["10"],
            state.name("insulin", 1): ["false"], state.name("units", 1): ["99"],
            state.name("insulin", 2): ["true"], state.name("units", 2): ["4"],
            state.name("name", 1): ["二甲双胍"],
        ])
        #expect(state.asks("units") == [true, false, true])
        #expect(state.texts("twice") == ["20", "8"])
        #expect(state.texts("all") == ["14"])
        state.remove(state.name("medicine", 0), context)
        #expect(state.asks("units") == [false, true])
        #expect(state.texts("name") == ["二甲双胍"])
        #expect(state.texts("all") == ["4"])
    }

    @Test("keep one repetition, and no more than there is room for")
    func bounds() throws {
        var state = try form(Self.medicines).begin(context)
        state.remove(state.name("medicine"), context)
        #expect(state.asks("medicine").count == 1)
        state.enter({ name in name.hasSuffix(".count") ? ["1000000"] : nil }, context)
        #expect(state.asks("medicine").count == 50)
    }

    @Test("take several answers to a question that repeats, and one to others")
    func answers() throws {
        var state = try form(questionnaire([item("many", "string", #""repeats":true"#), item("one", "string")]))
            .begin(context)
        state.enter(["many": ["a", "", "b"], "one": ["a", "b"]])
        #expect(state.texts("many") == ["a", "b"])
        #expect(state.texts("one") == ["b"])
    }
}

extension String {
    /// The group's own units as a variable.
    fileprivate func replacingVariable() -> String {
        let variable = expression("variable", "item.where(linkId = 'units').answer.value", variable: "own")
        return replacing(#""type":"group","#, with: #""type":"group","extension":[\#(variable)],"#)
    }
}
