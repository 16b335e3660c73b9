import Foundation
import Surveillance
import Testing

@Suite("Scans")
struct ScanTests {
    private struct Found: Decodable {
        struct Item: Decodable {
            var areas: [Int]
            var duration: Int?
            var cases: Double
            var expected: Double
            var llr: Double
            var pValue: Double
        }
        var clusters: [Item]
    }

    private struct Spatial: Decodable {
        struct Item: Decodable {
            var areas: Areas
            var cases: Double
            var expected: Double
            var llr: Double
            var pValue: Double
        }
        var id: String
        var clusters: [Item]
    }

    /// A list of one is written without brackets.
    private struct Areas: Decodable {
        var areas: [Int]
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            areas = try (try? [container.decode(Int.self)]) ?? container.decode([Int].self)
        }
    }

    private struct SpaceTime: Decodable {
        struct Item: Decodable {
            var areas: [Int]
            var duration: Int
            var score: Double
        }
        var id: String
        var mlc: Item
        var mcPValue: Double
    }

    /// Whether two shares could be of 999 draws from one distribution.
    private func isNear(_ a: Double, _ b: Double) -> Bool {
        let p = (a + b) / 2
        return abs(a - b) < 4.5 * (2 * p * (1 - p) / 999).squareRoot() + 0.002
    }

    @Test(
        "circles have the areas, cases and likelihood ratios of SpatialEpi",
        .enabled(if: Fixture.scans("scan").isHere, "../shared/fixtures/scan is not at hand"))
    func spatial() async throws {
        let fixture = Fixture.scans("scan")
        let run = try await fixture.run()
        #expect(run.faults.isEmpty)
        let cases = try JSONDecoder.underscored.decode([Spatial].self, from: Data(try fixture.text("cases.json").utf8))
        for expected in cases {
            let text = try #require(run.files["\(expected.id).json"])
            let found = try JSONDecoder.underscored.decode(Found.self, from: Data(text.utf8)).clusters
            #expect(found.map(\.areas) == expected.clusters.map(\.areas.areas), "\(expected.id)")
            for (found, expected) in zip(found, expected.clusters) {
                #expect(found.cases == expected.cases)
                #expect(abs(found.expected - expected.expected) < 1e-9 * expected.expected)
                #expect(abs(found.llr - expected.llr) < 1e-8 * expected.llr)
                #expect(isNear(found.pValue, expected.pValue), "\(found.pValue) for \(expected.pValue)")
            }
        }
    }

    @Test(
        "every circle has the likelihood ratio of SpatialEpi",
        .enabled(if: Fixture.scans("scan").isHere, "../shared/fixtures/scan is not at hand"),
        arguments: ["pennLC", "ncSIDS74"], SpatialScan.Model.allCases)
    func circles(dataset: String, model: SpatialScan.Model) throws {
        let fixture = Fixture.scans("scan")
        let areas = try Table(csv: fixture.text("\(dataset)__areas.csv"))
        func column(_ name: String) throws -> [Double] {
            let index = try #require(areas.columns.firstIndex(of: name))
            return try areas.rows.map { try #require(Double($0[index])) }
        }
        let (x, y, cases) = (try column("x"), try column("y"), try column("cases"))
        let (population, expected) = (try column("population"), try column("expected"))
        let all = x.indices.map {
            SpatialScan.Area(x: x[$0], y: y[$0], cases: cases[$0], population: population[$0], expected: expected[$0])
        }
        let zones = try SpatialScan(model, populationBound: 0.15, replicates: 0).scan(all).zones
        let wanted = try Table(csv: fixture.text("\(dataset)__\(model.rawValue)__ub15__zones.csv"))
        #expect(zones.count == wanted.rows.count)
        // The reference subtracts sums of 1e8, which leaves an error of its own.
        let different = zip(zones, wanted.rows).filter { zone, row in
            let llr = Double(row[2]) ?? .nan
            return zone.center != Int(row[0]) || zone.end != Int(row[1]) || !(abs(zone.llr - llr) <= 1e-8 * llr + 1e-7)
        }
        #expect(different.isEmpty)
    }

    @Test(
        "groups of areas over periods have the scores of scanstatistics",
        .enabled(if: Fixture.scans("scan_spacetime").isHere, "../shared/fixtures/scan_spacetime is not at hand"))
    func spaceTime() async throws {
        let fixture = Fixture.scans("scan_spacetime")
        let run = try await fixture.run()
        #expect(run.faults.isEmpty)
        let cases = try JSONDecoder.underscored.decode(
            [SpaceTime].self, from: Data(try fixture.text("cases.json").utf8))
        for expected in cases {
            let text = try #require(run.files["\(expected.id).json"])
            let clusters = try JSONDecoder.underscored.decode(Found.self, from: Data(text.utf8)).clusters
            let found = try #require(clusters.first)
            #expect(found.areas == expected.mlc.areas)
            #expect(found.duration == expected.mlc.duration)
            #expect(abs(found.llr - expected.mlc.score) < 1e-8 * expected.mlc.score)
            #expect(isNear(found.pValue, expected.mcPValue), "\(found.pValue) for \(expected.mcPValue)")
        }
    }

    /// Areas on a grid, two cases a period each, and a rise in one corner at the end.
    private func rising(_ extra: Double) -> SpaceTimeScan.Counts {
        let places = (0..<25).map { (x: Double($0 % 5), y: Double($0 / 5)) }
        let cases = (0..<20).map { (period: Int) -> [Double] in
            (0..<25).map { (area: Int) -> Double in
                let usual = Double(1 + (period * 7 + area * 3) % 3)
                return period >= 17 && area < 3 ? usual + extra : usual
            }
        }
        return SpaceTimeScan.Counts(places: places, cases: cases)
    }

    @Test("a rise in one corner is found, where it is and since when", arguments: SpaceTimeScan.Null.allCases)
    func rise(null: SpaceTimeScan.Null) async throws {
        let cluster = try #require(try await SpaceTimeScan(null, nearest: 6, replicates: 99).scan(rising(6)).first)
        #expect(Set([1, 2, 3]).isSubset(of: cluster.areas))
        #expect(cluster.duration == 3)
        #expect(cluster.p == 0.01)
        #expect(cluster.recurrenceInterval == 100)
    }

    @Test("one seed gives one p-value, however many threads there are", arguments: SpaceTimeScan.Null.allCases)
    func seeds(null: SpaceTimeScan.Null) async throws {
        let scan = SpaceTimeScan(null, nearest: 4, replicates: 99, seed: 7)
        #expect(try await scan.scan(rising(1)) == scan.scan(rising(1)))
    }

    @Test("a replicate's best score is the best of all its scores")
    func bestOfAll() async throws {
        // With one replicate fewer than p allows, an observed score above every other zone keeps its rank.
        let counts = rising(2)
        let scan = SpaceTimeScan(.permutation, nearest: 5, replicates: 0)
        let best = try #require(try scan.scores(counts).map(\.score).max())
        #expect(try await scan.scan(counts).first?.llr == best)
    }
}
