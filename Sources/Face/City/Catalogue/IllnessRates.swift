/// How likely each illness brings a resident to a doctor on each day: diagnoses × sex × age group × day.
struct IllnessRates: Sendable {
    /// Visits in a day of a resident of average frailty, by `(sex, group)` and day.
    private let totals: [[Double]]
    /// Weight of each diagnosis by `(sex, group)`, before season and weekday.
    private let weights: [[Double]]
    /// Factor of each season on each day; the last row is for illness without a season.
    private let seasonFactors: [[Double]]
    private let seasonOf: [Int]
    private let emergencyShare: [Double]
    private let outpatientWeek: [Double]
    private let emergencyWeek: [Double]
    private let start: CivilDay

    init(
        diagnoses: [Diagnosis], seasons: Seasons, population: Population, start: CivilDay, days: Int,
        visitsPerYear: Double, seed: UInt64
    ) {
        self.start = start
        outpatientWeek = seasons.outpatientWeek
        emergencyWeek = seasons.emergencyWeek
        seasonOf = diagnoses.map { $0.season ?? seasons.all.count }
        emergencyShare = diagnoses.map { min($0.emergencyPercent / 100, 1) }
        var seasonFactors = seasons.all.indices.map { season in
            (0..<days).map { seasons.factor(season, on: start.adding(days: $0), seed: seed) }
        }
        seasonFactors.append([Double](repeating: 1, count: days))
        self.seasonFactors = seasonFactors

        // Each age group's share of the residents, from the five-year bands.
        var groupShares = [Double](repeating: 0, count: AgeGroup.count)
        for band in 0..<population.bands {
            let share = population.share(.male, band: band) + population.share(.female, band: band)
            for year in 0..<Population.bandYears {
                groupShares[AgeGroup.index(years: band * Population.bandYears + year)] +=
                    share / Double(Population.bandYears)
            }
        }
        let sumOfRates = diagnoses.reduce(0) { $0 + $1.ratePer1000 }
        let overall = visitsPerYear * 1_000 / max(sumOfRates, 1)
        var weights: [[Double]] = []
        for sex in [Sex.male, .female] {
            for group in 0..<AgeGroup.count {
                weights.append(
                    diagnoses.map { diagnosis in
                        var average = 0.0
                        for (share, weight) in zip(groupShares, diagnosis.ages) { average += share * weight }
                        guard average > 0 else { return 0 }
                        let factor = sex == .male ? diagnosis.maleFactor : 2 - diagnosis.maleFactor
                        return diagnosis.ratePer1000 * overall / 365_250 * diagnosis.ages[group] / average * factor
                    })
            }
        }
        self.weights = weights
        var totals: [[Double]] = []
        for row in weights {
            var days = [Double](repeating: 0, count: days)
            for day in days.indices {
                let weekday = start.adding(days: day).weekday
                for index in row.indices {
                    let emergency = emergencyShare[index]
                    days[day] +=
                        row[index] * seasonFactors[seasonOf[index]][day]
                        * ((1 - emergency) * outpatientWeek[weekday] + emergency * emergencyWeek[weekday])
                }
            }
            totals.append(days)
        }
        self.totals = totals
    }

    /// Index of a sex and age group for the other functions.
    static func row(_ sex: Sex, years: Int) -> Int { sex.rawValue * AgeGroup.count + AgeGroup.index(years: years) }

    /// Expected visits on a day.
    func total(row: Int, day: Int) -> Double { totals[row][day] }

    /// The diagnosis that a number from 0 to 1 falls on.
    func diagnosis(row: Int, day: Int, at unit: Double) -> Int {
        let weekday = start.adding(days: day).weekday
        var rest = unit * totals[row][day]
        var last = 0
        for (index, weight) in weights[row].enumerated() where weight > 0 {
            let emergency = emergencyShare[index]
            let here =
                weight * seasonFactors[seasonOf[index]][day]
                * ((1 - emergency) * outpatientWeek[weekday] + emergency * emergencyWeek[weekday])
            if here > 0 { last = index }
            rest -= here
            if rest < 0 { return index }
        }
        return last
    }
}
