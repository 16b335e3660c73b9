import Access
import Accounts
import AuditLog
import Calendar
import Containment
import FHIR
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Portal
import Records
import Signals
import Syndromes
import Testing

@Suite("Measures, notices, timeliness and thresholds on the pages", .serialized)
struct ResponsePagesTests {
    /// One cholera case in 西湖区, and the signal of it.
    private func cholera(_ desk: SignalDesk, _ now: Int64) async throws -> Signal {
        try await desk.store.put(Sample.patient("p9", name: "赵六", born: "1980-01-01", division: 330_106))
        try await desk.store.put(Sample.condition("k1", patient: "p9", code: "A00.900", day: "2026-11-20"))
        await desk.store.settle()
        return try #require(try await desk.run(until: CivilDay(milliseconds: now), now: now).new.first)
    }

    private func withOpenHouse(_ body: @escaping @Sendable (SignalDesk, TestBrowser) async throws -> Void) async throws
    {
        let store = try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { testNow }), definitions: try Definitions.r4(),
            projections: [EventCountsProjection(try WatchList())])
        let desk = SignalDesk(store, try WatchList())
        let router = Router(context: BasicRequestContext.self)
        try Portal(store: store, cityCode: 330_100, signals: desk, now: { testNow }).addRoutes(to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in try await body(desk, TestBrowser(client)) }
        await store.close()
    }

    private static let notice = ["audience": "public", "title": "霍乱疫情提示", "text": "请喝开水，吃熟食。"]

    @Test("plan a measure and record what came of it, on the signal's timeline")
    func measures() async throws {
        try await withOpenHouse { desk, browser in
            let signal = try await cholera(desk, testNow)
            let (page, address) = ("/signals/\(signal.id)", "/signals/\(signal.id)/measures")
            try await browser.open(page + "?lang=zh")
            let form = ["kind": "disinfection", "text": "患者住处消毒", "who": "孙流调", "due": "2026-11-22T18:00"]
            for (field, text) in [("text", "请写明做什么"), ("who", "请写明由谁负责"), ("due", "要晚于现在")] {
                let shown = try await browser.post(
                    address, form.merging([field: field == "due" ? "2026-11-01T08:00" : " "]) { $1 }, hidden: false)
                #expect(shown.status == .unprocessableContent && shown.text.contains(text), "\(field)")
            }
            try await browser.post(address, form, hidden: false)
            await desk.store.settle()
            let planned = try await browser.open(page)
            for text in ["登记措施", "消毒：患者住处消毒（孙流调）", "待完成"] { #expect(planned.text.contains(text), "\(text)") }
            let id = try #require(
                try desk.store.search(type: "Task", parameters: Measure.search(signal: signal.id, count: 9))
                    .entries.first?.version.key.id)
            try await browser.post(address, ["measure": id, "stage": "done", "text": "含氯消毒两遍"], hidden: false)
            let done = try await browser.open(page)
            for text in ["措施完成", "含氯消毒两遍", "已完成"] { #expect(done.text.contains(text), "\(text)") }
            let again = try await browser.post(
                address, ["measure": id, "stage": "dropped", "text": "x"], hidden: false)
            #expect(again.status == .unprocessableContent && again.text.contains("已经有结果"))
            #expect(
                try await browser.post(address, ["measure": "nobody", "stage": "done"], hidden: false).status
                    == .notFound)
            #expect(try await !browser.open(page + "?lang=en").text.contains("⟦"))
            let timeliness = try await browser.open("/signals/timeliness?lang=zh")
            #expect(timeliness.text.contains("首项措施完成") && timeliness.text.contains("1.0 小时"))
            #expect(try await browser.open("/signals/timeliness?format=csv").text.contains("measured,1,0.0"))
            #expect(try await !browser.open("/signals/timeliness?days=30&lang=en").text.contains("⟦"))
        }
    }

    @Test("a notice goes out by a second person alone; the public finds it without signing in, staff theirs after it")
    func notices() async throws {
        try await withHouse(hasSignals: true) { house, browser in
            try await house.store.put(
                #"{"resourceType":"Organization","id":"o2","name":"西湖疾控中心","type":[{"coding":[{"code":"cdc"}]}]}"#)
            let desk = SignalDesk(house.store, try WatchList())
            let signal = try await cholera(desk, house.now)
            let (page, address) = ("/signals/\(signal.id)", "/signals/\(signal.id)/notices")
            _ = try await house.add(
                "second", "李主任",
                RoleAssignment(
                    .epidemiologist, person: "Practitioner/d1", practitionerRole: "PractitionerRole/x1",
                    organization: "Organization/o2", level: .institution, district: "330106"))
            let (cdc, second, nobody) = (browser(), browser(), browser())
            try await cdc.signIn("cdc")
            try await second.signIn("second")
            func ids() throws -> [String] {
                try house.store.search(type: "Communication", parameters: [("_sort", "_lastUpdated")]).entries.map {
                    $0.version.key.id
                }
            }
            func write(_ audience: String) async throws -> String {
                let before = Set(try ids())
                try await cdc.open(page + "?lang=zh")
                // The first form of the page may be that of a notice that is out.
                try await cdc.post(address, Self.notice.merging(["audience": audience, "notice": ""]) { $1 })
                await house.store.settle()
                return try #require(try ids().first { !before.contains($0) })
            }
            try await cdc.open(page + "?lang=zh")
            #expect(
                try await cdc.post(address, ["audience": "public", "title": " ", "text": "x"]).text.contains("请写标题和内容"))
            let id = try await write("public")
            let waiting = try await cdc.open(page)
            #expect(waiting.text.contains("须由另一人审批") && !waiting.text.contains("审批通过并发布"))
            let own = try await cdc.post(address, ["notice": id, "stage": "sent"])
            #expect(own.status == .unprocessableContent && own.text.contains("起草人不能审批"))
            #expect(try await nobody.open("/notices?lang=zh").text.contains("现在没有面向公众的通报"))
            try await second.open(page + "?lang=zh")
            try await second.post(address, ["notice": id, "stage": "sent"])
            await house.store.settle()
            let out = try await nobody.open("/notices")
            for text in ["霍乱疫情提示", "请喝开水", "西湖疾控中心", "公众"] { #expect(out.text.contains(text), "\(text)") }
            #expect(try await nobody.open("/sign-in").text.contains("href=\"/notices\""))
            // Both are in the log as those who wrote it.
            let log = try house.log().filter { entry in
                entry.entities.contains {
                    if case .resource(let name, _) = $0 { name == "Communication/\(id)" } else { false }
                }
            }
            #expect(log.filter { $0.action == .create }.count == 1 && log.filter { $0.action == .update }.count == 1)
            #expect(Set(log.filter { $0.action == .create || $0.action == .update }.map(\.agent.account)).count == 2)
            // To institutions: for staff alone.
            let inner = try await write("institutions")
            try await second.open(page)
            try await second.post(address, ["notice": inner, "stage": "sent"])
            await house.store.settle()
            let doctor = browser()
            try await doctor.signIn("doctor")
            #expect(try await doctor.open("/notices?lang=zh").text.contains("已发布的通报 2 条"))
            let grandma = browser()
            try await grandma.signIn("grandma")
            for visitor in [grandma, nobody] {
                #expect(try await visitor.open("/notices?lang=zh").text.contains("已发布的通报 1 条"))
            }
            // Taken back, it is gone from the board, and stays on the timeline.
            try await cdc.open(page)
            try await cdc.post(address, ["notice": id, "stage": "withdrawn", "text": "数字有误"])
            await house.store.settle()
            #expect(try await nobody.open("/notices").text.contains("现在没有面向公众的通报"))
            let life = try await cdc.open(page)
            for text in ["起草通报", "审批并发布通报", "撤回通报", "数字有误"] { #expect(life.text.contains(text), "\(text)") }
            #expect(try await doctor.post(address, ["notice": id, "stage": "sent"]).status == .forbidden)
            #expect(try await !nobody.open("/notices?lang=en").text.contains("⟦"))
        }
    }

    @Test("a false alarm says why, shows what it teaches, and the lesson can be taken back and given again")
    func lesson() async throws {
        try await withOpenHouse { desk, browser in
            // Told by the counts, as only such teach.
            let text = """
                {"resourceType":"Task","id":"s1","status":"requested","intent":"order",\
                "code":{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/surveillance","code":"surveillance-signal"}]},\
                "businessStatus":{"coding":[{"code":"detected"}]},"input":[\
                {"type":{"coding":[{"code":"condition"}]},"valueCoding":{"code":"varicella"}},\
                {"type":{"coding":[{"code":"district"}]},"valueString":"330106"},\
                {"type":{"coding":[{"code":"window"}]},"valuePeriod":{"start":"2026-11-14","end":"2026-11-20"}}],"output":[\
                {"type":{"coding":[{"code":"detected"}]},"valueAnnotation":{"time":"2026-11-20T00:00:00Z","text":"—"}}]}
                """
            try await desk.store.put(text)
            await desk.store.settle()
            try await browser.open("/signals/s1?lang=zh")
            let judged = try await browser.post(
                "/signals/s1", ["stage": "false-alarm", "text": "每年冬天如此", "reason": "natural"], hidden: false)
            #expect(judged.text.contains("原因：正常波动或季节。同类信号以后要更异常才会提示"))
            await desk.store.settle()
            let thresholds = try await browser.open("/signals/thresholds?lang=zh")
            for text in ["有 1 处门槛", "水痘 · 西湖区", "误报比例须不超过 2.5% 才提示（通常 5.0%）", "到 0.63%"] {
                #expect(thresholds.text.contains(text), "\(text)")
            }
            try await browser.post("/signals/s1/lesson", ["taught": "no", "from": "list"], hidden: false)
            await desk.store.settle()
            #expect(try await browser.open("/signals/thresholds").text.contains("现在没有被误报提高的门槛"))
            #expect(try await browser.open("/signals/s1").text.contains("已撤回"))
            #expect(try desk.signals(open: false).first?.isUntaught == true)
            try await browser.post("/signals/s1/lesson", ["taught": "yes"], hidden: false)
            await desk.store.settle()
            #expect(SignalLearning.all(try desk.signals(open: false), at: testNow, desk.options).count == 1)
            #expect(try await !browser.open("/signals/thresholds?lang=en").text.contains("⟦"))
            #expect(try await browser.post("/signals/nobody/lesson", [:], hidden: false).status == .notFound)
        }
    }
}
