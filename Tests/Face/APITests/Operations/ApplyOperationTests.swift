import FHIR
import HTTPTypes
import JSON
import Records
import Testing

/// $apply: <http://hl7.org/fhir/R4/plandefinition-operation-apply.html>
@Suite("$apply")
struct ApplyOperationTests {
    private static func contained(_ answer: Answer, _ type: String) -> [JSONNode] {
        (answer.json["contained"].map { Array($0.elements) } ?? []).filter { $0["resourceType"]?.string == type }
    }

    @Test("gives the plan of a followed pathway as a CarePlan that is valid, and writes nothing")
    func followed() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await AdviceTests.fill(door, sugar: 20)
            let before = try door.store.status().sequence
            let answer = try await door.get("/fhir/PlanDefinition/sugar/$apply?subject=Patient/1")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["resourceType"]?.string == "CarePlan")
            #expect(answer.json["instantiatesCanonical"]?[0]?.string == "https://example.org/PlanDefinition/sugar|1")
            #expect(answer.json["activity"]?[0]?["reference"]?["reference"]?.string == "#plan")
            let group = try #require(Self.contained(answer, "RequestGroup").first)
            let tasks = Self.contained(answer, "Task")
            #expect(group["action"].map { Array($0.elements) }?.count == tasks.count)
            #expect(
                Set(tasks.compactMap { $0["code"]?["coding"]?[0]?["code"]?.string })
                    == ["sugar.next-sugar", "sugar.eyes", "sugar.form"])
            let eyes = try #require(tasks.first { $0["code"]?["coding"]?[0]?["code"]?.string == "sugar.eyes" })
            #expect(eyes["businessStatus"]?["coding"]?[0]?["code"]?.string == "overdue")
            #expect(eyes["reasonCode"]?["text"]?.string?.contains("规则：眼底检查") == true)
            #expect(Self.contained(answer, "RiskAssessment").count == 1)
            #expect(try door.store.status().sequence == before)
            let checked = try await door.post("/fhir/CarePlan/$validate", answer.text)
            let issues = checked.json["issue"].map { Array($0.elements) } ?? []
            #expect(!issues.contains { ["error", "fatal"].contains($0["severity"]?.string ?? "") }, "\(checked.text)")
        }
    }

    @Test("takes a definition by its canonical, as Parameters, or as it is sent or stored by others")
    func ways() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await AdviceTests.fill(door)
            let by = try await door.get(
                "/fhir/PlanDefinition/$apply?subject=Patient/1&canonical=https://example.org/PlanDefinition/sugar")
            #expect(Self.contained(by, "Task").count == 3)
        }
        try await withDoor { door async throws in
            try await AdviceTests.fill(door)
            let sent = try await door.post("/fhir/PlanDefinition/$apply?subject=Patient/1", SugarPath.definition)
            #expect(Self.contained(sent, "Task").count == 3, "\(sent.text)")
            let body = """
                {"resourceType":"Parameters","parameter":[{"name":"subject","valueString":"Patient/1"},\
                {"name":"planDefinition","resource":\(SugarPath.definition)}]}
                """
            #expect(Self.contained(try await door.post("/fhir/PlanDefinition/$apply", body), "Task").count == 3)
            _ = try await door.put("/fhir/PlanDefinition/sugar", SugarPath.definition)
            let stored = try await door.get("/fhir/PlanDefinition/sugar/$apply?subject=Patient/1")
            #expect(Self.contained(stored, "Task").count == 3)
        }
    }

    @Test("says so where somebody isn't on the pathway")
    func outside() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            _ = try await door.put("/fhir/Patient/2", patient("2"))
            let answer = try await door.get("/fhir/PlanDefinition/sugar/$apply?subject=Patient/2")
            #expect(answer.status == 200)
            #expect(answer.json["activity"] == nil)
            #expect(answer.json["note"]?[0]?["text"]?.string?.isEmpty == false)
        }
    }

    @Test(
        "refuses what can't be",
        arguments: [
            ("/fhir/PlanDefinition/sugar/$apply", 400), ("/fhir/PlanDefinition/sugar/$apply?subject=Group/1", 400),
            ("/fhir/PlanDefinition/sugar/$apply?subject=Patient/none", 404),
            ("/fhir/PlanDefinition/none/$apply?subject=Patient/1", 404),
            ("/fhir/PlanDefinition/$apply?subject=Patient/1", 400),
            ("/fhir/PlanDefinition/$apply?subject=Patient/1&canonical=https://example.org/none", 404),
            ("/fhir/PlanDefinition/sugar/$apply?subject=Patient/1&other=1", 400),
        ])
    func refusals(uri: String, status: Int) async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await AdviceTests.fill(door)
            #expect(try await door.get(uri).status == status)
        }
    }

    @Test("refuses a definition that can't be followed, with every fault")
    func unfit() async throws {
        try await withDoor { door async throws in
            try await AdviceTests.fill(door)
            let foreign = #"{"resourceType":"PlanDefinition","status":"active","action":[{"title":"a"},{"title":"b"}]}"#
            let answer = try await door.post("/fhir/PlanDefinition/$apply?subject=Patient/1", foreign)
            #expect(answer.status == 422)
            #expect(answer.json["issue"].map { Array($0.elements) }?.count ?? 0 >= 3)
        }
    }

    @Test("is in the capability statement, and for those who may see the person")
    func access() async throws {
        try await withGuardedDoor(pathways: [try SugarPath.pathway()]) { house in
            let statement = try await house.door.get("/fhir/metadata")
            let plan = statement.json["rest"]?[0]?["resource"]?.elements.first {
                $0["type"]?.string == "PlanDefinition"
            }
            #expect(plan?["operation"]?.elements.contains { $0["name"]?.string == "apply" } == true)
            let uri = "/fhir/PlanDefinition/sugar/$apply?subject=Patient/p1"
            #expect(try await house.door.get(uri).status == 401)
            #expect(try await house.door.get(uri, house.pass(.clinician).headers).status == 200)
            #expect(try await house.door.get(uri, house.pass(.resident).headers).status == 200)
            #expect(try await house.door.get(uri, house.pass(.other).headers).status == 404)
            #expect(try await house.door.get(uri, house.pass(.system).headers).status == 403)
        }
    }
}
