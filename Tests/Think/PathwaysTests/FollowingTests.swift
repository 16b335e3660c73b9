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
