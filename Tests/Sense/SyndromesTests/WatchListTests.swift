import Syndromes
import Testing

@Suite("The list of what is watched")
struct WatchListTests {
    @Test("holds the 42 notifiable diseases with class and limit, and the syndromes with a source")
    func house() throws {
        let list = try WatchList()
        let notifiable = list.conditions.filter(\.isNotifiable)
        #expect(notifiable.count == 42)
        #expect(notifiable.filter { $0.duty?.legalClass == "甲" }.map(\.nameZh) == ["鼠疫", "霍乱"])
        #expect(Set(notifiable.filter { $0.duty?.hours == 2 }.map(\.nameZh)) == ["鼠疫", "霍乱", "传染性非典型肺炎"])
        #expect(list.conditions.allSatisfy { !$0.source.isEmpty })
        #expect(list.conditions.filter { !$0.isNotifiable }.count >= 10)
    }

    @Test(
        "finds conditions by codes of diagnoses",
        arguments: [
            ("J10.100", ["NID-C-001", "ili"]), ("A00.900", ["NID-A-002", "diarrhoea"]),
            ("B01.900", ["rash", "varicella"]),
            ("I10.x00", []), ("A90.x00", ["NID-B-011", "haemorrhagic"]),
        ])
    func codes(code: String, expected: [String]) throws {
        #expect(try WatchList().conditions(system: "http://hl7.org/fhir/sid/icd-10", code: code).sorted() == expected)
        #expect(try WatchList().conditions(system: "http://loinc.org", code: code).isEmpty)
    }

    @Test(
        "finds syndromes by complaints",
        arguments: [
            ("发热伴咳嗽", ["fever", "ili", "respiratory"]), ("咳嗽，无发热", ["respiratory"]), ("发热、皮疹", ["fever", "rash"]),
            ("腹痛", []),
        ])
    func complaints(text: String, expected: [String]) throws {
        #expect(try WatchList().conditions(complaint: text).sorted() == expected)
    }

    @Test("refuses a syndrome of a finding that isn't there, with file, place and hint")
    func refused() throws {
        let syndromes =
            #"{"syndromes":[{"id":"x","number":1,"zh":"某","en":"X","source":"ours","anyOf":[["fever","itch"]]}]}"#
        let findings = #"{"findings":[{"id":"fever","zh":["发热"]}]}"#
        let fault = #expect(throws: DefinitionFault.self) {
            try WatchList(diseases: Array("{}".utf8), syndromes: Array(syndromes.utf8), findings: Array(findings.utf8))
        }
        #expect(
            fault?.description
                == "syndromes.json: syndromes[0].anyOf: there is no finding itch; add it to findings.json")
    }

    @Test(
        "relates a syndrome to what it covers, by way of others too, and no disease to another",
        arguments: [
            ("ili", "NID-C-001", true), ("fever", "NID-C-001", true), ("NID-B-014", "diarrhoea", true),
            ("vomiting", "NID-B-014", true), ("haemorrhagic", "NID-B-011", true), ("NID-C-011", "NID-B-014", false),
            ("ili", "diarrhoea", false), ("rash", "haemorrhagic", false), ("ili", "ili", false),
        ])
    func related(one: String, other: String, areRelated: Bool) throws {
        let list = try WatchList()
        let (one, other) = (try #require(list[one]), try #require(list[other]))
        #expect(list.areRelated(one, other) == areRelated && list.areRelated(other, one) == areRelated)
        #expect((list.breadth(of: one) == 0) == one.isNotifiable)
    }

    @Test("tells in Chinese too where a definition comes from")
    func sources() throws {
        for condition in try WatchList().conditions {
            #expect(condition.sourceZh.unicodeScalars.contains { $0.value > 0x4E00 }, "\(condition.id)")
        }
    }

    @Test(
        "refuses a syndrome that covers what isn't watched, or itself by way of another",
        arguments: [
            (#"["y","z"]"#, #"[]"#, "syndromes[0].covers: z isn't watched; name one of the conditions"),
            (#"["y"]"#, #"["x"]"#, "syndromes[0].covers: x comes to cover itself; take one step back out"),
        ])
    func covers(one: String, other: String, message: String) throws {
        let syndromes =
            #"{"syndromes":[{"id":"x","number":1,"zh":"某","en":"X","source":"ours","covers":\#(one)},"#
            + #"{"id":"y","number":2,"zh":"另","en":"Y","source":"ours","covers":\#(other)}]}"#
        let fault = #expect(throws: DefinitionFault.self) {
            try WatchList(
                diseases: Array("{}".utf8), syndromes: Array(syndromes.utf8), findings: Array("{}".utf8))
        }
        #expect(fault?.description == "syndromes.json: \(message)")
    }

    @Test("knows the streams beside the cases: what they speak for, and their limits with a source")
    func streams() throws {
        let list = try WatchList()
        let drugs = try #require(list.stream(system: WatchedStream.system, code: "drug-antidiarrhoeal"))
        #expect(drugs.conditions == ["diarrhoea"] && drugs.above == nil)
        for (code, above) in [
            ("water-coliform", 0.0), ("water-turbidity", 1), ("air-pm25", 60), ("vector-breteau", 5),
        ] { #expect(list.stream(system: WatchedStream.system, code: code)?.above == above, "\(code)") }
        #expect(list.stream(system: "http://loinc.org", code: "drug-antidiarrhoeal") == nil)
        #expect(WatchedSource.house[drugs.source]?.nameEn == "drug sales" && WatchedSource.house.count == 6)
        #expect(WatchedSource.house[3] == nil)
    }

    @Test(
        "refuses streams that are wrong, with file, place and hint",
        arguments: [
            (#"{"sources":[{"id":"a","number":3,"zh":"甲","en":"a"}]}"#, "sources[0].number"),
            (
                #"{"sources":[{"id":"a","number":4,"zh":"甲","en":"a"}],"streams":[{"code":"x","source":"b"}]}"#,
                "streams[0].source"
            ),
            (
                #"{"sources":[{"id":"a","number":4,"zh":"甲","en":"a"}],"streams":[{"code":"x","source":"a","conditions":["y"]}]}"#,
                "streams[0].conditions"
            ),
            (
                #"{"sources":[{"id":"a","number":4,"zh":"甲","en":"a"}],"streams":[{"code":"x","source":"a","conditions":[]}]}"#,
                "streams[0].conditions"
            ),
        ])
    func wrongStreams(text: String, path: String) throws {
        let error = #expect(throws: DefinitionFault.self) {
            _ = try WatchList(
                diseases: Array("{}".utf8), syndromes: Array("{}".utf8), findings: Array("{}".utf8),
                streams: Array(text.utf8))
        }
        #expect(error?.file == "streams.json" && error?.path == path)
    }
}
