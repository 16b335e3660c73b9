import Calendar
import JSON
import Pathways
import Records
import Testing

@Suite("Pathways in the record")
struct DeskTests {
    @Test("stand as CarePlan, Tasks and grades, with an owner, a window, a reason and their definition")
    func facts() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-11")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.put(Club.serve("a", 190, "2026-01-10T09:00:00+08:00"))
        #expect(try await house.run().faults.isEmpty)
        let plan = try #require(try house.all("CarePlan").first)
        #expect(plan["status"]?.string == "active")
        #expect(plan["instantiatesCanonical"]?[0]?.string == "https://healthbrain.dev/fhir/PlanDefinition/club|1")
        let task = try #require(try house.tasks("club.see-again").first)
        #expect(task["status"]?.string == "requested")
        #expect(task["owner"]?["reference"]?.string == "Practitioner/coach")
        #expect(task["for"]?["reference"]?.string == "Patient/m")
        #expect(task["focus"]?["reference"]?.string == "Observation/a")
        #expect(task["basedOn"]?[0]?["reference"]?.string == "CarePlan/\(plan["id"]?.string ?? "")")
        #expect(task["restriction"]?["period"]?["end"]?.string == "2026-01-24T23:59:59+08:00")
        #expect(task["reasonCode"]?["text"]?.string?.contains("190 km/h") == true)
        #expect(task["instantiatesCanonical"]?.string == "https://healthbrain.dev/fhir/PlanDefinition/club|1")
        let grade = try #require(try house.all("RiskAssessment").first)
        #expect(grade["prediction"]?[0]?["qualitativeRisk"]?["coding"]?[0]?["code"]?.string == "hard")
        #expect(grade["basis"]?[0]?["reference"]?.string == "Observation/a")
        await house.store.close()
    }

    @Test("aren't written again when nothing has changed, however often it is looked")
    func idempotence() async throws {
        let house = try await House([Club.pathway()], on: "2026-03-01")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.put(Club.serve("a", 190, "2026-01-10T09:00:00+08:00"))
        #expect(try await house.run().written > 0)
        #expect(try house.desk.waiting(now: house.clock.now).isEmpty)
        let before = try house.store.status().sequence
        for _ in 0..<3 { #expect(try await house.desk.step(["m"], now: house.clock.now).written == 0) }
        #expect(try house.store.status().sequence == before)
        try await house.put(Club.serve("a", 190, "2026-01-10T09:00:00+08:00"))
        #expect(try await house.run().written == 0)
        await house.store.close()
    }

    @Test("escalate by further Tasks that are part of the first, and these end when it is done")
    func escalation() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.run()
        #expect(try house.tasks("reminder").isEmpty)
        try await house.run("2026-02-12")
        try await house.run("2026-02-20")
        let first = try #require(try house.tasks("club.first-measure").first)
        #expect(first["businessStatus"]?["coding"]?[0]?["code"]?.string == "overdue")
        let prompt = try #require(try house.tasks("prompt").first)
        #expect(prompt["partOf"]?[0]?["reference"]?.string == "Task/\(first["id"]?.string ?? "")")
        #expect(prompt["owner"]?["reference"]?.string == "Organization/club")
        try await house.run("2026-03-10")
        #expect(try house.tasks("supervision").first?["owner"]?["reference"]?.string == "Organization/league")
        try await house.answer(prompt, .completed)
        try await house.put(Club.serve("s", 90, "2026-03-10T09:00:00+08:00"))
        try await house.run("2026-03-11")
        #expect(try house.tasks("club.first-measure").first?["status"]?.string == "completed")
        #expect(try house.tasks("prompt").first?["status"]?.string == "completed")
        #expect(try house.tasks("reminder").first?["status"]?.string == "cancelled")
        #expect(try house.tasks("supervision").first?["status"]?.string == "cancelled")
        await house.store.close()
    }

    @Test(
        "never overwrite what a person has answered",
        arguments: [PathwayDesk.Answer.completed, .declined, .notPossible])
    func answers(answer: PathwayDesk.Answer) async throws {
        let house = try await House([Club.pathway()], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.run()
        try await house.answer(#require(try house.tasks("club.first-measure").first), answer, reason: "出差")
        let answered = try #require(try house.tasks("club.first-measure").first)
        try await house.run("2026-03-10")
        // Evidence that comes later changes nothing of the answer.
        try await house.put(Club.serve("s", 90, "2026-03-10T09:00:00+08:00"))
        try await house.run("2026-03-11")
        let now = try #require(try house.tasks("club.first-measure").first)
        #expect(now["meta"]?["versionId"]?.string == answered["meta"]?["versionId"]?.string)
        #expect(now["statusReason"]?["text"]?.string == "出差")
        #expect(try house.tasks("reminder").isEmpty)
        await house.store.close()
    }

    @Test("leave a Task with who has begun it, and let it be put off with a reason")
    func begun() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.run()
        let task = try #require(try house.tasks("club.first-measure").first)
        let text = String(decoding: task.document.text, as: UTF8.self)
            .replacing("\"status\":\"requested\"", with: "\"status\":\"accepted\"")
            .replacing("Practitioner/coach", with: "Organization/club")
            .replacing(
                "\"identifier\":",
                with: #""extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/deferred-until","#
                    + #""valueDate":"2026-02-20"}],"note":[{"text":"出差"}],"identifier":"#)
        try await house.put(text)
        try await house.run("2026-02-15")
        var now = try #require(try house.tasks("club.first-measure").first)
        #expect(now["businessStatus"]?["coding"]?[0]?["code"]?.string == "open")
        try await house.run("2026-02-21")
        now = try #require(try house.tasks("club.first-measure").first)
        #expect(now["status"]?.string == "accepted")
        #expect(now["owner"]?["reference"]?.string == "Organization/club")
        #expect(now["note"]?[0]?["text"]?.string == "出差")
        #expect(now["businessStatus"]?["coding"]?[0]?["code"]?.string == "overdue")
        await house.store.close()
    }

    @Test("are the same whether facts came day by day or late and in another order", arguments: 1...3)
    func late(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var facts = [("2026-01-05", Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))]
        for index in 0..<6 {
            let day = CivilDay("2026-01-06")?.advanced(by: Int.random(in: 0...60, using: &random)).isoText ?? ""
            facts.append((day, Club.serve("s\(index)", index % 2 == 0 ? 190 : 120, "\(day)T09:00:00+08:00")))
        }
        facts.append(("2026-02-01", Club.massage("p", "2026-02-01T15:00:00+08:00")))
        let daily = try await House([Club.pathway()], on: "2026-01-05")
        let late = try await House([Club.pathway()], on: "2026-04-01")
        try await daily.put(Club.member())
        try await late.put(Club.member())
        for (day, fact) in facts.sorted(by: { $0.0 < $1.0 }) {
            try await daily.put(fact)
            try await daily.run(day)
        }
        for (_, fact) in facts.shuffled(using: &random) {
            try await late.put(fact)
            try await late.run()
        }
        try await daily.run("2026-04-01")
        #expect(try daily.plan()?.present == late.plan()?.present)
        func tasks(_ house: House) throws -> Set<String> {
            Set(
                try house.all("Task").filter { $0["status"]?.string != "cancelled" }.map {
                    "\($0["id"]?.string ?? "") \($0["status"]?.string ?? "") \($0["restriction"]?["period"]?["end"]?.string ?? "")"
                })
        }
        #expect(try tasks(daily) == tasks(late))
        #expect(try !tasks(daily).isEmpty)
        await daily.store.close()
        await late.store.close()
    }

    @Test("withdraw what is open when the person leaves, and take grades back with what they stood on")
    func leaving() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-11")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.put(Club.serve("a", 190, "2026-01-10T09:00:00+08:00"))
        try await house.run()
        try await house.put(Club.serve("a", 190, "2026-01-10T09:00:00+08:00", status: "entered-in-error"))
        try await house.run("2026-01-12")
        #expect(try house.tasks("club.see-again").first?["status"]?.string == "cancelled")
        #expect(try house.all("RiskAssessment").map { $0["status"]?.string } == ["entered-in-error"])
        try await house.put(Club.member(died: "2026-01-20"))
        try await house.run("2026-01-21")
        #expect(try house.all("CarePlan").map { $0["status"]?.string } == ["revoked"])
        #expect(try house.all("Task").allSatisfy { ["cancelled", "completed"].contains($0["status"]?.string) })
        #expect(try house.desk.look("m", now: house.clock.now)?.nextLook == nil)
        await house.store.close()
    }

    @Test("of several programmes share one visit where the windows meet")
    func visits() async throws {
        let other = try Club.pathway(id: "senior")
        let house = try await House([Club.pathway(), other], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.run()
        let tasks = try house.tasks("club.first-measure") + house.tasks("senior.first-measure")
        #expect(tasks.count == 2)
        let groups = Set(tasks.compactMap { $0["groupIdentifier"]?["value"]?.string })
        #expect(groups.count == 1)
        try await house.put(Club.serve("s", 90, "2026-01-07T09:00:00+08:00"))
        try await house.run("2026-01-07")
        #expect(try house.all("Task").allSatisfy { $0["groupIdentifier"] == nil })
        await house.store.close()
    }

    @Test(
        "have ids that follow from their words, always the same",
        arguments: [(["a", "b"], "f04cdced9736a69da6103f08a4daaf8c"), (["居民"], "22aed2fc142d29f07ccc9bf4d5dd0464")])
    func ids(words: [String], id: String) {
        #expect(PathwayDesk.name(words.joined(separator: "\u{1F}")) == id)
    }

    @Test("stay as they are in their visit when another one leaves it, and a later visit has a name of its own")
    func visitName() async throws {
        let ids = ["senior", "youth"]
        let house = try await House([Club.pathway()] + ids.map { try Club.pathway(id: $0) }, on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.run()
        func standing() throws -> [String] {
            try ids.flatMap { try house.tasks("\($0).first-measure") }.map { task in
                "\(task["meta"]?["versionId"]?.string ?? "") \(task["groupIdentifier"]?["value"]?.string ?? "none")"
            }
        }
        let before = try standing()
        let task = try #require(try house.tasks("club.first-measure").first)
        let name = try #require(task["groupIdentifier"]?["value"]?.string)
        #expect(before == ["1 \(name)", "1 \(name)"])
        // The visit was named by this one.
        try await house.answer(task, .notPossible, reason: "出差")
        #expect(try await house.run().written == 0)
        #expect(try standing() == before)
        await house.store.close()
    }

    @Test("follow a changed definition, for open Tasks by its rule", arguments: ["replan", "keep-open-tasks"])
    func migration(rule: String) async throws {
        let house = try await House([Club.pathway()], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.run()
        var actions = Club.actions
        for index in actions.indices where actions[index].contains("\"first-measure\"") {
            actions[index] = actions[index].replacing(
                "\"value\":1,\"code\":\"mo\"", with: "\"value\":2,\"code\":\"mo\"")
        }
        let desk = PathwayDesk(
            house.store, [try Club.pathway(actions, version: "2", migration: rule)], following: Following([]))
        #expect(try await desk.adopt())
        #expect(try await desk.run(now: house.clock.now).persons > 0)
        // However often it is looked.
        _ = try await desk.step(["m"], now: house.clock.now)
        let task = try #require(try house.tasks("club.first-measure").first)
        let end = rule == "replan" ? "2026-03-05T23:59:59+08:00" : "2026-02-05T23:59:59+08:00"
        #expect(task["restriction"]?["period"]?["end"]?.string == end)
        #expect(try await !desk.adopt())
        await house.store.close()
    }

    @Test("touch nobody else, and forget nobody who waits")
    func touching() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        await house.store.settle()
        #expect(try house.desk.waiting(now: house.clock.now) == ["m"])
        try await house.run()
        #expect(try house.desk.waiting(now: noon("2026-02-05")).isEmpty)
        #expect(try house.desk.waiting(now: noon("2026-02-06")) == ["m"])
        // Made anew from the feed, the tables lead to the same facts.
        let before = try house.all("Task").count
        try await house.store.rebuild(projection: "pathway")
        try await house.run()
        #expect(try house.all("Task").count == before)
        #expect(try house.desk.waiting(now: noon("2026-02-06")) == ["m"])
        await house.store.close()
    }
}
