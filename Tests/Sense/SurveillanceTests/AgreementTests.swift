import Foundation
import Surveillance
import Testing

/// Agreement with the reference, case by case.
@Suite("Agreement with R")
struct AgreementTests {
    @Test("every case of the golden folders gives what R gave", arguments: Fixture.golden)
    func golden(fixture: Fixture) async throws { try await agree(fixture, faults: []) }

    @Test(
        "every case of the folders beside the repository gives what R gave",
        .enabled(if: Fixture.beside.allSatisfy(\.isHere), "../shared/fixtures is not at hand"),
        arguments: Fixture.beside)
    func beside(fixture: Fixture) async throws {
        // The input of the categorical chart stands in no file there.
        try await agree(fixture, faults: fixture.name == "surveillance" ? ["salmHospitalized__catCUSUM__binomial"] : [])
    }

    private func agree(_ fixture: Fixture, faults: [String]) async throws {
        let run = try await fixture.run()
        #expect(run.faults.map(\.id) == faults)
        #expect(!fixture.ids.isEmpty)
        for id in fixture.ids where !faults.contains(id) {
            let text = try #require(run.files["\(id).csv"], "\(id) gave nothing")
            let differences = try fixture.differences(id, text)
            #expect(differences.isEmpty, "\(id): \(differences.prefix(3))")
        }
    }

    @Test("the total infectiousness is written for each data set")
    func infectiousness() async throws {
        let fixture = Fixture.golden[1]
        let run = try await fixture.run()
        for dataset in ["Flu2009", "Measles1861", "Smallpox1972", "flu_2009_NYC_school"] {
            let id = "\(dataset)__lambda_discr_si"
            let text = try #require(run.files["\(id).csv"])
            #expect(try fixture.differences(id, text).isEmpty)
        }
    }

    private struct KnoxCase: Decodable {
        var id: String
        var statistic: Int?
        var expected: Double?
        var pValue: Double?
        var table: [Int]?
    }

    @Test("the Knox test finds R's table, expectation and p-value")
    func knox() async throws {
        let fixture = Fixture.golden[2]
        let run = try await fixture.run()
        let cases = try JSONDecoder.underscored.decode([KnoxCase].self, from: Data(try fixture.text("cases.json").utf8))
        for expected in cases where expected.id.hasPrefix("knox") {
            let text = try #require(run.files["\(expected.id).json"])
            let found = try JSONDecoder.underscored.decode(KnoxCase.self, from: Data(text.utf8))
            #expect(found.table == expected.table)
            #expect(found.statistic == expected.statistic)
            let (e, p) = (try #require(expected.expected), try #require(expected.pValue))
            #expect(abs(try #require(found.expected) - e) < 1e-9 * e)
            // R's p-value is that of 999 draws; ours is what those draw from.
            #expect(abs(try #require(found.pValue) - p) < 4 * (p * (1 - p) / 999).squareRoot() + 0.001)
        }
    }
}
