import Surveillance
import Testing

@Suite("Attack tables")
struct AttackTableTests {
    /// Vanilla ice cream at Oswego, New York, 1940 (Gross 1976): 43 of 54 who ate it fell ill, 3 of 21 who didn't.
    @Test("give Oswego's known rates and ratios")
    func oswego() throws {
        let table = try AttackTable(exposedIll: 43, exposedWell: 11, otherIll: 3, otherWell: 18)
        #expect(try abs(#require(table.exposedRate).value - 0.796) < 0.001)
        #expect(try abs(#require(table.otherRate).value - 0.143) < 0.001)
        let ratio = try #require(table.rateRatio)
        #expect(abs(ratio.value - 5.574) < 0.001)
        #expect(abs(ratio.low - 1.94) < 0.01 && abs(ratio.high - 16.03) < 0.05)
        let odds = try #require(table.oddsRatio)
        #expect(abs(odds.value - 23.4545) < 0.001)
        #expect(abs(odds.low - 5.84) < 0.01 && abs(odds.high - 94.2) < 0.1)
    }

    @Test("give Wilson's interval")
    func wilson() throws {
        let rate = try #require(AttackTable.rate(ill: 10, of: 100))
        #expect(abs(rate.low - 0.05523) < 1e-5 && abs(rate.high - 0.17437) < 1e-5)
        let none = try #require(AttackTable.rate(ill: 0, of: 20))
        #expect(none.low == 0 && abs(none.high - 0.16113) < 1e-5)
        #expect(AttackTable.rate(ill: 0, of: 0) == nil)
    }

    @Test("stay finite where a cell is empty, and say nothing where a group is")
    func empty() throws {
        let odds = try #require(try AttackTable(exposedIll: 5, exposedWell: 0, otherIll: 1, otherWell: 9).oddsRatio)
        #expect(odds.value.isFinite && odds.low > 0 && odds.high.isFinite && odds.low < odds.high)
        #expect(try AttackTable(exposedIll: 0, exposedWell: 0, otherIll: 1, otherWell: 9).oddsRatio == nil)
        #expect(throws: SurveillanceFault("otherWell", "is -1, but must be 0 or more")) {
            try AttackTable(exposedIll: 0, exposedWell: 0, otherIll: 0, otherWell: -1)
        }
    }

    @Test("keep the number within its interval", arguments: 0..<200)
    func within(seed: Int) throws {
        let counts = [seed % 7, (seed / 7) % 5, (seed * 3) % 11, (seed * 5) % 13]
        let table = try AttackTable(
            exposedIll: counts[0], exposedWell: counts[1], otherIll: counts[2], otherWell: counts[3])
        for estimate in [table.exposedRate, table.otherRate, table.rateRatio, table.oddsRatio] {
            guard let estimate else { continue }
            #expect(estimate.low <= estimate.value && estimate.value <= estimate.high)
        }
    }
}
