import Accounts
import AuditLog
import Foundation
import HTTPTypes
import Testing

@Suite("Signing in by the pages", .serialized)
struct SignInPagesTests {
    @Test("a page that needs a sign-in leads there and back")
    func nobody() async throws {
        try await withHouse { _, browser in
            for uri in ["/", "/residents", "/residents/p1", "/my/accesses?kind=view", "/account", "/operator/accounts"]
            {
                let visitor = browser()
                let page = try await visitor.open(uri, following: false)
                #expect(page.status == .seeOther)
                let target = try #require(page.location)
                #expect(target.hasPrefix("/sign-in"))
                #expect(!page.text.contains("王秀英"))
                let form = try await visitor.open(target)
                #expect(form.status == .ok)
                #expect(form.text.contains("autocomplete=\"current-password\""))
                #expect(!form.text.contains("只监听本机"))
            }
        }
    }

    @Test("a resident comes to the own record, a doctor to the residents, and so on")
    func start() async throws {
        try await withHouse { _, browser in
            for (login, text) in [
                ("grandma", "女，72 岁"), ("doctor", "与本机构有诊疗关系的居民"), ("manager", "各区县"), ("cdc", "各区县"),
                ("root", "账号管理"), ("auditor", "审计"),
            ] {
                let visitor = browser()
                let page = try await visitor.signIn(login)
                #expect(page.status == .ok)
                #expect(page.text.contains(text))
                #expect(page.text.contains("退出登录"))
                #expect(!page.text.contains("⟦"))
                let session = try #require(visitor.jar["healthbrain_session"])
                #expect(session.count == 43)
            }
        }
    }

    @Test("a wrong name and a wrong password get the same words")
    func wrong() async throws {
        try await withHouse { _, browser in
            let known = try await browser().signIn("grandma", "not this one")
            let unknown = try await browser().signIn("nobody-at-all", "not this one")
            #expect(known.status == .unprocessableContent)
            #expect(unknown.status == known.status)
            for page in [known, unknown] { #expect(page.text.contains("登录名或密码不对")) }
            #expect(known.text.contains("value=\"grandma\""))
            #expect(!known.text.contains("not this one"))
        }
    }

    @Test("the fifth failure locks, and says for how long")
    func locked() async throws {
        try await withHouse { house, browser in
            let visitor = browser()
            for _ in 0..<5 {
                try await visitor.signIn("grandma", "not this one")
                house.advance(seconds: 10)
            }
            let page = try await visitor.signIn("grandma")
            #expect(page.status == .tooManyRequests)
            #expect(page.text.contains("请等 15 分钟"))
            #expect(page.answer.headers[.retryAfter] != nil)
            house.advance(seconds: 900)
            #expect(try await visitor.signIn("grandma").status == .ok)
        }
    }

    @Test("a form that is not the page's own is refused")
    func forged() async throws {
        try await withHouse { house, browser in
            let visitor = browser()
            try await visitor.open("/sign-in")
            let noField = try await visitor.post(
                "/sign-in", ["login": "grandma", "password": goodPassword, "form": "x"])
            #expect(noField.text.contains("登录页打开得太久了"))
            try await visitor.signIn("grandma")
            let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
            try await visitor.open("/account")
            for headers: HTTPFields in [[site: "cross-site"], [.origin: "https://evil.example"]] {
                let page = try await visitor.post("/account/sessions/end-others", headers: headers)
                #expect(page.status == .forbidden)
                try await visitor.open("/account")
            }
            let without = try await visitor.post("/account/sessions/end-others", hidden: false)
            #expect(without.status == .forbidden)
            #expect(without.text.contains("请重新打开这一页"))
            #expect(try house.log().count { $0.action == .refusal && $0.reason == "form" } == 3)
            let signedOut = browser()
            try await signedOut.open("/sign-in")
            #expect(try await signedOut.post("/account/password", hidden: false).status == .unauthorized)
        }
    }

    @Test("the address to go back to is one of ours")
    func next() async throws {
        try await withHouse { _, browser in
            for (asked, expected) in [
                ("/account", "/account"), ("//evil.example", "/"), ("https://evil.example", "/"),
                ("/\\evil.example", "/"), ("/a b", "/"), ("", "/"), ("/sign-in", "/"),
            ] {
                let visitor = browser()
                try await visitor.open("/sign-in")
                let page = try await visitor.post(
                    "/sign-in", ["login": "root", "password": goodPassword, "next": asked], following: false)
                #expect(page.location == expected)
            }
        }
    }

    @Test("a one-time password leads to a new one, whose faults are told in words")
    func oneTime() async throws {
        try await withHouse { house, browser in
            let added = try await house.accounts.add(
                login: "newcomer", displayName: "新来的", assignments: [RoleAssignment(.operator)])
            let password = try #require(added.oneTimePassword)
            let visitor = browser()
            let step = try await visitor.signIn("newcomer", password)
            #expect(step.text.contains("请换成只有您知道的密码"))
            // Nothing else is open meanwhile.
            #expect(try await visitor.open("/operator/accounts", following: false).status == .seeOther)
            try await visitor.open("/sign-in/new-password")
            let weak = try await visitor.post(
                "/sign-in/new-password", ["current": password, "new": "newcomer1", "again": "other"])
            #expect(weak.status == .unprocessableContent)
            #expect(weak.text.contains("和您的姓名、号码或生日太像"))
            #expect(weak.text.contains("两次输入的新密码不一样"))
            #expect(weak.text.contains("href=\"#new\""))
            let wrong = try await visitor.post(
                "/sign-in/new-password", ["current": "no", "new": otherPassword, "again": otherPassword])
            #expect(wrong.text.contains("现在的密码不对"))
            let done = try await visitor.post(
                "/sign-in/new-password", ["current": password, "new": otherPassword, "again": otherPassword])
            #expect(done.text.contains("账号管理"))
        }
    }

    @Test("a second factor is enrolled by its key, asked for, and stood in for by a recovery code")
    func secondFactor() async throws {
        try await withHouse { house, browser in
            let visitor = browser()
            try await visitor.signIn("grandma")
            try await visitor.open("/account/second-factor")
            let begun = try await visitor.post("/account/second-factor")
            #expect(begun.text.contains("<svg class=\"qr\""))
            let secret = try #require(
                begun.text.firstMatch(of: /<p class="secret"><code>([A-Z2-7 ]+)<\/code>/)?.output.1)
            let totp = TOTP(secret: try #require(Base32Text.decode(String(secret))))
            let wrong = try await visitor.post("/account/second-factor", ["step": "code", "code": "000000"])
            #expect(wrong.text.contains("数字不对"))
            let code = totp.code(step: totp.step(at: house.now))
            let codes = try await visitor.post("/account/second-factor", ["step": "code", "code": code])
            let found = codes.text.matches(of: /<li><code>([A-Z2-7-]+)<\/code>/).map { String($0.output.1) }
            #expect(found.count == 10)
            try await visitor.open("/account")
            #expect(try visitor.page.text.contains("已启用"))

            house.advance(seconds: 60)
            let second = browser()
            let step = try await second.signIn("grandma")
            #expect(step.text.contains("还需要手机验证器上的 6 位数字"))
            #expect(try await second.open("/account", following: false).status == .seeOther)
            try await second.open("/sign-in/second-factor")
            let bad = try await second.post("/sign-in/second-factor", ["code": "123456"])
            #expect(bad.text.contains("验证码不对"))
            let good = try await second.post(
                "/sign-in/second-factor", ["code": totp.code(step: totp.step(at: house.now))])
            #expect(good.text.contains("王秀英"))

            let third = browser()
            try await third.signIn("grandma")
            let recovered = try await third.post("/sign-in/second-factor", ["code": found[0]])
            #expect(recovered.text.contains("王秀英"))
            // A code is asked for before the factor is changed.
            house.advance(seconds: 400)
            try await third.open("/account")
            let stepUp = try await third.post("/account/second-factor/remove")
            #expect(stepUp.text.contains("更改两步验证之前"))
            try await third.post("/account/code", ["code": found[1]])
            let removed = try await third.post("/account/second-factor/remove")
            #expect(removed.text.contains("两步验证已停用"))
        }
    }

    @Test("sessions are listed and ended, one or all others")
    func sessions() async throws {
        try await withHouse { house, browser in
            let (phone, computer) = (browser(), browser())
            try await phone.signIn("grandma")
            try await computer.signIn("grandma")
            let account = try await computer.open("/account")
            #expect(account.text.components(separatedBy: "结束登录<").count == 2)
            #expect(account.text.contains("本设备"))
            let ended = try await computer.post("/account/sessions/end-others")
            #expect(ended.text.contains("其他设备的登录都已结束"))
            house.advance(seconds: 2)
            #expect(try await phone.open("/account", following: false).status == .seeOther)
            #expect(try await computer.open("/account").status == .ok)
        }
    }

    @Test("signing out ends the session and takes the cookie away")
    func signOut() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            try await visitor.signIn("grandma")
            let jar = visitor.jar
            let page = try await visitor.post("/sign-out")
            #expect(page.text.contains("您已退出登录"))
            #expect(visitor.jar["healthbrain_session"] == nil)
            visitor.jar = jar
            #expect(try await visitor.open("/account", following: false).status == .seeOther)
        }
    }

    @Test("a new password ends the other sessions")
    func password() async throws {
        try await withHouse { house, browser in
            let (phone, computer) = (browser(), browser())
            try await phone.signIn("grandma")
            try await computer.signIn("grandma")
            try await computer.open("/account/password")
            let done = try await computer.post(
                "/account/password", ["current": goodPassword, "new": otherPassword, "again": otherPassword])
            #expect(done.text.contains("密码已修改"))
            house.advance(seconds: 2)
            #expect(try await phone.open("/account", following: false).status == .seeOther)
            #expect(try await phone.signIn("grandma", otherPassword).text.contains("王秀英"))
        }
    }

    @Test("a password is judged while it is typed, for the form's own session alone")
    func check() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            try await visitor.signIn("grandma")
            try await visitor.open("/account/password")
            let form = try #require(
                try visitor.page.text.firstMatch(of: /name="form" value="([^"]+)"/)?.output.1)
            let weak = try await visitor.post(
                "/account/password/check", ["form": String(form), "new": "12345678"], hidden: false)
            #expect(weak.text.contains("太有规律") || weak.text.contains("很多人都用"))
            let good = try await visitor.post(
                "/account/password/check", ["form": String(form), "new": otherPassword], hidden: false)
            #expect(good.text.contains("\"problems\":[]"))
            let forged = try await visitor.post(
                "/account/password/check", ["form": "x", "new": otherPassword], hidden: false)
            #expect(forged.status == .forbidden)
        }
    }

    @Test("who has several roles chooses one")
    func roles() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            let first = try await visitor.signIn("both")
            #expect(first.text.contains("李雷"))
            try await visitor.open("/account")
            let second = try await visitor.post("/account/role", ["role": "1"])
            #expect(second.text.contains("与本机构有诊疗关系的居民"))
            try await visitor.open("/account")
            #expect(try await visitor.post("/account/role", ["role": "7"]).status == .badRequest)
        }
    }
}

/// RFC 4648 §6, read.
enum Base32Text {
    static func decode(_ text: String) -> [UInt8]? {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bits, count, bytes) = (0, 0, [UInt8]())
        for letter in text where letter != " " {
            guard let value = letters.firstIndex(of: letter) else { return nil }
            bits = bits << 5 | value
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(bits >> count & 255))
            }
        }
        return bytes
    }
}
