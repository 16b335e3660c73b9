import Calendar
import Containment
import Hazards
import JSON
import Records
import Signals
import Syndromes
import Testing

@Suite("Hazards")
struct HazardTests {
    private static let year = HazardResults.days(of: 2026)

    @Test(
        "are over their limit by the item's own unit",
        arguments: [
            ("dust-silica", 1.0, nil, false), ("dust-silica", 1.01, nil, true), ("dust-silica", 1.5, "mg/m³", true),
            ("noise", 85.0, "dB(A)", false), ("noise", 85.1, "dB(A)", true), ("rice-cadmium", 300.0, "ug/kg", true),
            ("rice-cadmium", 150.0, "μg/kg", false), ("lead-dust", 60.0, "ug/m3", true),
        ] as [(String, Double, String?, Bool)])
    func limits(item: String, value: Double, unit: String?, isOver: Bool) async throws {
        let house = try await House()
        try await house.put(House.measured("o", item, value, at: "foundry", on: "2026-11-20", unit: unit))
        await house.store.settle()
        let kind = try house.kind(item == "rice-cadmium" ? "food" : "workplace")
        let share = try #require(try house.desk.results.sites(kind, Self.year).values.first)
        #expect(share.all == 1 && share.over == (isOver ? 1 : 0))
    }

    @Test("count for nothing where they are called off, without a site, or in a unit of something else")
    func nothing() async throws {
        let house = try await House()
        try await house.put(House.measured("a", "noise", 99, at: "foundry", on: "2026-11-20", status: "cancelled"))
        try await house.put(House.measured("b", "dust-silica", 9, at: "foundry", on: "2026-11-20", unit: "kg"))
        try await house.patients(1)
        try await house.put(
            #"{"resourceType":"Observation","id":"c","status":"final","subject":{"reference":"Patient/p0"},"effectiveDateTime":"2026-11-20",\#(House.conclusion("suspected"))}"#
        )
        await house.store.settle()
        for kind in house.list.kinds { #expect(try house.desk.results.sites(kind, Self.year).isEmpty) }
        #expect(try await house.run().isEmpty)
    }

    @Test("at a workplace make one signal with what is to be done, which a later measurement within limits answers")
    func workplace() async throws {
        let house = try await House()
        try await house.put(House.measured("a", "dust-silica", 2.4, at: "foundry", on: "2026-11-20"))
        try await house.put(House.measured("b", "noise", 80, at: "foundry", on: "2026-11-20"))
        let report = try await house.run()
        #expect(report.signals.count == 1 && report.measures.count == 2)
        let signal = try #require(try house.signals.signals(open: true).first)
        #expect(signal.cause == .site("西湖铸造厂") && signal.condition.id == "workplace-hazard" && signal.count == 1)
        #expect(signal.district == House.xihu && signal.owner == "Organization/xihu" && !signal.isRuled)
        #expect(signal.due == house.clock.now + 72 * 3_600_000)
        #expect(try Set(house.measures(signal.id).map(\.kind)) == [.supervision, .retest])
        let share = try #require(try house.desk.results.sites(house.kind("workplace"), Self.year).values.first)
        #expect(share.percent(try house.kind("workplace")) == 50)
        // Nothing new: nothing is written.
        #expect(try await house.run().isEmpty)
        // It is measured again and still above: the same signal goes on.
        house.clock.set("2026-12-01")
        try await house.put(House.measured("c", "dust-silica", 1.6, at: "foundry", on: "2026-12-01"))
        #expect(try await house.run().answered.isEmpty)
        #expect(try house.signals.signals(open: false).count == 1)
        house.clock.set("2026-12-15")
        try await house.put(House.measured("d", "dust-silica", 0.6, at: "foundry", on: "2026-12-14"))
        #expect(try await house.run().answered.count == 1)
        let retest = try #require(try house.measures(signal.id).first { $0.kind == .retest })
        #expect(retest.stage == .done && retest.steps.last?.text.contains("2026-12-14") == true)
        #expect(try house.measures(signal.id).first { $0.kind == .supervision }?.stage == .planned)
    }

    @Test("that have been judged aren't told again until there is a newer result")
    func judged() async throws {
        let house = try await House()
        try await house.put(House.measured("a", "noise", 91, at: "foundry", on: "2026-11-20"))
        _ = try await house.run()
        var signal = try #require(try house.signals.signals(open: true).first)
        try signal.take(
            .init(.falseAlarm, by: "李明", text: "仪器未校准", reason: .other), now: house.clock.now)
        let key = ResourceKey(type: "Task", id: signal.id)
        _ = try await house.store.update(key, try signal.task(), ifMatch: signal.version)
        house.clock.set("2026-12-20")
        #expect(try await house.run().signals.isEmpty)
        try await house.put(House.measured("b", "noise", 92, at: "foundry", on: "2026-12-19"))
        #expect(try await house.run().signals.count == 1)
    }

    @Test("found of workers put their employer under supervision, by persons")
    func workers() async throws {
        let house = try await House()
        try await house.patients(4)
        for (number, code) in ["normal", "suspected", "suspected", "recheck"].enumerated() {
            try await house.put(
                House.found(
                    "w\(number)", of: "p\(number)", at: "foundry", on: "2026-10-12", part: "打磨岗位",
                    House.conclusion(code)))
        }
        #expect(try await house.run().signals.count == 1)
        let signal = try #require(try house.signals.signals(open: true).first)
        #expect(signal.condition.id == "occupational-disease" && signal.count == 2)
        #expect(signal.cause == .site("西湖铸造厂"))
        let measure = try #require(try house.measures(signal.id).first { $0.kind == .supervision })
        #expect(measure.who.contains("医保") && measure.owner == "Organization/xihu")
        let share = try #require(try house.desk.results.sites(house.kind("worker-check"), Self.year).values.first)
        #expect(share.all == 4 && share.over == 2)
    }

    @Test("of a form count at the site that it names, where there is one of that name")
    func form() async throws {
        let house = try await House()
        try await house.patients(1)
        try await house.put(
            #"""
            {"resourceType":"QuestionnaireResponse","id":"q","status":"completed","questionnaire":"https://healthbrain.dev/fhir/Questionnaire/occupational-check|1",\#
            "subject":{"reference":"Patient/p0"},"authored":"2026-10-12T09:00:00+08:00","item":[{"linkId":"employer","answer":[{"valueString":"西湖铸造厂"}]},\#
            {"linkId":"conclusion","answer":[{"valueCoding":{"system":"https://healthbrain.dev/fhir/CodeSystem/check-conclusion","code":"suspected"}}]}]}
            """#)
        #expect(try await house.run().signals.count == 1)
        #expect(try house.signals.signals(open: true).first?.district == House.xihu)
    }

    @Test(
        "of eyes are myopic where one eye is below both limits, and can't be told without refraction",
        arguments: [
            ([("acuity-right", 4.7), ("acuity-left", 5.0), ("se-right", -1.25), ("se-left", -0.25)], 1, 1),
            ([("acuity-right", 5.0), ("acuity-left", 5.1), ("se-right", -1.25), ("se-left", -0.25)], 1, 0),
            ([("acuity-right", 4.8), ("acuity-left", 5.0), ("se-right", -0.50), ("se-left", 0)], 1, 0),
            ([("acuity-right", 5.0), ("acuity-left", 5.1)], 1, 0),
            ([("acuity-right", 4.6), ("acuity-left", 5.1)], 0, 0),
        ])
    func eyes(values: [(String, Double)], all: Int, over: Int) async throws {
        let house = try await House()
        try await house.patients(1)
        try await house.put(House.found("v", of: "p0", at: "school", on: "2026-10-12", House.eyes(values)))
        await house.store.settle()
        let share = try house.desk.results.sites(house.kind("school-vision"), Self.year).values.first ?? .init()
        #expect(share.all == all && share.over == over)
    }

    @Test("of a school are told where its share is five points above the year before, of pupils by their newest result")
    func school() async throws {
        let house = try await House()
        try await house.patients(20)
        let (clear, myopic) = (
            House.eyes([("acuity-right", 5.0), ("acuity-left", 5.0)]),
            House.eyes([("acuity-right", 4.5), ("acuity-left", 4.6), ("se-right", -2), ("se-left", -2)])
        )
        for number in 0..<20 {
            try await house.put(
                House.found("a\(number)", of: "p\(number)", at: "school", on: "2025-10-12", number < 4 ? myopic : clear)
            )
            try await house.put(
                House.found("b\(number)", of: "p\(number)", at: "school", on: "2026-10-12", number < 5 ? myopic : clear)
            )
        }
        #expect(try await house.run().signals.count == 1)
        // The fifth is found clear in December: four of twenty as in the year before, and what was told stays to be dealt with.
        let signal = try #require(try house.signals.signals(open: true).first)
        #expect(signal.condition.id == "school-myopia" && signal.count == 5)
        try await house.put(House.found("c", of: "p4", at: "school", on: "2026-11-20", clear))
        await house.store.settle()
        let kind = try house.kind("school-vision")
        let share = try #require(try house.desk.results.sites(kind, Self.year).values.first)
        #expect(share.all == 20 && share.over == 4 && share.percent(kind) == 20)
        let parts = try house.desk.results.parts(kind, Self.year, of: .init(name: "西湖中心小学", district: House.xihu))
        #expect(parts.map(\.0) == ["三年级"])
    }

    @Test("of food are counted against the plan of the city and of a county")
    func plan() async throws {
        let house = try await House()
        let kind = try house.kind("food")
        let county = house.list.planned(kind, inCity: false)
        for (number, item) in county.dropLast().enumerated() {
            try await house.put(
                House.measured("f\(number)", item.code, 0, at: "market", on: "2026-05-0\(number % 9 + 1)", part: "样品"))
        }
        await house.store.settle()
        let coverage = try house.desk.results.coverage(
            kind, house.list, Self.year, districts: [0, House.xihu, 330_110])
        #expect(coverage.map(\.planned) == [house.list.planned(kind, inCity: true).count, county.count, county.count])
        #expect(coverage.map(\.sampled) == [county.count - 1, county.count - 1, 0])
        #expect(coverage[1].missing == county.suffix(1) && coverage[1].percent == 90)
        #expect(kind.plan?.city == 100 && kind.plan?.county == 90)
        #expect(try house.kind("workplace").target?.least == 85)
    }

    @Test(
        "are refused as data with file and place",
        arguments: [
            (
                #"{"kinds":[],"items":[{"code":"x","kind":"y","zh":"x","en":"x","above":1,"limitSource":"s"}]}"#,
                "items[0].kind"
            ),
            (#"{"kinds":[{"id":"x","number":1,"condition":"nothing"}]}"#, "kinds[0].condition"),
        ])
    func refused(text: String, path: String) throws {
        let fault = #expect(throws: DefinitionFault.self) { try HazardList(Array(text.utf8), try WatchList()) }
        #expect(fault?.path == path && fault?.file == "hazards.json")
    }
}
