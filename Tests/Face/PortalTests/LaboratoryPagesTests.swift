import FHIR
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Laboratories
import Portal
import Records
import Signals
import Syndromes
import Testing

@Suite("The pages of laboratories", .serialized)
struct LaboratoryPagesTests {
    private static let test =
        #"{"coding":[{"system":"http://loinc.org","code":"94500-6","display":"RNA"}],"text":"核酸"}"#

    private static func laboratory(_ id: String, capacity: Int) -> String {
        let type =
            test.dropLast() + #","extension":[{"url":"\#(Laboratory.capacityURL)","valueInteger":\#(capacity)}]}"#
        return
            #"{"resourceType":"HealthcareService","id":"\#(id)","name":"\#(id)检验科","providedBy":{"reference":"Organization/h"},"#
            + #""category":[{"coding":[{"system":"\#(Laboratory.kindSystem)","code":"medical"}]}],"type":[\#(type)]}"#
    }

    private static func request(_ id: String) -> String {
        #"{"resourceType":"ServiceRequest","id":"\#(id)","status":"active","intent":"order","code":\#(test),"#
            + #""category":[{"coding":[{"system":"\#(LaboratoryDesk.system)","code":"\#(LaboratoryDesk.category)"}]}],"#
            + #""subject":{"reference":"Patient/p"},"authoredOn":"2026-11-20T09:00:00+08:00"}"#
    }

    private func withOpenHouse(_ body: @escaping @Sendable (LaboratoryDesk, TestBrowser) async throws -> Void)
        async throws
    {
        let list = try WatchList()
        let store = try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { testNow }), definitions: try Definitions.r4(),
            projections: [EventCountsProjection(list)])
        let desk = LaboratoryDesk(store, try LaboratoryRules())
        let router = Router(context: BasicRequestContext.self)
        try Portal(
            store: store, cityCode: 330_100, signals: SignalDesk(store, list), laboratories: desk, now: { testNow }
        ).addRoutes(to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in try await body(desk, TestBrowser(client)) }
        await store.close()
    }

    @Test("say in both languages that no laboratory is registered, and make no plan without one")
    func empty() async throws {
        try await withOpenHouse { _, browser in
            let shown = try await browser.open("/laboratories?lang=zh")
            #expect(shown.text.contains("还没有登记实验室") && !shown.text.contains("⟦"))
            #expect(try await browser.open("/laboratories?lang=en").text.contains("No laboratory is registered yet"))
            #expect(try await browser.open("/laboratories/plan?lang=zh").text.contains("做不出方案"))
            #expect(try await browser.open("/laboratories/nobody").status == .notFound)
        }
    }

    @Test("show laboratories and samples, page by page, and suspend a laboratory whose failure is told")
    func suspended() async throws {
        try await withOpenHouse { desk, browser in
            try await desk.store.put(Sample.organization("h", division: 330_106))
            try await desk.store.put(Sample.patient("p"))
            for body in [Self.laboratory("a", capacity: 60)] + (1...55).map({ Self.request("r\($0)") }) {
                try await desk.store.put(body)
            }
            #expect(try await desk.run(now: testNow).routed == 55)
            let page = try await browser.open("/laboratories?lang=zh")
            for text in ["a检验科", "55 / 60", "1 家实验室入网，其中 0 家暂停", "共 55 份，第 1 页，共 2 页", "page=2"] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("⟦"))
            let second = try await browser.open("/laboratories?page=9&lang=en")
            #expect(second.text.contains("page 2 of 2") && !second.text.contains("⟦"))
            #expect(try await browser.open("/laboratories?format=csv").text.contains("a,a检验科,medical,330106,"))
            let key = "http://loinc.org|94500-6"
            let refused = try await browser.post(
                "/laboratories/a?lang=zh", ["test": key, "score": "101", "day": "2099-01-01"], hidden: false)
            #expect(refused.status == .unprocessableContent)
            for text in ["得分请填 0 到 100 的数", "日期请填今天或以前", "value=\"101\""] {
                #expect(refused.text.contains(text), "\(text)")
            }
            try await browser.post(
                "/laboratories/a", ["test": key, "score": "60", "day": "2026-11-20"], hidden: false)
            let after = try await browser.open("/laboratories/a?lang=zh")
            #expect(after.text.contains("暂停入网：2026年11月20日室间质评未通过") && after.text.contains("60% · 未通过"))
            let waiting = try await browser.open("/laboratories?lang=zh")
            #expect(waiting.text.contains("55 份等待有余力的实验室"))
            #expect(try await browser.open("/laboratories/plan?lang=zh").text.contains("做不出方案"))
        }
    }

    @Test("plan a surge, say whether it is met and what is missing, and refuse what can't be")
    func plan() async throws {
        try await withOpenHouse { desk, browser in
            try await desk.store.put(Sample.organization("h", division: 330_106))
            try await desk.store.put(Self.laboratory("a", capacity: 700_000))
            let met = try await browser.open("/laboratories/plan?lang=zh")
            #expect(met.text.contains("24 小时内检测 5,000,000 人可以做到") && !met.text.contains("⟦"))
            let short = try await browser.open("/laboratories/plan?lang=zh&pool=5")
            #expect(short.text.contains("做不到") && short.text.contains("混采 10 合 1 即可做到"))
            let english = try await browser.open("/laboratories/plan?lang=en&pool=0&people=many")
            #expect(english.status == .unprocessableContent)
            #expect(english.text.contains("Persons in a tube must lie between 1 and 50"))
            let table = try await browser.open("/laboratories/plan?format=csv")
            #expect(table.text.contains("laboratory,a,,500000,,,700000,5320,"))
        }
    }

    @Test("are for centres and the commission; only the city's centre tells assessments")
    func guarded() async throws {
        try await withHouse(hasSignals: true) { house, browser in
            for login in ["grandma", "doctor", "root"] {
                let visitor = browser()
                try await visitor.signIn(login)
                for address in ["/laboratories", "/laboratories/plan", "/laboratories/a"] {
                    #expect(try await visitor.open(address).status == .forbidden, "\(login) \(address)")
                }
            }
            try await house.store.put(
                Self.laboratory("a", capacity: 60).replacing("Organization/h", with: "Organization/o1"))
            let commission = browser()
            try await commission.signIn("manager")
            let list = try await commission.open("/laboratories?lang=zh")
            #expect(list.status == .ok && list.text.contains("样本清单只对疾控人员显示"))
            #expect(!(try await commission.open("/laboratories/a?lang=zh").text.contains("登记室间质评结果")))
            let centre = browser()
            try await centre.signIn("cdc")
            let page = try await centre.open("/laboratories/a?lang=zh")
            #expect(page.status == .ok && !page.text.contains("登记室间质评结果"))
            // With the token of another form of the session, so that it is the rule that refuses.
            let token = try #require(page.text.firstMatch(of: /name="form" value="([^"]+)"/)).output.1
            let sent = ["form": String(token), "test": "http://loinc.org|94500-6", "score": "60", "day": "2026-11-20"]
            let refused = try await centre.post("/laboratories/a", sent, hidden: false)
            #expect(refused.status == .forbidden && !refused.text.contains("重新打开"))
            #expect(
                try house.store.search(type: "Observation", parameters: [("focus", "HealthcareService/a")]).entries
                    .isEmpty)
        }
    }
}
