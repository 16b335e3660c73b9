import FHIR
import Hazards
import Hummingbird
import HummingbirdTesting
import Portal
import Records
import Signals
import Syndromes
import Testing

@Suite("The pages of hazards", .serialized)
struct HazardPagesTests {
    private func withOpenHouse(_ body: @escaping @Sendable (HazardDesk, TestBrowser) async throws -> Void) async throws
    {
        let watched = try WatchList()
        let list = try HazardList(watched)
        let store = try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { testNow }), definitions: try Definitions.r4(),
            projections: [EventCountsProjection(watched), HazardResultsProjection(list)])
        let signals = SignalDesk(store, watched)
        let desk = HazardDesk(store, list, signals)
        let router = Router(context: BasicRequestContext.self)
        try Portal(store: store, cityCode: 330_100, signals: signals, hazards: desk, now: { testNow }).addRoutes(
            to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in try await body(desk, TestBrowser(client)) }
        await store.close()
    }

    private static func measured(
        _ id: String, _ item: String, _ value: Double, at place: String = "foundry", on day: String
    ) -> String {
        #"{"resourceType":"Observation","id":"\#(id)","status":"final","code":{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/hazard-item","code":"\#(item)"}]},"#
            + #""subject":{"reference":"Location/\#(place)"},"effectiveDateTime":"\#(day)","valueQuantity":{"value":\#(value)}}"#
    }

    private static func place(_ id: String, _ name: String, _ division: Int) -> String {
        #"{"resourceType":"Location","id":"\#(id)","name":"\#(name)","address":{"extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"\#(division)"}]}}"#
    }

    private func furnish(_ store: RecordStore) async throws {
        try await store.put(Self.place("foundry", "西湖<铸造厂>", 330_106))
        try await store.put(Self.place("mill", "余杭纺织厂", 330_110))
        try await store.put(Self.measured("a", "dust-silica", 2.4, on: "2026-11-10"))
        try await store.put(Self.measured("b", "noise", 80, on: "2026-11-10"))
        try await store.put(Self.measured("c", "noise", 82, at: "mill", on: "2026-11-10"))
        try await store.put(Self.measured("d", "rice-cadmium", 0.1, at: "mill", on: "2026-11-10"))
        await store.settle()
    }

    @Test("say in both languages that there is nothing, where nothing is")
    func empty() async throws {
        try await withOpenHouse { desk, browser in
            for address in ["/hazards"] + desk.list.kinds.map({ "/hazards/\($0.id)" }) {
                for language in ["zh", "en"] {
                    let shown = try await browser.open("\(address)?lang=\(language)")
                    #expect(shown.status == .ok && !shown.text.contains("⟦"), "\(address)")
                }
            }
            for address in ["/hazards/nothing", "/hazards/workplace/site", "/hazards/workplace/site?name=x&district=0"]
            {
                #expect(try await browser.open(address).status == .notFound, "\(address)")
            }
        }
    }

    @Test("show the share against its aim, what is above its limit, the signal and the site, and the plan")
    func shown() async throws {
        try await withOpenHouse { desk, browser in
            try await furnish(desk.store)
            let signal = try #require(try await desk.run(now: testNow).signals.first)
            await desk.store.settle()
            let all = try await browser.open("/hazards?lang=zh")
            for text in ["合格率 66.7%", "未达目标：85.0% 以上", "目前 1 项最新结果超过限值", "1 个信号正在处理", "/hazards/food"] {
                #expect(all.text.contains(text), "\(text)")
            }
            let kind = try await browser.open("/hazards/workplace?lang=zh")
            for text in [
                "西湖&lt;铸造厂&gt;", "2.4 mg/m3", "≤ 1 mg/m3", "/signals/\(signal)", "GBZ 2.1-2019", "到2025年达85%以上",
            ] {
                #expect(kind.text.contains(text), "\(text)")
            }
            let site = try await browser.open("/hazards/workplace/site?name=西湖<铸造厂>&district=330106")
            #expect(site.status == .ok && site.text.contains("限值以内") && site.text.contains("超过限值"))
            let food = try await browser.open("/hazards/food?lang=en")
            for text in ["1 / 12", "8.3%", "missed", "rice: lead", "100.0%"] {
                #expect(food.text.contains(text), "\(text)")
            }
            let csv = try await browser.open("/hazards/workplace?format=csv")
            #expect(
                csv.answer.headers[.contentType] == "text/csv; charset=utf-8" && csv.text.contains("余杭纺织厂,1,0,100.0%"))
            let page = try await browser.open("/signals/\(signal)?lang=zh")
            for text in ["1 项工作场所检测结果超过限值", "监督检查、责令整改", "复测、复查", "/hazards/workplace/site?name="] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("⟦"))
            #expect(try await browser.open("/signals?lang=en").text.contains("above its limit"))
        }
    }

    @Test("are for epidemiologists alone, of their own district")
    func guarded() async throws {
        try await withHouse(hasSignals: true) { house, browser in
            try await furnish(house.store)
            for login in ["grandma", "doctor", "manager", "root"] {
                let visitor = browser()
                try await visitor.signIn(login)
                for address in ["/hazards", "/hazards/workplace"] {
                    #expect(try await visitor.open(address).status == .forbidden, "\(login) \(address)")
                }
            }
            let visitor = browser()
            try await visitor.signIn("cdc")
            let page = try await visitor.open("/hazards/workplace?lang=zh")
            #expect(page.status == .ok && page.text.contains("合格率 50.0%") && !page.text.contains("余杭纺织厂"))
            #expect(page.text.contains(#"href="/hazards" aria-current="page""#))
            #expect(
                try await visitor.open("/hazards/workplace/site?name=余杭纺织厂&district=330110").status == .notFound)
        }
    }
}
