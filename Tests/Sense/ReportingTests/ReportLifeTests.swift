import Access
import Calendar
import FHIR
import JSON
import Records
import Reporting
import Signals
import Syndromes
import Testing
import Validation

@Suite("A report card")
struct ReportLifeTests {
    @Test(
        "is filled from the record, with the clock of its class",
        arguments: [("A00.900", 2), ("B05.900", 24), ("J10.100", 24)])
    func prepared(code: String, hours: Int) async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: code))
        #expect(try await house.run().prepared.count == 1)
        let card = try #require(try house.cards().first)
        let diagnosed = try #require(FHIRDateTime("2026-11-21T07:30:00+08:00")).lowMilliseconds
        #expect(card.diagnosedAt == diagnosed && card.deadline == diagnosed + Int64(hours) * hour)
        #expect(card.due == card.deadline && !card.isLate && card.stage == .prepared)
        #expect(card.owner == "Organization/h1" && card.requester == "Organization/xihu")
        #expect(card.patient == "Patient/p1" && card.district == 330_106)
        for (field, value) in [
            ("name", "王秀英"), ("sex", "2"), ("birthDate", "1980-03-09"), ("phone", "13812345678"), ("belongs", "1"),
            ("idNumber", "33010619800309002X"), ("address", "浙江省杭州市西湖区文三路1号"), ("classification", "1"),
            ("onset", "2026-11-20"), ("diagnosed", "2026-11-21T07:30:00+08:00"), ("institution", "机构 h1"),
        ] { #expect(card.values[field] == value, "\(field)") }
        #expect(card.values["population"] == nil && card.values["unit"] == nil)
        await house.store.close()
    }

    @Test("is a Task of R4 that reads back the same, and case data for the rules of access")
    func task() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B24.x01"))
        try await house.run()
        let card = try #require(try house.cards().first)
        let version = try house.store.read(ResourceKey(type: "Task", id: card.id))
        let document = try JSONDocument(parsing: version.json())
        let definitions = try Definitions.r4()
        let issues = try ResourceValidator(definitions: definitions).validate(document)
        #expect(issues.filter { $0.severity == .error || $0.severity == .fatal }.map(\.diagnostics) == [])
        #expect(try ReportCard(version, house.list) == card)
        let labels = LabelReader(definitions).labels(of: document.root)
        #expect(labels.diseases == ["NID-B-003"] && labels.sensitivities == [.hiv] && labels.persons == ["p1"])
        #expect(labels.organisations == ["h1", "xihu"])
        #expect(CareRelation.reading(document.root, labels, written: 0).isEmpty)
        await house.store.close()
    }

    @Test("goes from the institution to the centre, back, and through; and says what is missing")
    func life() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B15.900"))
        try await house.run()
        var card = try #require(try house.cards().first)
        #expect(card.values["subtype"] == "0301")
        var bare = card
        #expect(
            throws: ReportCard.Refusal.fields([
                ReportProblem(field: "population", kind: .missing), ReportProblem(field: "doctor", kind: .missing),
            ])
        ) { try bare.take(.confirm, by: "李明", house.form, now: house.clock.now) }
        #expect(bare == card)
        #expect(throws: ReportCard.Refusal.stage) { try bare.take(.review, by: "x", house.form, now: 0) }
        card = try await house.take(.confirm, card, changes: missing)
        #expect(card.stage == .confirmed && card.reportedAt == house.clock.now && card.kind == 1)
        #expect(throws: ReportCard.Refusal.reason) { try card.take(.sendBack, by: "孙", house.form, now: 0) }
        card = try #require(try house.desk.card(card.id))
        card = try await house.take(.sendBack, card, by: "孙流调", text: "住址不详")
        #expect(card.stage == .returned && card.returnReason == "住址不详" && card.stage.waitsForInstitution)
        house.clock.advance(hours: 1)
        card = try await house.take(.confirm, card, changes: ["address": "文三路 2 号"])
        card = try await house.take(.review, card, by: "孙流调")
        #expect(card.stage == .reviewed && card.due == nil && card.values["address"] == "文三路 2 号")
        card = try await house.take(.correct, card, text: "分型有误", changes: ["subtype": "0304"])
        #expect(card.kind == 2 && card.stage == .confirmed)
        card = try await house.take(.dismiss, card, by: "孙流调", text: "重复报告")
        #expect(card.stage == .dismissed && card.stage.actions.isEmpty)
        // A dismissed case isn't prepared again.
        #expect(try await house.run().isEmpty)
        await house.store.close()
    }

    @Test(
        "refuses what can't be",
        arguments: [
            (
                ["onset": "2026-11-21", "diagnosed": "2026-11-20T09:00:00+08:00"], "onset",
                ReportProblem.Kind.afterDiagnosis
            ),
            (["onset": "2026-11-30"], "onset", .future), (["died": "2026-11-01"], "died", .beforeOnset),
            (["birthDate": "2026-11-21", "guardian": "王芳"], "onset", .beforeBirth), (["sex": "7"], "sex", .option),
            (["onset": "昨天"], "onset", .time), (["course": "2"], "course", .noCourse),
            (["population": "3", "unit": ""], "unit", .missing), (["birthDate": "2016-05-01"], "guardian", .missing),
            (["diagnosed": "2026-11-21"], "diagnosed", .time),
        ])
    func problems(changes: [String: String], field: String, kind: ReportProblem.Kind) async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B05.900"))
        try await house.run()
        var card = try #require(try house.cards().first)
        card.values.merge(missing.merging(changes) { $1 }) { $1 }
        card.values = card.values.filter { !$0.value.isEmpty }
        #expect(card.problems(house.form, now: house.clock.now) == [ReportProblem(field: field, kind: kind)])
        await house.store.close()
    }

    @Test("asks for subtype, course and age where the disease does")
    func special() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "B18.100"))
        try await house.put(Sample.patient("p2", born: "2026-11-01"))
        try await house.put(Sample.condition("c2", patient: "p2", code: "A33.x00", onset: "2026-11-20"))
        try await house.put(Sample.condition("c3", patient: "p2", code: "A22.101", onset: "2026-11-20"))
        try await house.run()
        let cards = try house.cards()
        let hepatitis = try #require(cards.first { $0.disease.id == "NID-B-004" })
        #expect(hepatitis.values["subtype"] == "0302" && hepatitis.values["course"] == "2")
        var other = hepatitis
        (other.values["subtype"], other.values["course"]) = (nil, nil)
        #expect(
            other.problems(house.form, now: house.clock.now).contains(ReportProblem(field: "subtype", kind: .missing)))
        var tetanus = try #require(cards.first { $0.disease.id == "NID-B-020" })
        #expect(!tetanus.problems(house.form, now: house.clock.now).contains { $0.kind == .noNewborn })
        tetanus.values["birthDate"] = "2026-10-01"
        #expect(tetanus.problems(house.form, now: house.clock.now).contains { $0.kind == .noNewborn })
        let anthrax = try #require(cards.first { $0.disease.id == "NID-B-013" })
        // Pulmonary anthrax goes by the time of class A.
        #expect(anthrax.deadline - anthrax.diagnosedAt == 2 * hour && anthrax.values["subtype"] == "1901")
        await house.store.close()
    }

    @Test("keeps two questions apart, and lets a death change nothing but its date")
    func questions() async throws {
        let house = try await House()
        try await house.put(Sample.condition("c1", code: "J10.100"))
        try await house.run()
        var card = try await house.take(.confirm, try #require(try house.cards().first), changes: missing)
        try await house.put(Sample.influenzaTest("o1"))
        try await house.run()
        house.clock.advance(hours: 3)
        try await house.put(Sample.patient("p1", died: "2026-11-21"))
        try await house.run()
        card = try #require(try house.desk.card(card.id))
        #expect(card.stage == .correctionDue && card.due == house.clock.now + 21 * hour)
        #expect(card.steps.filter { $0.what == .asked }.count == 2)
        card = try await house.take(.tellDeath, card, changes: ["died": "2026-11-21", "name": "别人"])
        #expect(card.values["name"] == "王秀英" && card.values["died"] == "2026-11-21")
        await house.store.close()
    }

    @Test("can end from every stage, and each step is somebody's")
    func stages() {
        for stage in ReportStage.allCases where stage != .dismissed {
            #expect(stage.actions.contains(.dismiss))
            for action in stage.actions {
                #expect(action.isFor(centre: true, at: stage) || action.isFor(centre: false, at: stage))
            }
        }
        #expect(Set(ReportStage.allCases.flatMap(\.actions)) == Set(ReportAction.allCases))
        for stage in ReportStage.allCases { #expect(ReportStage(code: stage.code) == stage) }
    }
}
