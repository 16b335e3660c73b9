import Calendar
import JSON
import Pathways
import Records
import Testing

@Suite("An invitation")
struct InvitationTests {
    private func pathway() throws -> Pathway {
        let again =
            #""extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/ask-again","valueDuration":{"value":1,"code":"a"}}],"#
        let entry = Club.action(
            "invited", "entry",
            again
                + #""requiredBehavior":"could","participant":[{"type":"practitioner","role":{"coding":[{"code":"coach"}]}}],"#
                + Club.trigger("birthDate") + #","timingDuration":{"value":34,"code":"a"}"#)
        let activity = Club.action("first-measure", "activity", #""timingDuration":{"value":1,"code":"mo"}"#)
        return try Club.pathway([entry, activity])
    }

    @Test("comes when the moment has come, on 28 February for a person of the 29th, and enters who accepts it")
    func accepted() async throws {
        let house = try await House([pathway()], on: "2026-02-27")
        try await house.put(Club.member())
        try await house.run()
        #expect(try house.all("Task").isEmpty)
        #expect(try house.plan()?.nextLook == CivilDay("2026-02-28")?.startMilliseconds)
        try await house.run("2026-02-28")
        let task = try #require(try house.tasks("club.invited").first)
        #expect(task["owner"]?["reference"]?.string == "Practitioner/coach")
        #expect(task["restriction"]?["period"]?["end"]?.string == "2026-03-30T23:59:59+08:00")
        #expect(try house.plan()?.current == nil)
        house.clock.set("2026-03-04")
        try await house.answer(task, .completed)
        try await house.run()
        #expect(try house.plan()?.current?.entered.day.isoText == "2026-03-04")
        #expect(try house.plan()?.of("first-measure").first?.dueDay == "2026-04-04")
        await house.store.close()
    }

    @Test("that is declined isn't repeated before its time, and then is")
    func declined() async throws {
        let house = try await House([pathway()], on: "2026-03-01")
        try await house.put(Club.member())
        try await house.run()
        try await house.answer(#require(try house.tasks("club.invited").first), .declined, reason: "不愿意")
        try await house.run("2027-02-28")
        #expect(try house.tasks("club.invited").count == 1)
        #expect(try house.plan()?.current == nil)
        try await house.run("2027-03-01")
        let tasks = try house.tasks("club.invited")
        #expect(tasks.count == 2)
        try await house.answer(#require(tasks.last), .completed)
        try await house.run("2027-03-02")
        #expect(try house.plan()?.current?.entered.day.isoText == "2027-03-01")
        await house.store.close()
    }
}
