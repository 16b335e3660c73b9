import Foundation
import Programmes
import Testing

@Suite("A programme in words")
struct ExplainTests {
    private func golden(_ name: String) throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test("reads as the doctor's text", arguments: [ProgrammeText.Language.zh, .en])
    func text(_ language: ProgrammeText.Language) throws {
        let (programme, _) = try Sample.read()
        #expect(ProgrammeExplanation.text(of: programme, language) == (try golden("tea-club.\(language.rawValue).md")))
    }

    @Test("shows the texts of expressions only to those who ask")
    func expressions() throws {
        let (programme, _) = try Sample.read()
        #expect(!ProgrammeExplanation.text(of: programme).contains("birthDate"))
        #expect(ProgrammeExplanation.text(of: programme, showsExpressions: true).contains("`birthDate`"))
    }

    @Test("says which limits an expression uses, also through named expressions")
    func limits() throws {
        let (programme, _) = try Sample.read([
            .init(Sample.pathway, "status = 'completed' and", "authored >= %entered + %checkEvery and"),
            .init(Sample.pathway, "\"%checks.exists()\"", "\"%checks.count() > 1\""),
        ])
        #expect(ProgrammeExplanation.text(of: programme).contains("达到：有已完成的评估（评估间隔 12个月）"))
    }

    @Test("names the values of cities and years with their sources, and what is ours")
    func values() throws {
        let (programme, _) = try Sample.read([
            .init(
                "programme.yaml", "default: 12 mo",
                "default: 12 mo, values: [{from: 2026-01-01, city: \"330100\", value: 6 mo, source: house}]")
        ])
        let text = ProgrammeExplanation.text(of: programme)
        #expect(text.contains("2026-01-01 起，地区 3301：6个月（依据：本平台默认）"))
        #expect(text.contains("本平台默认，非发布的规定"))
    }
}
