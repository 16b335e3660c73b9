/// The age and sex structure of the city, and what follows from age: births and deaths.
struct Population: Sendable {
    static let bandYears = 5

    /// Share of the residents in each band, men first, then women; the sum is 1.
    let shares: [Double]
    let bands: Int
    /// Deaths in a year for each person of a band, by sex.
    private let deaths: [[Double]]
    /// Births in a year for each woman of a band who lives with a partner.
    private let births: [Double]

    init(city: String) throws(CityError) {
        var perBand: [(all: Double, male: Double)] = []
        var deaths: [[Double]] = [[], []]
        var births: [Double] = []
        for row in try Table(named: "ages.tsv").rows {
            guard try row.integer("from") == perBand.count * Population.bandYears else {
                throw row.fault("from", "the next five-year band")
            }
            perBand.append((try row.number(city), try row.number("male_share")))
            deaths[0].append(try row.number("deaths_male") / 1_000)
            deaths[1].append(try row.number("deaths_female") / 1_000)
            births.append(try row.number("births_coupled") / 1_000)
        }
        let sum = perBand.reduce(0) { $0 + $1.all }
        shares =
            perBand.map { $0.all * $0.male / sum } + perBand.map { $0.all * (1 - $0.male) / sum }
        bands = perBand.count
        self.deaths = deaths
        self.births = births
    }

    func band(years: Int) -> Int { min(max(years, 0) / Population.bandYears, bands - 1) }

    func deathsPerYear(_ sex: Sex, years: Int) -> Double { deaths[sex.rawValue][band(years: years)] }
    func birthsPerYear(years: Int) -> Double { births[band(years: years)] }

    func share(_ sex: Sex, band: Int) -> Double { shares[sex.rawValue * bands + band] }
}
