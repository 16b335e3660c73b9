import Calendar
import FHIR
import JSON
import Pathways
import Records
import SQL
import Testing

@Suite("A look makes only those plans that may be others")
struct SettledTests {
    /// Two programmes of the club, one of which also looks at massages by their code, and one that reads the other's Tasks and grades.
    private static func pathways() throws -> [Pathway] {
        let watching = [
            Club.action(
                "starts", "entry", Club.trigger("%record.ofType(Task).where(code.coding.code = 'club.see-again')")),
            Club.action(
                "look", "activity",
                Club.trigger("%record.ofType(RiskAssessment).where(status = 'final')")
                    + #","timingDuration":{"value":3,"code":"wk"},"condition":["#
                    + Club.condition("stop", "%record.ofType(Encounter).where(period.start > %moment)") + "]"),
            Club.action("seen", "milestone"),
        ]
        let massaged = [
            Club.action(
                "hurts", "entry",
                Club.trigger(
                    "%record.ofType(Procedure).where(code.coding.exists(system = 's' and (code = 'a' or code = 'b')))")),
            Club.action(
                "rest", "activity",
                Club.trigger(
                    "%record.ofType(Procedure).where(code.coding.exists(system = 's' and code = 'a') and status = 'completed')"
                )
                    + #","timingDuration":{"value":10,"code":"d"},"condition":["#
                    + Club.condition("stop", "%record.ofType(Encounter).where(class.code = 'REST')") + "]"),
        ]
        return [
            try Club.pathway(), try Club.pathway(id: "senior"), try Club.pathway(watching, id: "watch"),
            try Club.pathway(massaged, id: "massage"),
        ]
    }

    /// What happens to a member on a day; the same for the same numbers.
    private static func event(_ day: String, _ random: inout SeededGenerator) -> String {
        let at = "\(day)T0\(Int.random(in: 1...9, using: &random)):00:00+08:00"
        let id = "e\(Int.random(in: 0..<9, using: &random))"
        switch Int.random(in: 0..<14, using: &random) {
        case 0...3:
            let status = Int.random(in: 0..<6, using: &random) == 0 ? "entered-in-error" : "final"
            return Club.serve(id, Int.random(in: 0...1, using: &random) == 0 ? 190 : 120, at, status: status)
        case 4: return Club.encounter(id, "JOIN", at)
        case 5: return Club.encounter(id, "QUIT", at)
        case 6, 7: return Club.encounter(id, "REST", at)
        case 8: return Club.member(city: Bool.random(using: &random) ? "330106" : "440100")
        case 9:
            return
                #"{"resourceType":"Organization","id":"league","type":[{"coding":[{"code":"commission"}]}],"name":"联盟","#
                + #""address":[{"extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division","#
                + #""valueCode":"\#(Bool.random(using: &random) ? "330106" : "440100")"}]}]}"#
        default:
            let code = ["a", "b", "c"].randomElement(using: &random) ?? "a"
            return Club.massage(id, at).replacing(
                #"{"text":"按摩"}"#, with: #"{"coding":[{"system":"s","code":"\#(code)"}],"text":"按摩"}"#)
        }
    }

    private static func massage(_ code: String, _ system: String = "s") -> String {
        Club.massage("p", "2026-01-05T15:00:00+08:00").replacing(
            #"{"text":"按摩"}"#, with: #"{"coding":[{"system":"\#(system)","code":"\#(code)"}]}"#)
    }

    /// Everything that stands, but for when a store has written it.
    private static func facts(_ house: House) throws -> [String] {
        try ["CarePlan", "Task", "RiskAssessment"].flatMap { type in
            try house.all(type).map { root in
                root.members.filter { $0.key.string != "meta" }.map {
                    "\($0.key.string ?? "")=\(String(decoding: $0.value.rawText, as: UTF8.self))"
                }.joined(separator: " ") + " v\(root["meta"]?["versionId"]?.string ?? "")"
            }.sorted()
        }
    }

    /// The tables, but for what the two desks keep otherwise.
    private static func rows(_ house: House) throws -> [String] {
        try house.store.readSQL { db in
            try db.query("SELECT person, at FROM pathway_looks ORDER BY person") {
                "\($0.text(0)) \($0.intOrNil(1) ?? 0)"
            }
                + db.query(
                    "SELECT pathway, entered, ended, reason, stage, organization, district, open, overdue FROM pathway_states "
                        + "ORDER BY pathway"
                ) { row in
                    (0..<9).map { row.isNull($0) ? "-" : [1, 2, 7, 8].contains($0) ? "\(row.int($0))" : row.text($0) }
                        .joined(separator: " ")
                }
                + db.query("SELECT pathway, milestone, at FROM pathway_milestones ORDER BY pathway, milestone") {
                    "\($0.text(0)) \($0.text(1)) \($0.intOrNil(2) ?? 0)"
                }
        }
    }

    @Test("and writes what making all would write, day by day, over histories by chance", arguments: 1...12)
    func same(seed: UInt64) async throws {
        let pathways = try Self.pathways()
        let (partly, wholly) = (
            try await House(pathways, on: "2026-01-05"), try await House(pathways, on: "2026-01-05", looksAtWhole: true)
        )
        let houses = [partly, wholly]
        for house in houses { try await house.put(Club.member()) }
        var random = SeededGenerator(seed: seed)
        var day = try #require(CivilDay("2026-01-05"))
        var written = 0
        for _ in 0..<24 {
            day = day.advanced(by: Int.random(in: 0...9, using: &random))
            let facts = (0..<Int.random(in: 0...3, using: &random)).map { _ in Self.event(day.isoText, &random) }
            // Somebody answers, takes up or spoils something, or it is deleted.
            let (act, which) = (Int.random(in: 0..<8, using: &random), Int.random(in: 0..<50, using: &random))
            for house in houses {
                for fact in facts { try await house.put(fact) }
                try await Self.act(act, which, house)
                written += try await house.run(day.isoText).written
            }
            #expect(try Self.facts(partly) == Self.facts(wholly), "on \(day.isoText)")
            #expect(try Self.rows(partly) == Self.rows(wholly), "on \(day.isoText)")
        }
        #expect(written > 20)
        #expect(try partly.settled.isEmpty == false && wholly.settled.isEmpty == false)
        for house in houses { await house.store.close() }
    }

    private static func act(_ act: Int, _ which: Int, _ house: House) async throws {
        let tasks = try house.all("Task").sorted { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }
        guard !tasks.isEmpty else { return }
        let task = tasks[which % tasks.count]
        func change(_ from: String, _ to: String) async throws {
            try await house.put(String(decoding: task.document.text, as: UTF8.self).replacing(from, with: to))
        }
        switch act {
        case 0 where task["status"]?.string == "requested":
            try await house.answer(task, [.completed, .declined, .notPossible][which % 3], reason: "出差")
        case 1: try await change(#""status":"requested""#, #""status":"accepted""#)
        case 2: try await change("pathway-occurrence", "another-occurrence")
        case 3: try await change(#""value":"club/"#, #""value":"senior/"#)
        case 4:
            let id = ["Observation", "Encounter", "Procedure"].flatMap { type in (0..<9).map { (type, "e\($0)") } }
            let (type, name) = id[which % id.count]
            if (try? house.store.read(ResourceKey(type: type, id: name))) != nil {
                _ = try await house.store.delete(ResourceKey(type: type, id: name))
            }
        default: break
        }
    }

    @Test(
        "and none for a change of which the last plan read nothing",
        arguments: [
            (massage("c"), 1, false, true), (massage("a"), 1, false, false), (massage("c"), 2, false, false),
            (Club.encounter("p", "JOIN", "2026-01-05T10:00:00+08:00"), 1, false, true),
            (Club.encounter("p", "JOIN", "2026-01-05T10:00:00+08:00"), 2, false, true),
            // Whoever isn't on the pathway isn't asked to rest.
            (Club.encounter("p", "REST", "2026-01-05T10:00:00+08:00"), 1, false, true),
            (Club.encounter("p", "REST", "2026-01-05T10:00:00+08:00"), 1, true, false),
            (Club.encounter("p", "JOIN", "2026-01-05T10:00:00+08:00"), 1, true, true),
            (Club.encounter("p", "JOIN", "2026-01-05T10:00:00+08:00"), 2, true, false),
        ])
    func nothing(fact: String, versions: Int, isEntered: Bool, isKept: Bool) async throws {
        let house = try await House([Self.pathways()[3]], on: "2026-01-06")
        try await house.put(Club.member())
        if isEntered { try await house.put(Self.massage("a").replacing(#""id":"p""#, with: #""id":"first""#)) }
        try await house.run()
        let before = try #require(try house.settled.first)
        let kept = try await Self.mark(house)
        for version in 1...versions {
            try await house.put(fact.replacing("2026-01-05", with: "2026-01-0\(version)"))
        }
        try await house.run()
        let after = try #require(try house.settled.first)
        #expect((after.plans == kept) == isKept)
        #expect(after.seen > before.seen)
        await house.store.close()
    }

    private static let url =
        #"%record.ofType(Procedure).where(code.coding.exists(system = 'http://s' and code.matches('^a')))"#
    private static let half = "%record.ofType(Procedure).where(code.coding.exists(code = 'a') and 4 / 2 = 2)"
    private static let visits = "%record.ofType(Encounter)"

    @Test(
        "and none for a change that an expression can't mean, nor for a milestone of somebody who hasn't entered",
        arguments: [
            (url, "starts", "true", massage("c", "http://s"), true),
            (url, "starts", "true", massage("a", "http://s"), false),
            (half, "starts", "true", massage("c"), true), (half, "starts", "true", massage("a"), false),
            (visits, "step", "%moment.toDate() >= %entered.toDate()", rest, true),
            (visits, "step", "%moment >= %entered and true", rest, true),
            (visits, "step", "%moment >= %entered or true", rest, false),
            (visits, "step", "%moment >= %entered and true or true", rest, false),
            (visits, "step", "(%moment >= %entered).empty()", rest, false),
        ])
    func meaning(trigger: String, part: String, condition: String, fact: String, isKept: Bool) async throws {
        let isStep = part == "step"
        let actions = [
            Club.action("starts", "entry", Club.trigger(isStep ? "%record.ofType(Flag)" : trigger)),
            Club.action(
                "step", "milestone",
                Club.trigger(isStep ? trigger : "%record.ofType(Flag)") + #","condition":["#
                    + Club.condition("applicability", condition) + "]"),
        ]
        let house = try await House([try Club.pathway(actions)], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.run()
        let kept = try await Self.mark(house)
        try await house.put(fact)
        try await house.run()
        #expect((try house.settled.first?.plans == kept) == isKept)
        await house.store.close()
    }

    private static let rest = Club.encounter("p", "REST", "2026-01-05T10:00:00+08:00")

    /// Sets the next look of the one plan far away: while it stands so, no plan was made.
    private static func mark(_ house: House) async throws -> String {
        let kept = "4000000000000" + (try #require(try house.settled.first)).plans.drop { $0 != "\t" }
        _ = try await house.store.write(
            size: 0,
            beside: { db, _ in try db.execute("UPDATE pathway_settled SET plans = ?", .text(kept)) },
            deciding: { _ in [] })
        return kept
    }

    @Test("and tells in every process by the same numbers what a plan has read")
    func numbers() async throws {
        let house = try await House([Self.pathways()[3]], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.run()
        let outside = try #require(try house.settled.first).plans
        #expect(outside == "\t8;")
        try await house.put(Self.massage("a"))
        try await house.run()
        let entered = try #require(try house.settled.first).plans
        #expect(entered.split(separator: "\t").dropFirst().first == "d;")
        await house.store.close()
    }

    @Test("and none for what it has written itself, unless somebody changes it")
    func own() async throws {
        let house = try await House([Self.pathways()[3]], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Self.massage("a"))
        try await house.run()
        let task = try #require(try house.tasks("massage.rest").first)
        let kept = try await Self.mark(house)
        try await house.put(Self.massage("c").replacing(#""id":"p""#, with: #""id":"other""#))
        try await house.run()
        #expect(try house.settled.first?.plans == kept)
        try await house.answer(task, .declined, reason: "出差")
        try await house.run()
        #expect(try house.settled.first?.plans != kept)
        await house.store.close()
    }

    @Test("and all where a definition, the day since when it is followed, or who holds a role has become another")
    func basis() async throws {
        let house = try await House([Club.pathway()], on: "2026-01-06")
        try await house.put(Club.member())
        try await house.put(Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"))
        try await house.run()
        var seen = Set(try house.settled.map(\.basis))
        let changed = PathwayDesk(house.store, [try Club.pathway(version: "2")])
        _ = try await changed.step(["m"], now: house.clock.now)
        #expect(try house.tasks("club.first-measure").first?["instantiatesCanonical"]?.string?.hasSuffix("|2") == true)
        #expect(try seen.insert(#require(try house.settled.first?.basis)).inserted)
        let since = Following(since: try #require(CivilDay("2026-01-01")))
        _ = try await changed.following(since).step(["m"], now: house.clock.now)
        #expect(try seen.insert(#require(try house.settled.first?.basis)).inserted)
        try await house.put(
            #"{"resourceType":"Organization","id":"second","type":[{"coding":[{"code":"commission"}]}],"name":"第二联盟"}"#
                .replacing(
                    #""name""#,
                    with:
                        #""address":[{"extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division","#
                        + #""valueCode":"440100"}]}],"name""#))
        _ = try await changed.following(since).step(["m"], now: house.clock.now)
        #expect(try seen.insert(#require(try house.settled.first?.basis)).inserted)
        await house.store.close()
    }
}

extension House {
    /// What a look has kept.
    var settled: [(basis: String, seen: Int64, plans: String)] {
        get throws {
            try store.readSQL { db in
                try db.query("SELECT basis, seen, plans FROM pathway_settled ORDER BY person") {
                    ($0.text(0), $0.int(1), $0.text(2))
                }
            }
        }
    }
}
