import FHIR
import Foundation
import JSON
import Records
import Testing

/// `_content` and `_text`: <https://hl7.org/fhir/R4/search.html#content>
@Suite("full text")
struct FullTextTests {
    static func condition(_ id: String, _ text: String, narrative: String? = nil) -> String {
        let div = narrative.map {
            #""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">\#($0)</div>"},"#
        }
        return """
            {"resourceType":"Condition","id":"\(id)",\(div ?? "")"code":{"text":"\(text)"},\
            "subject":{"reference":"Patient/1"}}
            """
    }

    static func store() async throws -> RecordStore {
        let store = try memoryStore()
        try await store.put(condition("a", "Essential hypertension (disorder)"))
        try await store.put(condition("b", "高血压病2级"))
        try await store.put(condition("c", "2型糖尿病，合并高血压", narrative: "<p>Nausea</p><p>caf&#233; <b>a</b>u lait</p>"))
        try await store.put(condition("d", "低血压"))
        return store
    }

    @Test(
        "finds words, runs of Han characters, phrases and alternatives",
        arguments: [
            ("hypertension", ["a"]), ("HYPERTENSION", ["a"]), ("hypertens", []), ("essential disorder", ["a"]),
            ("disorder essential", ["a"]), ("\"essential hypertension\"", ["a"]), ("\"hypertension essential\"", []),
            ("血压", ["b", "c", "d"]), ("高血压", ["b", "c"]), ("血", ["b", "c", "d"]), ("病", ["b", "c"]),
            ("压", ["b", "c", "d"]),
            ("高血压病", ["b"]), ("血压 糖尿", ["c"]), ("2型糖尿病", ["c"]), ("高血病", []), ("低血压 OR essential", ["a", "d"]),
            ("低血压,essential", ["a", "d"]), ("nausea", ["c"]), ("café", ["c"]), ("\"cafe au lait\"", ["c"]),
            ("nothing", []), ("essential 高血压", []), ("disorders", []), ("%", []),
        ])
    func content(query: String, expected: [String]) async throws {
        let store = try await Self.store()
        let encoded = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        if query == "%" {
            #expect(throws: RecordsError.self) { try store.ids("Condition?_content=\(encoded)") }
        } else {
            #expect(try store.ids("Condition?_content=\(encoded)").sorted() == expected)
        }
        await store.close()
    }

    @Test("takes the marks of Chinese sentences as what parts words, with accented letters beside them or not")
    func marks() async throws {
        let store = try memoryStore()
        let marks = Array("·×–—“”…≤≥\u{3000}、。〈〉《》「」『』【】！％（）＋，－．／：；＜＝＞？［］～")
        for (index, mark) in marks.enumerated() {
            try await store.put(Self.condition("p\(index)", "血\(mark)压\(mark)\(mark)Ab"))
            try await store.put(Self.condition("q\(index)", "血\(mark)压\(mark)\(mark)Ab é"))
        }
        for word in ["压", "ab"] {
            let encoded = word.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            #expect(try store.ids("Condition?_content=\(encoded)&_count=500").count == 2 * marks.count)
        }
        #expect(try store.ids("Condition?_content=%E8%A1%80%E5%8E%8B").isEmpty)
        await store.close()
    }

    @Test("_text looks at the narrative alone")
    func narrative() async throws {
        let store = try await Self.store()
        #expect(try store.ids("Condition?_text=nausea") == ["c"])
        #expect(try store.ids("Condition?_text=hypertension") == [])
        await store.close()
    }

    @Test("stays within the type, goes with other parameters, and is counted")
    func together() async throws {
        let store = try await Self.store()
        #expect(try store.ids("Patient?_content=hypertension") == [])
        #expect(try store.ids("Condition?_content=%E8%A1%80%E5%8E%8B&_id=b,a") == ["b"])
        let page = try store.search(
            type: "Condition", parameters: [("_content", "血压"), ("_count", "2"), ("_total", "accurate")])
        #expect(page.total == 3)
        #expect(try store.allIDs("Condition?_content=%E8%A1%80%E5%8E%8B&_count=2").count == 3)
        await store.close()
    }

    @Test("follows updates and deletes")
    func changes() async throws {
        let store = try await Self.store()
        try await store.put(Self.condition("a", "Asthma"))
        #expect(try store.ids("Condition?_content=hypertension") == [])
        #expect(try store.ids("Condition?_content=asthma") == ["a"])
        _ = try await store.delete(ResourceKey(type: "Condition", id: "a"))
        #expect(try store.ids("Condition?_content=asthma") == [])
        await store.close()
    }

    @Test("passes over codes, ids and addresses")
    func notTexts() async throws {
        let store = try memoryStore()
        try await store.put(
            """
            {"resourceType":"Condition","id":"xyz","code":{"coding":[{"system":"http://example.org/abc",
            "code":"qwerty","display":"Asthma"}]},"subject":{"reference":"Patient/uvw","display":"Zhang Wei"}}
            """)
        for word in ["xyz", "abc", "qwerty", "uvw", "example"] {
            #expect(try store.ids("Condition?_content=\(word)") == [], "\(word)")
        }
        #expect(try store.ids("Condition?_content=wei+asthma") == ["xyz"])
        await store.close()
    }

    @Test("finds a word at any place of a long text", arguments: [0, 100, 399, 2000])
    func longTexts(place: Int) async throws {
        let store = try memoryStore()
        var words = (0..<2500).map { "w\($0)" }
        words[place] = "needle"
        try await store.put(Self.condition("a", words.joined(separator: " ")))
        let han = String(repeating: "天地玄黄", count: 300)
        try await store.put(Self.condition("b", han.prefix(place) + "针" + han.dropFirst(place).prefix(900)))
        #expect(try store.ids("Condition?_content=needle") == ["a"])
        #expect(try store.ids("Condition?_content=%E9%92%88") == ["b"])
        await store.close()
    }

    @Test("agrees with a plain look at the texts", arguments: 0..<20 as Range<UInt64>)
    func property(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet: [Character] = ["高", "血", "压", "a", "b", " "]
        func word(_ range: ClosedRange<Int>, from alphabet: [Character]) -> String {
            String(
                (0..<Int.random(in: range, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? "a"
                })
        }
        let store = try memoryStore()
        var texts: [String: String] = [:]
        for number in 0..<30 {
            let text = "x" + word(0...8, from: alphabet) + "y"
            texts["c\(number)"] = text
            try await store.put(Self.condition("c\(number)", text))
        }
        for _ in 0..<20 {
            let wanted = word(1...3, from: ["高", "血", "压"])
            let expected = texts.filter { $0.value.contains(wanted) }.map(\.key).sorted()
            let query = wanted.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            #expect(try store.ids("Condition?_content=\(query)&_count=100").sorted() == expected, "\(wanted)")
        }
        await store.close()
    }
}
