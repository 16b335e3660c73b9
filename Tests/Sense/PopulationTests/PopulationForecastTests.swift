import Population
import Syndromes
import Testing

@Suite("The projection of the population")
struct PopulationForecastTests {
    private let area = PopulationArea(330_100)

    private func people(_ counts: [(sex: Int, age: Int, n: Int)]) -> AgePyramid {
        counts.reduce(into: AgePyramid()) { $0.add($1.n, sex: $1.sex, age: $1.age) }
    }

    private func year(births: Int, deaths: Int) -> VitalFigures {
        let month = CivilMonth(number: 24_321)
        return VitalFigures(
            [
                PopulationMovement(change: .birth, district: 330_106, sex: 2, month: month, count: births),
                PopulationMovement(change: .death, district: 330_106, sex: 1, month: month, count: deaths),
            ], in: area, month.advanced(by: -11)...month, ends: (0, 0))
    }

    @Test("ages everybody by a year, lets nobody vanish but the dead, and adds who is born")
    func balance() throws {
        let now = people([(1, 0, 100), (2, 30, 1_000), (1, 64, 500), (2, 100, 10)])
        let years = PopulationForecast(try ForecastAssumptions()).years(
            from: now, year(births: 80, deaths: 40), moves: [], in: area)
        #expect(years.count == 15)
        var before = Double(now.total)
        for one in years {
            #expect(abs(before + one.births - one.deaths - one.total) < 1e-6)
            before = one.total
        }
        let first = try #require(years.first)
        #expect(abs(first.births - 80) < 1e-9)
        // Forty deaths are six times what the rates give; the oldest can't die so often.
        #expect((34...40).contains(first.deaths))
        #expect(abs(first.men[0] - 80 * 105 / 205) < 1e-9)
        #expect(first.women[31] > 990 && first.women[30] == 0 && first.men[65] > 450)
    }

    @Test("goes on with who came and left, and never below nobody")
    func moves() throws {
        let month = CivilMonth(number: 24_321)
        let come = PopulationMovement(change: .arrival, district: 330_106, sex: 1, age: 25, month: month, count: 10)
        let leave = PopulationMovement(change: .departure, district: 330_106, sex: 2, age: 40, month: month, count: 10)
        let within = PopulationMovement(
            change: .arrival, district: 330_106, other: 330_102, sex: 1, age: 25, month: month, count: 99)
        let first = PopulationForecast(try ForecastAssumptions()).years(
            from: people([(2, 39, 4)]), year(births: 0, deaths: 0), moves: [come, leave, within], in: area)[0]
        #expect(first.men[25] == 10 && first.women[40] == 0)
    }

    @Test("asks for beds, places and care by the assumptions")
    func demand() throws {
        let found = PopulationForecast(try ForecastAssumptions()).demand(
            births: 365.25, youngChildren: 100, elders: 200)
        #expect(abs(found.obstetricBeds - 4 / 0.85) < 1e-9 && found.childcarePlaces == 20 && found.careBeds == 7)
    }

    @Test(
        "refuses assumptions that can't be, with place and hint",
        arguments: [
            ("\"years\": 15", "\"years\": 0", "forecast.json: years: must be a number above 0"),
            ("\"years\": 15", "\"years\": 90", "forecast.json: years: must lie between 1 and 50"),
            ("\"share\": 0.2", "\"share\": 2", "forecast.json: childcare.share: must be 1 at most"),
            ("\"occupancy\": 0.85", "\"occupancy\": 1.2", "forecast.json: obstetrics.occupancy: must be 1 at most"),
            (
                "\"shares\": [2,", "\"shares\": [-2,",
                "forecast.json: birthPattern.shares: must be a list of numbers from 0 to 1,000"
            ),
        ])
    func refused(found: String, given: String, message: String) throws {
        let file = """
            {"deathsPer1000": {"bandYears": 5, "male": [1, 2], "female": [1, 2]},
             "birthPattern": {"fromAge": 15, "bandYears": 5, "shares": [2, 45]}, "boysPer100Girls": 105,
             "leastDeaths": 20, "leastBirths": 20, "obstetrics": {"stayDays": 4, "occupancy": 0.85},
             "childcare": {"belowAge": 3, "share": 0.2}, "elders": {"fromAge": 65, "careBedsPer100": 3.5}, "years": 15}
            """
        _ = try ForecastAssumptions(Array(file.utf8))
        let fault = #expect(throws: DefinitionFault.self) {
            try ForecastAssumptions(Array(file.replacing(found, with: given).utf8))
        }
        #expect(fault?.description == message)
    }
}
