import Foundation
import JSON
import Testing

/// The sources of the portal, read as text.
enum PortalSources {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/Face/Portal")

    static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
    }

    /// The text of every file with an ending, joined.
    static func all(_ ending: String) throws -> String {
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(ending) }
        return try files.sorted().map(text).joined(separator: "\n")
    }

    static func catalogue(_ language: String) throws -> [String: String] {
        let bytes = Array(try text("Resources/texts/\(language).json").utf8)
        var table: [String: String] = [:]
        for (key, value) in try JSONDocument(parsing: bytes).root.members {
            let name = try #require(key.string)
            let text = try #require(value.string)
            table[name] = text
        }
        return table
    }
}

@Suite("Texts in both languages")
struct CatalogueTests {
    private func places(_ text: String) -> Set<String> {
        Set(text.matches(of: /\{(\w+)\}/).map { String($0.output.1) })
    }

    @Test("have the same keys, but for the singulars that Chinese has not")
    func sameKeys() throws {
        let chinese = try Set(PortalSources.catalogue("zh").keys)
        let english = try Set(PortalSources.catalogue("en").keys)
        #expect(chinese.subtracting(english).sorted() == [])
        #expect(english.subtracting(chinese).filter { !$0.hasSuffix("_one") }.sorted() == [])
        for key in english where key.hasSuffix("_one") { #expect(english.contains(String(key.dropLast(4)))) }
    }

    @Test("have the same places to fill, and no text is empty")
    func samePlaces() throws {
        let chinese = try PortalSources.catalogue("zh")
        let english = try PortalSources.catalogue("en")
        for (key, text) in english {
            #expect(!text.isEmpty, "\(key)")
            let counterpart = try #require(chinese[key.hasSuffix("_one") ? String(key.dropLast(4)) : key], "\(key)")
            #expect(places(text).isSubset(of: places(counterpart)), "\(key)")
        }
        for (key, text) in chinese { #expect(!text.isEmpty, "\(key)") }
    }

    @Test("hold every key that a template or a view asks for")
    func complete() throws {
        let table = try PortalSources.catalogue("zh")
        var asked = Set(try PortalSources.all(".mustache").matches(of: /\{\{t\.(\w+)\}\}/).map { String($0.output.1) })
        let swift = try PortalSources.all(".swift")
        for match in swift.matches(of: /(?:words|self|visit\.words)\["(\w+)"\]/) {
            asked.insert(String(match.output.1))
        }
        for match in swift.matches(of: /(?:text|counted)\(\s*"(\w+)"/) { asked.insert(String(match.output.1)) }
        #expect(asked.count > 100)
        #expect(asked.filter { table[$0] == nil }.sorted() == [])
    }

    @Test("hold no key that nobody asks for")
    func needed() throws {
        let sources = try PortalSources.all(".mustache") + PortalSources.all(".swift")
        let families = [
            "weekday", "month", "kind_", "class_", "status_", "state_", "projection_", "type_", "verb_", "sex_", "list",
            "error", "answer", "residents", "step_", "stepHint_", "stepText_",
            "outPurpose", "reportStage_", "reportStep_", "reportHint_", "reportText_", "reportDone_", "reportProblem_",
            "measureKind_", "measureStage_", "measureDid_", "measureProblem_", "noticeAudience_", "noticeStage_",
            "noticeDid_",
            "noticeProblem_", "timelinessStep_", "seasonsStart", "signalWhatSite_", "falseAlarm_", "contactStage_",
            "contactOutcome_",
            "contactAction_",
            "contactHint_", "contactDone_", "contactProblem_", "workDone_", "workAct_", "workHint_", "workProblem_",
            "workState_", "todayScope_", "todayKind_", "ownDone_", "bulkAnswer_", "bulkProblem_", "bulkState_",
            "bulkResult_",
            "careLeft_", "population_", "laboratoryKind_", "laboratoryCheck_", "sampleReason_", "sampleState_",
            "planField_",
            "populationNote_", "populationWarn_", "vaccination_",
        ]
        for key in try PortalSources.catalogue("zh").keys where !families.contains(where: key.hasPrefix) {
            #expect(sources.contains("t.\(key)") || sources.contains("\"\(key)\""), "\(key)")
        }
    }
}
