import Foundation
import Surveillance
import Testing

@Suite("Runs of cases")
struct CaseRunTests {
    private func run(_ cases: String, _ files: [String: String] = [:]) async throws -> (
        names: [String], faults: [String]
    ) {
        let all = files.merging(["cases.json": cases]) { $1 }
        var names: [String] = []
        var faults: [String] = []
        try await CaseRun(CaseInputs(names: Array(all.keys)) { all[$0] }).run { result in
            switch result {
            case .success(let outputs): names += outputs.map(\.name)
            case .failure(let fault): faults.append("\(fault)")
            }
        }
        return (names, faults)
    }

    private let series = "t,observed\n" + (1...40).map { "\($0),\($0 % 5)\n" }.joined()

    @Test("a faulty case is told by id, field and reason, and doesn't stop the others")
    func faults() async throws {
        let result = try await run(
            """
            [{"id": "a", "algorithm": "ears", "series": "none"},
             {"id": "b", "algorithm": "ears", "series": "s", "settings": {"baseline": 2}},
             {"id": "c", "algorithm": "ears", "series": "s", "settings": {"method": "C4"}},
             {"id": "d", "algorithm": "magic", "series": "s"},
             17,
             {"algorithm": "ears", "series": "s"},
             {"id": "../e", "algorithm": "ears", "series": "s"},
             {"id": "f", "algorithm": "ears", "series": "bad"},
             {"id": "g", "algorithm": "bayes", "series": "s", "settings": {"b": "one"}},
             {"id": "good", "algorithm": "ears", "series": "s", "settings": {"method": "C1"}, "rangeStart": 9, "rangeEnd": 40}]
            """,
            ["series/s.csv": series, "series/bad.csv": "t,observed\n1,2\n2,x\n"])
        #expect(result.names == ["good.csv"])
        #expect(
            result.faults == [
                "a: series/none.csv: the file is not there or can't be read",
                "b: baseline: is 2, at least 3 is needed",
                "c: method: is \"C4\", which is not known here",
                "d: algorithm: \"magic\" is not known here",
                "case 5: cases.json: an object is expected",
                "case 6: id: is missing",
                "../e: id: is \"../e\": it is to name a file, so it can't hold a slash or start with a point",
                "f: observed: line 3 has \"x\", a number is expected",
                "g: b: is \"one\", a number is expected",
            ])
    }

    @Test("no list of cases is a fault of the whole run", arguments: ["", "{}", "[{]"])
    func noCases(text: String) {
        #expect(throws: SurveillanceFault.self) { try CaseRun(CaseInputs(names: []) { _ in text }) }
    }

    @Test("a table keeps what was quoted, and refuses a row of another width")
    func tables() throws {
        #expect(try Table(csv: "a,b\n\"x, y\",2\n").rows == [["x, y", "2"]])
        #expect(throws: SurveillanceFault("line 3", "has 1 cells, the header has 2")) {
            try Table(csv: "a,b\n1,2\n3\n")
        }
    }
}
