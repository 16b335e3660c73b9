import Foundation
import Surveillance

// surveillance-quality FOLDER: the folder `sim` of the fixtures, with the series unpacked.
// surveillance-quality levels FOLDER: the folder `series`, with what a change of level does to each method.
if CommandLine.arguments[1] == "levels" {
    try LevelShift.report(URL(filePath: CommandLine.arguments[2]))
    exit(0)
}
let folder = URL(filePath: CommandLine.arguments[1])
func text(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
let simulation = try Simulation(
    series: text("noufaily42_series.csv"), outbreaks: text("noufaily42_outbreaks.csv"))

typealias Method = @Sendable ([Double]) -> [Double]

/// The improved Farrington method by the mid-p of its plug-in distribution.
let farrington: Method = { counts in
    var method = FarringtonFlexible.noufaily
    method.limitCases = 0
    let results = (try? method.detect(CountSeries(observed: counts), range: Marks.weeks)) ?? []
    return results.map { 1 - CountDistribution(mean: $0.mu0, dispersion: $0.phi).midP($0.detection.observed) }
}

func likelihood(_ method: OutbreakLikelihood) -> Method {
    { counts in ((try? method.detect(CountSeries(observed: counts), range: Marks.weeks)) ?? []).map(\.ratio) }
}

func marks(_ name: String, _ method: @escaping Method) async -> Marks {
    let items = simulation.items
    let all = await withTaskGroup(of: (Int, [Double], [Double]).self) { group in
        for (index, item) in items.enumerated() {
            group.addTask { (index, method(item.counts), method(item.quiet)) }
        }
        var all = [([Double], [Double])](repeating: ([], []), count: items.count)
        for await (index, with, without) in group { all[index] = (with, without) }
        return all
    }
    return Marks(name: name, with: all.map(\.0), without: all.map(\.1))
}

var methods: [Marks] = [await marks("farrington_improved", farrington)]
for aim in OutbreakLikelihood.Aim.allCases {
    methods.append(await marks("outbreak_likelihood \(aim)", likelihood(OutbreakLikelihood(aim))))
}

let everything = Array(simulation.items.indices)
let resamples = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 500 : 500
func three(_ number: Double) -> String { String(format: "%.3f", number) }
for rate in [0.01, 0.025, 0.05] {
    print("\n| method, FPR \(rate) | FPR | POD | week 1 | sensitivity | PPV | F1 | delay | ln ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    for one in methods {
        let score = one.score(rate, simulation, everything)
        print(
            "| \(one.name) | \(String(format: "%.4f", score.falsePositiveRate)) | \(three(score.detection)) | "
                + "\(three(score.firstWeek)) | \(three(score.sensitivity)) | \(three(score.precision)) | \(three(score.f1)) | "
                + "\(three(score.delayWeeks)) | \(three(one.threshold(rate, everything))) |")
    }
    for one in methods.dropFirst() where resamples > 0 {
        var generator = Generator(state: 42)
        var differences: [[Double]] = [[], [], []]
        for _ in 0..<resamples {
            let chosen = everything.map { _ in everything.randomElement(using: &generator)! }
            let (a, b) = (one.score(rate, simulation, chosen), methods[0].score(rate, simulation, chosen))
            differences[0].append(a.detection - b.detection)
            differences[1].append(a.firstWeek - b.firstWeek)
            differences[2].append(a.f1 - b.f1)
        }
        let intervals = zip(["POD", "week 1", "F1"], differences).map { name, values in
            let sorted = values.sorted()
            return
                "\(name) \(three(sorted[Int(0.025 * Double(resamples))]))…\(three(sorted[Int(0.975 * Double(resamples))]))"
        }
        print("\(one.name) less farrington_improved, 95 %: \(intervals.joined(separator: ", "))")
    }
}
