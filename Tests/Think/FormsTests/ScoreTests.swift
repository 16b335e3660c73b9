import Forms
import Testing

/// The tables of the domain sheets `elderly-and-mental.md` (1.1, 3) and `screening.md` (1), as questionnaires.
@Suite("Scores of forms")
struct ScoreTests {
    // MARK: Self-care of elders

    /// 老年人生活自理能力评估表: the points of each item for 可自理, 轻度依赖, 中度依赖, 不能自理.
    static let selfCare: [(String, [Int])] = [
        ("eating", [0, 0, 3, 5]), ("washing", [0, 1, 3, 7]), ("dressing", [0, 0, 3, 5]), ("toilet", [0, 1, 5, 10]),
        ("moving", [0, 1, 5, 10]),
    ]

    static let selfCareForm: String = questionnaire(
        selfCare.map { linkID, points in
            let grades = zip(["self", "mild", "moderate", "none"], points).map { ($0, $1) }
            return item(linkID, "choice", #""required":true,"# + options(grades))
        } + [
            item(
                "total", "integer",
                #""readOnly":true,"#
                    + extensions(
                        expression("calculatedExpression", "iif(%answers.count() = 5, %answers.weight().sum())"))),
            item(
                "grade", "string",
                #""readOnly":true,"#
                    + extensions(
                        expression(
                            "calculatedExpression",
                            """
                            %resource.item.where(linkId = 'total').answer.value.select(iif($this <= 3, '可自理', \
                            iif($this <= 8, '轻度依赖', iif($this <= 18, '中度依赖', '不能自理'))))
                            """))),
        ],
        extensions(expression("variable", "%resource.item.answer.value.ofType(Coding)", variable: "answers")))

    @Test(
        "grade the self-care of elders by the table's bands",
        arguments: [
            (["self", "self", "self", "self", "self"], "0", "可自理"),
            (["moderate", "self", "self", "self", "self"], "3", "可自理"),
            (["moderate", "mild", "self", "self", "self"], "4", "轻度依赖"),
            (["moderate", "self", "self", "self", "moderate"], "8", "轻度依赖"),
            (["moderate", "mild", "self", "self", "moderate"], "9", "中度依赖"),
            (["moderate", "moderate", "moderate", "moderate", "mild"], "15", "中度依赖"),
            (["moderate", "moderate", "moderate", "moderate", "moderate"], "19", "不能自理"),
            (["none", "none", "none", "none", "none"], "37", "不能自理"),
        ])
    func selfCare(grades: [String], total: String, grade: String) throws {
        var state = try form(Self.selfCareForm).begin(context)
        let answers = zip(Self.selfCare, grades).map { ($0.0, ["urn:t|" + $1]) }
        state.enter(Dictionary(uniqueKeysWithValues: answers))
        #expect(state.texts("total") == [total])
        #expect(state.texts("grade") == [grade])
        #expect(state.problems(isFinal: true, context).isEmpty)
    }

    @Test("leave the self-care score open while an item is missing, and say which", arguments: 0..<5)
    func selfCareOpen(missing: Int) throws {
        var state = try form(Self.selfCareForm).begin(context)
        var answers = Dictionary(uniqueKeysWithValues: Self.selfCare.map { ($0.0, ["urn:t|none"]) })
        answers[Self.selfCare[missing].0] = []
        state.enter(answers)
        #expect(state.texts("total").isEmpty)
        #expect(state.texts("grade").isEmpty)
        let problems = state.problems(isFinal: true, context)
        #expect(problems.map(\.linkID) == [Self.selfCare[missing].0])
        #expect(problems.first?.kind == .missing)
        #expect(!state.problems(isFinal: false, context).contains { !$0.isWarning })
    }

    // MARK: PHQ-9

    static let days = options([("never", 0), ("some", 1), ("half", 2), ("daily", 3)])

    static let depression = questionnaire(
        (1...9).map { item("phq\($0)", "choice", #""required":true,"# + days) } + [
            item(
                "score", "integer",
                extensions(
                    expression(
                        "calculatedExpression",
                        "%resource.item.where(linkId.startsWith('phq')).answer.value.ordinal().sum()")
                )),
            item(
                "refer", "display",
                extensions(
                    expression("enableWhenExpression", "%resource.item.where(linkId = 'score').answer.value >= 10"))),
            item(
                "danger", "display",
                #""enableWhen":[{"question":"phq9","operator":"!=","answerCoding":{"system":"urn:t","code":"never"}}]"#),
        ])

    @Test(
        "score the PHQ-9, refer from 10 on, and ask after the danger whatever the total",
        arguments: [
            ([0, 0, 0, 0, 0, 0, 0, 0, 0], "0", false, false), ([1, 1, 1, 1, 1, 1, 1, 1, 1], "9", false, true),
            ([2, 2, 2, 2, 2, 0, 0, 0, 0], "10", true, false), ([0, 0, 0, 0, 0, 0, 0, 0, 1], "1", false, true),
            ([3, 3, 3, 3, 3, 3, 3, 3, 3], "27", true, true),
        ])
    func depression(points: [Int], score: String, refers: Bool, isDanger: Bool) throws {
        var state = try form(Self.depression).begin(context)
        let codes = ["never", "some", "half", "daily"]
        state.enter(
            Dictionary(uniqueKeysWithValues: points.enumerated().map { ("phq\($0 + 1)", ["urn:t|" + codes[$1]]) }))
        #expect(state.texts("score") == [score])
        #expect(state.asks("refer") == [refers])
        #expect(state.asks("danger") == [isDanger])
    }

    // MARK: Colorectal risk

    static let single = ["family", "ownCancer", "polyp"]
    static let six = ["diarrhoea", "constipation", "mucus", "appendix", "gallbladder", "stress"]

    static let colorectal = questionnaire(
        (single + six).map { item($0, "boolean", #""required":true"#) } + [
            item(
                "risk", "boolean",
                #""readOnly":true,"#
                    + extensions(
                        expression(
                            "calculatedExpression",
                            "%yes.intersect(%alone).exists() or %yes.intersect(%several).count() >= 2")))
        ],
        extensions(
            expression("variable", "%resource.item.where(answer.value = true).linkId", variable: "yes"),
            expression("variable", single.map { "'\($0)'" }.joined(separator: " | "), variable: "alone"),
            expression("variable", six.map { "'\($0)'" }.joined(separator: " | "), variable: "several")))

    @Test("find a high colorectal risk by one of three or two of six, for every set of answers", arguments: 0..<512)
    func colorectal(answers: Int) throws {
        let names = Self.single + Self.six
        var state = try Self.colorectalForm.get().begin(context)
        state.enter(
            Dictionary(
                uniqueKeysWithValues: names.enumerated().map { ($1, [answers >> $0 & 1 == 1 ? "true" : "false"]) }))
        let one = answers & 0b111 != 0
        let two = (answers >> 3).nonzeroBitCount >= 2
        #expect(state.texts("risk") == ["\(one || two)"])
    }

    static let colorectalForm = Result { try form(colorectal) }
}
