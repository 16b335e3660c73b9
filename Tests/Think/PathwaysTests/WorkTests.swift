import Calendar
import FHIR
import JSON
import Pathways
import Programmes
import Records
import Testing

@Suite("Work as rows")
struct WorkTests {
    private struct Place {
        let store: RecordStore
        let desk: PathwayDesk
        let clock: TestClock
        var work: WorkTasks { WorkTasks(store) }

        init(on day: String) async throws {
            let clock = TestClock(day)
            let definitions = try Definitions.r4()
            self.clock = clock
            store = try RecordStore(
                RecordStoreOptions(database: try testDatabase(), now: { clock.now }), definitions: definitions,
                projections: [PathwayTables(definitions), WorkTables()])
            desk = PathwayDesk(store, [try Club.pathway()])
            for text in [
                #"{"resourceType":"Organization","id":"club","name":"俱乐部"}"#,
                #"{"resourceType":"Organization","id":"league","type":[{"coding":[{"code":"commission"}]}],"name":"联盟"}"#,
                Club.member(city: "440103"), Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00"),
            ] { try await put(document(text)) }
            try await run(day)
        }

        func put(_ document: JSONDocument) async throws {
            let root = document.root
            _ = try await store.update(
                ResourceKey(type: root["resourceType"]?.string ?? "", id: root["id"]?.string ?? ""), document)
        }

        func run(_ day: String) async throws {
            clock.set(day)
            for _ in 0..<2 {
                await store.settle()
                _ = try await desk.run(now: clock.now)
            }
            await store.settle()
        }

        func root(_ task: String) throws -> JSONNode {
            try JSONDocument(parsing: store.read(ResourceKey(type: "Task", id: task)).json()).root
        }
    }

    @Test("tell who owes what, by owner and by institution, and steps of escalation beside their task")
    func rows() async throws {
        let place = try await Place(on: "2026-01-06")
        let task = try #require(
            try place.work.open(owners: ["Practitioner/coach"], organizations: []).first {
                $0.action == "first-measure"
            })
        #expect(task.person == "m" && task.pathway == "club" && task.kind == nil && task.district == "440103")
        #expect(task.organization == "Organization/club" && !task.isLate(at: place.clock.now))
        #expect(try place.work.open(owners: ["Practitioner/other"], organizations: ["Organization/other"]).isEmpty)
        #expect(try place.work.open(owners: [], organizations: []).isEmpty)
        try await place.run("2026-03-10")
        let steps = try place.work.steps(of: [task.task])
        #expect(Set(steps[task.task]?.compactMap(\.kind) ?? []) == [.reminder, .prompt, .supervision])
        let late = try #require(try place.work.task(task.task))
        #expect(late.isLate(at: place.clock.now) && late.isOpen(at: place.clock.now))
        let loop = try #require(
            OpenLoop.of(try place.work.open(pathway: "club"), now: place.clock.now).first {
                $0.action == "first-measure"
            })
        #expect(loop.open == 1 && loop.overdue == 1 && loop.escalated == 1)
        let counts = try place.work.counts(pathway: "club", now: place.clock.now)
        #expect(counts.first { $0.action == "first-measure" }.map { [$0.open, $0.late] } == [1, 1])
        #expect(try Funnel(place.store, pathway: "club").count("member") == 1)
        #expect(try Funnel(place.store, pathway: "club").count(Funnel.present) { $0.district == "440103" } == 1)
        #expect(try Funnel(place.store, pathway: "nothing").cells.isEmpty)
        await place.store.close()
    }

    @Test("what is put off is open again on its day, keeps its reason, and the engine leaves both")
    func putOff() async throws {
        let place = try await Place(on: "2026-01-06")
        let task = try #require(try place.work.all(of: "m").first { $0.action == "first-measure" })
        let until = try #require(CivilDay("2026-01-12")).startMilliseconds
        try await place.put(
            try TaskAnswer.deferred(
                place.root(task.task), until: until, note: "外出", by: ("Practitioner/coach", "教练"), at: place.clock.now))
        try await place.run("2026-01-07")
        let deferred = try #require(try place.work.task(task.task))
        #expect(!deferred.isOpen(at: place.clock.now) && deferred.isOpen(at: until))
        #expect(try place.root(task.task)["note"]?[0]?["text"]?.string == "外出")
        try await place.put(
            try TaskAnswer.deferred(place.root(task.task), until: nil, note: "回来了", by: nil, at: place.clock.now))
        try await place.run("2026-01-08")
        #expect(try #require(try place.work.task(task.task)).isOpen(at: place.clock.now))
        #expect(try place.root(task.task)["note"].map { Array($0.elements).count } == 2)
        await place.store.close()
    }

    @Test("an answer that is taken back is asked for again; whether anything has followed is told")
    func takenBack() async throws {
        let place = try await Place(on: "2026-01-06")
        let task = try #require(try place.work.all(of: "m").first { $0.action == "first-measure" })
        try await place.put(
            try PathwayDesk.answered(place.root(task.task), .notPossible, reason: "受伤", at: place.clock.now))
        try await place.run("2026-01-07")
        let answered = try #require(try place.work.task(task.task))
        #expect(answered.status == "failed" && answered.ended != nil)
        #expect(try !place.work.hasFollowed(answered, since: answered.ended ?? 0))
        try await place.put(try TaskAnswer.withdrawn(place.root(task.task), at: place.clock.now))
        try await place.run("2026-01-08")
        let again = try #require(try place.work.task(task.task))
        #expect(again.status == "requested" && again.ended == nil && again.isOpen(at: place.clock.now))
        #expect(try place.root(task.task)["statusReason"] == nil)
        try await place.put(document(Club.serve("a", 190, "2026-01-08T09:00:00+08:00")))
        try await place.run("2026-01-09")
        #expect(try place.work.hasFollowed(again, since: answered.ended ?? 0))
        await place.store.close()
    }

    @Test("goals follow the person and the parameters in force; a target without a measure or a range is refused")
    func goals() throws {
        func definition(_ target: String) -> String {
            let text = Club.definition()
            return String(text.dropLast()) + #","goal":[{"description":{"text":"快"},"target":[\#(target)]}]}"#
        }
        let measure = #""measure":{"coding":[{"system":"http://loinc.org","code":"speed"}]}"#
        let range =
            #""detailRange":{"high":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/cqf-expression","#
            + #""valueExpression":\#(Club.expr("iif(birthDate + 34 years <= %moment.toDate(), %hardServe, 100)"))}]}}"#
        let pathway = try Pathway(
            document(definition("{\(measure),\(range)}")).root, Club.setting, Definitions.r4())
        let member = try document(Club.member(city: "440103"))
        #expect(pathway.goals(for: member, now: noon("2026-02-27")).map(\.high) == [100])
        #expect(pathway.goals(for: member, now: noon("2026-03-01")).map(\.high) == [180])
        #expect(pathway.goals(for: member, now: noon("2026-06-01")).map(\.high) == [170])
        for wrong in ["{\(range)}", "{\(measure)}"] {
            #expect(throws: Pathway.Faults.self) {
                try Pathway(document(definition(wrong)).root, Club.setting, Definitions.r4())
            }
        }
    }
}
