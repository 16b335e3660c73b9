import Calendar
import Foundation
import Surveillance
import Testing

/// Runs a list of cases on files in memory.
func runCases(_ cases: String, _ files: [String: String] = [:]) async throws -> (
    files: [String: String], faults: [String]
) {
    let all = files.merging(["cases.json": cases]) { $1 }
    var written: [String: String] = [:]
    var faults: [String] = []
    try await CaseRun(CaseInputs(names: all.keys.sorted()) { all[$0] }).run { result in
        switch result {
        case .success(let outputs): for output in outputs { written[output.name] = output.text }
        case .failure(let fault): faults.append("\(fault)")
        }
    }
    return (written, faults)
}

@Suite("Settings and data beyond all bounds")
struct BoundsTests {
    private static let files = [
        "series/s.csv": "t,observed,population\n" + (1...330).map { "\($0),\($0 % 7),0\n" }.joined(),
        "series/huge.csv": "t,observed\n" + (1...60).map { "\($0),\($0 == 7 ? "1e300" : "2")\n" }.joined(),
        "series/infinite.csv": "t,observed\n1,inf\n2,3\n",
        "series/far.csv": "t,date,observed\n1,999999999999999999-01-01,3\n",
        "series/d.csv": "date,count\n"
            + (1...60).map { "\(CivilDay(number: 20_000 + $0).isoText),\($0 % 3)\n" }.joined(),
        "incidence/i.csv": "t,I\n" + (1...30).map { "\($0),\($0 % 4)\n" }.joined(),
        "a__areas.csv": "x,y,cases,population\n0,0,1,5\n1,0,4,5\n0,2,1,9\n",
        "none__areas.csv": "x,y,cases,population\n0,0,1,0\n1,0,4,0\n",
        "minus__areas.csv": "x,y,cases,population\n0,0,-9,5\n1,0,4,5\n",
        "a__counts.csv": "t,a,b,c\n1,1,0,0\n2,0,3,1\n",
        "gap__areas.csv": "x,y,cases,population\n0,0,1,5\n1,0,4,5\n",
        "gap__counts.csv": "t,a,b\n1,1,0\n2,0,3\n",
        "gap__population.csv": "t,a,b\n1,100,\n2,100,100\n",
        "big__areas.csv": "x,y\n0,0\n1,0\n",
        "big__counts.csv": "t,a,b\n1,1e18,0\n2,0,3\n",
        "knox_points_k.csv": "x,y,t\n0,0,1\n1,1,2\n",
        "l_linelist.csv": "dHosp,dReport\n2026-01-01,2026-01-03\n2026-01-09,2026-01-10\n",
    ]

    /// A case, and the field that its fault names.
    private static let bad: [(String, String)] = [
        (#""algorithm": "farringtonFlexible", "series": "s", "settings": {"pastWeeksNotIncluded": -1}"#, "pastWeeks"),
        (#""algorithm": "farringtonFlexible", "series": "s", "settings": {"b": 1e18}"#, "b:"),
        (#""algorithm": "farringtonFlexible", "series": "s", "settings": {"noPeriods": 1000000000}"#, "noPeriods"),
        (#""algorithm": "farringtonFlexible", "series": "s", "settings": {"populationOffset": true}"#, "population"),
        (#""algorithm": "farringtonFlexible", "series": "s", "settings": {"alpha": 5}"#, "alpha"),
        (#""algorithm": "farrington", "series": "s", "settings": {"w": -1}"#, "w:"),
        (#""algorithm": "farrington", "series": "s", "settings": {"fitFun": "lm"}"#, "fitFun"),
        (#""algorithm": "glrnb", "series": "s", "settings": {"mu0": {"S": -1}}"#, "S:"),
        (#""algorithm": "glrnb", "series": "s", "settings": {"xMax": -1, "ret": "cases", "alpha": 0}"#, "xMax"),
        (#""algorithm": "glrnb", "series": "s", "settings": {"xMax": "Inf", "ret": "cases", "alpha": 0}"#, "xMax"),
        (#""algorithm": "bayes", "series": "s", "settings": {"alpha": 0}"#, "alpha"),
        (#""algorithm": "bayes2", "series": "s", "freq": 4"#, "w:"),
        (#""algorithm": "rki2", "series": "s", "freq": 4"#, "w:"),
        (#""algorithm": "rki2", "series": "s", "freq": 0"#, "freq"),
        (#""algorithm": "cdc", "series": "s", "freq": 3"#, "m:"),
        (#""algorithm": "cdc", "series": "s", "freq": -52"#, "freq"),
        (#""algorithm": "ears", "series": "huge""#, "observed"),
        (#""algorithm": "ears", "series": "infinite""#, "observed"),
        (#""algorithm": "ears", "series": "far""#, "date"),
        (#""algorithm": "ears", "series": "../s""#, "outside"),
        (#""algorithm": "ears", "series": "s", "settings": {"baseline": 1e400}"#, "baseline"),
        (#""algorithm": "ewma", "series": "d", "B": 100000000000"#, "B:"),
        (#""dataset": "a", "model": "poisson", "pop_upper_bound": 0.5, "n_simulations": -1"#, "n_simulations"),
        (#""dataset": "none", "model": "poisson", "pop_upper_bound": 0.5"#, "population"),
        (#""dataset": "minus", "model": "poisson", "pop_upper_bound": 0.5"#, "cases"),
        (#""dataset": "a", "method": "permutation", "k_nearest": 2, "n_mcsim": -1"#, "n_mcsim"),
        (#""dataset": "gap", "method": "pb_poisson", "k_nearest": 2"#, "population"),
        (#""dataset": "big", "method": "pb_poisson", "k_nearest": 2"#, "a:"),
        (#""type": "k", "eps_t_days": 2, "eps_s_km": 2, "n_permutations": -1"#, "n_permutations"),
        (#""dataset": "../i", "method": "parametric_si", "mean_si": 3, "std_si": 2"#, "dataset"),
        (#""method": "lawless", "now": "2026-01-20", "m": 0"#, "m:"),
        (#""method": "lawless", "now": "2026-01-20", "N.tInf.max": -3"#, "N.tInf.max"),
        (#""method": "lawless", "now": "9999-12-31", "D": 2000000"#, "D:"),
        (#""method": "lawless", "now": "2026-01-20", "rows": 1000000000"#, "rows"),
        (#""method": "bayes.trunc", "now": "2026-01-20""#, "method"),
    ]

    @Test("a case out of bounds is told by its field and doesn't stop the next", arguments: bad)
    func bounds(settings: String, field: String) async throws {
        let run = try await runCases(
            #"[{"id": "bad", \#(settings)}, {"id": "good", "algorithm": "ears", "series": "s"}]"#, Self.files)
        #expect(run.files.keys.sorted() == ["good.csv"])
        #expect(run.faults.count == 1)
        #expect(run.faults.first?.contains(field) == true, "\(run.faults)")
    }

    @Test("windows that reach past the first period of an undated series are cut")
    func wideWindow() async throws {
        let run = try await runCases(
            #"[{"id": "f", "algorithm": "farrington", "series": "s", "freq": 12, "settings": {"w": 20}, "rangeStart": 100}]"#,
            Self.files)
        #expect(run.faults == [])
    }

    @Test(
        "a setting that is nearly known is refused, by the one that is meant",
        arguments: [
            ("Alpha", "alpha"), ("pThreshold", "pThresholdTrend"), ("noperiods", "noPeriods"), ("limit5", "limit54"),
            ("tresholdMethod", "thresholdMethod"),
        ])
    func likeness(name: String, meant: String) async throws {
        let run = try await runCases(
            #"[{"id": "f", "algorithm": "farringtonFlexible", "series": "s", "settings": {"\#(name)": 1}}]"#, Self.files
        )
        #expect(run.faults == ["f: \(name): is not known; is \(meant) meant?"])
    }

    @Test("remarks among the settings are left alone", arguments: ["desc", "alphaUsed", "resetAt", "verbose"])
    func remark(name: String) async throws {
        let run = try await runCases(
            #"[{"id": "e", "algorithm": "glrnb", "series": "s", "settings": {"\#(name)": "0.2"}, "rangeStart": 200}]"#,
            Self.files)
        #expect(run.faults == [])
    }

    @Test("no case overwrites what another gave")
    func overwritten() async throws {
        let si = #""dataset": "i", "method": "parametric_si", "std_si": 2, "window": 7"#
        let run = try await runCases(
            """
            [{"id": "a", \(si), "mean_si": 3}, {"id": "b", \(si), "mean_si": 5}, {"id": "c", \(si), "mean_si": 3},
             {"id": "a", "algorithm": "ears", "series": "s"}]
            """, Self.files)
        #expect(
            run.files.keys.sorted() == [
                "a.csv", "b.csv", "b__i__lambda_discr_si.csv", "c.csv", "i__lambda_discr_si.csv",
            ])
        #expect(run.files["i__lambda_discr_si.csv"] != run.files["b__i__lambda_discr_si.csv"])
        #expect(run.faults == ["a: id: a case before has given a.csv"])
    }

    @Test("a population taken as offset by the 1996 method's own name for it, or by the improved one's")
    func populationOffset() async throws {
        let people = "t,observed,population\n" + (1...330).map { "\($0),\($0 / 20),\($0 * 1000)\n" }.joined()
        let run = try await runCases(
            """
            [{"id": "none", "algorithm": "farrington", "series": "p"},
             {"id": "name", "algorithm": "farrington", "series": "p",
              "settings": {"fitFun": "algo.farrington.fitGLM.populationOffset"}},
             {"id": "flag", "algorithm": "farrington", "series": "p", "settings": {"populationOffset": true}}]
            """, ["series/p.csv": people])
        #expect(run.files["flag.csv"] == run.files["name.csv"])
        #expect(run.files["flag.csv"] != run.files["none.csv"])
    }
}
