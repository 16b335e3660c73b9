import AuditLog
import Foundation
import HTTPTypes
import JSON
import Records
import Testing

/// What a device that was without a network brings, and what it gets.
@Suite("Forms taken along")
struct OfflineFormsTests {
    private static let sending = "11111111-1111-4111-8111-111111111111"
    private static let response = "22222222-2222-4222-8222-222222222222"

    /// A house with a form, and a browser where the doctor is signed in, with the token of its forms.
    private func withDoctor(
        _ body: @Sendable @escaping (TestHouse, TestBrowser, String) async throws -> Void
    ) async throws {
        try await withHouse { house, browser in
            try await house.store.put(FormPagesTests.questionnaire)
            let doctor = browser()
            try await doctor.signIn("doctor")
            try await body(house, doctor, try await token(doctor))
        }
    }

    private func token(_ browser: TestBrowser) async throws -> String {
        try #require(try await json(browser.open("/offline/session"))["form"]?.string)
    }

    private func json(_ page: TestBrowser.Shown) throws -> JSONNode {
        try JSONDocument(parsing: Array(page.text.utf8)).root
    }

    private func sent(
        _ token: String, _ answers: [String: String], action: String = "sign", sending: String = sending,
        _ more: [String: String] = [:]
    ) -> [String: String] {
        ["form": token, "patient": "p1", "action": action, "sending": sending, "response": Self.response]
            .merging(answers) { $1 }.merging(more) { $1 }
    }

    private func responses(_ house: TestHouse) throws -> [Version] {
        try house.store.search(type: "QuestionnaireResponse", parameters: []).entries.map(\.version)
    }

    @Test(
        "a form is taken along with all its items, what stands in them and when they are asked for, and the log tells")
    func pack() async throws {
        try await withDoctor { house, doctor, _ in
            let pack = try await json(doctor.open("/forms/q1?patient=p1&offline=1"))
            #expect(pack["person"]?.string == "王秀英" && pack["title"]?.string == "随访表")
            #expect(pack["address"]?.string == "/forms/q1" && pack["version"] == nil)
            let html = try #require(pack["html"]?.string)
            // What isn't asked for yet stands there too, with the rule; what is calculated says when.
            #expect(html.contains("每天几支") && html.contains("&quot;any&quot;:false") && html.contains("联网同步时计算"))
            #expect(html.contains("<output>王秀英</output>") && !html.contains("<html"))
            #expect(
                try house.log().contains {
                    $0.action == .read && $0.reason == "take-along" && $0.patients == ["Patient/p1"]
                })
        }
    }

    @Test("what is on the device for all is about nobody, and is answered without a sign-in")
    func shell() async throws {
        try await withDoctor { _, doctor, token in
            let page = try await doctor.open("/offline")
            #expect(page.status == .ok && !page.text.contains("李明") && !page.text.contains(token))
            #expect(page.text.contains("72 小时"))
            let worker = try await doctor.open("/offline-worker.js")
            #expect(worker.status == .ok && worker.text.contains("addEventListener"))
            doctor.jar = [:]
            #expect(try await doctor.open("/offline").status == .ok)
            #expect(try await doctor.open("/offline/session", following: false).status == .unauthorized)
        }
    }

    @Test("who has no care relation, and a resident, take nothing along", arguments: ["stranger", "grandma"])
    func others(login: String) async throws {
        try await withDoctor { house, somebody, _ in
            somebody.jar = [:]
            try await somebody.signIn(login)
            let page = try await somebody.open("/forms/q1?patient=p1&offline=1")
            #expect(page.status == (login == "grandma" ? .forbidden : .notFound))
            #expect(!page.text.contains("\"html\""))
            #expect(!(try house.log().contains { $0.reason == "take-along" }))
        }
    }

    @Test("a sending that comes again after a lost reply is one response", arguments: ["sign", "save"])
    func again(action: String) async throws {
        try await withDoctor { house, doctor, token in
            let answers = [
                "q_1": "true", "q_2": "20", "q_4": "61.50", "q_5.count": "2", "q_5-0_6": "甲", "q_5-1_6": "乙",
            ]
            for _ in 0..<3 {
                let page = try await doctor.post("/forms/q1", sent(token, answers, action: action), hidden: false)
                #expect(page.status == .ok)
                #expect(try json(page)["href"]?.string == "/forms/responses/\(Self.response)")
            }
            let all = try responses(house)
            #expect(all.map(\.key.id) == [Self.response] && all.map(\.versionID) == [1])
            let stored = String(decoding: try #require(all.first).json(), as: UTF8.self)
            // What is calculated came with the sending.
            #expect(stored.contains("\"valueInteger\":140") && stored.contains("甲") && stored.contains("乙"))
            #expect(stored.contains(Self.sending))
            let made = try house.store.search(
                type: "Observation", parameters: [("derived-from", "QuestionnaireResponse/\(Self.response)")])
            #expect(made.entries.count == (action == "sign" ? 1 : 0))
        }
    }

    @Test(
        "it is dated on the time it was answered, unless that can't be",
        arguments: [-86_400_000, 3_600_000, -90 * 86_400_000])
    func answered(offset: Int) async throws {
        try await withDoctor { house, doctor, token in
            let answered = house.now + Int64(offset)
            try await doctor.post(
                "/forms/q1", sent(token, ["q_1": "false"], ["answered": "\(answered)"]), hidden: false)
            let authored = try #require(house.document("QuestionnaireResponse", Self.response)["authored"]?.string)
            let wanted = CivilText.day(offset == -86_400_000 ? answered : house.now)
            #expect(authored.hasPrefix(wanted), "\(authored)")
        }
    }

    @Test("what is refused says why, and nothing is written")
    func refused() async throws {
        try await withDoctor { house, doctor, token in
            let page = try await doctor.post("/forms/q1", sent(token, ["q_4": "六十"]), hidden: false)
            #expect(page.status == .unprocessableContent)
            let problems = try #require(json(page)["problems"]).elements.map { $0["name"]?.string }
            #expect(problems.contains("q_1") && problems.contains("q_4"))
            #expect(try responses(house).isEmpty)
        }
    }

    @Test("a draft that somebody changed meanwhile is told side by side, and overwritten only by who has seen it")
    func conflict() async throws {
        try await withDoctor { house, doctor, token in
            var fields = sent(token, ["q_1": "true", "q_2": "20", "q_4": "61"], action: "save")
            try await doctor.post("/forms/q1", fields, hidden: false)
            let address = "/forms/responses/\(Self.response)"
            let pack = try await json(doctor.open(address + "?offline=1"))
            #expect(pack["version"]?.numberText == "1")
            // Another one writes meanwhile.
            try await doctor.open(address)
            try await doctor.post(address, ["action": "sign", "q_1": "true", "q_2": "30", "q_4": "61"])
            let second = "33333333-3333-4333-8333-333333333333"
            fields = sent(token, ["q_1": "true", "q_2": "40", "q_4": "61"], sending: second, ["version": "1"])
            let page = try await doctor.post(address, fields, hidden: false)
            #expect(page.status == .conflict)
            let told = try json(page)
            #expect(told["version"]?.numberText == "2" && told["amend"]?.bool == true && told["by"]?.string == "李明")
            let row = try #require(told["rows"]?.elements.first { $0["label"]?.string == "每天几支" })
            #expect(row["mine"]?.string == "40" && row["theirs"]?.string == "30")
            #expect(try house.document("QuestionnaireResponse", Self.response)["status"]?.string == "completed")
            fields["version"] = "2"
            #expect(try await doctor.post(address, fields, hidden: false).status == .badRequest)
            fields["amend"] = "1"
            #expect(try await doctor.post(address, fields, hidden: false).status == .ok)
            #expect(try house.document("QuestionnaireResponse", Self.response)["status"]?.string == "amended")
            // An older sending that is late is known too.
            #expect(
                try await doctor.post("/forms/q1", sent(token, ["q_1": "true"], action: "save"), hidden: false).status
                    == .ok)
            #expect(try responses(house).map(\.versionID) == [3])
        }
    }

    @Test("another form's id is nobody's to take")
    func taken() async throws {
        try await withDoctor { house, doctor, token in
            try await doctor.post("/forms/q1", sent(token, ["q_1": "true", "q_2": "1"]), hidden: false)
            let other = "44444444-4444-4444-8444-444444444444"
            let page = try await doctor.post("/forms/q1", sent(token, ["q_1": "false"], sending: other), hidden: false)
            #expect(page.status == .conflict)
            #expect(try responses(house).map(\.versionID) == [1])
        }
    }

    @Test("without a session, and without its token, nothing is written")
    func signedOut() async throws {
        try await withDoctor { house, doctor, token in
            var page = try await doctor.post("/forms/q1", sent("nothing", ["q_1": "true"]), hidden: false)
            #expect(page.status == .forbidden)
            doctor.jar = [:]
            page = try await doctor.post("/forms/q1", sent(token, ["q_1": "true"]), hidden: false)
            #expect(page.status == .unauthorized)
            #expect(try responses(house).isEmpty)
        }
    }
}

/// Days as responses hold them.
private enum CivilText {
    static func day(_ milliseconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000 + 8 * 3_600)
        return String(date.ISO8601Format().prefix(10))
    }
}
