import Foundation
import Surveillance

/// What a change of level does: real weekly series of five years and more, of which the last two years are doubled or halved.
///
/// Nobody knows the outbreaks of real series, so alarms are counted, not false alarms, and outbreaks are added: three weeks long,
/// of so many cases as six standard deviations of a Poisson count of the last half year's level.
enum LevelShift {
    static let names = [
        "salmonella.agona", "salmNewport_total", "salmNewport_bavaria", "campyDE", "ha_total", "shadar", "influenza",
        "momo_75_85",
    ]
    /// Weeks that are watched, the last ones.
    private static let weeks = 104
    /// Weeks before each added outbreak, counted from the first watched week.
    private static let starts = [54, 62, 70, 78, 86, 94]

    private struct Method {
        let name: String
        /// Alarms of the last weeks.
        let alarms: ([Double], ClosedRange<Int>) throws -> [Bool]
    }

    private static func farrington(years: Int) -> Method {
        Method(name: "farrington_improved") { counts, range in
            var method = FarringtonFlexible.noufaily
            method.limitCases = 0
            // As far back as the series goes, and no further than asked.
            method.b = min(years, (range.lowerBound - 4) / 52)
            // What 0.01 of the weeks of the 42 scenarios exceed, as in the tables above.
            return try method.detect(CountSeries(observed: counts), range: range).map {
                1 - CountDistribution(mean: $0.mu0, dispersion: $0.phi).midP($0.detection.observed) > 0.992
            }
        }
    }

    private static func likelihood(_ aim: OutbreakLikelihood.Aim, years: Int?) -> Method {
        Method(name: "outbreak_likelihood \(aim), \(years.map { "\($0) years" } ?? "all years")") { counts, range in
            try OutbreakLikelihood(aim, years: years).detect(CountSeries(observed: counts), range: range)
                .map { $0.detection.alarm == true }
        }
    }

    private static func series(_ folder: URL) throws -> [[Double]] {
        try names.map { name in
            let text = try String(contentsOf: folder.appending(path: "\(name).csv"), encoding: .utf8)
            let lines = text.split(whereSeparator: \.isNewline).map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            let column = lines[0].firstIndex(of: "observed") ?? 0
            return lines.dropFirst().map { Double($0[column]) ?? .nan }
        }
    }

    /// The series with its watched weeks doubled, halved or left.
    private static func shifted(_ counts: [Double], _ factor: Double, _ generator: inout Generator) -> [Double] {
        counts.indices.map { index in
            guard index >= counts.count - weeks, !counts[index].isNaN else { return counts[index] }
            if factor == 2 { return counts[index] + generator.poisson(counts[index]) }
            if factor < 1 { return Double((0..<Int(counts[index])).count { _ in generator.unit() < factor }) }
            return counts[index]
        }
    }

    static func report(_ folder: URL) throws {
        let methods =
            [farrington(years: 5)]
            + [nil, 3, 2].flatMap { years in OutbreakLikelihood.Aim.allCases.map { likelihood($0, years: years) } }
        let all = try series(folder)
        print(
            "| method | as it is | doubled, weeks 1–26 | 27–52 | 53–78 | 79–104 | found as it is | doubled | halved |")
        print("|---|---|---|---|---|---|---|---|---|")
        for method in methods {
            var alarms: [String] = []
            var found: [String] = []
            for factor in [1.0, 2, 0.5] {
                var generator = Generator(state: 7)
                var quarters = [Double](repeating: 0, count: 4)
                var (detected, added) = (0.0, 0.0)
                for counts in all {
                    let counts = shifted(counts, factor, &generator)
                    let range = (counts.count - weeks + 1)...counts.count
                    let before = try method.alarms(counts, range)
                    for (week, alarm) in before.enumerated() where alarm { quarters[week / 26] += 1 }
                    for start in starts {
                        let first = counts.count - weeks + start
                        let level = counts[first - 26..<first].filter { !$0.isNaN }
                        let mean = max(level.reduce(0, +) / Double(max(level.count, 1)), 0.5)
                        var ill = counts
                        for (offset, share) in [0.5, 0.4, 0.1].enumerated() {
                            ill[first + offset] += generator.poisson(6 * mean.squareRoot() * share)
                        }
                        let after = try method.alarms(ill, first + 1...first + 3)
                        added += 1
                        // An alarm that would have sounded anyway finds nothing.
                        if zip(after, before[start..<start + 3]).contains(where: { $0 && !$1 }) { detected += 1 }
                    }
                }
                let rates = quarters.map { $0 / Double(26 * all.count) }
                func three(_ number: Double) -> String { String(format: "%.3f", number) }
                if factor == 1 { alarms.append(three(rates.reduce(0, +) / 4)) }
                if factor == 2 { alarms += rates.map(three) }
                found.append(three(detected / added))
            }
            print("| \(method.name) | \((alarms + found).joined(separator: " | ")) |")
        }
    }
}
