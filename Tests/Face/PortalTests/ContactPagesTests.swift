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

@Suite("The epidemiologist's pages of contacts", .serialized)
struct ContactPagesTests {
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

    private static let contact = [
        "name": "周明", "phone": "13800000000", "kind": "household", "exposedTo": "Patient/p9", "first": "2026-11-18",
        "last": "2026-11-20", "days": "5", "tests": "0", "district": "330106",
    ]

    @Test("list a contact of a case, follow up, make a case of them, and list the contacts of that one")
    func life() async throws {
        try await withOpenHouse { desk, browser in
            let signal = try await cholera(desk, testNow)
            let address = "/signals/\(signal.id)/contacts"
            let empty = try await browser.open(address + "?lang=zh")
            #expect(empty.text.contains("还没有登记密切接触者") && empty.text.contains("本病默认 5 天"))
            #expect(empty.text.contains("<option value=\"Patient/p9\">赵六</option>"))
            let listed = try await browser.post(address, Self.contact, hidden: false)
            for text in ["病例 赵六 的接触者", "周明", "待联系", "第 1 代", "同住"] { #expect(listed.text.contains(text), "\(text)") }
            await desk.store.settle()
            let id = try #require(
                try desk.store.search(
                    type: "Task", parameters: Contact.search(signal: signal.id, open: true, count: 9)
                ).entries.first?.version.key.id)
            // The same person again leads to the one that is there.
            #expect(try await browser.post(address, Self.contact, hidden: false).uri.hasPrefix("/contacts/\(id)"))
            #expect(try await browser.open("/contacts").text.contains("需要随访 1 人，其中逾期 0 人"))
            let page = "/contacts/\(id)"
            let well = try await browser.post(
                page, ["action": "follow", "outcome": "well", "temperature": "36.6"], hidden: false)
            for text in ["医学观察中", "随访：无症状 · 36.6 °C", "观察至"] { #expect(well.text.contains(text), "\(text)") }
            #expect(
                try await browser.post(page, ["action": "follow", "outcome": "symptoms"], hidden: false).text.contains(
                    "请立即采样"))
            let early = try await browser.post(page, ["action": "release"], hidden: false)
            #expect(early.status == .unprocessableContent && early.text.contains("观察期还没有满"))
            let ill = try await browser.post(
                page, ["action": "convert", "day": "2026-11-21", "text": "培养阳性"], hidden: false)
            #expect(ill.status == .ok && ill.text.contains("转为病例"))
            await desk.store.settle()
            // A case now: in the line list, and the source of contacts of their own.
            let life = try await browser.open("/signals/\(signal.id)")
            #expect(life.text.contains("密切接触者转为病例") && life.text.contains("转为病例 1 人"))
            let table = try await browser.open("/signals/\(signal.id)?format=csv")
            #expect(table.text.contains("2026-11-21,,contact,Task/\(id),周明\r\n"))
            var second = Self.contact
            (second["name"], second["exposedTo"]) = ("周小明", "Task/\(id)")
            let tree = try await browser.post(address, second, hidden: false)
            #expect(tree.text.contains("周小明") && tree.text.contains("第 2 代") && tree.text.contains("续发率"))
            let csv = try await browser.open(address + "?format=csv")
            #expect(csv.text.contains(",周小明,13800000000,,330106,household,Task/\(id),周明,2,2026-11-18,2026-11-20,5,"))
            for place in [address, "/contacts", "/contacts?show=ended", page] {
                let english = try await browser.open(place + (place.contains("?") ? "&" : "?") + "lang=en")
                #expect(english.status == .ok && !english.text.contains("⟦"), "\(place)")
            }
            #expect(try await browser.open("/contacts?show=ended&lang=zh").text.contains("周明"))
        }
    }

    @Test("say what is wrong with an entry or a step, and keep what was typed")
    func refused() async throws {
        try await withOpenHouse { desk, browser in
            var signal = try await cholera(desk, testNow)
            let address = "/signals/\(signal.id)/contacts"
            try await browser.open(address + "?lang=zh")
            for (field, value, text) in [
                ("name", " ", "请写姓名"), ("kind", "x", "请选择接触方式"), ("last", "2026-12-20", "最后暴露日"), ("last", "", "最后暴露日"),
                ("first", "2026-11-21", "首次暴露日"), ("days", "many", "1 到 90"), ("tests", "-1", "0 到 9"),
                ("exposedTo", "Patient/p1", "不在这条信号的个案清单中"),
            ] {
                var form = Self.contact
                form[field] = value
                let shown = try await browser.post(address, form, hidden: false)
                #expect(shown.status == .unprocessableContent && shown.text.contains(text), "\(field)")
                #expect(shown.text.contains("value=\"13800000000\""), "\(field)")
            }
            #expect(try await browser.open("/contacts/nobody").status == .notFound)
            #expect(try await browser.open("/contacts/\(signal.id)").status == .notFound)
            #expect(try await browser.open("/signals/nobody/contacts").status == .notFound)
            try signal.take(Signal.Action(.falseAlarm, by: "", text: "录入错误"), now: testNow)
            _ = try await desk.store.update(
                ResourceKey(type: "Task", id: signal.id), try signal.task(), ifMatch: signal.version)
            #expect(try await browser.post(address, Self.contact, hidden: false).text.contains("信号已经结束"))
        }
    }

    @Test("are for the centre that answers alone, and who writes is in the log")
    func guarded() async throws {
        try await withHouse(hasSignals: true) { house, browser in
            try await house.store.put(
                #"{"resourceType":"Organization","id":"o2","name":"疾控中心","type":[{"coding":[{"code":"cdc"}]}]}"#)
            let desk = SignalDesk(house.store, try WatchList())
            let signal = try await cholera(desk, house.now)
            let address = "/signals/\(signal.id)/contacts"
            for login in ["grandma", "doctor", "manager"] {
                let visitor = browser()
                try await visitor.signIn(login)
                for place in [address, "/contacts"] {
                    #expect(try await visitor.open(place).status == .forbidden, "\(login) \(place)")
                }
            }
            let cdc = browser()
            try await cdc.signIn("cdc")
            let page = try await cdc.open(address + "?lang=zh")
            #expect(page.status == .ok && page.text.contains("赵六"))
            var form = Self.contact
            form["district"] = "330106"
            #expect(try await cdc.post(address, form).text.contains("周明"))
            await house.store.settle()
            let version = try #require(
                try house.store.search(
                    type: "Task", parameters: Contact.search(signal: signal.id, open: true, count: 9)
                ).entries.first?.version)
            let contact = try #require(try Contact(version, desk.list))
            #expect(contact.owner == "Organization/o2" && contact.steps.map(\.by) == ["孙流调"])
            #expect(
                try house.log().contains {
                    $0.action == .create && $0.entities.contains(.resource("Task/\(contact.id)", version: "1"))
                })
            // Where another district looks after them, who lists them sees them too.
            var shared = signal
            (shared.owner, shared.requester) = ("Organization/o2", "Organization/city")
            for (owner, isByCity, requester) in [
                ("Organization/o2", false, "Organization/city"), ("Organization/o3", false, "Organization/o2"),
                ("Organization/o3", true, "Organization/city"),
            ] {
                let listed = Contact(
                    of: shared, name: "周远", district: 330_102, kind: "meal",
                    exposure: CivilDay("2026-11-18")!...CivilDay("2026-11-20")!, days: 5, owner: owner,
                    isByCity: isByCity, by: "", now: house.now)
                #expect(listed.owner == owner && listed.requester == requester)
            }
            _ = try await house.add(
                "elsewhere", "吴流调",
                RoleAssignment(
                    .epidemiologist, person: "Practitioner/d1", practitionerRole: "PractitionerRole/x1",
                    organization: "Organization/o1", level: .institution, district: "330102"))
            let other = browser()
            try await other.signIn("elsewhere")
            #expect(try await other.open("/contacts/\(contact.id)").status == .notFound)
            #expect(try await !other.open("/contacts").text.contains("周明"))
        }
    }
}
