import Access
import Calendar
import Population

/// The population of an area at the end of a month, and how it came to be so, in numbers that may be shown.
struct PopulationModel {
    /// A year, or the part of it until the month.
    struct Year {
        let months: ClosedRange<CivilMonth>
        /// At its end.
        let persons: Int
        let figures: VitalFigures
        let marriages: Int
        let divorces: Int
    }

    /// Years that are shown, the month's own among them.
    static let yearsShown = 5
    /// Months of the chart.
    static let monthsShown = 60

    let area: PopulationArea
    let city: PopulationArea
    let month: CivilMonth
    /// The last month that is over, or the one asked for where that is earlier.
    let lastMonth: CivilMonth
    /// As it was known at the end of that day; nil: now.
    let known: CivilDay?
    /// Those that may be chosen; the city is 0.
    let choices: [Int]
    let pyramid: AgePyramid
    let districts: [(code: Int, pyramid: AgePyramid, year: VitalFigures)]
    /// Of whom it isn't known where they live.
    let unplaced: Int
    /// The twelve months to ``lastMonth``.
    let year: VitalFigures
    /// The newest first.
    let years: [Year]
    /// Births and deaths by month, the oldest first.
    let courses: (births: [Int], deaths: [Int])
    let warnings: [PopulationWatch.Warning]
    let forecast: [PopulationForecast.Year]
    let demands: [PopulationForecast.Demand]
    let assumptions: ForecastAssumptions
    private let movements: [PopulationMovement]
    private let small: SmallCells?

    init(
        _ desk: PopulationDesk, district: Int?, month: CivilMonth, known: CivilDay?, scope: Int?, districts: [Int],
        today: CivilDay, small: SmallCells?
    ) throws {
        self.month = month
        self.known = known
        self.small = small
        city = desk.city
        assumptions = desk.assumptions
        let last = min(month, PopulationDesk.lastMonth(before: today))
        lastMonth = last
        let all = try desk.book.residents(at: month, asOf: known)
        unplaced = all[0]?.total ?? 0
        // Who answers for one district sees that one.
        let isOpen = scope.map { $0 % 100 == 0 } ?? true
        let codes = Set(districts + all.keys.filter(desk.city.contains)).sorted()
        let choices = isOpen ? [0] + codes : [scope ?? 0]
        self.choices = choices
        let chosen = district.flatMap { choices.contains($0) ? $0 : nil } ?? choices[0]
        let area = isOpen && chosen == 0 ? desk.city : PopulationArea(chosen)
        self.area = area
        func people(_ area: PopulationArea) -> AgePyramid {
            all.reduce(into: AgePyramid()) { sum, item in if area.contains(item.key) { sum.add(item.value) } }
        }
        pyramid = people(area)
        let first = last.advanced(by: 1 - Self.monthsShown)
        let from = min(first, CivilMonth(number: (month.year - Self.yearsShown + 1) * 12))
        let movements = try desk.book.movements(from...max(month, last), asOf: known)
        self.movements = movements
        /// The population at the end of a month, from that of now.
        func persons(_ area: PopulationArea, at end: CivilMonth) -> Int {
            movements.reduce(people(area).total) { n, one in
                one.month > end && area.contains(one.district) ? n - one.change.sign * one.count : n
            }
        }
        func figures(_ area: PopulationArea, _ months: ClosedRange<CivilMonth>) -> VitalFigures {
            VitalFigures(
                movements, in: area, months,
                ends: (persons(area, at: months.lowerBound.advanced(by: -1)), persons(area, at: months.upperBound)))
        }
        year = figures(area, last.advanced(by: -11)...last)
        self.districts =
            area == desk.city
            ? codes.map { code in
                let area = PopulationArea(code)
                return (code, people(area), figures(area, last.advanced(by: -11)...last))
            } : []
        let registers = try RegisterKind.allCases.map { kind in
            try desk.book.registered(kind, from...max(month, last), asOf: known)
                .filter { area.contains($0.district) }
        }
        years = (0..<Self.yearsShown).map { back in
            let number = month.year - back
            let months = CivilMonth(number: number * 12)...min(month, CivilMonth(number: number * 12 + 11))
            let sums = registers.map { rows in
                rows.reduce(0) { months.contains($1.month) ? $0 + $1.count : $0 }
            }
            return Year(
                months: months, persons: persons(area, at: months.upperBound), figures: figures(area, months),
                marriages: sums[0], divorces: sums[1])
        }
        var (births, deaths) = (
            [Int](repeating: 0, count: Self.monthsShown), [Int](repeating: 0, count: Self.monthsShown)
        )
        for one in movements where area.contains(one.district) && (first...last).contains(one.month) {
            if one.change == .birth { births[one.month.number - first.number] += one.count }
            if one.change == .death { deaths[one.month.number - first.number] += one.count }
        }
        courses = (births, deaths)
        warnings = try desk.warnings(of: area, on: last.advanced(by: 1).first, asOf: known)
        let projection = PopulationForecast(desk.assumptions)
        let recent = movements.filter { (last.advanced(by: -11)...last).contains($0.month) }
        forecast = pyramid.total == 0 ? [] : projection.years(from: pyramid, year, moves: recent, in: area)
        demands =
            [
                projection.demand(
                    births: Double(year.births),
                    youngChildren: Double(pyramid.persons(0...desk.assumptions.childcareBelow - 1)),
                    elders: Double(pyramid.persons(desk.assumptions.elderFrom...AgePyramid.ageMax)))
            ] + forecast.map(projection.demand(of:))
    }

    /// A count as the reader may see it: for who sees no persons rounded to the next multiple of five.
    func shown(_ count: Int) -> Int { small?.rounded(count) ?? count }

    /// Whether counts are rounded.
    var isRounded: Bool { small != nil }

    /// Persons by district, sex and age at the end of the month.
    var csv: String {
        var rows = [["month", "known", "district", "age", "male", "female", "unknown_sex"]]
        let areas = districts.isEmpty ? [(area.code, pyramid)] : districts.map { ($0.code, $0.pyramid) }
        for (code, pyramid) in areas {
            for age in 0...AgePyramid.ageMax {
                let counts = [pyramid.men[age], pyramid.women[age], pyramid.others[age]]
                guard counts.contains(where: { $0 != 0 }) else { continue }
                rows.append([month.isoText, known?.isoText ?? "", "\(code)", "\(age)"] + counts.map { "\(shown($0))" })
            }
            if pyramid.ageless != 0 {
                rows.append([
                    month.isoText, known?.isoText ?? "", "\(code)", "", "", "", "\(shown(pyramid.ageless))",
                ])
            }
        }
        return SignalTable.text(rows)
    }

    /// Births, deaths and moves by month and district.
    var changesCSV: String {
        var rows = [["month", "district", "births", "boys", "girls", "deaths", "arrivals", "departures"]]
        let codes = districts.isEmpty ? [area.code] : districts.map(\.code)
        for number in lastMonth.number - Self.monthsShown + 1...lastMonth.number {
            let month = CivilMonth(number: number)
            for code in codes {
                let figures = VitalFigures(movements, in: PopulationArea(code), month...month, ends: (0, 0))
                let counts = [
                    figures.births, figures.boys, figures.girls, figures.deaths, figures.arrivals, figures.departures,
                ]
                rows.append([month.isoText, "\(code)"] + counts.map { "\(shown($0))" })
            }
        }
        return SignalTable.text(rows)
    }
}
