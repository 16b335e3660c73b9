import AuditLog
import Calendar
import FHIR
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Portal
import Records
import Signals
import Syndromes
import Testing

@Suite("The epidemiologist's pages of signals", .serialized)
struct SignalPagesTests {
    /// One cholera case in 西湖区, and the signal of it.
    private func cholera(_ desk: SignalDesk) async throws -> Signal {
        try await desk.store.put(Sample.patient("p9", name: "赵六", born: "1980-01-01", division: 330_106))
        try await desk.store.put(Sample.condition("k1", patient: "p9", code: "A00.900", day: "2026-11-20"))
        await desk.store.settle()
        let report = try await desk.run(until: CivilDay(milliseconds: testNow), now: testNow)
        return try #require(report.new.first)
    }

    private func counting() throws -> RecordStore {
        try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { testNow }), definitions: try Definitions.r4(),
            projections: [EventCountsProjection(try WatchList())])
    }

    private func withOpenHouse(_ body: @escaping @Sendable (SignalDesk, TestBrowser) async throws -> Void) async throws
    {
        let store = try counting()
        let desk = SignalDesk(store, try WatchList())
        let router = Router(context: BasicRequestContext.self)
        try Portal(store: store, cityCode: 330_100, signals: desk, now: { testNow }).addRoutes(to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in try await body(desk, TestBrowser(client)) }
        await store.close()
    }

    @Test("say in both languages that nothing is unusual, where nothing is")
    func empty() async throws {
        try await withOpenHouse { _, browser in
            for address in ["/signals?lang=zh", "/signals?lang=en", "/signals?show=ended&lang=zh"] {
                let shown = try await browser.open(address)
                #expect(shown.status == .ok && !shown.text.contains("⟦"), "\(address)")
            }
            #expect(try await browser.open("/signals").text.contains("现在没有待处理的信号"))
            #expect(try await browser.open("/signals/nobody").status == .notFound)
            #expect(try await browser.open("/signals/%20").status == .notFound)
        }
    }

    @Test("are for epidemiologists alone; others are refused, and the log is told")
    func refused() async throws {
        try await withHouse(hasSignals: true) { house, browser in
            for login in ["grandma", "doctor", "manager", "root"] {
                let visitor = browser()
                try await visitor.signIn(login)
                for address in ["/signals", "/signals/nobody"] {
                    #expect(try await visitor.open(address).status == .forbidden, "\(login) \(address)")
                }
            }
            #expect(try house.log().filter { $0.action == .refusal && $0.reason == "role" }.count == 8)
            let visitor = browser()
            try await visitor.signIn("cdc")
            #expect(try await visitor.open("/signals").status == .ok)
            let nobody = try await browser().open("/signals", following: false)
            #expect(nobody.status == .seeOther && nobody.location?.hasPrefix("/sign-in") == true)
        }
    }

    @Test("rank what is open, and show a signal's curve, cases and forms")
    func shown() async throws {
        try await withOpenHouse { desk, browser in
            let signal = try await cholera(desk)
            let list = try await browser.open("/signals?lang=zh")
            for text in ["霍乱", "西湖区", "待核实", "/signals/\(signal.id)", "达到事件报告标准"] {
                #expect(list.text.contains(text), "\(text)")
            }
            let page = try await browser.open("/signals/\(signal.id)?a=43&b=11&c=3&d=18")
            for text in ["赵六", "指派核实", "判为误报", "/records/Condition/k1", "23.45", "5.57"] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("⟦"))
            #expect(try await browser.open("/signals/\(signal.id)?lang=en").text.contains("Cholera"))
            let table = try await browser.open("/signals/\(signal.id)?format=csv&lang=zh")
            #expect(table.answer.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(table.text.contains("2026-11-20,25–64,diagnoses,Condition/k1,赵六\r\n"))
            #expect(try await browser.open("/signals?format=csv").text.contains("NID-A-002"))
        }
    }

    @Test("say where nothing was counted before that nothing is known of what is usual, and draw the point there is")
    func noHistory() async throws {
        try await withOpenHouse { desk, browser in
            let signal = try await cholera(desk)
            let page = try await browser.open("/signals/\(signal.id)?lang=zh")
            #expect(page.text.contains("没有更早的数据") && page.text.contains("class=\"dot\" cx="))
            #expect(page.text.contains("霍乱：病种、类别和时限"))
            #expect(try await browser.open("/signals/\(signal.id)?lang=en").text.contains("There are no earlier data"))
        }
    }

    @Test("tell a disease and its syndrome of the same persons as one signal, each with its sources")
    func related() async throws {
        try await withOpenHouse { desk, browser in
            let today = CivilDay(milliseconds: testNow)
            try await desk.store.put(Sample.patient("p0", name: "钱一", born: "1980-01-01", division: 330_106))
            for week in 1..<56 {
                let day = today.advanced(by: -7 * week).isoText
                try await desk.store.put(Sample.condition("q\(week)", patient: "p0", code: "J10.100", day: day))
            }
            for number in 1...9 {
                let id = "i\(number)"
                try await desk.store.put(Sample.patient(id, name: "钱\(number)", born: "1980-01-01", division: 330_106))
                try await desk.store.put(
                    Sample.condition("k\(number)", patient: id, code: "J10.100", day: today.isoText))
            }
            await desk.store.settle()
            let report = try await desk.run(until: today, now: testNow)
            #expect(report.new.count == 1)
            let signal = try #require(report.new.first)
            for address in ["/signals?lang=zh", "/signals?condition=ili", "/signals?condition=NID-C-001"] {
                let list = try await browser.open(address)
                for text in ["流行性感冒", "同时上升：流感样病例（各年龄）", "/signals/\(signal.id)"] {
                    #expect(list.text.contains(text), "\(address) \(text)")
                }
            }
            #expect(!(try await browser.open("/signals?condition=diarrhoea").text.contains("/signals/\(signal.id)\"")))
            let page = try await browser.open("/signals/\(signal.id)")
            for text in ["<caption>流行性感冒</caption>", "<caption>流感样病例</caption>", "同时上升：流感样病例"] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("⟦"))
            #expect(try await browser.open("/signals?format=csv&lang=en").text.contains("Influenza-like illness 9"))
        }
    }

    @Test("show each source of a signal, and a stream's own words where nobody is ill yet")
    func sources() async throws {
        try await withOpenHouse { desk, browser in
            try await desk.store.put(
                """
                {"resourceType":"Organization","id":"xihu","name":"西湖区疾控","address":[{"extension":[{"url":\
                "https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"330106"}]}]}
                """)
            let today = CivilDay(milliseconds: testNow)
            for week in 0..<40 {
                let day = today.advanced(by: -7 * week).isoText
                try await desk.store.put(
                    """
                    {"resourceType":"Observation","id":"s\(week)","status":"final","code":{"coding":[{"system":\
                    "\(WatchedStream.system)","code":"drug-antidiarrhoeal"}]},"effectiveDateTime":"\(day)",\
                    "performer":[{"reference":"Organization/xihu"}],"valueQuantity":{"value":\(week == 0 ? 90 : 20 + week % 3)}}
                    """)
            }
            await desk.store.settle()
            let signal = try #require(try await desk.run(until: today, now: testNow).new.first)
            #expect(signal.condition.id == "diarrhoea" && !signal.source.countsPersons)
            let list = try await browser.open("/signals?lang=zh")
            #expect(list.text.contains("7 天内药品销售 90，通常"))
            let page = try await browser.open("/signals/\(signal.id)")
            for text in ["各来源最近 7 天", "药品销售", "高于上限"] { #expect(page.text.contains(text), "\(text)") }
            #expect(!page.text.contains("⟦"))
            #expect(
                try await browser.open("/signals/\(signal.id)?lang=en").text.contains("drug sales: 90 in the 7 days"))
        }
    }

    @Test("take a signal through its life, and say what is missing")
    func life() async throws {
        try await withOpenHouse { desk, browser in
            let signal = try await cholera(desk)
            let address = "/signals/\(signal.id)"
            try await browser.open(address + "?lang=zh")
            let nobody = try await browser.post(
                address, ["stage": "verifying", "assignee": " ", "due": "2026-11-21T18:00"], hidden: false)
            #expect(nobody.status == .unprocessableContent && nobody.text.contains("请写明由谁负责"))
            let late = try await browser.post(
                address, ["stage": "verifying", "assignee": "孙流调", "due": "2026-11-20T18:00"], hidden: false)
            #expect(late.text.contains("要晚于现在"))
            for (stage, text) in [("verifying", ""), ("investigating", "属实"), ("responding", "消毒"), ("closed", "抽检")] {
                let done = try await browser.post(
                    address, ["stage": stage, "assignee": "孙流调", "due": "2026-11-22T18:00", "text": text], hidden: false
                )
                #expect(done.status == .ok, "\(stage)")
            }
            let closed = try await browser.open(address)
            for text in ["已结案", "消毒", "抽检"] { #expect(closed.text.contains(text), "\(text)") }
            let again = try await browser.post(address, ["stage": "closed", "text": "x"], hidden: false)
            #expect(again.status == .unprocessableContent)
            #expect(try desk.signals(open: true).isEmpty)
            #expect(try await browser.open("/signals?show=ended").text.contains("霍乱"))
        }
    }
}
