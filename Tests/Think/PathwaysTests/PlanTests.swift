import Calendar
import FHIR
import JSON
import Pathways
import Testing

@Suite("A plan")
struct PlanTests {
    private let joined = [Club.member(), Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00")]

    @Test("begins with the entry, asks for what is to be done, and says when to look again")
    func entry() throws {
        let plan = try Club.plan(joined, on: "2026-01-06")
        #expect(plan.faults.isEmpty)
        #expect(plan.current?.entered.text == "2026-01-05T10:00:00+08:00")
        #expect(plan.stage == "playing")
        let first = try #require(plan.of("first-measure").first)
        #expect(first.state == .open)
        #expect(first.dueDay == "2026-02-05")
        #expect(plan.nextLook == (CivilDay("2026-02-06")?.startMilliseconds))
        #expect(plan.milestones.first { $0.part == "member" }?.isReached == true)
        #expect(plan.milestones.first { $0.part == "fast" }?.isReached == false)
    }

    @Test("asks nothing of who never entered")
    func outside() throws {
        let plan = try Club.plan([Club.member(), Club.serve("s", 200, "2026-01-05T10:00:00+08:00")], on: "2026-05-01")
        #expect(plan.enrolments.isEmpty)
        #expect(plan.occurrences.isEmpty)
        #expect(plan.grades.isEmpty)
        #expect(plan.nextLook == nil)
        #expect(plan.milestones.first { $0.part == "member" }?.isReached == false)
    }

    @Test("takes evidence that stands already, and is overdue from the day after the due date")
    func evidence() throws {
        #expect(try Club.plan(joined, on: "2026-02-05").of("first-measure").first?.state == .open)
        #expect(try Club.plan(joined, on: "2026-02-06").of("first-measure").first?.state == .overdue)
        let done = try Club.plan(
            joined + [Club.serve("s", 120, "2026-01-20T09:00:00+08:00")], on: "2026-02-06")
        #expect(done.of("first-measure").first?.state == .done)
        #expect(done.of("first-measure").first?.evidence == ["Observation/s"])
        #expect(done.of("first-measure").first?.doneAt?.day.isoText == "2026-01-20")
    }

    @Test("makes one occurrence of each moment, and nested activities only in their stage")
    func moments() throws {
        let facts =
            joined + [
                Club.serve("a", 190, "2026-01-10T09:00:00+08:00"), Club.serve("b", 185, "2026-03-01T09:00:00+08:00"),
                Club.serve("c", 100, "2026-03-20T09:00:00+08:00"),
            ]
        let plan = try Club.plan(facts, on: "2026-03-02")
        #expect(plan.stage == "watched")
        #expect(plan.of("see-again").map(\.key) == ["see-again/Observation/a", "see-again/Observation/b"])
        #expect(plan.of("massage").map(\.openDay) == ["2026-01-17", "2026-03-08"])
        #expect(plan.of("massage").map(\.dueDay) == ["2026-02-10", "2026-04-01"])
        #expect(plan.of("massage").map(\.state) == [.overdue, .waiting])
        #expect(try Club.plan(joined, on: "2026-03-02").of("massage").isEmpty)
    }

    @Test("leaves out what was entered in error, and what happened before the entry")
    func errors() throws {
        let plan = try Club.plan(
            joined + [
                Club.serve("wrong", 190, "2026-01-10T09:00:00+08:00", status: "entered-in-error"),
                Club.serve("before", 190, "2026-01-04T09:00:00+08:00"),
            ], on: "2026-03-02")
        #expect(plan.of("see-again").isEmpty)
        #expect(plan.grades.isEmpty)
        #expect(plan.of("first-measure").first?.state == .overdue)
    }

    @Test("uses the parameter in force on the moment's day in the person's city")
    func parameters() throws {
        let serves = [
            Club.serve("a", 172, "2026-05-31T09:00:00+08:00"), Club.serve("b", 172, "2026-06-01T09:00:00+08:00"),
        ]
        let plan = try Club.plan(joined + serves, on: "2026-07-01")
        #expect(plan.grades.map(\.code) == ["soft", "hard"])
        #expect(plan.grades.map(\.rationale) == ["172 km/h", "172 km/h"])
        let near =
            [Club.member(city: "330110")] + joined.dropFirst() + [Club.serve("a", 162, "2026-05-31T09:00:00+08:00")]
        #expect(try Club.plan(near, on: "2026-07-01").grades.map(\.code) == ["hard"])
    }

    @Test("ends with the leaving, begins again with a later entry, and not with the old one")
    func again() throws {
        let left = joined + [Club.encounter("q", "QUIT", "2026-02-10T10:00:00+08:00")]
        let plan = try Club.plan(left, on: "2026-03-01")
        #expect(plan.current == nil)
        #expect(plan.enrolments.last?.reason == "resigned")
        #expect(plan.occurrences.isEmpty)
        let back = try Club.plan(left + [Club.encounter("j2", "JOIN", "2026-04-01T10:00:00+08:00")], on: "2026-04-02")
        #expect(back.enrolments.count == 2)
        #expect(back.current?.entered.day.isoText == "2026-04-01")
        #expect(back.of("first-measure").map(\.dueDay) == ["2026-05-01"])
        let dead = [Club.member(died: "2026-04-01")] + left.dropFirst()
        #expect(try Club.plan(dead, on: "2026-05-01").enrolments.last?.reason == "resigned")
    }

    @Test("escalates by rule until it is done, and no further")
    func escalation() throws {
        func kinds(_ day: String, _ more: [String] = []) throws -> [EscalationRule.Kind] {
            try Club.plan(joined + more, on: day).of("first-measure").first?.escalations.map(\.rule.kind) ?? []
        }
        #expect(try kinds("2026-02-11") == [])
        #expect(try kinds("2026-02-12") == [.reminder])
        #expect(try kinds("2026-02-19") == [.reminder, .prompt])
        #expect(try kinds("2026-03-07") == [.reminder, .prompt, .supervision])
        #expect(try kinds("2026-03-07", [Club.serve("s", 90, "2026-03-06T09:00:00+08:00")]) == [])
        // Each is to be answered before the next one is made.
        let all = try Club.plan(joined, on: "2026-03-07").of("first-measure").first?.escalations ?? []
        #expect(all.allSatisfy { $0.at < $0.due })
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.due < $1.at })
    }

    @Test("says at each look when the next change comes: between two looks nothing changes")
    func nextLook() throws {
        let facts = joined + [Club.serve("a", 190, "2026-01-10T09:00:00+08:00")]
        let record = try Club.record(facts)
        let pathway = try Club.pathway()
        var now = noon("2026-01-11")
        var looks = 0
        while let next = pathway.plan(record, now: now).nextLook, looks < 100 {
            var (one, other) = (pathway.plan(record, now: now), pathway.plan(record, now: next - 1))
            one.nextLook = nil
            other.nextLook = nil
            #expect(one == other)
            #expect(next > now)
            now = next
            looks += 1
        }
        #expect(looks > 5)
        #expect(looks < 100)
    }

    @Test("is the same in whatever order the facts came", arguments: 1...10)
    func order(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var facts = joined
        for index in 0..<12 {
            let day = CivilDay("2026-01-06")?.advanced(by: Int.random(in: 0...200, using: &random)).isoText ?? ""
            facts.append(Club.serve("s\(index)", Int.random(in: 100...220, using: &random), "\(day)T09:00:00+08:00"))
        }
        facts.append(Club.encounter("q", "QUIT", "2026-05-10T10:00:00+08:00"))
        facts.append(Club.encounter("j2", "JOIN", "2026-05-20T10:00:00+08:00"))
        let wanted = try Club.plan(facts, on: "2026-09-01")
        #expect(!wanted.occurrences.isEmpty)
        for _ in 0..<5 { #expect(try Club.plan(facts.shuffled(using: &random), on: "2026-09-01") == wanted) }
    }

    @Test("tells in words why something is to be done: the data, the rule and the limits in force")
    func why() throws {
        let record = try Club.record(joined + [Club.serve("a", 190, "2026-01-10T09:00:00+08:00")])
        let pathway = try Club.pathway()
        let occurrence = try #require(pathway.plan(record, now: noon("2026-01-11")).of("see-again").first)
        let why = pathway.why(occurrence, record)
        for part in ["190 km/h", "2026-01-10", "规则 see-again", "重发球 = 180 km/h", "第 1 版"] {
            #expect(why.zh.contains(part))
        }
        #expect(why.en.contains("hard serve = 180 km/h"))
    }

    @Test("tells what the record says of the day, where a day is why; and since when, where that is why")
    func whyOfADay() throws {
        let day = Club.trigger("%serves.select(effective.ofType(dateTime).toDate())")
        let pathway = try Club.pathway(
            Club.actions + [
                Club.action("rest", "activity", day + #","timingDuration":{"value":9,"code":"d"}"#)
            ])
        let record = try Club.record(
            joined + [
                Club.serve("a", 190, "2026-01-10T09:00:00+08:00"), Club.serve("b", 150, "2026-01-12T09:00:00+08:00"),
                Club.encounter("other", "CHAT", "2026-01-10T10:00:00+08:00"),
            ])
        let plan = pathway.plan(record, now: noon("2026-01-13"))
        let rest = try #require(plan.of("rest").first)
        let why = pathway.why(rest, record)
        #expect(why.zh.contains("190 km/h 2026-01-10；"))
        #expect(!why.zh.contains("150 km/h") && !why.zh.contains("就诊"))
        let first = try #require(plan.of("first-measure").first)
        #expect(pathway.why(first, record).zh.hasPrefix("依据：2026-01-05起在本路径"))
        #expect(pathway.why(first, record).en.contains("on this pathway since 2026-01-05"))
    }
}

@Suite("A pathway's definition")
struct DefinitionTests {
    @Test("is refused with every fault at once")
    func faults() throws {
        let actions = [
            Club.action("joins", "entry", Club.trigger("%nobody.knows")),
            Club.action("joins", "stage"),
            Club.action("odd", "nonsense"),
            Club.action("broken", "activity", Club.trigger("%serves.where(")),
            Club.action("grade", "grade", Club.trigger("%serves")),
            Club.action("slow", "activity", #""timingDuration":{"value":1.5,"code":"mo"}"#),
        ]
        do {
            _ = try Club.pathway(actions)
            Issue.record("it was accepted")
        } catch let faults as Pathway.Faults {
            let text = faults.description
            for part in ["%nobody", "stands twice", "no code of", "action[3]", "qualitativeRisk", "whole number"] {
                #expect(text.contains(part), "\(part) is missing in \(text)")
            }
        }
    }

    @Test("has an owner that the programme knows for everything that is to be done")
    func owners() throws {
        var setting = Club.setting
        setting.roles["coach"] = nil
        #expect(throws: Pathway.Faults.self) { try Club.pathway(setting) }
    }

    @Test("isn't defined by itself")
    func circle() throws {
        let text = Club.definition().replacing("%record.ofType(Observation)", with: "%hard.ofType(Observation)")
        #expect(throws: Pathway.Faults.self) { try Pathway(document(text).root, Club.setting, Definitions.r4()) }
    }
}
