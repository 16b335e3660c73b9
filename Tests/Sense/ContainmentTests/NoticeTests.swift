import Containment
import FHIR
import JSON
import Records
import Signals
import Testing
import Validation

@Suite("Notices, approved by a second person")
struct NoticeTests {
    private let writer = Notice.Author(account: "A1", name: "孙流调")
    private let second = Notice.Author(account: "A2", name: "孙流调")

    private func notice(_ signal: Signal, _ audience: Notice.Audience = .everybody) throws -> Notice {
        try Notice(
            of: signal, from: "Organization/xihu", to: audience, title: "麻疹疫情提示", text: "请核对孩子的接种记录。", by: writer,
            now: start)
    }

    @Test("go out only by somebody else than who wrote them, of whatever name, and can be taken back with a reason")
    func life() async throws {
        let (desk, signal) = try await signalStore()
        var notice = try notice(signal)
        #expect(!notice.isOut && notice.sentAt == nil)
        #expect(throws: Notice.Refusal.ownNotice) { try notice.take(.sent, by: writer, now: start) }
        #expect(throws: Notice.Refusal.stage) { try notice.take(.withdrawn, by: second, text: "x", now: start) }
        #expect(throws: Notice.Refusal.reason) { try notice.take(.refused, by: second, now: start) }
        try notice.take(.sent, by: second, now: start + hour)
        #expect(notice.isOut && notice.sentAt == start + hour)
        #expect(throws: Notice.Refusal.stage) { try notice.take(.refused, by: second, text: "x", now: start) }
        let document = try notice.communication()
        let issues = try ResourceValidator(definitions: Definitions.r4()).validate(document)
        #expect(issues.filter { $0.severity == .error || $0.severity == .fatal }.isEmpty, "\(issues)")
        let created = try await desk.store.create(type: "Communication", document)
        (notice.id, notice.version) = (created.version.key.id, created.version.versionID)
        await desk.store.settle()
        let found = try desk.store.search(
            type: "Communication", parameters: Notice.search(.everybody, signal: signal.id, [.sent], count: 9))
        #expect(try found.entries.compactMap { try Notice($0.version) } == [notice])
        try notice.take(.withdrawn, by: writer, text: "数字有误", now: start + 2 * hour)
        #expect(!notice.isOut)
        await desk.store.close()
    }

    @Test("where nobody signs in, names must differ")
    func open() async throws {
        let signal = try await signalStore().1
        let nobody = Notice.Author(account: "", name: "")
        var notice = try Notice(
            of: signal, from: "Organization/xihu", to: .institutions, title: "提示", text: "请加强监测。", by: nobody,
            now: start)
        #expect(throws: Notice.Refusal.ownNotice) { try notice.take(.sent, by: nobody, now: start) }
        try notice.take(.sent, by: Notice.Author(account: "", name: "李主任"), now: start)
        #expect(notice.isOut)
        #expect(throws: Notice.Refusal.text) {
            try Notice(
                of: signal, from: "Organization/xihu", to: .everybody, title: "", text: "x", by: nobody, now: start)
        }
    }

    /// What a Communication that only looks like a notice says.
    @Test(
        "the board shows what a centre sends and two persons stand for, and nothing that only looks so",
        arguments: [
            ("", "", true),
            ("\"Organization/xihu\"}", "\"Organization/h1\"}", false),
            ("\"value\":\"A2\"", "\"value\":\"A1\"", false),
            ("\"status\":\"completed\"", "\"status\":\"preparation\"", false),
            ("\"partOf\":[", "\"partOf\":[{\"reference\":\"Organization/h1\"},", false),
            ("\"topic\":", "\"about\":[{\"reference\":\"Organization/h1\"}],\"topic\":", false),
        ])
    func board(part: String, other: String, isShown: Bool) async throws {
        let (desk, signal) = try await signalStore()
        for text in [
            #"{"resourceType":"Organization","id":"wjw","name":"卫健委"}"#,
            #"{"resourceType":"Organization","id":"h1","name":"医院"}"#,
            #"{"resourceType":"Organization","id":"xihu","name":"西湖疾控","type":[{"coding":[{"code":"cdc"}]}]}"#,
        ] {
            let document = try JSONDocument(parsing: Array(text.utf8))
            _ = try await desk.store.update(
                ResourceKey(type: "Organization", id: document.root["id"]?.string ?? ""), document)
        }
        var notice = try notice(signal)
        try notice.take(.sent, by: second, now: start + hour)
        var text = String(decoding: try notice.communication().text, as: UTF8.self)
        if !part.isEmpty {
            #expect(text.contains(part))
            text = text.replacing(part, with: other)
        }
        _ = try await desk.store.create(type: "Communication", JSONDocument(parsing: Array(text.utf8)))
        await desk.store.settle()
        let board = NoticeBoard(desk.store)
        #expect(try board.notices([.everybody], limit: 9).count == (isShown ? 1 : 0))
        #expect(try board.notices([.institutions], limit: 9).isEmpty)
        await desk.store.close()
    }
}
