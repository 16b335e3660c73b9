import Foundation
import Surveillance

/// Tells when births fall, when more boys or girls are born than by nature, and when more die than are born. Pure.
public struct PopulationWatch: Sendable {
    /// What is told of an area.
    public struct Warning: Sendable, Hashable {
        /// The id of its ``WatchedCondition``.
        public enum Kind: String, Sendable, CaseIterable {
            /// Fewer births than were usual in these months of the years before.
            case birthsFall = "births-fall"
            /// Boys for each 100 girls above or below what is normal.
            case sexRatio = "sex-ratio-at-birth"
            /// More deaths than births.
            case naturalDecrease = "natural-decrease"
        }
        /// What.
        public let kind: Kind
        /// The months judged.
        public let months: ClosedRange<CivilMonth>
        /// Births in the last month; boys for each 100 girls; births less deaths.
        public let observed: Int
        /// What is usual, or the end of what is normal that was crossed.
        public let limit: Double
        /// How probable so much or more of it is by chance.
        public let p: Double
    }

    /// What is asked. The normal range is the indicator catalogue's (103–107), everything else a house default.
    public struct Options: Sendable {
        /// Boys for each 100 girls that are normal.
        public var sexRatio = 103.0...107.0
        /// By chance so improbable that it is told.
        public var alpha = 0.001
        /// Years of which the usual number of births is taken.
        public var baselineYears = 3
        /// Usual births a month without which no fall is looked for.
        public var leastUsual = 5.0
        /// The defaults.
        public init() {}
    }

    private let options: Options

    /// - Parameter options: what is asked.
    public init(_ options: Options = Options()) { self.options = options }

    /// Months of births that are needed, the judged year among them.
    public var monthsNeeded: Int { 12 * (options.baselineYears + 1) + 1 }

    /// Everything to tell of an area.
    /// - Parameters:
    ///   - births: by month, the oldest first, ``monthsNeeded`` of them or more, to the last month that is over.
    ///   - year: the twelve months to the same one.
    public func warnings(births: [Int], year: VitalFigures, last: CivilMonth) -> [Warning] {
        let months = last.advanced(by: -11)...last
        return [birthsFall(births, months), sexRatio(year, months), naturalDecrease(year, months)].compactMap { $0 }
    }

    /// A CUSUM (k 1.04, h 2.26: Rossi 1999) of how far births lie below the mean of the same months and their neighbours in the years before,
    /// in deviations of counts that spread as those did.
    private func birthsFall(_ births: [Int], _ months: ClosedRange<CivilMonth>) -> Warning? {
        guard births.count >= monthsNeeded else { return nil }
        var (falls, usual): ([Double], (mean: Double, dispersion: Double)) = ([], (0, 1))
        for index in births.count - 12..<births.count {
            var counts: [Double] = []
            for year in 1...options.baselineYears {
                // The year that is judged teaches nothing, whatever month of it stands here.
                for neighbour in -1...1 {
                    let place = index - 12 * year + neighbour
                    if births.indices.contains(place), place < births.count - 12 {
                        counts.append(Double(births[place]))
                    }
                }
            }
            let mean = counts.reduce(0, +) / Double(max(counts.count, 1))
            guard counts.count > 1, mean >= options.leastUsual else { return nil }
            let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(counts.count - 1)
            usual = (mean, max(1, variance / mean))
            falls.append((mean - Double(births[index])) / (mean * usual.dispersion).squareRoot())
        }
        let series = CountSeries(observed: [0] + falls, frequency: 12)
        let chart = try? CUSUM(m: .given([0]), trans: .none).detect(series, range: 2...13)
        guard chart?.last?.detection.alarm == true, let newest = births.last else { return nil }
        let chance = CountDistribution(mean: usual.mean, dispersion: usual.dispersion).cumulative(Double(newest))
        return Warning(kind: .birthsFall, months: months, observed: newest, limit: usual.mean, p: chance)
    }

    private func sexRatio(_ year: VitalFigures, _ months: ClosedRange<CivilMonth>) -> Warning? {
        guard let ratio = year.sexRatioAtBirth else { return nil }
        let limit = ratio > options.sexRatio.upperBound ? options.sexRatio.upperBound : options.sexRatio.lowerBound
        guard !options.sexRatio.contains(ratio) else { return nil }
        let test = Binomial(trials: year.boys + year.girls, probability: limit / (100 + limit))
        let p = ratio > limit ? test.upperTail(year.boys) : test.cumulative(year.boys)
        guard p < options.alpha else { return nil }
        return Warning(kind: .sexRatio, months: months, observed: Int(ratio.rounded()), limit: limit, p: p)
    }

    private func naturalDecrease(_ year: VitalFigures, _ months: ClosedRange<CivilMonth>) -> Warning? {
        let p = Binomial(trials: year.births + year.deaths, probability: 0.5).cumulative(year.births)
        guard year.naturalGrowth < 0, p < options.alpha else { return nil }
        return Warning(kind: .naturalDecrease, months: months, observed: year.naturalGrowth, limit: 0, p: p)
    }
}
