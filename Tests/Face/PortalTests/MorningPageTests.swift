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

@Suite("The morning page: filters, map, seasons, kept views, report", .serialized)
struct MorningPageTests {
    /// One cholera case in 西湖区, and the signal of it.
    private func cholera(_ desk: SignalDesk, _ now: Int64) async throws -> Signal {
        try await desk.store.put(Sample.patient("p9", name: "赵六", born: "1980-01-01", division: 330_106))
        try await desk.store.put(Sample.condition("k1", patient: "p9", code: "A00.900", day: "2026-11-20"))
        await desk.store.settle()
        return try #require(try await desk.run(until: CivilDay(milliseconds: now), now: now).new.first)
    }

    private func withOpenHouse(
        boundaries: [UInt8]? = nil, _ body: @escaping @Sendable (SignalDesk, TestBrowser) async throws -> Void
    ) async throws {
        let store = try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { testNow }), definitions: try Definitions.r4(),
            projections: [EventCountsProjection(try WatchList())])
        let desk = SignalDesk(store, try WatchList())
        let router = Router(context: BasicRequestContext.self)
        try Portal(store: store, cityCode: 330_100, boundaries: boundaries, signals: desk, now: { testNow })
            .addRoutes(to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in try await body(desk, TestBrowser(client)) }
        await store.close()
    }

    @Test("filter by condition and district in the address, and count by district")
    func filters() async throws {
        try await withOpenHouse { desk, browser in
            let signal = try await cholera(desk, testNow)
            let whole = try await browser.open("/signals?lang=zh")
            for text in ["按区县", "/signals?district=330106", "/signals/\(signal.id)"] {
                #expect(whole.text.contains(text), "\(text)")
            }
            let own = try await browser.open("/signals?condition=NID-A-002&district=330106")
            #expect(own.text.contains("/signals/\(signal.id)"))
            #expect(own.text.contains("<option value=\"330106\" selected>"))
            #expect(own.text.contains("/signals?condition=NID-A-002&amp;district=330106&amp;format=csv"))
            for address in ["/signals?district=330102", "/signals?condition=NID-A-001"] {
                #expect(try await !browser.open(address).text.contains("/signals/\(signal.id)"), "\(address)")
            }
            #expect(try await !browser.open("/signals?district=330102&format=csv").text.contains("NID-A-002"))
            #expect(try await !browser.open("/signals?lang=en").text.contains("⟦"))
        }
    }

    @Test("tell late reports in a table of their own, and leave no open signal out however many there are")
    func lateReports() async throws {
        try await withOpenHouse { desk, browser in
            let day = CivilDay(milliseconds: testNow)
            let measles = try #require(desk.list["NID-B-007"])
            for number in 1...240 {
                let unit = "第\(number)人民医院"
                try await desk.raise(
                    .overdue(unit), measles, district: 330_106, window: day...day, count: number, among: [],
                    now: testNow)
            }
            let signal = try await cholera(desk, testNow)
            await desk.store.settle()
            let page = try await browser.open("/signals?lang=zh").text
            #expect(page.contains("待处理信号 1 条") && page.contains("另有 240 家机构的报告卡超过法定时限"))
            let parts = page.split(separator: "报告超过法定时限</h2>").map(String.init)
            #expect(parts.count == 2 && parts[0].contains("/signals/\(signal.id)") && !parts[0].contains("人民医院"))
            #expect(parts[1].contains("第1人民医院") && parts[1].contains("第240人民医院"))
            let table = try await browser.open("/signals?format=csv").text
            #expect(table.split(separator: "\r\n").count == 242)
            #expect(try await browser.open("/signals?show=ended&lang=zh").text.contains("已结束的信号 0 条。"))
        }
    }

    @Test("compare this season with the five before, as chart, table and CSV")
    func seasons() async throws {
        try await withOpenHouse { desk, browser in
            for (index, day) in ["2024-11-03", "2024-11-04", "2025-11-05", "2026-11-05", "2026-11-06"].enumerated() {
                try await desk.store.put(Sample.patient("s\(index)", name: "赵六", born: "1980-01-01", division: 330_106))
                try await desk.store.put(
                    Sample.condition("sc\(index)", patient: "s\(index)", code: "J11.100", day: day))
            }
            await desk.store.settle()
            let page = try await browser.open("/signals/seasons?condition=NID-C-001&district=330106&lang=zh")
            for text in ["西湖区流行性感冒：本季与前五季", "本季到第 46 周共 2", "中位数", "第 44 周"] {
                #expect(page.text.contains(text), "\(text)")
            }
            let table = try await browser.open("/signals/seasons?condition=NID-C-001&format=csv")
            let rows = table.text.split(separator: "\r\n").map(String.init)
            #expect(rows[0].hasSuffix("week,2026-01-01,2025-01-01,2024-01-01,2023-01-01,2022-01-01,2021-01-01"))
            // Week 45 begins on 5 November, in a leap year on the 4th; before anything was counted nothing is known.
            #expect(rows[44] == "44,0,0,,,," && rows[45] == "45,2,1,1,,,")
            #expect(rows.count == 53)
            let picture = try await browser.open("/signals/seasons?condition=NID-C-001&format=png")
            #expect(picture.answer.headers[.contentType] == "image/png")
            #expect(picture.answer.headers[.contentDisposition] == "attachment; filename=\"seasons.png\"")
            #expect(picture.text.contains("PNG") && picture.text.hasSuffix("IEND\u{FFFD}B`\u{FFFD}"))
            let other = try await browser.open("/signals/seasons?condition=NID-C-001&start=7&district=330102")
            #expect(other.text.contains("没有可比较的数据") && other.text.contains("<option value=\"7\" selected>"))
            #expect(try await browser.open("/signals/seasons?condition=nothing&lang=en").status == .ok)
            #expect(try await !browser.open("/signals/seasons?condition=NID-C-001&lang=en").text.contains("⟦"))
        }
    }

    @Test("give the map as a picture, which tells what is chosen; where there is no map, the page")
    func mapPicture() async throws {
        try await withOpenHouse(boundaries: PagesTests.boundaries) { desk, browser in
            let quiet = try await browser.open("/signals?format=png&lang=zh")
            _ = try await cholera(desk, testNow)
            let all = try await browser.open("/signals?format=png&lang=zh")
            #expect(all.answer.headers[.contentType] == "image/png")
            #expect(all.answer.headers[.contentDisposition] == "attachment; filename=\"signals-map.png\"")
            #expect(all.text.contains("PNG") && all.text.hasSuffix("IEND\u{FFFD}B`\u{FFFD}"))
            let english = try await browser.open("/signals?format=png&lang=en")
            let elsewhere = try await browser.open("/signals?district=330102&format=png&lang=zh")
            #expect(Set([quiet, all, english, elsewhere].map(\.text)).count == 4)
        }
        try await withOpenHouse { desk, browser in
            _ = try await cholera(desk, testNow)
            let page = try await browser.open("/signals?format=png")
            #expect(page.status == .ok && page.answer.headers[.contentType]?.hasPrefix("text/html") == true)
        }
    }

    @Test("keep a view under a name for one account, and drop it; addresses elsewhere are refused")
    func views() async throws {
        try await withHouse(hasSignals: true) { house, browser in
            _ = try await house.add(
                "second", "李主任",
                RoleAssignment(
                    .epidemiologist, person: "Practitioner/d1", practitionerRole: "PractitionerRole/x1",
                    organization: "Organization/o2", level: .institution, district: "330106"))
            let (cdc, second) = (browser(), browser())
            try await cdc.signIn("cdc")
            try await second.signIn("second")
            for href in ["https://elsewhere.example/", "//elsewhere.example", "/account", ""] {
                try await cdc.open("/signals")
                let refused = try await cdc.post("/signals/views", ["title": "x", "href": href])
                #expect(refused.status == .badRequest, "\(href)")
            }
            try await cdc.open("/signals?condition=NID-A-002&lang=zh")
            try await cdc.post("/signals/views", ["title": "<霍乱>早报"])
            await house.store.settle()
            let kept = try await cdc.open("/signals")
            #expect(kept.text.contains("<a class=\"row-link\" href=\"/signals?condition=NID-A-002\">&lt;霍乱&gt;早报</a>"))
            #expect(try await !second.open("/signals").text.contains("早报"))
            let id = try #require(
                try house.store.search(type: "Basic", parameters: []).entries.first?.version.key.id)
            // Another account drops nothing of it.
            try await second.open("/signals")
            try await second.post("/signals/views", ["remove": id])
            await house.store.settle()
            #expect(try await cdc.open("/signals").text.contains("早报"))
            try await cdc.post("/signals/views", ["remove": id])
            await house.store.settle()
            #expect(try await cdc.open("/signals").text.contains("还没有保存视图"))
        }
    }

    @Test("a district's staff see the seasons of their district alone")
    func ownDistrict() async throws {
        try await withHouse(hasSignals: true) { house, browser in
            let cdc = browser()
            try await cdc.signIn("cdc")
            let page = try await cdc.open("/signals/seasons?district=330102&lang=zh")
            #expect(page.text.contains("西湖区流行性感冒") && !page.text.contains("<option value=\"330102\""))
        }
    }

    @Test("the report is a Word file of stored parts with what was found and done, and without names of persons")
    func report() async throws {
        try await withOpenHouse { desk, browser in
            var signal = try await cholera(desk, testNow)
            try signal.take(
                Signal.Action(.verifying, by: "孙流调", text: "<核实> & 采样", assignee: "孙流调", due: testNow + 3_600_000),
                now: testNow)
            _ = try await desk.store.update(
                ResourceKey(type: "Task", id: signal.id), try signal.task(), ifMatch: signal.version)
            let file = try await browser.open("/signals/\(signal.id)?format=docx&lang=zh")
            #expect(
                file.answer.headers[.contentType]
                    == "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
            #expect(file.answer.headers[.contentDisposition] == "attachment; filename=\"signal-\(signal.id).docx\"")
            // Stored parts are there to be read as they are.
            for text in [
                "PK", "[Content_Types].xml", "word/document.xml", "word/styles.xml", "西湖区：霍乱", "&lt;核实&gt; &amp; 采样",
                "</w:body></w:document>", "<dc:title>西湖区：霍乱</dc:title>", "各来源最近 7 天",
                "<w:pStyle w:val=\"Number\"/>", "没有更早的数据",
            ] {
                #expect(file.text.contains(text), "\(text)")
            }
            #expect(!file.text.contains("赵六"))
            // Every table has a width for each of its columns, which together fill the page.
            for grid in file.text.split(separator: "<w:tblGrid>").dropFirst() {
                let widths = grid.prefix { $0 != "\n" }.split(separator: "</w:tblGrid>")[0].split(separator: "w:w=\"")
                    .dropFirst().compactMap { Int($0.prefix { $0.isNumber }) }
                #expect(widths.count >= 2 && (9_600...9_638).contains(widths.reduce(0, +)), "\(widths)")
            }
            #expect(file.text.contains("word/media/image1.png") && file.text.contains("r:embed=\"picture1\""))
            let picture = try await browser.open("/signals/\(signal.id)?format=png")
            #expect(picture.answer.headers[.contentType] == "image/png")
        }
    }
}
