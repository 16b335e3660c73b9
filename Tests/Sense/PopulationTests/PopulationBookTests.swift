import Calendar
import Population
import Records
import Testing

@Suite("The population")
struct PopulationBookTests {
    private let city = PopulationArea(330_100)

    private func month(_ text: String) throws -> CivilMonth { try #require(CivilMonth(text)) }

    @Test("counts who lives in a district at the end of a month, by sex and completed years")
    func residents() async throws {
        let store = try populationStore(TestClock("2026-11-20"))
        try await store.put(Sample.patient("a", born: "2025-12-31", sex: "male"))
        try await store.put(Sample.patient("b", born: "1961-11-30"))
        try await store.put(Sample.patient("c", born: "1961-12-01", homes: [Sample.home(330_102)]))
        try await store.put(Sample.patient("d", born: nil, sex: "other"))
        try await store.put(Sample.patient("e", homes: [Sample.home(340_000)]))
        try await store.put(Sample.patient("f", homes: []))
        await store.settle()
        let book = PopulationBook(store: store)
        let found = try book.residents(of: city, at: try month("2026-11"))
        #expect(found.total == 4 && found.men[0] == 1 && found.women[65] == 1 && found.women[64] == 1)
        #expect(found.ageless == 1)
        #expect(try book.residents(of: PopulationArea(330_102), at: month("2026-11")).total == 1)
        #expect(try book.residents(at: month("2026-11"))[0]?.total == 1)
        #expect(try book.residents(of: city, at: month("2025-11")).total == 3)
        await store.close()
    }

    @Test("follows births, moves and deaths, and gives the population of any earlier month")
    func changes() async throws {
        let store = try populationStore(TestClock("2026-11-20"))
        try await store.put(
            Sample.patient(
                "a",
                homes: [
                    Sample.home(330_102, from: "2026-03-10"),
                    Sample.home(330_106, use: "old", from: "2024-05-01", until: "2026-03-09"),
                    Sample.home(340_000, use: "old", until: "2024-04-30"),
                ]))
        try await store.put(Sample.patient("b", born: "1940-01-01", sex: "male", died: "2026-02-03"))
        try await store.put(
            Sample.patient("c", homes: [Sample.home(330_106, use: "old", from: "2025-01-05", until: "2026-01-31")]))
        try await store.put(
            Sample.patient("d", born: "2026-01-10", sex: "male", homes: [Sample.home(330_106, from: "2026-02-01")]))
        await store.settle()
        let book = PopulationBook(store: store)
        func total(_ code: Int, _ at: String) throws -> Int {
            try book.residents(of: PopulationArea(code), at: month(at)).total
        }
        #expect(try [total(330_106, "2024-04"), total(330_106, "2024-05"), total(330_106, "2025-12")] == [1, 2, 3])
        #expect(try [total(330_106, "2026-02"), total(330_106, "2026-03"), total(330_102, "2026-03")] == [2, 1, 1])
        let months = try month("2026-01")...month("2026-12")
        let movements = try book.movements(months)
        let whole = VitalFigures(movements, in: city, months, ends: (3, 2))
        #expect((whole.births, whole.boys, whole.deaths, whole.arrivals, whole.departures) == (1, 1, 1, 0, 1))
        let district = VitalFigures(movements, in: PopulationArea(330_102), months, ends: (0, 1))
        #expect((district.arrivals, district.departures) == (1, 0))
        #expect(whole.naturalGrowth == 0 && whole.meanPopulation == 2.5 && whole.rate(1) == 400)
        await store.close()
    }

    @Test("tells what was known at an earlier day, when a death is told late and a home is corrected")
    func known() async throws {
        let clock = TestClock("2026-10-01")
        let store = try populationStore(clock)
        try await store.put(Sample.patient("a", sex: "male"))
        clock.set("2026-11-05")
        try await store.put(Sample.patient("a", sex: "male", died: "2026-09-20", homes: [Sample.home(330_102)]))
        await store.settle()
        let book = PopulationBook(store: store)
        let september = try month("2026-09")
        #expect(try book.residents(at: september, asOf: CivilDay("2026-11-04"))[330_106]?.total == 1)
        let now = try book.residents(at: september)
        #expect(now[330_106]?.total == 0 && now[330_102]?.total == 0)
        #expect(try book.residents(at: month("2026-08"))[330_102]?.total == 1)
        #expect(try book.residents(at: september, asOf: CivilDay("2026-09-30")).isEmpty)
        await store.close()
    }

    @Test(
        "leaves out records that stand for nobody",
        arguments: [
            #","active":false"#, #","deceasedBoolean":true"#,
            #","active":false,"link":[{"other":{"reference":"Patient/z"},"type":"replaced-by"}]"#,
        ])
    func nobody(more: String) async throws {
        let store = try populationStore(TestClock("2026-11-20"))
        try await store.put(Sample.patient("z"))
        try await store.put(Sample.patient("a"))
        try await store.put(Sample.patient("a", more: more))
        await store.settle()
        #expect(try PopulationBook(store: store).residents(of: city, at: month("2026-11")).total == 1)
        await store.close()
    }

    @Test("takes marriages from what registries report, corrections too, and nothing that isn't complete")
    func registers() async throws {
        let clock = TestClock("2026-11-02")
        let store = try populationStore(clock)
        let office =
            #"{"resourceType":"Organization","id":"o","name":"登记处","address":[\#(Sample.home(330_106, use: "work"))]}"#
        try await store.put(office)
        try await store.put(Sample.register("m", by: "Organization/o", month: "2026-10", marriages: 40))
        try await store.put(
            Sample.register("n", by: "Organization/o", month: "2026-09", marriages: 9, status: "pending"))
        clock.set("2026-11-09")
        try await store.put(Sample.register("m", by: "Organization/o", month: "2026-10", marriages: 42))
        await store.settle()
        let book = PopulationBook(store: store)
        let months = try month("2026-01")...month("2026-12")
        let found = try book.registered(.marriage, months)
        #expect(found.map(\.count) == [42] && found.first?.district == 330_106)
        #expect(try book.registered(.marriage, months, asOf: CivilDay("2026-11-08")).map(\.count) == [40])
        #expect(try book.registered(.divorce, months).isEmpty)
        await store.close()
    }
}
