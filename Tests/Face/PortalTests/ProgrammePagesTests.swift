import AuditLog
import Calendar
import Foundation
import HTTPTypes
import JSON
import Pathways
import Records
import Testing

@Suite("Pages of programmes", .serialized)
struct ProgrammePagesTests {
    // MARK: - The doctor's day

    @Test("the doctor begins with what is to be done, what is late and supervised first, with the reason in words")
    func today() async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            var page = try await doctor.signIn("doctor")
            #expect(page.uri == "/today")
            page = try await doctor.open("/today")
            #expect(page.text.contains("今日工作") && page.text.contains("王秀英") && page.text.contains("首次联系"))
            #expect(page.text.contains("督办单") && page.text.contains("逾期 1 天"))
            #expect(page.text.contains("规则：首次联系") || page.text.contains("依据："))
            let first = try #require(page.text.range(of: "首次联系"))
            let later = try #require(page.text.range(of: "定期随访"))
            #expect(first.lowerBound < later.lowerBound)
            // What falls due on one day is one line with its parts.
            #expect(page.text.contains("同一天到期的 2 件事") && page.text.contains("年度体检"))
            #expect(!page.text.contains("李雷"))
            let english = try await doctor.open("/today?lang=en")
            #expect(english.text.contains("Today's work") || english.text.contains("Today&#39;s work"))
            #expect(english.text.contains("1 day late") && !english.text.contains("⟦"))
        }
    }

    @Test(
        "the list is filtered by programme, area and kind, and says when nothing fits",
        arguments: [
            ("kind=late", "首次联系", "邀请健步走"), ("kind=escalated", "首次联系", "定期随访"),
            ("kind=form", "定期随访", "首次联系"), ("kind=invitation", "邀请健步走", "定期随访"),
            ("programme=walks", "邀请健步走", "首次联系"), ("area=330106", "首次联系", "没有符合筛选条件"),
            ("area=330102", "没有符合筛选条件", "首次联系"), ("show=team", "自己量血压", "没有符合筛选条件"),
        ])
    func filters(query: String, there: String, notThere: String) async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let page = try await doctor.open("/today?\(query)&lang=zh")
            #expect(page.status == .ok)
            let main = page.text.components(separatedBy: "id=\"work-title\"").last ?? ""
            #expect(main.contains(there), "\(query)")
            #expect(!main.contains(notThere), "\(query)")
        }
    }

    @Test("a clinician of another institution sees nothing of it, by the list, the person's page or the task")
    func strangers() async throws {
        try await withProgrammes { house, browser in
            let stranger = browser()
            try await stranger.signIn("stranger")
            var page = try await stranger.open("/today?show=team")
            #expect(page.status == .ok && !page.text.contains("王秀英") && page.text.contains("李雷"))
            page = try await stranger.open("/residents/p1/care")
            #expect(page.status == .notFound && !page.text.contains("王秀英"))
            let task = try house.task("pressure.follow-up")
            page = try await stranger.open("/tasks/\(task)")
            #expect(page.status == .notFound && !page.text.contains("定期随访"))
            page = try await stranger.post("/tasks/\(task)", ["action": "done", "reason": "x"])
            #expect(page.status == .forbidden || page.status == .notFound)
            #expect(try house.document("Task", task)["status"]?.string == "requested")
        }
    }

    @Test(
        "managers, epidemiologists and operators see no person, and residents no work list",
        arguments: [
            ("manager", "/today"), ("manager", "/residents/p1/care"), ("manager", "/my/programmes"), ("cdc", "/today"),
            ("cdc", "/programmes"), ("root", "/programmes"), ("root", "/today"), ("grandma", "/today"),
            ("grandma", "/today/load"), ("grandma", "/residents/p1/care"), ("grandma", "/programmes"),
            ("doctor", "/programmes"), ("doctor", "/my/programmes"),
        ])
    func roles(login: String, address: String) async throws {
        try await withProgrammes { house, browser in
            let somebody = browser()
            try await somebody.signIn(login)
            let page = try await somebody.open(address)
            #expect(page.status == .forbidden, "\(login) \(address)")
            #expect(!page.text.contains("首次联系"))
        }
    }

    @Test("the team's load tells who has how much to do, and how much of it is late")
    func load() async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let page = try await doctor.open("/today/load")
            #expect(page.text.contains("社区卫生服务中心 o1") && page.text.contains("居民本人"))
            #expect(page.text.contains("按责任方") && page.text.contains("高血压管理"))
            #expect(!page.text.contains("王秀英"))
        }
    }

    // MARK: - One task

    @Test(
        "a task says why it is there and is answered with a sentence; the answer can be taken back until something follows"
    )
    func answer() async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let task = try house.task("pressure.first-contact")
            var page = try await doctor.open("/tasks/\(task)")
            #expect(page.text.contains("为什么") && page.text.contains("规则：首次联系") && page.text.contains("督办单"))
            page = try await doctor.post("/tasks/\(task)", ["action": "done"])
            #expect(page.status == .unprocessableContent && page.text.contains("请写明原因"))
            page = try await doctor.post("/tasks/\(task)", ["action": "done", "reason": "已电话联系"])
            #expect(page.status == .ok && page.text.contains("已记为完成") && page.text.contains("撤回这个答复"))
            #expect(try house.document("Task", task)["status"]?.string == "completed")
            #expect(try house.document("Task", task)["statusReason"]?["text"]?.string == "已电话联系")
            try await house.follow()
            #expect(try house.document("Task", task)["status"]?.string == "completed")
            let log = try house.log()
            #expect(
                log.contains { entry in
                    entry.patients == ["Patient/p1"]
                        && entry.entities.contains {
                            if case .resource("Task/\(task)", _) = $0 { true } else { false }
                        }
                })
            page = try await doctor.open("/tasks/\(task)")
            page = try await doctor.post("/tasks/\(task)", ["action": "undo"])
            #expect(page.text.contains("已撤回") && page.text.contains("逾期"))
            #expect(try house.document("Task", task)["status"]?.string == "requested")
            #expect(try house.document("Task", task)["statusReason"] == nil)
        }
    }

    @Test(
        "it is declined or cancelled with a reason, and not without",
        arguments: [("decline", "rejected", "已婉拒"), ("not-possible", "failed", "已取消")])
    func refusals(action: String, status: String, said: String) async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let task = try house.task("pressure.first-contact")
            try await doctor.open("/tasks/\(task)")
            var page = try await doctor.post("/tasks/\(task)", ["action": action, "reason": " "])
            #expect(page.status == .unprocessableContent)
            #expect(try house.document("Task", task)["status"]?.string == "requested")
            page = try await doctor.post("/tasks/\(task)", ["action": action, "reason": "住院了"])
            #expect(page.text.contains(said) && page.text.contains("住院了"))
            #expect(try house.document("Task", task)["status"]?.string == status)
        }
    }

    @Test("it is put off to a day with a reason, leaves the list until then, and comes back")
    func putOff() async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let task = try house.task("pressure.first-contact")
            try await doctor.open("/tasks/\(task)")
            for (until, problem) in [("2026-11-21", "明天起一年之内"), ("", "明天起一年之内"), ("2029-01-01", "明天起一年之内")] {
                let page = try await doctor.post(
                    "/tasks/\(task)", ["action": "defer", "until": until, "reason": "外出"])
                #expect(page.status == .unprocessableContent && page.text.contains(problem), "\(until)")
            }
            var page = try await doctor.post(
                "/tasks/\(task)", ["action": "defer", "until": "2026-11-25", "reason": "外出"])
            #expect(page.text.contains("已推迟") && page.text.contains("推迟到2026年11月25日：外出"))
            try await house.follow()
            page = try await doctor.open("/today")
            let main = page.text.components(separatedBy: "id=\"work-title\"").last ?? ""
            #expect(!main.contains("首次联系"))
            house.advance(seconds: 5 * 86_400)
            try await doctor.signIn("doctor")
            page = try await doctor.open("/today")
            #expect(page.text.contains("首次联系"))
        }
    }

    @Test("a form is offered, and the task is done once it is signed")
    func form() async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let task = try house.task("pressure.follow-up")
            var page = try await doctor.open("/tasks/\(task)")
            #expect(page.text.contains("href=\"/forms/q1?patient=p1\""))
            try await house.store.put(
                """
                {"resourceType":"QuestionnaireResponse","id":"r9","questionnaire":"https://healthbrain.dev/fhir/Questionnaire/q1",\
                "status":"completed","subject":{"reference":"Patient/p1"},"authored":"2026-11-21T08:00:00+08:00"}
                """)
            try await house.follow()
            page = try await doctor.open("/tasks/\(task)")
            #expect(page.text.contains("已完成") && !page.text.contains("撤回这个答复"))
        }
    }

    @Test("the resident is messaged and referred, and both can be taken back")
    func besides() async throws {
        try await withProgrammes { house, browser in
            let hospital =
                #"{"resourceType":"Organization","id":"h1","name":"市一医院","type":[{"coding":[{"system":"#
                + #""https://healthbrain.dev/fhir/CodeSystem/institution-kind","code":"hospital"}]}]}"#
            try await house.store.put(hospital)
            let doctor = browser()
            try await doctor.signIn("doctor")
            let task = try house.task("pressure.first-contact")
            try await doctor.open("/tasks/\(task)")
            var page = try await doctor.post("/tasks/\(task)", ["action": "message", "message": "请周五来量血压"])
            #expect(page.text.contains("消息已发给居民") && page.text.contains("请周五来量血压"))
            let grandma = browser()
            try await grandma.signIn("grandma")
            #expect(try await grandma.open("/my/programmes").text.contains("请周五来量血压"))
            page = try await doctor.post("/tasks/\(task)", ["action": "take-back"])
            #expect(page.text.contains("已收回"))
            #expect(!(try await grandma.open("/my/programmes").text.contains("请周五来量血压")))
            page = try await doctor.post("/tasks/\(task)", ["action": "refer", "reason": "血压高"])
            #expect(page.status == .unprocessableContent && page.text.contains("请选接诊的医院"))
            page = try await doctor.post(
                "/tasks/\(task)", ["action": "refer", "performer": "Organization/h1", "reason": "血压高", "urgent": "1"])
            #expect(page.text.contains("转诊已提出"))
            let made = try house.store.search(type: "ServiceRequest", parameters: [("subject", "Patient/p1")])
            let root = try JSONDocument(parsing: #require(made.entries.first).version.json()).root
            #expect(root["intent"]?.string == "order" && root["status"]?.string == "active")
            #expect(root["performer"]?[0]?["reference"]?.string == "Organization/h1")
            #expect(root["priority"]?.string == "urgent" && root["reasonCode"]?[0]?["text"]?.string == "血压高")
            page = try await doctor.post("/tasks/\(task)", ["action": "take-back"])
            #expect(page.text.contains("已收回"))
        }
    }

    @Test("a form that isn't of the session changes nothing")
    func forged() async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let task = try house.task("pressure.first-contact")
            let page = try await doctor.post(
                "/tasks/\(task)", ["action": "done", "reason": "x", "form": "nonsense"], hidden: false)
            #expect(page.status == .forbidden)
            #expect(try house.document("Task", task)["status"]?.string == "requested")
        }
    }

    // MARK: - One person

    @Test(
        "a person's page has the programmes, grades, values with the programme's goal, what is open and what was done")
    func person() async throws {
        try await withProgrammes { house, browser in
            try await house.store.put(
                Sample.glucose("g2", patient: "p1", value: "7.20", at: "2026-11-20T09:30:00+08:00"))
            try await house.follow()
            let doctor = browser()
            try await doctor.signIn("doctor")
            let page = try await doctor.open("/residents/p1/care")
            #expect(page.status == .ok && page.text.contains("王秀英") && page.text.contains("高血压管理"))
            #expect(page.text.contains("黄色") && page.text.contains("血糖 5.10"))
            // She is over 70: the goal is the looser one.
            #expect(page.text.contains("目标：低于 7") && page.text.contains("7.20"))
            #expect(page.text.contains("首次联系") && page.text.contains("自己量血压"))
            // Grouped, each with its most urgent before the rest.
            let groups = page.text.matches(of: /care-group/).count
            #expect(groups > 0 && page.text.contains(" 件逾期"))
            let folded = page.text.matches(of: /其余 \d+ 件/).count
            #expect(groups + folded <= page.text.matches(of: /<h4>/).count)
            #expect(page.text.contains("还没有办过的事"))
            #expect(!page.text.contains("⟦"))
            #expect(!(try await doctor.open("/residents/p1/care?lang=en").text.contains("⟦")))
            #expect(try await doctor.open("/residents/p1").text.contains("href=\"/residents/p1/care\""))
        }
    }

    // MARK: - The resident

    @Test("residents see in plain words what is theirs and why, and nobody else's")
    func own() async throws {
        try await withProgrammes { house, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            var page = try await grandma.open("/my/programmes")
            #expect(page.text.contains("要您做的") && page.text.contains("自己量血压") && page.text.contains("邀请健步走"))
            #expect(page.text.contains("高血压管理") && page.text.contains("接下来") && page.text.contains("定期随访"))
            #expect(page.text.contains("王小宝"))
            page = try await grandma.open("/my/programmes?patient=p3")
            #expect(page.status == .ok && page.text.contains("邀请健步走"))
            page = try await grandma.open("/my/programmes?patient=p2")
            #expect(page.status == .notFound && !page.text.contains("李雷"))
            let foreign = try house.task("walks.invited", of: "p2")
            page = try await grandma.open("/tasks/\(foreign)")
            #expect(page.status == .notFound)
            // What the doctor does isn't hers to answer.
            let task = try house.task("pressure.first-contact")
            try await grandma.open("/my/programmes")
            page = try await grandma.post("/tasks/\(task)", ["action": "done", "reason": "x"])
            #expect(page.status == .unprocessableContent || page.status == .forbidden)
            #expect(try house.document("Task", task)["status"]?.string == "requested")
            #expect(!(try await grandma.open("/my/programmes?lang=en").text.contains("⟦")))
        }
    }

    @Test("an invitation is accepted, which enters the programme; or refused with a reason, and taken back")
    func invitation() async throws {
        try await withProgrammes { house, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            try await grandma.open("/my/programmes")
            let task = try house.task("walks.invited")
            var page = try await grandma.post("/tasks/\(task)", ["action": "decline", "back": "my", "reason": ""])
            #expect(page.status == .unprocessableContent)
            try await grandma.open("/my/programmes")
            page = try await grandma.post("/tasks/\(task)", ["action": "decline", "back": "my", "reason": "膝盖疼"])
            #expect(page.uri.hasPrefix("/my/programmes") && page.text.contains("您不参加") && page.text.contains("点错了"))
            #expect(try house.document("Task", task)["status"]?.string == "rejected")
            try await grandma.open("/tasks/\(task)")
            page = try await grandma.post("/tasks/\(task)", ["action": "undo"])
            #expect(try house.document("Task", task)["status"]?.string == "requested")
            try await grandma.open("/my/programmes")
            page = try await grandma.post("/tasks/\(task)", ["action": "accept", "back": "my"])
            #expect(page.text.contains("您已参加"))
            house.advance(seconds: 60)
            try await house.follow()
            page = try await grandma.open("/my/programmes")
            #expect(page.text.contains("第一次健步走"))
            // Something has followed: it can't be taken back any more.
            try await grandma.open("/tasks/\(task)")
            page = try await grandma.post("/tasks/\(task)", ["action": "undo"])
            #expect(try house.document("Task", task)["status"]?.string == "completed")
        }
    }

    // MARK: - The manager

    @Test("a manager sees each programme as a funnel with rates, and where loops stick; small numbers are hidden")
    func funnel() async throws {
        try await withProgrammes(more: 9) { house, browser in
            let manager = browser()
            try await manager.signIn("manager")
            var page = try await manager.open("/programmes")
            #expect(page.status == .ok && page.text.contains("高血压管理") && page.text.contains("健步走"))
            page = try await manager.open("/programmes/pressure")
            #expect(page.text.contains("应管理") && page.text.contains("已达标") && page.text.contains("首次联系"))
            // One person has an observation: too few to be told.
            #expect(page.text.contains("不公开") && page.text.contains(">10<"))
            #expect(!page.text.contains("居民0") && !page.text.contains("王秀英") && !page.text.contains("⟦"))
            page = try await manager.open("/programmes/pressure?area=330106")
            #expect(page.text.contains("社区卫生服务中心 o1"))
            page = try await manager.open("/programmes/pressure?format=csv")
            #expect(page.answer.headers[.contentType]?.hasPrefix("text/csv") == true)
            #expect(page.text.contains("level,code,name") && page.text.contains("first-contact"))
            #expect(!page.text.contains("居民0"))
            page = try await manager.open("/programmes/nothing")
            #expect(page.status == .notFound)
            page = try await manager.open("/programmes/walks?lang=en")
            #expect(!page.text.contains("⟦"))
        }
    }

    // MARK: - Many at once

    /// The page of a job once it doesn't move any more.
    private func settled(_ browser: TestBrowser, _ uri: String) async throws -> TestBrowser.Shown {
        let path = uri.split(separator: "?").first.map(String.init) ?? uri
        var page = try await browser.open(path)
        for _ in 0..<600 where page.text.contains("正在办理") || page.text.contains("正在收回") {
            try await Task.sleep(for: .milliseconds(50))
            page = try await browser.open(path)
        }
        return page
    }

    @Test("invites many in the background, tells how far it is, and takes it back but for who has answered")
    func bulk() async throws {
        try await withProgrammes(more: 40) { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            var page = try await doctor.open("/today?kind=invitation")
            page = try await doctor.post(
                "/bulk", ["action": "invite-all", "message": "来走走吧", "back": "/today?kind=invitation"])
            #expect(page.uri.hasPrefix("/bulk/"))
            let job = page.uri
            page = try await settled(doctor, job)
            // p1, p3 and 40 more are of this institution; p2 is not.
            #expect(page.text.contains("已办 42 件，共 42 件") && page.text.contains("办完了"))
            let task = try house.task("walks.invited", of: "b0")
            #expect(try house.document("Task", task)["status"]?.string == "in-progress")
            let other = try house.task("walks.invited", of: "p2")
            #expect(try house.document("Task", other)["status"]?.string == "requested")
            let grandma = browser()
            try await grandma.signIn("grandma")
            #expect(try await grandma.open("/my/programmes").text.contains("来走走吧"))
            let own = try house.task("walks.invited")
            _ = try await grandma.post("/tasks/\(own)", ["action": "accept", "back": "my"])
            #expect(try house.document("Task", own)["status"]?.string == "completed")
            try await doctor.open(job)
            _ = try await doctor.post(job, ["action": "undo"])
            page = try await settled(doctor, job)
            #expect(page.text.contains("已收回"))
            #expect(try house.document("Task", task)["status"]?.string == "requested")
            #expect(try house.document("Task", own)["status"]?.string == "completed")
            let stranger = browser()
            try await stranger.signIn("stranger")
            page = try await stranger.open(job)
            #expect(page.status == .notFound)
        }
    }

    @Test(
        "a job that a restart has interrupted goes on by itself for who asked for it, when nobody is at it for a minute"
    )
    func bulkInterrupted() async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let task = try house.task("pressure.first-contact")
            try await doctor.open("/today")
            var page = try await doctor.post(
                "/bulk",
                ["action": "defer", "tasks": task, "until": "2026-11-30", "reason": "春节", "back": "/today"])
            let job = page.uri
            page = try await settled(doctor, job)
            #expect(page.text.contains("办完了"))
            // As if the server had ended before it came to the first task.
            let stood = try house.document("Task", String(job.dropFirst("/bulk/".count)))
            var writer = JSONWriter()
            writer.beginObject()
            for (key, value) in stood.members where !["meta", "output"].contains(key.string) {
                writer.member(key.string ?? "", node: value)
            }
            writer.endObject()
            try await house.store.put(
                String(decoding: writer.bytes, as: UTF8.self).replacing(
                    #""status":"completed""#, with: #""status":"in-progress""#
                )
                .replacing(#""code":"done""#, with: #""code":"running""#))
            page = try await doctor.open(job)
            #expect(page.text.contains("停着"), "somebody else may be at it")
            house.advance(seconds: 61)
            page = try await settled(doctor, job)
            #expect(page.text.contains("已办 1 件，共 1 件") && page.text.contains("办完了"))
        }
    }

    @Test("puts those selected off with one reason, and refuses without selection or reason")
    func bulkDefer() async throws {
        try await withProgrammes { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            let task = try house.task("pressure.first-contact")
            try await doctor.open("/today")
            var page = try await doctor.post("/bulk", ["action": "defer", "back": "/today"])
            #expect(page.text.contains("没有选中"))
            page = try await doctor.post(
                "/bulk",
                [
                    "action": "defer", "tasks": task, "until": "2026-11-30", "message": "来走走吧",
                    "back": "/today?programme=pressure",
                ])
            #expect(page.status == .unprocessableContent && page.text.contains("推迟要有原因"))
            // What was typed stays, and the list as it was filtered.
            #expect(page.text.contains("value=\"2026-11-30\"") && page.text.contains(">来走走吧</textarea>"))
            #expect(page.text.contains("<details class=\"section\" open>"))
            #expect(page.text.contains("<option value=\"pressure\" selected>"))
            page = try await doctor.post(
                "/bulk",
                ["action": "defer", "tasks": task, "until": "2026-11-30", "reason": "春节", "back": "/today"])
            page = try await settled(doctor, page.uri)
            #expect(page.text.contains("已办 1 件，共 1 件"))
            let extensions = try house.document("Task", task)["extension"]
            #expect(extensions?.elements.contains { $0["url"]?.string == WorkTask.deferredUntil } == true)
        }
    }
}
