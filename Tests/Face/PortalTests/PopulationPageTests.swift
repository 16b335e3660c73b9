import Calendar
import FHIR
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Population
import Portal
import Records
import Signals
import Syndromes
import Testing

@Suite("The page of the population", .serialized)
struct PopulationPageTests {
    private func withOpenHouse(_ body: @escaping @Sendable (RecordStore, TestBrowser) async throws -> Void) async throws
    {
        let list = try WatchList()
        let store = try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { testNow }), definitions: try Definitions.r4(),
            projections: [EventCountsProjection(list), PopulationProjection()])
        let desk = SignalDesk(store, list)
        let router = Router(context: BasicRequestContext.self)
        try Portal(
            store: store, cityCode: 330_100, signals: desk, population: try PopulationDesk(desk, cityCode: 330_100),
            now: { testNow }
        ).addRoutes(to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in try await body(store, TestBrowser(client)) }
        await store.close()
    }

    @Test("says in both languages that nobody is registered, where nobody is")
    func empty() async throws {
        try await withOpenHouse { _, browser in
            let shown = try await browser.open("/population?lang=zh")
            #expect(shown.status == .ok && shown.text.contains("还没有登记任何居民"))
            let english = try await browser.open("/population?lang=en")
            #expect(english.text.contains("Nobody is registered yet") && !english.text.contains("⟦"))
        }
    }

    @Test("shows who lives where, by age and sex, what changed, and the years to come; and takes them along")
    func shown() async throws {
        try await withOpenHouse { store, browser in
            try await store.put(Sample.patient("a", born: "1954-03-09", division: 330_106))
            try await store.put(Sample.patient("b", born: "2026-06-01", division: 330_106))
            try await store.put(Sample.patient("c", born: "1940-01-01", died: "2026-09-02", division: 330_102))
            try await store.put(Sample.patient("d", division: nil))
            await store.settle()
            let page = try await browser.open("/population?lang=zh")
            #expect(page.status == .ok && !page.text.contains("⟦"))
            for text in [
                "2026年11月末共 2 人；近十二个月出生 1 人、死亡 1 人，自然增长 ±0，净迁入 ±0", "另有 1 人居住地未知",
                "西湖区", "70–74", "趋势与服务需求预测",
            ] { #expect(page.text.contains(text), "\(text)") }
            let english = try await browser.open("/population?lang=en&district=330106")
            #expect(english.text.contains("2 persons at the end of Nov 2026") && !english.text.contains("⟦"))
            #expect(try await browser.open("/population?month=2026-05&lang=zh").text.contains("2026年5月末共 2 人"))
            let table = try await browser.open("/population?format=csv")
            #expect(table.answer.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(table.text.contains("2026-11,,330106,72,0,1,0\r\n"))
            let changes = try await browser.open("/population?format=changes&district=330102")
            #expect(changes.text.contains("2026-09,330102,0,0,0,1,0,0\r\n"))
        }
    }

    @Test("gives the seasons of a disease their denominator")
    func denominator() async throws {
        try await withOpenHouse { store, browser in
            for number in 1...4 { try await store.put(Sample.patient("p\(number)", born: "1980-01-01")) }
            // Whole seasons alone are summed up: the disease was counted before this one began.
            try await store.put(Sample.condition("before", patient: "p2", code: "J10.100", day: "2025-06-02"))
            try await store.put(Sample.condition("k", patient: "p1", code: "J10.100", day: "2026-03-02"))
            await store.settle()
            let page = try await browser.open("/signals/seasons?condition=NID-C-001&lang=zh")
            #expect(page.text.contains("折合每十万人口 25,000（分母：2026年10月末常住 4 人）"))
            let stream = try await browser.open("/signals/seasons?condition=ili&source=4&lang=zh")
            #expect(stream.status == .ok && !stream.text.contains("折合"))
        }
    }

    @Test("warns, and its signal leads back to the page")
    func warns() async throws {
        try await withOpenHouse { store, browser in
            for number in 10...21 {
                try await store.put(Sample.patient("d\(number)", born: "1940-01-01", died: "2026-05-\(number)"))
            }
            await store.settle()
            let page = try await browser.open("/population?lang=zh")
            #expect(page.text.contains("人口自然负增长") && page.text.contains("自然增长 −12 人"))
            let desk = try PopulationDesk(SignalDesk(store, try WatchList()), cityCode: 330_100)
            let told = try await desk.run(on: CivilDay(milliseconds: testNow), now: testNow)
            let id = try #require(told.first?.id)
            let list = try await browser.open("/signals?lang=zh")
            #expect(list.text.contains("人口自然负增长") && !list.text.contains("⟦"))
            let signal = try await browser.open("/signals/\(id)?lang=zh")
            #expect(signal.text.contains("/population?month=2026-10") && signal.text.contains("−12，对照 0"))
            #expect(try await browser.open("/signals/\(id)?lang=en").text.contains("See the population"))
        }
    }

    @Test(
        "names what can't be read, and shows what it can", arguments: ["month=2026-13", "month=2099-01", "known=today"])
    func refused(query: String) async throws {
        try await withOpenHouse { _, browser in
            let shown = try await browser.open("/population?lang=zh&\(query)")
            #expect(shown.status == .unprocessableContent && shown.text.contains("role=\"alert\""))
        }
    }

    @Test("is for epidemiologists, of their own district, and for the commission in rounded counts; others are refused")
    func guarded() async throws {
        try await withHouse(hasSignals: true) { house, browser in
            for login in ["grandma", "doctor", "root"] {
                let visitor = browser()
                try await visitor.signIn(login)
                #expect(try await visitor.open("/population").status == .forbidden, "\(login)")
            }
            let centre = browser()
            try await centre.signIn("cdc")
            let own = try await centre.open("/population?district=330102&lang=zh")
            #expect(own.status == .ok && own.text.contains("西湖区人口监测"))
            #expect(!own.text.contains("上城区"))
            let commission = browser()
            try await commission.signIn("manager")
            #expect(try await commission.open("/population?lang=zh").text.contains("取整到 5 的倍数"))
            let nobody = try await browser().open("/population", following: false)
            #expect(nobody.status == .seeOther)
        }
    }
}
