import Calendar
import JSON
import Pathways
import Records
import SQL
import Testing

@Suite("A programme that is followed since a day")
struct FollowingTests {
    private static let since = Following(since: day("2026-06-10"))

    private static func day(_ text: String) -> CivilDay { CivilDay(milliseconds: noon(text)) }

    private static func plan(
        _ facts: [String], on day: String, _ following: Following? = since
    ) throws -> PersonPlan {
        try Club.pathway().plan(Club.record(facts), now: noon(day), following: following)
    }

    private static let joined = [Club.member(), Club.encounter("j", "JOIN", "2025-01-05T10:00:00+08:00")]

    @Test("asks for no more than the newest of what was over before, with a whole window from that day")
    func newest() throws {
        let facts =
            Self.joined
            + ["2025-03-01", "2025-06-01", "2026-02-01"].enumerated().map {
                Club.serve("s\($0.offset)", 190, "\($0.element)T09:00:00+08:00")
            }
        let before = try Self.plan(facts, on: "2026-06-10", nil)
        #expect(before.of("massage").map(\.state) == [.overdue, .overdue, .overdue])
        let plan = try Self.plan(facts, on: "2026-06-10")
        let massage = try #require(plan.of("massage").first)
        #expect(plan.of("massage").count == 1)
        #expect(massage.key == "massage/Observation/s2")
        #expect((massage.openDay, massage.dueDay, massage.state) == ("2026-06-10", "2026-07-01", .open))
        #expect(massage.since?.text == "2026-06-10")
        #expect(massage.escalations.isEmpty)
        // Where a person stands holds from before.
        #expect(plan.current?.entered == before.current?.entered)
        #expect(plan.stage == before.stage)
        #expect(plan.grades == before.grades)
        #expect(plan.milestones == before.milestones)
        let late = try Self.plan(facts, on: "2026-07-20").of("massage")
        #expect(late.map(\.state) == [.overdue])
        #expect(late.first?.escalations.map(\.rule.kind) == [.reminder, .prompt])
    }

    @Test("gives what is open on that day a whole window, and leaves what opens later as it is")
    func current() throws {
        let facts =
            Self.joined + [
                Club.serve("a", 190, "2026-06-01T09:00:00+08:00"), Club.serve("b", 190, "2026-06-08T09:00:00+08:00"),
            ]
        let plan = try Self.plan(facts, on: "2026-06-11")
        // Two weeks after the first it would have been due on the 15th; the second is what evidences it.
        #expect(plan.of("see-again").map(\.state) == [.done, .open])
        #expect(plan.of("see-again").last?.dueDay == "2026-06-24")
        #expect(plan.of("massage").map(\.openDay) == ["2026-06-10", "2026-06-15"])
        #expect(plan.of("massage").map { $0.since == nil } == [false, true])
    }

    @Test(
        "gives no window of many years anew, and lets it end when it would have",
        arguments: [("8", "2033-01-05"), ("1", "2027-06-10")])
    func long(years: String, due: String) throws {
        let pathway = try Club.pathway([
            Club.action(
                "join", "entry", Club.trigger("%record.ofType(Encounter)") + #","requiredBehavior":"must""#),
            Club.action(
                "in", "stage",
                #""action":["#
                    + Club.action(
                        "swim", "activity",
                        Club.trigger("%entered") + ",\"timingDuration\":{\"value\":\(years),\"code\":\"a\"}") + "]"),
        ])
        let plan = try pathway.plan(Club.record(Self.joined), now: noon("2026-06-10"), following: Self.since)
        #expect(plan.of("swim").map(\.dueDay) == [due])
    }

    @Test("takes what was done before for history of which nothing is written")
    func done() throws {
        let facts = Self.joined + [Club.serve("a", 120, "2025-01-10T09:00:00+08:00")]
        #expect(try Self.plan(facts, on: "2026-06-10", nil).of("first-measure").map(\.state) == [.done])
        #expect(try Self.plan(facts, on: "2026-06-10").occurrences.isEmpty)
    }

    @Test(
        "is so by the nearest area, and by its own day before one for all",
        arguments: [
            ("club", "330110", "2026-03-01"), ("club", "330122", "2026-02-01"), ("club", "440100", "2026-01-01"),
            ("other", "330110", "2026-05-01"), ("other", "", "2026-04-01"),
        ])
    func areas(programme: String, city: String, since: String) {
        let following = Following([
            .init(programme: "club", since: Self.day("2026-01-01")),
            .init(programme: "club", area: "3301", since: Self.day("2026-02-01")),
            .init(programme: "club", area: "330110", since: Self.day("2026-03-01")),
            .init(programme: "", since: Self.day("2026-04-01")),
            .init(programme: "", area: "33", since: Self.day("2026-05-01")),
        ])
        #expect(following.since(programme, city: city)?.isoText == since)
        #expect(Following([]).since(programme, city: city) == nil)
    }

    @Test("tells so in the reason of a Task, writes nothing of what is past, and never moves the day by itself")
    func record() async throws {
        let house = try await House([Club.pathway()], on: "2026-06-10")
        try await house.put(Club.member())
        for fact in Self.joined.dropFirst() { try await house.put(fact) }
        for (index, at) in ["2025-03-01", "2026-02-01"].enumerated() {
            try await house.put(Club.serve("s\(index)", 190, "\(at)T09:00:00+08:00"))
        }
        try await house.desk.adopt()
        try await house.run()
        #expect(try house.tasks("club.massage").count == 1)
        let task = try #require(try house.tasks("club.massage").first)
        #expect(task["reasonCode"]?["text"]?.string?.contains("本项目自2026-06-10起在此开展") == true)
        #expect(task["restriction"]?["period"]?["start"]?.string == "2026-06-10T00:00:00+08:00")
        #expect(try house.tasks("reminder").isEmpty)
        house.clock.set("2026-06-20")
        #expect(try await !house.desk.adopt())
        #expect(try PathwayDesk.following(house.store).since("tennis-club", city: "")?.isoText == "2026-06-10")
        // Another day is taken up, and what was asked for stays as it was.
        try await PathwayDesk.follow(.init(programme: "tennis-club", since: Self.day("2026-06-15")), house.store)
        #expect(try await house.desk.adopt())
        try await house.run()
        let kept = try #require(try house.tasks("club.massage").first)
        #expect(kept["status"]?.string == "requested")
        #expect(kept["restriction"]?["period"]?["end"]?.string == task["restriction"]?["period"]?["end"]?.string)
        await house.store.close()
    }

    @Test("keeps what was asked for before that day as it was asked for")
    func asked() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-11")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.run()
        let before = try #require(try house.tasks("club.first-measure").first)
        house.clock.set("2026-06-10")
        try await house.desk.adopt()
        try await house.run()
        let after = try #require(try house.tasks("club.first-measure").first)
        #expect(after["restriction"]?["period"]?["end"]?.string == before["restriction"]?["period"]?["end"]?.string)
        #expect(after["businessStatus"]?["coding"]?[0]?["code"]?.string == "overdue")
        await house.store.close()
    }

    @Test("leaves the keeper's tables as they are when they are made anew from the feed")
    func rebuild() async throws {
        let house = try await House([Club.pathway()], on: "2026-06-10")
        try await house.put(Club.member())
        for fact in Self.joined.dropFirst() { try await house.put(fact) }
        try await house.desk.adopt()
        try await house.run()
        func rows() throws -> [Int64] {
            try ["states", "milestones", "looks", "definitions", "following"].map { table in
                try house.store.readSQL { db in
                    try db.first("SELECT COUNT(*) FROM pathway_\(table)") { $0.int(0) } ?? 0
                }
            }
        }
        let before = try rows()
        #expect(before.allSatisfy { $0 > 0 })
        try await house.store.rebuild(projection: "pathway")
        await house.store.settle()
        #expect(try rows() == before)
        #expect(try house.desk.waiting(now: house.clock.now) == ["m"])
        let written = try house.store.status().sequence
        try await house.run()
        #expect(try house.store.status().sequence == written)
        await house.store.close()
    }
}

@Suite("A person of two Patients")
struct MergedTests {
    @Test("is planned for once when they are merged, and as two again when they no longer are")
    func merged() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-06")
        let (one, other) = (Club.member(), Club.member().replacing("\"id\":\"m\"", with: "\"id\":\"n\""))
        let joins = Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00")
        try await house.put(one)
        try await house.put(other)
        try await house.put(joins)
        let second = joins.replacing("\"id\":\"j\"", with: "\"id\":\"k\"")
        try await house.put(second.replacing("Patient/m", with: "Patient/n"))
        try await house.run()
        func open() throws -> [String] {
            try house.tasks("club.first-measure").filter { $0["status"]?.equals("requested") == true }.compactMap {
                $0["for"]?["reference"]?.string
            }.sorted()
        }
        #expect(try open() == ["Patient/m", "Patient/n"])
        // As a merge leaves it: what was about the one that went is about the other.
        let task = try #require(
            try house.tasks("club.first-measure").first { $0["for"]?["reference"]?.equals("Patient/n") == true })
        let text = String(decoding: task.document.text, as: UTF8.self)
        try await house.put(text.replacing("Patient/n", with: "Patient/m"))
        try await house.put(second)
        let gone = #""active":false,"link":[{"other":{"reference":"Patient/m"},"type":"replaced-by"}],"birthDate""#
        try await house.put(other.replacing("\"birthDate\"", with: gone))
        try await house.run()
        #expect(try open() == ["Patient/m"])
        let none = try house.desk.look("n", now: house.clock.now)?.plans.count
        #expect(none == nil)
        #expect(try house.all("Task").count { $0["status"]?.equals("cancelled") == true } == 1)
        // And back.
        try await house.put(second.replacing("Patient/m", with: "Patient/n"))
        try await house.put(other)
        let moved = try #require(try house.all("Task").first { $0["id"]?.string == task["id"]?.string })
        try await house.put(
            String(decoding: moved.document.text, as: UTF8.self).replacing("Patient/m", with: "Patient/n"))
        try await house.run()
        #expect(try open() == ["Patient/m", "Patient/n"])
        await house.store.close()
    }
}

@Suite("A changed programme")
struct PreviewTests {
    @Test("is tried on the record before it is taken up, and nothing is written")
    func preview() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.put(Club.member().replacing("\"id\":\"m\"", with: "\"id\":\"stranger\""))
        try await house.run()
        var actions = Club.actions
        for index in actions.indices where actions[index].contains("\"first-measure\"") {
            actions[index] = actions[index].replacing(
                "\"value\":1,\"code\":\"mo\"", with: "\"value\":2,\"code\":\"mo\"")
        }
        actions.append(Club.action("welcome", "activity", #""timingDuration":{"value":7,"code":"d"}"#))
        let before = try house.store.status().sequence
        let preview = try await PathwayPreview(
            house.desk, changed: [Club.pathway(actions, version: "2")], now: house.clock.now)
        #expect((preview.persons, preview.differing) == (2, 1))
        let one = try #require(preview.differences.first)
        #expect((one.person, one.pathway) == ("m", "club"))
        #expect(one.tasks.map(\.kind) == [.changed, .added])
        #expect(one.tasks.map(\.due) == [["2026-02-05", "2026-03-05"], ["", "2026-01-12"]])
        #expect(preview.count(.added) == 1 && preview.count(.changed) == 1 && preview.count(.gone) == 0)
        let json = try JSONDocument(parsing: preview.json(["m"])).root
        #expect(json["differing"]?.numberText == "1")
        #expect(json["people"]?[0]?["tasks"]?[0]?["kind"]?.string == "changed")
        #expect(try JSONDocument(parsing: preview.json([])).root["people"] == nil)
        #expect(try house.store.status().sequence == before)
        // The same definition changes nothing, and a new one adds everything.
        let same = try await PathwayPreview(house.desk, changed: [Club.pathway()], now: house.clock.now)
        #expect(same.differing == 0)
        let new = try await PathwayPreview(house.desk, changed: [Club.pathway(id: "other")], now: house.clock.now)
        #expect(new.differences.map(\.entered) == [["", "2026-01-05"]])
        await house.store.close()
    }
}
