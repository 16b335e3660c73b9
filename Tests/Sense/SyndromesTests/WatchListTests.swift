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

    @Test("knows the streams beside the cases: what they speak for, and their limits with a source")
    func streams() throws {
        let list = try WatchList()
        let drugs = try #require(list.stream(system: WatchedStream.system, code: "drug-antidiarrhoeal"))
        #expect(drugs.conditions == ["diarrhoea"] && drugs.above == nil)
        #expect(list.stream(system: WatchedStream.system, code: "water-turbidity")?.above == 1)
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
