import Accounts
import AuditLog
import Foundation
import HTTPTypes
import JSON
import Records
import Testing

@Suite("Pages for those who are signed in", .serialized)
struct GuardedPagesTests {
    @Test("each face reaches its pages and no others")
    func faces() async throws {
        let faces: [(login: String, open: [String], closed: [String])] = [
            (
                "grandma", ["/residents/p1", "/my/accesses", "/account"],
                ["/residents", "/operator/accounts", "/operator/audit", "/emergency"]
            ),
            (
                "doctor", ["/residents", "/residents/p1", "/emergency", "/records/Condition/c1"],
                ["/my/accesses", "/operator/accounts"]
            ),
            (
                "manager", ["/"],
                ["/residents", "/residents/p1", "/records/Patient/p1", "/my/accesses", "/operator/audit"]
            ),
            ("cdc", ["/"], ["/residents", "/residents/p1", "/operator/accounts"]),
            (
                "root", ["/operator/accounts", "/operator/audit"],
                ["/residents", "/residents/p1", "/my/accesses", "/records/Patient/p1"]
            ),
            ("auditor", ["/operator/audit"], ["/operator/accounts", "/residents/p1"]),
        ]
        try await withHouse { house, browser in
            for (login, open, closed) in faces {
                let visitor = browser()
                try await visitor.signIn(login)
                for uri in open { #expect(try await visitor.open(uri).status == .ok, "\(login) \(uri)") }
                for uri in closed {
                    let page = try await visitor.open(uri)
                    #expect(page.status == .forbidden, "\(login) \(uri)")
                    #expect(page.text.contains("您的角色不能使用这一页"))
                    #expect(!page.text.contains("王秀英") || login == "grandma")
                }
            }
            let refused = try house.log().filter { $0.action == .refusal && $0.outcome == .refused }
            #expect(refused.count == faces.map(\.closed.count).reduce(0, +))
        }
    }

    @Test("a record that is not to be seen looks like one that is not there")
    func unreached() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            try await visitor.signIn("grandma")
            let foreign = try await visitor.open("/residents/p2")
            let missing = try await visitor.open("/residents/nobody")
            #expect(foreign.status == .notFound)
            #expect(missing.status == .notFound)
            let same = { (text: String) in text.replacingOccurrences(of: "nobody", with: "p2") }
            let form = /name="form" value="[^"]+"/
            #expect(
                same(foreign.text).replacing(form, with: "") == same(missing.text).replacing(form, with: ""))
            #expect(!foreign.text.contains("李雷"))
        }
    }

    @Test("a resident sees the own record and that of a young child")
    func child() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            try await visitor.signIn("grandma")
            #expect(try await visitor.open("/residents/p1").text.contains("原发性高血压"))
            #expect(try await visitor.open("/residents/p3").text.contains("王小宝"))
        }
    }

    @Test("a doctor finds those in care, and opens another record only in an emergency, which the resident sees")
    func emergency() async throws {
        try await withHouse { house, browser in
            let visitor = browser()
            let list = try await visitor.signIn("stranger")
            #expect(!list.text.contains("/residents/p1"))
            let closed = try await visitor.open("/residents/p1")
            #expect(closed.status == .notFound)
            #expect(closed.text.contains("/emergency?patient=p1"))
            let form = try await visitor.open("/emergency?patient=p1")
            #expect(form.text.contains("会立即告知病人本人"))
            let short = try await visitor.post("/emergency", ["reason": "急"])
            #expect(short.status == .unprocessableContent)
            #expect(short.text.contains("请写明理由"))
            let opened = try await visitor.post("/emergency", ["reason": "昏迷送入急诊，需要过敏史"])
            #expect(opened.status == .ok)
            #expect(opened.text.contains("王秀英"))
            _ = try house.log()

            let resident = browser()
            try await resident.signIn("grandma")
            let accesses = try await resident.open("/my/accesses")
            #expect(accesses.text.contains("紧急调阅"))
            #expect(accesses.text.contains("昏迷送入急诊，需要过敏史"))
            #expect(accesses.text.contains("社区卫生服务中心 o2"))
        }
    }

    @Test("emergency access by ID number tells of nobody who is not there")
    func emergencyByNumber() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            try await visitor.signIn("stranger")
            try await visitor.open("/emergency")
            let nobody = try await visitor.post(
                "/emergency", ["number": "330106199001010011", "reason": "昏迷送入急诊"])
            #expect(nobody.text.contains("没有可以打开的档案"))
            #expect(nobody.text.contains("value=\"330106199001010011\""))
        }
    }

    @Test("who saw a record is told by day, in words, without the resident's own looks")
    func accesses() async throws {
        try await withHouse { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            try await doctor.open("/residents/p1")
            let visitor = browser()
            try await visitor.signIn("grandma")
            try await visitor.open("/residents/p1")
            _ = try house.log()
            let page = try await visitor.open("/my/accesses")
            #expect(page.status == .ok)
            for text in ["李明医生", "社区卫生服务中心 o1", "为您看病", "2026年11月21日", "查看了", "诊断 1 份", "有疑问，提出异议"] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("您本人"))
            #expect(try await visitor.open("/my/accesses?own=1").text.contains("您本人"))
            #expect(try await visitor.open("/my/accesses?kind=emergency").text.contains("没有这一类记录"))
            #expect(try await visitor.open("/my/accesses?person=p3").status == .ok)
            #expect(try await visitor.open("/my/accesses?person=p2").status == .notFound)
            let english = try await visitor.open("/my/accesses?lang=en")
            #expect(english.text.contains("looked at"))
            #expect(!english.text.contains("⟦"))
        }
    }

    @Test("an objection becomes one task of the institution, with its status on the page")
    func objection() async throws {
        try await withHouse { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            try await doctor.open("/residents/p1")
            _ = try house.log()
            let visitor = browser()
            try await visitor.signIn("grandma")
            let page = try await visitor.open("/my/accesses")
            let match = try #require(page.text.firstMatch(of: /href="(\/my\/accesses\/objection[^"]+)"/))
            let href = String(match.output.1).replacingOccurrences(of: "&amp;", with: "&")
            let form = try await visitor.open(href)
            #expect(form.text.contains("社区卫生服务中心 o1的主管"))
            let sent = try await visitor.post("/my/accesses/objection", ["reason": "那天我没有去看病"])
            #expect(sent.text.contains("异议已提交"))
            #expect(sent.text.contains("已提交，等待处理"))
            #expect(sent.text.contains("那天我没有去看病"))
            let tasks = try house.store.search(type: "Task", parameters: [("patient", "p1")])
            let task = try JSONDocument(parsing: try #require(tasks.entries.first).version.json()).root
            #expect(tasks.entries.count == 1)
            #expect(task["owner"]?["reference"]?.string == "Organization/o1")
            #expect(task["requester"]?["reference"]?.string == "Patient/p1")
            // Once more is the same one; another's entry is none.
            #expect(try await visitor.open(href, following: false).status == .seeOther)
            #expect(try house.log().contains { $0.action == .objection && $0.patients == ["Patient/p1"] })
            let other = browser()
            try await other.signIn("lilei")
            #expect(try await other.open(href).status == .notFound)
        }
    }

    @Test("an operator adds, locks, resets and gives roles; the one-time password is shown once")
    func accounts() async throws {
        try await withHouse { house, browser in
            let visitor = browser()
            try await visitor.signIn("root")
            #expect(try await visitor.open("/operator/accounts?q=grand").text.contains("王秀英"))
            #expect(try await visitor.open("/operator/accounts?q=%E7%8E%8B").text.contains("grandma"))
            #expect(try await visitor.open("/operator/accounts?q=%25").text.contains("没有登录名或姓名含"))
            try await visitor.open("/operator/accounts/new")
            let wrong = try await visitor.post(
                "/operator/accounts/new", ["login": "zhou", "displayName": "周护士", "role": "clinician"])
            #expect(wrong.status == .unprocessableContent)
            #expect(wrong.text.contains("工作人员填 Practitioner/编号"))
            #expect(wrong.text.contains("value=\"周护士\""))
            let added = try await visitor.post(
                "/operator/accounts/new",
                [
                    "login": "zhou", "displayName": "周护士", "role": "clinician", "person": "Practitioner/d1",
                    "practitionerRole": "PractitionerRole/x1", "organization": "Organization/o1",
                    "validUntil": "2026-12-31",
                ])
            #expect(added.text.contains("只显示这一次"))
            let password = try #require(added.text.firstMatch(of: /<dd class="secret"><code>([^<]+)</)?.output.1)
            let account = try house.accounts.account(login: "zhou")
            let uri = "/operator/accounts/\(account.id.uuidString.lowercased())"
            #expect(!(try await visitor.open(uri).text.contains(password)))
            let nurse = browser()
            #expect(try await nurse.signIn("zhou", String(password)).text.contains("请换成只有您知道的密码"))

            try await visitor.open(uri)
            #expect(try await visitor.post(uri, ["do": "locked"]).text.contains("已锁定，所有登录已结束"))
            #expect(try house.accounts.account(login: "zhou").state == .locked)
            try await visitor.post(uri, ["do": "active"])
            #expect(try house.accounts.account(login: "zhou").state == .active)
            #expect(try await visitor.post(uri, ["do": "password"]).text.contains("只显示这一次"))
            try await visitor.open(uri)
            try await visitor.post(uri, ["do": "role", "role": "operator", "duty": "audit"])
            #expect(try house.accounts.account(login: "zhou").assignments.count == 2)
            try await visitor.open(uri)
            try await visitor.post(uri, ["do": "role-remove", "place": "0", "name": "医生"])
            #expect(try house.accounts.account(login: "zhou").assignments.map(\.duty) == [.audit])

            let own = try house.accounts.account(login: "root").id.uuidString.lowercased()
            let page = try await visitor.open("/operator/accounts/\(own)")
            #expect(!page.text.contains("value=\"locked\""))
            let token = try #require(page.text.firstMatch(of: /name="form" value="([^"]+)"/)?.output.1)
            let refused = try await visitor.post(
                "/operator/accounts/\(own)", ["do": "locked", "form": String(token)])
            #expect(refused.text.contains("不能对自己的账号这样做"))
            let root = try house.accounts.account(login: "root").id.uuidString
            let changes = try house.log().filter { $0.action == .configuration && $0.agent.account == root }
            #expect(changes.count >= 5)
        }
    }

    @Test("the audit page shows events, their filters, and how the log stands; never what was searched for")
    func audit() async throws {
        try await withHouse { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            try await doctor.open("/residents?q=%E7%8E%8B%E7%A7%80%E8%8B%B1")
            try await doctor.open("/residents/p1")
            _ = try house.log()
            let visitor = browser()
            let page = try await visitor.signIn("auditor")
            #expect(page.text.contains("还没有签名的检查点"))
            #expect(page.text.contains("读取"))
            #expect(!page.text.contains("王秀英") && !page.text.contains("%E7%8E%8B"))
            #expect(try await visitor.open("/operator/audit?login=doctor&action=4").text.contains("Patient/p1"))
            #expect(try await visitor.open("/operator/audit?login=nobody").text.contains("没有符合条件的事件"))
            #expect(try await visitor.open("/operator/audit?patient=p1&outcome=refused").text.contains("没有符合条件"))
            #expect(try await visitor.open("/operator/audit?from=2020-01-01&until=2020-01-02").text.contains("没有符合条件"))
            let key = try AuditSigningKey(name: "test.example/audit", seed: Array(0..<32))
            try AuditCheckpoints(database: house.store.auditDatabase, key: key, file: nil).make()
            #expect(try await visitor.open("/operator/audit").text.contains("日志完整"))
            #expect(try house.log().contains { $0.action == .auditRead })
        }
    }

    @Test("a manager's city hides small numbers")
    func smallNumbers() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            let page = try await visitor.signIn("manager")
            #expect(page.text.contains("有 不公开 位居民"))
            #expect(page.text.contains("逐日的数字会暴露个人"))
            #expect(!page.text.contains("就诊 1 人次"))
            #expect(!page.text.contains("visits-data"))
        }
    }

    @Test("every page is whole in both languages, with strict headers and no inline script or style")
    func whole() async throws {
        let pages = [
            (
                "grandma",
                [
                    "/account", "/account/password", "/account/second-factor", "/my/accesses", "/my/family",
                    "/my/family/new", "/residents/p1", "/sign-out",
                ]
            ),
            ("doctor", ["/residents", "/emergency", "/residents/p1", "/residents/p2"]), ("manager", ["/"]),
            ("root", ["/operator/accounts", "/operator/accounts/new", "/operator/audit", "/nowhere"]),
        ]
        try await withHouse { _, browser in
            for (login, uri) in pages.flatMap({ login, uris in uris.map { (login, $0) } }) {
                let visitor = browser()
                try await visitor.signIn(login)
                for language in ["zh", "en"] {
                    let page = try await visitor.open(uri + "?lang=" + language)
                    #expect(!page.text.contains("⟦"), "\(uri)")
                    #expect(!page.text.contains("style=\"") && !page.text.contains("onclick"), "\(uri)")
                    #expect(page.text.contains("lang=\"\(language == "zh" ? "zh-CN" : "en")\""), "\(uri)")
                    #expect(page.answer.headers[.cacheControl] == "no-store")
                    #expect(page.answer.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
                    #expect(page.text.components(separatedBy: "<h1").count == 2, "\(uri)")
                    #expect(page.text.components(separatedBy: "<main").count == 2)
                }
            }
        }
    }
}
