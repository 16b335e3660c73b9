import Foundation
import Surveillance

// surveillance-rate SERIES.csv: 1,000 weekly series, one a column after the first. Times are processor time of this process.

func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func measure(_ name: String, _ work: () async throws -> Void) async rethrows {
    let clock = ContinuousClock()
    let start = (clock.now, processorSeconds())
    try await work()
    let elapsed = (clock.now - start.0) / .seconds(1)
    print(
        "\(name): \(String(format: "%.3f", processorSeconds() - start.1)) s of processor, \(String(format: "%.3f", elapsed)) s in all"
    )
}

let lines = try String(contentsOf: URL(filePath: CommandLine.arguments[1]), encoding: .utf8).split(separator: "\n")
let rows = lines.dropFirst().map { $0.split(separator: ",").dropFirst().map { Double($0) ?? .nan } }
let series = rows[0].indices.map { column in CountSeries(observed: rows.map { $0[column] }) }
let last = series[0].count

try await measure("farringtonFlexible, R's settings, \(series.count) series, last week") {
    for one in series { _ = try FarringtonFlexible().detect(one, range: last...last) }
}
try await measure("farringtonFlexible, Noufaily's settings, \(series.count) series, last week") {
    for one in series { _ = try FarringtonFlexible.noufaily.detect(one, range: last...last) }
}
try await measure("every detector, 2,600 series (13 districts, 40 conditions, 5 age groups), last week") {
    for index in 0..<2600 {
        let one = series[index % series.count]
        let range = last...last
        _ = try FarringtonFlexible().detect(one, range: range)
        _ = try FarringtonFlexible.noufaily.detect(one, range: range)
        _ = try Farrington().detect(one, range: range)
        for method in EARS.Method.allCases { _ = try EARS(method).detect(one, range: range) }
        _ = try Bayes().detect(one, range: range)
        _ = try RKI().detect(one, range: range)
        _ = try CDC().detect(one, range: range)
        _ = try CUSUM(m: .glm, trans: .rossi).detect(one, range: (last - 51)...last)
        var chart = GLR()
        chart.alpha = 0
        _ = try chart.detect(one, range: (last - 51)...last)
        _ = try ESSENCE().ewma(Array(one.observed.suffix(60)))
        for aim in OutbreakLikelihood.Aim.allCases { _ = try OutbreakLikelihood(aim).detect(one, range: range) }
    }
}

// The nightly search: persons by three sources in each of five age groups and all ages, with six streams beside them in all ages.
let events = (0..<13 * 40 * 6).map { index in
    StreamSignals.Event(
        what: "\(index / 78)", place: "\(index / 6 % 13)", group: "\(index % 6)",
        streams: (0..<(index % 6 == 0 ? 9 : 3)).map { source in
            StreamSignals.Stream(
                name: "\(source)", counts: Array(series[(index * 3 + source) % series.count].observed.suffix(261)),
                countsPersons: source < 3)
        })
}
await measure(
    "nightly search, \(events.count) events of \(events.reduce(0) { $0 + $1.streams.count }) series of five years"
) {
    _ = StreamSignals(guardBand: 8).signals(events)
}

struct Draws {
    var state: UInt64 = 1

    /// A number within 0 and 1.
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }
}

var draws = Draws()
let places = (0..<300).map { _ in (x: draws.next(), y: draws.next()) }
let cases = (0..<60).map { _ in (0..<300).map { _ in (1 / (1.6 * draws.next() + 0.4)).rounded(.down) } }
let counts = SpaceTimeScan.Counts(places: places, cases: cases)
for null in SpaceTimeScan.Null.allCases {
    try await measure("space-time scan, \(null.rawValue), 300 areas, 60 days, 999 replicates, up to 150 areas") {
        _ = try await SpaceTimeScan(null, nearest: 150).scan(counts)
    }
}
