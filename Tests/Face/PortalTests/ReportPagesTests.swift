import Accounts
import Calendar
import FHIR
import Hummingbird
import HummingbirdTesting
import Portal
import Records
import Reporting
import Signals
import Syndromes
import Testing

@Suite("The pages of report cards", .serialized)
struct ReportPagesTests {
    private static let missing = [
        "f-population": "23", "f-doctor": "李明", "f-phone": "13812345678", "f-onset": "2026-11-19",
    ]

    /// Measles, diagnosed at the hospital an hour ago.
    private func measles(_ store: RecordStore, now: Int64) async throws {
        let time = ReportTime.text(now - 3_600_000)
        try await store.put(Sample.condition("m1", patient: "p1", code: "B05.900", day: time, encounter: "e0"))
        await store.settle()
    }

    private func withOpenHouse(_ body: @escaping @Sendable (ReportDesk, TestBrowser) async throws -> Void) async throws
    {
        let list = try WatchList()
        let form = try ReportForm()
        let store = try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { testNow }), definitions: try Definitions.r4(),
            projections: [EventCountsProjection(list), ReportCasesProjection(list, form)])
        let signals = SignalDesk(store, list)
        let desk = ReportDesk(store, form, try UnitClusters(list), signals)
        let router = Router(context: BasicRequestContext.self)
        try Portal(store: store, cityCode: 330_100, signals: signals, reports: desk, now: { testNow }).addRoutes(
            to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in try await body(desk, TestBrowser(client)) }
        await store.close()
    }

    @Test("say in both languages that there is nothing to report, where nothing is")
    func empty() async throws {
        try await withOpenHouse { _, browser in
            for address in [
                "/reports?lang=zh", "/reports?lang=en", "/reports?show=review&lang=zh", "/reports?show=done&lang=en",
                "/reports?show=nothing",
            ] {
                let shown = try await browser.open(address)
                #expect(shown.status == .ok && !shown.text.contains("⟦"), "\(address)")
            }
            #expect(try await browser.open("/reports?lang=zh").text.contains("现在没有要确认的报告卡"))
            #expect(try await browser.open("/reports/nobody").status == .notFound)
            #expect(
                try await browser.open("/reports?format=csv&from=2026-11-21&until=2026-11-01").status == .badRequest)
        }
    }

    @Test("show the clock, say what is missing field by field, and take a card from the report to the review")
    func life() async throws {
        try await withOpenHouse { desk, browser in
            try await desk.store.put(Sample.organization("o1", division: 330_106))
            try await desk.store.put(Sample.patient("p1"))
            try await desk.store.put(
                Sample.encounter("e0", patient: "p1", organization: "o1", start: "2026-11-20T08:30:00+08:00"))
            try await measles(desk.store, now: testNow)
            let id = try #require(try await desk.run(now: testNow).prepared.first)
            await desk.store.settle()
            let list = try await browser.open("/reports?lang=zh")
            for text in ["麻疹", "王秀英", "乙类 · 24 小时", "还剩 23 小时", "待确认", "/reports/\(id)"] {
                #expect(list.text.contains(text), "\(text)")
            }
            let address = "/reports/\(id)"
            let page = try await browser.open(address)
            for text in ["确认并上报", "人群分类：必须填写", "排除这张卡", "/records/Condition/m1", "72 周岁"] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("⟦"))
            let refused = try await browser.post(address, ["f-address": "文三路 9 号"])
            #expect(refused.status == .unprocessableContent && refused.text.contains("报告卡还不能上报"))
            #expect(refused.text.contains("文三路 9 号") && refused.text.contains("aria-invalid=\"true\""))
            let done = try await browser.post(address, Self.missing)
            #expect(done.status == .ok && done.text.contains("待审核") && done.text.contains("审核通过"))
            #expect(try await browser.open("/reports?show=review&lang=en").text.contains("Measles"))
            try await browser.open(address + "?lang=zh")
            let why = try await browser.post(address, ["action": "return"])
            #expect(why.status == .unprocessableContent && why.text.contains("请写明原因"))
            #expect(try await browser.post(address, ["action": "review"]).text.contains("已审核"))
            let again = try await browser.post(address, ["action": "review"])
            #expect(again.status == .unprocessableContent && again.text.contains("不在这一步"))
            #expect(try await browser.post(address, ["action": "nothing"]).status == .badRequest)
            let table = try await browser.open("/reports?format=csv&from=2026-11-01&until=2026-12-31")
            #expect(table.answer.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(table.text.contains("\(id),1,1000,麻疹,乙,王秀英"))
            let english = try await browser.open(address + "?lang=en")
            #expect(english.text.contains("Accepted by the centre") && !english.text.contains("⟦"))
        }
    }

    @Test("are for the institution that diagnosed and the centre that answers, and nobody else")
    func guarded() async throws {
        try await withHouse(hasReports: true) { house, browser in
            let desk = try #require(house.reports)
            try await house.store.put(
                #"{"resourceType":"Organization","id":"o2","name":"疾控中心","type":[{"coding":[{"code":"cdc"}]}]}"#)
            try await measles(house.store, now: house.now)
            let id = try #require(try await desk.run(now: house.now).prepared.first)
            await house.store.settle()
            let address = "/reports/\(id)"
            _ = try await house.add(
                "elsewhere", "钱医生",
                RoleAssignment(
                    .clinician, person: "Practitioner/d1", practitionerRole: "PractitionerRole/x1",
                    organization: "Organization/o3", level: .institution))
            let nobody = browser()
            #expect(try await nobody.open(address, following: false).status == .seeOther)
            for (login, status) in [("grandma", 403), ("manager", 403), ("root", 403), ("elsewhere", 404)] {
                let visitor = browser()
                try await visitor.signIn(login)
                #expect(try await visitor.open(address).status.code == status, "\(login)")
                if login == "elsewhere" {
                    #expect(try await !visitor.open("/reports").text.contains(id))
                }
            }
            let doctor = browser()
            try await doctor.signIn("doctor")
            #expect(try await doctor.open("/reports?lang=zh").text.contains(address))
            try await doctor.open(address)
            #expect(try await doctor.post(address, Self.missing).text.contains("待审核"))
            // The centre's steps are not the doctor's, nor the doctor's the centre's.
            #expect(try await doctor.post(address, ["action": "review"]).status == .forbidden)
            let cdc = browser()
            try await cdc.signIn("cdc")
            let list = try await cdc.open("/reports?lang=zh")
            #expect(list.text.contains(address) && list.text.contains("传染病报告"))
            let shown = try await cdc.open(address)
            #expect(shown.text.contains("审核通过") && !shown.text.contains("订正并上报"))
            #expect(try await cdc.post(address, ["action": "correct", "text": "x"]).status == .forbidden)
            try await cdc.open(address)
            let back = try await cdc.post(address, ["action": "return", "text": "住址请写到门牌"])
            #expect(back.status == .ok && back.text.contains("已退回"))
            #expect(try await doctor.open(address).text.contains("住址请写到门牌"))
            try await doctor.post(address, ["f-address": "文三路 9 号"].merging(Self.missing) { $1 })
            try await cdc.open(address)
            #expect(try await cdc.post(address, ["action": "review"]).text.contains("已审核"))
            let card = try #require(try desk.card(id))
            #expect(card.steps.map(\.by) == ["", "李明", "孙流调", "李明", "孙流调"])
            #expect(try await cdc.open("/reports?format=csv").text.contains("文三路 9 号"))
        }
    }
}
