import JSON
import Pathways
import Records
import Testing

@Suite("What expressions look at")
struct SelectionTests {
    private static func thing(_ id: String, _ system: String, _ code: String, status: String = "final") -> String {
        """
        {"resourceType":"Observation","id":"\(id)","status":"\(status)","code":{"coding":[{"system":"urn:other","code":"a"},\
        {"system":"\(system)","code":"\(code)"}]},"subject":{"reference":"Patient/m"},\
        "effectiveDateTime":"2026-01-0\(id)T09:00:00+08:00"}
        """
    }

    private static func form(_ id: String, _ questionnaire: String) -> String {
        """
        {"resourceType":"QuestionnaireResponse","id":"\(id)","status":"completed","questionnaire":"\(questionnaire)",\
        "subject":{"reference":"Patient/m"},"authored":"2026-01-0\(id)T09:00:00+08:00"}
        """
    }

    private static let record = [
        Club.member(), Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"), thing("1", "urn:ours", "a"),
        thing("2", "urn:ours", "b"), thing("3", "urn:ours", "a", status: "preliminary"), thing("4", "urn:theirs", "a"),
        form("5", "urn:form/one|1"), form("6", "urn:form/one-more"), form("7", "urn:form/two"),
    ]

    @Test(
        "is what the whole record would give, however the criterion is written",
        arguments: [
            ("Observation", "code.coding.exists(system = 'urn:ours' and code = 'a')", 2),
            ("Observation", "code.coding.exists(system = 'urn:other' and code = 'a')", 4),
            ("Observation", "code.coding.exists(system = 'urn:ours' and code = 'a') and status = 'final'", 1),
            ("Observation", "code.coding.exists(system = 'urn:ours' and code = 'a') or status = 'final'", 4),
            (
                "Observation", "code.coding.exists(system = 'urn:ours' and code = 'a') and (code.exists() or id = '2')",
                2
            ),
            ("Observation", "code.coding.exists(system = 'urn:ours' and code = 'a') and id = '1' xor id = '4'", 2),
            ("Observation", "code.coding.exists(system = 'urn:ours' and (code = 'a' or code = 'b'))", 3),
            ("Observation", "code.coding.exists(system = 'urn:ours' and (code = 'a' or code = 'b')) and $index > 2", 0),
            ("Observation", "code.coding.exists(system = 'urn:none' and code = 'a')", 0),
            ("QuestionnaireResponse", "questionnaire.startsWith('urn:form/one')", 2),
            ("QuestionnaireResponse", "questionnaire.startsWith('urn:form/one') or id = '7'", 3),
            ("QuestionnaireResponse", "questionnaire.startsWith('urn:form/one') and id != '5'", 1),
        ])
    func narrowing(type: String, criterion: String, count: Int) throws {
        let narrow = "%record.ofType(\(type)).where(\(criterion))"
        let wide = "%record.where(true).ofType(\(type)).where(\(criterion))"
        let same = "\(narrow).select(id) = \(wide).select(id) and \(narrow).count() = \(count)"
        let none = "\(narrow).empty() and \(wide).empty()"
        let actions =
            Club.actions + [
                Club.action(
                    "probe", "milestone",
                    #""condition":["# + Club.condition("applicability", count == 0 ? none : same) + "]")
            ]
        let plan = try Club.pathway(actions).plan(Club.record(Self.record), now: noon("2026-02-01"))
        #expect(plan.faults.isEmpty)
        #expect(plan.milestones.last?.isReached == true)
    }

    @Test("are types of resources; a change of another type asks for no plan")
    func types() async throws {
        let pathway = try Club.pathway()
        let looked = try #require(Pathway.types([pathway]))
        #expect(looked.isSuperset(of: ["Patient", "Encounter", "Observation", "Procedure", "Task", "CarePlan"]))
        #expect(!looked.contains("Immunization"))
        let house = try await House([pathway], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.run()
        let given = """
            {"resourceType":"Immunization","id":"v","status":"completed","patient":{"reference":"Patient/m"},\
            "vaccineCode":{"text":"流感疫苗"},"occurrenceDateTime":"2026-01-06"}
            """
        try await house.put(given)
        await house.store.settle()
        #expect(try house.desk.waiting(now: house.clock.now).isEmpty)
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        await house.store.settle()
        #expect(try house.desk.waiting(now: house.clock.now) == ["m"])
        await house.store.close()
    }

    @Test("are all types where an expression looks at the record as a whole")
    func everything() throws {
        let all = Club.action("any", "milestone", Club.trigger("%record.where(id = 'x')"))
        #expect(try Pathway.types([Club.pathway(Club.actions + [all])]) == nil)
        #expect(try Pathway.types([Club.pathway(), Club.pathway(Club.actions + [all])]) == nil)
        #expect(Pathway.types([]) == [])
    }
}
