import FHIR
import HTTPTypes
import JSON
import Records
import Testing

/// Questions that are answered by a file.
@Suite("Files in forms")
struct FormFilesTests {
    static let questionnaire = """
        {"resourceType":"Questionnaire","id":"files","url":"https://example.org/Questionnaire/files","status":"active",\
        "title":"检查报告","item":[{"linkId":"report","text":"报告照片","type":"attachment","required":true},\
        {"linkId":"note","text":"说明","type":"string"}]}
        """

    private func withFiles(
        _ body: @Sendable @escaping (TestHouse, TestBrowser) async throws -> Void
    ) async throws {
        try await withHouse { house, browser in
            try await house.store.put(Self.questionnaire)
            let grandma = browser()
            try await grandma.signIn("grandma")
            try await grandma.open("/forms/files")
            try await body(house, grandma)
        }
    }

    @Test("a file is kept in the answer, in the draft and in the signed form, and can be fetched from its page")
    func kept() async throws {
        try await withFiles { house, grandma in
            #expect(try grandma.page.text.contains("enctype=\"multipart/form-data\""))
            var page = try await grandma.post(
                "/forms/files", ["action": "save", "q_1": "门诊"],
                file: ("q_0", "C:\\照片 1.png", "image/png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x00, 0xFF]))
            #expect(page.status == .ok && page.text.contains("照片 1.png (1 KB)"))
            let id = String(try #require(page.uri.firstMatch(of: /responses\/([A-Za-z0-9.-]+)/)).output.1)
            // As the browser sends it again: what is ticked is the file itself.
            let kept = try #require(page.text.firstMatch(of: /name="q_0" value="({[^"]+)" checked/)).output.1
            let value = String(kept).replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
            page = try await grandma.post("/forms/responses/\(id)", ["action": "sign", "q_0": value, "q_1": "门诊"])
            #expect(page.text.contains("已签名提交"))
            let response = try house.document("QuestionnaireResponse", id)
            let file = try #require(response["item"]?[0]?["answer"]?[0]?["valueAttachment"])
            #expect(file["data"]?.string == "iVBORw0KAP8=" && file["contentType"]?.string == "image/png")
            #expect(file["title"]?.string == "照片 1.png" && file["size"]?.numberText == "8")
            page = try await grandma.open("/forms/responses/\(id)?file=0")
            #expect(page.answer.headers[.contentType] == "image/png")
            #expect(page.answer.headers[.contentDisposition] == "attachment; filename=\"1.png\"")
            #expect(try await grandma.open("/forms/responses/\(id)?file=1").status == .notFound)
        }
    }

    @Test("a file that is too large is told at its question, and what else was answered stays")
    func large() async throws {
        try await withFiles { _, grandma in
            let page = try await grandma.post(
                "/forms/files", ["action": "sign", "q_1": "复查"],
                file: ("q_0", "a.pdf", "application/pdf", [UInt8](repeating: 7, count: (2 << 20) + 1)))
            #expect(page.status == .unprocessableContent && page.text.contains("每个最多 2 MB"))
            #expect(page.text.contains("请按提示的格式填写") && page.text.contains("value=\"复查\""))
        }
    }

    @Test("a file that is needed and was not chosen is missed")
    func missing() async throws {
        try await withFiles { _, grandma in
            let page = try await grandma.post(
                "/forms/files", ["action": "sign"], file: ("q_0", "", "application/octet-stream", []))
            #expect(page.status == .unprocessableContent && page.text.contains("请回答这一题"))
        }
    }
}
