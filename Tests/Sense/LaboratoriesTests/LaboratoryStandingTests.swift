import Laboratories
import Syndromes
import Testing

@Suite("The standing of a laboratory")
struct LaboratoryStandingTests {
    private func check(
        _ test: String, _ at: Int64, _ hasPassed: Bool, _ kind: LaboratoryStanding.Check.Kind = .external
    )
        -> LaboratoryStanding.Check
    {
        LaboratoryStanding.Check(kind: kind, test: test, name: test, at: at, score: nil, hasPassed: hasPassed)
    }

    @Test("is suspended from the first failure that no passed assessment of the same test follows")
    func suspended() {
        let standing = LaboratoryStanding([
            check("a", 1, false), check("a", 2, true), check("a", 5, false), check("a", 7, false), check("b", 9, true),
        ])
        #expect(standing.suspendedSince == 5 && standing.failed.map(\.test) == ["a"])
        #expect(!standing.mayTest("b"))
        #expect(LaboratoryStanding([check("a", 7, false), check("a", 8, true)]).suspendedSince == nil)
        #expect(LaboratoryStanding([]).mayTest("a"))
    }

    @Test("a control that failed stops its own test until a good one")
    func control() {
        let failed = LaboratoryStanding([check("a", 1, true, .control), check("a", 2, false, .control)])
        #expect(!failed.mayTest("a") && failed.mayTest("b") && failed.suspendedSince == nil)
        #expect(LaboratoryStanding([check("a", 2, false, .control), check("a", 3, true, .control)]).mayTest("a"))
    }

    @Test(
        "refuses rules that can't be, with place and hint",
        arguments: [
            ("\"assessmentPass\": 80", "\"assessmentPass\": 0", "assessmentPass: must lie above 0 and up to 100"),
            ("\"stat\": 4", "\"stat\": -4", "turnAroundHours.stat: must be a whole number above 0"),
            ("\"pool\": 10", "\"pool\": 0", "surge.pool: is out of its bounds"),
            ("\"pool\": 10", "\"pool\": \"ten\"", "surge.pool: must be a number"),
            ("\"kind\": \"test\"", "\"kind\": \"kettle\"", "classA.items[0].kind: must be equipment or test"),
        ])
    func refused(found: String, given: String, message: String) throws {
        let file = """
            {"turnAroundHours": {"stat": 4, "asap": 6, "urgent": 12, "routine": 24}, "assessmentPass": 80,
             "surge": {"test": {"system": "s", "code": "c", "zh": "z", "en": "e"}, "people": 5000000, "hours": 24, "pool": 10,
              "positivesPer10000": 0, "collectionHours": 12, "collectorsPerPoint": 4, "swabsPerCollectorHour": 120,
              "transportHours": 2, "batchTubes": 94, "runHours": 3},
             "classA": {"target": 100, "items": [{"code": "c", "kind": "test", "zh": "z", "en": "e"}]}}
            """
        _ = try LaboratoryRules(Array(file.utf8))
        let fault = #expect(throws: DefinitionFault.self) {
            try LaboratoryRules(Array(file.replacing(found, with: given).utf8))
        }
        #expect(fault?.description == "laboratories.json: \(message)")
    }
}
