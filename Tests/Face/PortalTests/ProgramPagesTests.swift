import Accounts
import AuditLog
import Foundation
import HTTPTypes
import JSON
import Portal
import Records
import SignIn
import Testing

@Suite("Programs, other providers and demonstrations on the pages", .serialized)
struct ProgramPagesTests {
    private func authorize(_ client: Client, _ more: String = "") -> String {
        "/auth/authorize?response_type=code&client_id=\(client.id)&redirect_uri=https%3A%2F%2Fapp.example%2Fdone"
            + "&scope=launch%2Fpatient%20patient%2FObservation.rs&state=s&aud=http%3A%2F%2F127.0.0.1%3A8080%2Ffhir"
            + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256" + more
    }

    private func app(_ house: TestHouse) async throws -> Client {
        try await house.signIn.clients.add(
            NewClient(
                name: "血压日记 <Diary>", kind: .public, redirectURIs: ["https://app.example/done"],
                scopes: "launch/patient patient/*.rs")
        ).client
    }

    @Test("a program is let in on a page of the house, shown on the own account, and ended there")
    func programs() async throws {
        try await withHouse { house, browser in
            let client = try await app(house)
            let visitor = browser()
            try await visitor.signIn("grandma")
            #expect(try await visitor.open("/account").text.contains("您没有允许任何程序使用数据"))
            let asked = try await visitor.open(authorize(client))
            #expect(asked.status == .ok)
            for text in [
                "是否允许“血压日记 &lt;Diary&gt;”使用健康数据？", "https://app.example", "王秀英", "检验与测量", "portal.",
                "lang=\"zh-CN\"",
            ] { #expect(asked.text.contains(text), "\(text)") }
            #expect(!asked.text.contains("<script") && !asked.text.contains("⟦"))
            let answer = try await visitor.post(
                "/auth/authorize/decision",
                ["decision": "allow", "patient": "p1", "scope": "patient/Observation.rs", "role": "0"],
                following: false)
            #expect(answer.location?.hasPrefix("https://app.example/done?code=") == true)

            let account = try await visitor.open("/account")
            for text in ["血压日记 &lt;Diary&gt;", "检验与测量", "我自己"] { #expect(account.text.contains(text), "\(text)") }
            let other = browser()
            try await other.signIn("lilei")
            #expect(!(try await other.open("/account").text.contains("血压日记")))
            let id = try #require(account.text.firstMatch(of: /name="program" value="([^"]+)"/)).output.1
            let form = try #require(
                try await other.open("/account").text.firstMatch(of: /name="form" value="([^"]+)"/)
            ).output.1
            try await other.post("/account/programs/end", ["program": String(id), "form": String(form)])
            #expect(try await visitor.open("/account").text.contains("血压日记"))
            let ended = try await visitor.post("/account/programs/end")
            #expect(ended.text.contains("已收回") && !ended.text.contains("血压日记"))
            #expect(try house.signIn.tokens.grants(of: house.accounts.account(login: "grandma")).isEmpty)
            #expect(try house.log().contains { $0.action == .configuration && $0.reason.hasPrefix("grant-ended") })
        }
    }

    @Test("a program is started for a patient from the patient's page, and opens that patient's record alone")
    func starts() async throws {
        try await withHouse { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            #expect(!(try await doctor.open("/residents/p1").text.contains("/auth/launch")))
            let app = try await house.signIn.clients.add(
                NewClient(
                    name: "生长曲线 <Growth>", kind: .public, redirectURIs: ["https://app.example/done"],
                    launchURI: "https://app.example/launch", scopes: "launch launch/patient patient/*.rs")
            ).client
            // Neither of these can be started so.
            _ = try await self.app(house)
            let disabled = try await house.signIn.clients.add(
                NewClient(
                    name: "停用的程序", kind: .public, redirectURIs: ["https://app.example/done"],
                    launchURI: "https://app.example/launch", scopes: "launch patient/*.rs")
            ).client
            try await house.signIn.clients.setEnabled(false, disabled.id)

            let page = try await doctor.open("/residents/p1")
            #expect(page.text.contains("用程序打开这份档案") && page.text.contains("生长曲线 &lt;Growth&gt;"))
            #expect(!page.text.contains("血压日记") && !page.text.contains("停用的程序"))
            #expect(try await doctor.open("/residents/p1?lang=en").text.contains("Open this record in a program"))
            try await doctor.open("/residents/p1?lang=zh")
            let started = try await doctor.post("/auth/launch", ["client": app.id])
            let address = try #require(started.text.firstMatch(of: /url=(https:\/\/app\.example\/launch\?[^"]+)"/))
                .output.1
            #expect(address.contains("iss=http%3A%2F%2F127.0.0.1%3A8080%2Ffhir"))
            let launch = try #require(address.firstMatch(of: /launch=([A-Za-z0-9_-]+)/)).output.1

            let asked = try await doctor.open(
                authorize(app, "&launch=\(launch)").replacing("launch%2Fpatient%20", with: "launch%20"))
            #expect(asked.status == .ok && asked.text.contains("生长曲线 &lt;Growth&gt;"))
            let answer = try await doctor.post(
                "/auth/authorize/decision",
                ["decision": "allow", "patient": "p2", "scope": "patient/Observation.rs", "role": "0"],
                following: false)
            #expect(answer.location?.hasPrefix("https://app.example/done?code=") == true)
            let doctorAccount = try house.accounts.account(login: "doctor")
            #expect(try house.signIn.tokens.grants(of: doctorAccount).map(\.patient) == ["p1"])

            // Another of several roles is started in as itself, not by its place among them.
            let both = browser()
            try await both.signIn("both")
            try await both.open("/account")
            try await both.post("/account/role", ["role": "1"])
            try await both.open("/residents/p1")
            #expect(
                try await both.post("/auth/launch", ["client": app.id]).text.contains("https://app.example/launch?"))
            try await both.open("/residents/p1")
            #expect(try await both.post("/auth/launch", ["client": app.id, "role": "1"]).status == .badRequest)

            let resident = browser()
            try await resident.signIn("grandma")
            #expect(try await resident.open("/residents/p1").text.contains("生长曲线 &lt;Growth&gt;"))
        }
    }

    @Test("the page that asks, and the one that says why not, are in the reader's language")
    func languages() async throws {
        try await withHouse { house, browser in
            let client = try await app(house)
            let visitor = browser()
            try await visitor.signIn("grandma")
            let english = try await visitor.open(authorize(client, "&ui_locales=en"))
            #expect(english.text.contains("use health data?") && english.text.contains("lang=\"en\""))
            #expect(!english.text.contains("⟦"))
            let fault = try await visitor.open("/auth/authorize?client_id=nobody")
            #expect(fault.status == .badRequest)
            #expect(fault.text.contains("不能继续登录") && fault.text.contains("portal."))
        }
    }

    @Test("the sign-in page names other providers, by forms with the page's token")
    func providers() async throws {
        try await withHouse { house, browser in
            let visitor = browser()
            let page = try await visitor.open("/sign-in?next=%2Faccount")
            #expect(page.text.contains("用“城市通行证”登录"))
            #expect(page.text.contains("action=\"/auth/oidc/city-id/start\" method=\"post\""))
            // The provider of this house does not answer.
            #expect(try await visitor.post("/auth/oidc/city-id/start").status == .serviceUnavailable)
            let link = try await visitor.open("/auth/oidc/city-id/start?next=%2Faccount", following: false)
            #expect(link.location == "/sign-in?next=%2Faccount")
        }
    }

    @Test("accounts of a demonstration are listed in demo mode alone, and open")
    func demonstration() async throws {
        let accounts = [
            DemoAccount(role: .resident, name: "王秀英", login: "grandma", password: goodPassword),
            DemoAccount(role: .manager, name: "钱主任", login: "manager", password: goodPassword),
        ]
        try await withHouse(demoAccounts: accounts) { _, browser in
            let visitor = browser()
            let page = try await visitor.open("/sign-in")
            for text in ["演示账号", "居民：王秀英", "管理：钱主任", goodPassword] { #expect(page.text.contains(text), "\(text)") }
            #expect(try await visitor.open("/sign-in?lang=en").text.contains("Demonstration accounts"))
            #expect(try await browser().signIn("manager").text.contains("各区县"))
        }
        try await withHouse(demoAccounts: []) { _, browser in
            let page = try await browser().open("/sign-in")
            #expect(page.text.contains("模拟城市正在生成") && !page.text.contains("演示账号</h2>"))
        }
        try await withHouse { _, browser in
            let page = try await browser().open("/sign-in")
            #expect(!page.text.contains("演示账号") && !page.text.contains(goodPassword))
        }
    }

    @Test("an operator grants sensitive categories to staff, and takes them back")
    func grants() async throws {
        try await withHouse { house, browser in
            let visitor = browser()
            try await visitor.signIn("root")
            func uri(_ login: String) throws -> String {
                "/operator/accounts/\(try house.accounts.account(login: login).id.uuidString.lowercased())"
            }
            let page = try await visitor.open(uri("doctor"))
            #expect(page.text.contains("没有授予任何类别") && page.text.contains("精神卫生"))
            let granted = try await visitor.post(uri("doctor"), ["do": "grants", "category": "mentalHealth"])
            #expect(granted.text.contains("敏感类别已更改"))
            #expect(try house.accounts.account(login: "doctor").sensitivities == ["mentalHealth"])
            try await visitor.post(uri("doctor"), ["do": "grants", "category": "everything"])
            #expect(try house.accounts.account(login: "doctor").sensitivities.isEmpty)
            #expect(try house.log().contains { $0.reason.hasPrefix("sensitivitiesChanged") })
            #expect(!(try await visitor.open(uri("grandma")).text.contains("敏感类别")))
            let own = try await visitor.open(uri("root"))
            #expect(!own.text.contains("name=\"category\""))
        }
    }

    @Test("over TLS the choices of language and size are kept in cookies of this host alone")
    func cookies() async throws {
        for (isSecure, names) in [(true, ["__Host-hb_lang", "__Host-hb_type"]), (false, ["hb_lang", "hb_type"])] {
            try await withHouse(isSecure: isSecure) { _, browser in
                let visitor = browser()
                let page = try await visitor.open("/sign-in?lang=en&type=large")
                let set = page.answer.headers[values: .setCookie].filter { $0.contains("hb_") }
                #expect(set.count == 2)
                for cookie in set {
                    #expect(names.contains { cookie.hasPrefix($0 + "=") })
                    #expect(cookie.contains("; Secure") == isSecure)
                    #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
                }
                let kept = try await visitor.open("/sign-in")
                #expect(kept.text.contains("lang=\"en\" class=\"large\""))
            }
        }
    }

    @Test(
        "what a page leaves out beside what was asked for is in the log, apart, and no attempt in the resident's eyes")
    func beside() async throws {
        try await withHouse { house, browser in
            try await house.store.put(
                Sample.condition("c9", patient: "p1", code: "F32.900", day: "2026-11-20", display: "抑郁发作"))
            await house.store.settle()
            let doctor = browser()
            try await doctor.signIn("doctor")
            #expect(!(try await doctor.open("/residents/p1").text.contains("抑郁发作")))
            let told = try house.log().filter { $0.reason.hasPrefix("beside: ") }
            #expect(told.count == 1)
            #expect(told.first?.outcome == .refused && told.first?.patients == ["Patient/p1"])
            #expect(told.first?.entities.count == 1)
            let resident = browser()
            try await resident.signIn("grandma")
            let page = try await resident.open("/my/accesses?kind=refused")
            #expect(page.text.contains("没有这一类记录"))
        }
    }
}
