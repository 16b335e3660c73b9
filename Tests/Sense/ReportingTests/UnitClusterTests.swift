import Calendar
import Records
import Reporting
import Signals
import Syndromes
import Testing

@Suite("The rules within a unit")
struct UnitClusterTests {
    private func rules() throws -> UnitClusters { try UnitClusters(try watchList.get()) }

    private func cases(
        _ count: Int, _ disease: String, unit: String, every days: Int = 0, dead: Int = 0, subtype: String = ""
    ) throws -> [UnitClusters.Case] {
        let first = try #require(CivilDay("2026-11-10"))
        let number = try #require(try watchList.get()[disease]).number
        return (0..<count).map {
            UnitClusters.Case(
                person: "p\($0)", disease: number, subtype: subtype, unit: UnitClusters.key(unit),
                onset: first.advanced(by: $0 * days), hasDied: $0 < dead, district: 330_106)
        }
    }

    @Test(
        "are met from their number on",
        arguments: [
            ("NID-B-007", "文一街小学", 10, ""), ("NID-B-004", "留下镇东岳村", 5, "0301"), ("NID-B-017", "蓝天幼儿园", 3, ""),
            ("NID-C-011", "地铁项目部 工地", 20, ""), ("NID-B-014", "古荡社区", 10, ""), ("NID-B-021", "学军中学", 10, ""),
            ("NID-C-001", "西湖饭店", 30, ""), ("NID-B-013", "东岳村", 3, "1902"),
        ])
    func numbers(disease: String, unit: String, number: Int, subtype: String) throws {
        let rules = try rules()
        #expect(rules.events(try cases(number - 1, disease, unit: unit, subtype: subtype)).isEmpty)
        let events = rules.events(try cases(number, disease, unit: unit, subtype: subtype))
        #expect(events.count == 1 && events.first?.persons.count == number && events.first?.district == 330_106)
    }

    @Test("leave alone what lies further apart, other units, other subtypes, and a person counted twice")
    func outside() throws {
        let rules = try rules()
        #expect(rules.events(try cases(10, "NID-B-007", unit: "文一街小学", every: 1)).isEmpty)
        #expect(rules.events(try cases(10, "NID-B-021", unit: "古荡社区")).isEmpty)
        #expect(rules.events(try cases(5, "NID-B-004", unit: "东岳村", subtype: "0302")).isEmpty)
        let one = try cases(1, "NID-B-017", unit: "蓝天幼儿园")
        #expect(rules.events(one + one + one).isEmpty)
        #expect(rules.events(try cases(10, "NID-B-007", unit: "")).isEmpty)
    }

    @Test("count deaths where the item does")
    func deaths() throws {
        let rules = try rules()
        #expect(rules.events(try cases(2, "NID-B-016", unit: "文一街小学", dead: 1)).isEmpty)
        #expect(rules.events(try cases(2, "NID-B-016", unit: "文一街小学", dead: 2)).first?.deaths == 2)
    }

    @Test(
        "know a unit however its name is spaced, and what kind it is",
        arguments: [
            ("文一街小学", "school"), ("浙大　幼儿园", "kindergarten"), ("东岳村小学", "school"), ("古荡社区", "community"),
            ("Hangzhou No.2 School", "school"), ("西湖饭店", "other"), ("城西地铁工地", "site"),
        ])
    func kinds(name: String, kind: String) throws {
        let rules = try rules()
        #expect(rules.kind(of: UnitClusters.key(name)) == kind)
        #expect(UnitClusters.key(" 文一街 小学") == UnitClusters.key("文一街小学"))
    }

    @Test("raise a signal that grows with the unit's cards")
    func signal() async throws {
        let house = try await House()
        for number in 0..<4 {
            try await house.put(Sample.patient("k\(number)", born: "2021-03-09"))
            try await house.put(Sample.condition("k\(number)", patient: "k\(number)", code: "A39.000"))
        }
        try await house.run()
        let changes = ["unit": "蓝天 幼儿园", "population": "1", "guardian": "王芳", "doctor": "李明"]
        for card in try house.cards().prefix(3) { _ = try await house.take(.confirm, card, changes: changes) }
        #expect(try await house.run().signals.count == 1)
        #expect(try await house.run().isEmpty)
        let signals = SignalDesk(house.store, house.list)
        let signal = try #require(try signals.signals(open: true).first)
        #expect(signal.cause == .unit("蓝天幼儿园") && signal.count == 3 && signal.isRuled)
        #expect(signal.due == house.clock.now + 2 * hour && signal.condition.id == "NID-B-017")
        _ = try await house.take(.confirm, try #require(try house.cards().last), changes: changes)
        try await house.run()
        #expect(try signals.signals(open: true).map(\.count) == [4])
        await house.store.close()
    }
}
