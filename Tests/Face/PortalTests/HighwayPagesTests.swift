import Accounts
import AuditLog
import FHIR
import Foundation
import HTTPTypes
import Highway
import Hummingbird
import HummingbirdTesting
import Mapping
import Portal
import Records
import Testing

@Suite("The operator's pages of the highway", .serialized)
struct HighwayPagesTests {
    /// A message that is taken over.
    private static let good = [
        "MSH|^~\\&|HIS|330106001|||20261120083000||ADT^A04|G1|P|2.4", "EVN|A04|20261120083000",
        "PID|1||0001234^^^HIS^MR||张^三||19491231|2",
    ]
    /// A message of a type that nobody maps, about a person.
    private static let bad = [
        "MSH|^~\\&|HIS|330106002|||20261120083000||ZZZ^Z99|B1|P|2.4", "EVN|Z99|20261120083000",
        "PID|1||0009876^^^HIS^MR||欧阳^娜娜||19491231|2",
    ]

    private func send(_ highway: Highway, _ lines: [String], as sender: String) async throws -> Int64 {
        let delivery = Delivery(
            sender: sender, door: .mllp, format: .hl7v2, bytes: Array((lines.joined(separator: "\r") + "\r").utf8),
            receivedAt: testNow)
        return try await highway.accept(delivery).id
    }

    /// An open house with a highway.
    private func withOpenHouse(_ body: @escaping @Sendable (Highway, TestBrowser) async throws -> Void) async throws {
        let store = try memoryStore()
        let highway = try Highway(store, mapping: try Mapping.house(try Definitions.r4()))
        let running = Task { await highway.run() }
        let router = Router(context: BasicRequestContext.self)
        try Portal(store: store, highway: highway, now: { testNow }).addRoutes(to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in try await body(highway, TestBrowser(client)) }
        await highway.close()
        await running.value
    }

    private let pages = ["", "/dead", "/codes", "/quality", "/quality?sender=nobody", "/dead?sender=x&reason=map"]

    @Test("say in both languages that nothing has come, where nothing has")
    func empty() async throws {
        try await withOpenHouse { _, browser in
            for page in pages {
                let address = "/ops/highway" + page
                for language in ["zh", "en"] {
                    let mark = address.contains("?") ? "&" : "?"
                    let shown = try await browser.open(address + mark + "lang=" + language)
                    #expect(shown.status == .ok && !shown.text.contains("⟦"), "\(address)")
                }
            }
            #expect(try await browser.open("/ops/highway?lang=zh").text.contains("还没有机构发送过数据"))
            #expect(try await browser.open("/ops/highway/dead").text.contains("没有死信"))
            #expect(try await browser.open("/ops/highway/dead/7").status == .notFound)
            #expect(try await browser.open("/ops/highway/dead/x").status == .notFound)
        }
    }

    @Test("show senders, and a letter with its reason, its values hidden")
    func letter() async throws {
        try await withOpenHouse { highway, browser in
            _ = try await send(highway, Self.good, as: "330106001")
            let id = try await send(highway, Self.bad, as: "330106002")
            try await highway.settle()
            let senders = try await browser.open("/ops/highway")
            for text in ["330106001", "330106002", "有死信", "data-refresh=\"/highway/events\"", "mllp"] {
                #expect(senders.text.contains(text), "\(text)")
            }
            let shelf = try await browser.open("/ops/highway/dead?sender=330106002")
            #expect(shelf.text.contains("/ops/highway/dead/\(id)") && shelf.text.contains("重放这个发送方的全部死信"))
            #expect(
                !(try await browser.open("/ops/highway/dead?sender=330106001").text.contains("/ops/highway/dead/\(id)"))
            )
            let letter = try await browser.open("/ops/highway/dead/\(id)")
            #expect(letter.text.contains("ZZZ^Z99") && letter.text.contains("PID|9||"))
            for page in [shelf.text, letter.text] {
                #expect(!page.contains("欧阳") && !page.contains("0009876") && !page.contains("⟦"))
            }
            #expect(try await browser.open("/ops/highway/quality?sender=330106001").text.contains("ADT"))
        }
    }

    @Test("tell in the reader's language what is wrong and what to do, and give it as a table")
    func languages() async throws {
        try await withOpenHouse { highway, browser in
            let id = try await send(highway, Self.bad, as: "330106002")
            _ = try await send(
                highway, Self.good.dropLast() + ["PID|1||0001234^^^HIS^MR||张^三||19490231|2"], as: "330106001")
            try await highway.settle()
            let letter = "/ops/highway/dead/\(id)?lang="
            let (chinese, english) = (
                try await browser.open(letter + "zh").text, try await browser.open(letter + "en").text
            )
            #expect(chinese.contains("没有 ZZZ^Z99 的映射") && chinese.contains("增加写有这一事件的消息映射文件"))
            #expect(!chinese.contains("add a message file"))
            #expect(english.contains("add a message file that names the event"))
            let report = try await browser.open("/ops/highway/quality?sender=330106001&lang=zh&format=csv")
            #expect(report.answer.headers[.contentDisposition] == "attachment; filename=\"quality.csv\"")
            #expect(report.text.contains("这个值未采用；请按 HL7 的写法发送") && !report.text.contains("19490231"))
        }
    }

    @Test("replay a letter and all of a sender, and discard with a reason alone")
    func changes() async throws {
        try await withOpenHouse { highway, browser in
            let id = try await send(highway, Self.bad, as: "330106002")
            try await highway.settle()
            let letter = "/ops/highway/dead/\(id)"
            try await browser.open(letter)
            let again = try await browser.post(letter + "/replay")
            #expect(again.status == .ok && again.text.contains("已放回 1 条"))
            try await highway.settle()
            let confirm = try await browser.open("/ops/highway/replay?sender=330106002")
            #expect(confirm.text.contains("330106002 有 1 条"))
            #expect(try await browser.post("/ops/highway/replay").text.contains("已放回 1 条"))
            try await highway.settle()

            try await browser.open(letter)
            let refused = try await browser.post(letter + "/discard", ["why": " "])
            #expect(refused.status == .unprocessableContent && refused.text.contains("请用几个字写明"))
            #expect(try highway.receipt(id)?.state == .dead)
            let foreign: HTTPFields = [.origin: "https://elsewhere.example"]
            #expect(try await browser.post(letter + "/replay", headers: foreign).status == .forbidden)
            try await browser.open(letter)
            let done = try await browser.post(letter + "/discard", ["why": "测试用的消息"])
            #expect(done.text.contains("已从架上取下"))
            #expect(try highway.receipt(id)?.state == .discarded)
            #expect(try await browser.open(letter).status == .notFound)
        }
    }

    @Test("page on by delivery, and narrow by reason")
    func paging() async throws {
        try await withOpenHouse { highway, browser in
            for number in 0..<33 {
                _ = try await send(
                    highway, Self.bad.map { $0.replacing("|B1|", with: "|B\(number)|") }, as: "330106002")
            }
            try await highway.settle()
            let first = try await browser.open("/ops/highway/dead")
            #expect(first.text.matches(of: /<li><h3>/).count == 30)
            let next = try #require(first.text.firstMatch(of: /href="([^"]+)" rel="next"/)).output.1
            let second = try await browser.open(String(next.replacing("&amp;", with: "&")))
            #expect(second.text.matches(of: /<li><h3>/).count == 3 && !second.text.contains("rel=\"next\""))
            let reason = try #require(first.text.firstMatch(of: /<option value="([a-z]+\/[^"]+)">/)).output.1
            let address = "/ops/highway/dead?reason=" + reason.replacing(" ", with: "%20")
            #expect(try await browser.open(address).text.matches(of: /<li><h3>/).count == 30)
            #expect(try await browser.open("/ops/highway/dead?reason=commit/none").text.contains("没有符合条件的死信"))
        }
    }

    @Test("are for operators with the system duty alone, and what they do is in the audit log")
    func rights() async throws {
        try await withHouse(hasHighway: true) { house, browser in
            let highway = try #require(house.highway)
            let running = Task { await highway.run() }
            let id = try await send(highway, Self.bad, as: "330106002")
            try await highway.settle()
            for login in ["grandma", "doctor", "manager", "cdc", "auditor"] {
                let other = browser()
                try await other.signIn(login)
                #expect(try await other.open("/ops/highway").status == .forbidden, "\(login)")
                #expect(try await other.open("/ops/highway/dead/\(id)").status == .forbidden, "\(login)")
            }
            #expect(try await browser().open("/ops/highway", following: false).location?.hasPrefix("/sign-in") == true)
            let root = browser()
            try await root.signIn("root")
            let senders = try await root.open("/ops/highway")
            #expect(
                senders.status == .ok && senders.text.contains("330106002") && senders.text.contains("aria-current"))
            try await root.open("/ops/highway/dead/\(id)")
            #expect(
                try await root.post("/ops/highway/dead/\(id)/replay", ["form": "other"]).status == .forbidden)
            try await root.open("/ops/highway/dead/\(id)")
            #expect(try await root.post("/ops/highway/dead/\(id)/replay").text.contains("已放回 1 条"))
            try await highway.settle()
            let log = try house.log()
            #expect(log.contains { $0.action == .configuration && $0.reason == "highway replay" })
            await highway.close()
            await running.value
        }
    }
}
