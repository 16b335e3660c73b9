import Calendar
import Population
import Syndromes

/// The page of the population, as the template reads it.
struct PopulationView {
    struct Choice {
        let code: String
        let text: String
        let isChosen: Bool
    }

    struct Figure {
        let name: String
        let value: String
        let note: String
    }

    struct Warning {
        let name: String
        let text: String
    }

    struct Band {
        let name: String
        let men: String
        let women: String
        let total: String
        /// Of 100, of the largest.
        let share: String
    }

    struct Row {
        let name: String
        let href: String?
        let cells: [String]
    }

    let title: String
    let answer: String
    let problems: [String]
    let hasProblems: Bool
    let hasPeople: Bool
    let choices: [Choice]
    let month: String
    let monthMax: String
    let known: String
    let knownMax: String
    let figures: [Figure]
    let warnings: [Warning]
    let hasWarnings: Bool
    let wideChart: String
    let narrowChart: String
    let months: [Row]
    let bands: [Band]
    let years: [Row]
    let districts: [Row]
    let hasDistricts: Bool
    let forecast: [Row]
    let unplaced: String?
    let rounded: String?
    let assumptions: String
    let csvHref: String
    let changesHref: String

    init(_ model: PopulationModel, _ list: WatchList, problems: [String], place: CityPlace, words: Words) {
        let isCity = model.area == model.city
        let name = isCity ? place.cityName(words) : place.name(model.area.code, words)
        title = words.text("populationTitle", ["place": name])
        self.problems = problems
        hasProblems = !problems.isEmpty
        let total = model.shown(model.pyramid.total)
        hasPeople = model.pyramid.total > 0
        let monthName = words.monthOfYear(model.month.first)
        func natural(_ figures: VitalFigures) -> Int { model.shown(figures.births) - model.shown(figures.deaths) }
        func net(_ figures: VitalFigures) -> Int { model.shown(figures.arrivals) - model.shown(figures.departures) }
        answer =
            hasPeople
            ? words.text(
                "populationAnswer",
                [
                    "month": monthName, "n": words.number(total),
                    "births": words.number(model.shown(model.year.births)),
                    "deaths": words.number(model.shown(model.year.deaths)),
                    "natural": words.difference(natural(model.year)), "net": words.difference(net(model.year)),
                ]) : words["populationNone"]
        choices = model.choices.map { code in
            Choice(
                code: "\(code)", text: code == 0 ? place.cityName(words) : place.name(code, words),
                isChosen: isCity ? code == 0 : code == model.area.code)
        }
        month = model.month.isoText
        monthMax = CivilMonth(number: max(model.month.number, model.lastMonth.number + 1)).isoText
        known = model.known?.isoText ?? ""
        knownMax = model.lastMonth.advanced(by: 1).last.isoText
        figures = Self.figures(model, words)
        warnings = model.warnings.compactMap { warning in
            guard let condition = list[warning.kind.rawValue] else { return nil }
            return Warning(
                name: words.condition(condition),
                text: words.text(
                    "populationWarn_\(warning.kind.rawValue)",
                    [
                        "n": words.number(
                            warning.kind == .naturalDecrease
                                ? natural(model.year)
                                : warning.kind == .birthsFall ? model.shown(warning.observed) : warning.observed),
                        "limit": words.usual(warning.limit), "p": Self.chance(warning.p),
                    ]))
        }
        hasWarnings = !warnings.isEmpty
        let births = model.courses.births.map { model.shown($0) }
        let chart = LineChart(
            values: births.map(Double.init), means: Self.yearMeans(births),
            labels: births.indices.filter { Self.month(model, $0).month == 1 }.map {
                ($0, "\(Self.month(model, $0).year)")
            }, name: words.text("populationChartName", ["place": name]))
        wideChart = chart.svg(.wide)
        narrowChart = chart.svg(.narrow)
        months = births.indices.reversed().map { index in
            Row(
                name: words.monthOfYear(Self.month(model, index).first), href: nil,
                cells: [words.number(births[index]), words.number(model.shown(model.courses.deaths[index]))])
        }
        bands = Self.bands(model, words)
        years = model.years.map { year in
            let isWhole = year.months.upperBound.month == 12
            return Row(
                name: isWhole
                    ? "\(year.months.upperBound.year)"
                    : words.text("populationYearTo", ["month": words.monthOfYear(year.months.upperBound.first)]),
                href: nil,
                cells: [
                    words.number(model.shown(year.persons)), words.number(model.shown(year.figures.births)),
                    words.number(model.shown(year.figures.deaths)), words.difference(natural(year.figures)),
                    words.number(model.shown(year.figures.arrivals)),
                    words.number(model.shown(year.figures.departures)), words.number(model.shown(year.marriages)),
                    words.number(model.shown(year.divorces)), Self.ratio(year.figures.sexRatioAtBirth, model),
                ])
        }
        districts = model.districts.map { item in
            Row(
                name: place.name(item.code, words),
                href: "/population?district=\(item.code)&month=\(model.month.isoText)",
                cells: [
                    words.number(model.shown(item.pyramid.total)), words.number(model.shown(item.year.births)),
                    words.number(model.shown(item.year.deaths)), words.difference(net(item.year)),
                    Self.percent(item.pyramid.share(from: 65)), Self.percent(item.pyramid.dependency),
                ])
        }
        hasDistricts = !districts.isEmpty
        forecast = Self.forecast(model, words)
        unplaced =
            model.unplaced > 0 && isCity
            ? words.counted("populationUnplaced", model.shown(model.unplaced)) : nil
        rounded = model.isRounded ? words["populationRounded"] : nil
        let given = model.assumptions
        assumptions = words.text(
            "populationAssumptions",
            [
                "stay": words.usual(given.stayDays), "occupancy": Self.percent(given.occupancy),
                "age": "\(given.childcareBelow)", "share": Self.percent(given.childcareShare),
                "elder": "\(given.elderFrom)", "beds": "\(given.careBedsPer100)",
                "boys": words.usual(given.boysPer100Girls),
            ])
        let query: [(String, String?)] = [
            ("district", isCity ? nil : "\(model.area.code)"), ("month", model.month.isoText),
            ("known", model.known?.isoText),
        ]
        csvHref = Address.make("/population", query + [("format", "csv")])
        changesHref = Address.make("/population", query + [("format", "changes")])
    }

    private static func month(_ model: PopulationModel, _ index: Int) -> CivilMonth {
        model.lastMonth.advanced(by: index + 1 - PopulationModel.monthsShown)
    }

    /// The mean of the twelve months that end with each.
    private static func yearMeans(_ values: [Int]) -> [Double?] {
        values.indices.map { $0 < 11 ? nil : Double(values[($0 - 11)...$0].reduce(0, +)) / 12 }
    }

    private static func figures(_ model: PopulationModel, _ words: Words) -> [Figure] {
        let (people, year) = (model.pyramid, model.year)
        func rate(_ n: Int) -> String { year.rate(model.shown(n)).map { decimal($0, 2) + "‰" } ?? "—" }
        func figure(_ key: String, _ value: String) -> Figure {
            Figure(name: words["population_\(key)"], value: value, note: words["populationNote_\(key)"])
        }
        return [
            figure("birthRate", rate(year.births)), figure("deathRate", rate(year.deaths)),
            figure("sexRatio", ratio(year.sexRatioAtBirth, model)),
            figure("infants", model.isRounded ? "—" : year.infantMortality.map { decimal($0, 1) + "‰" } ?? "—"),
            figure("aged60", percent(people.share(from: 60))), figure("aged65", percent(people.share(from: 65))),
            figure("dependency", percent(people.dependency)),
            figure("dependencyParts", "\(percent(people.childDependency)) + \(percent(people.elderDependency))"),
        ]
    }

    /// By five years of age.
    private static func bands(_ model: PopulationModel, _ words: Words) -> [Band] {
        let ages = stride(from: 0, through: 85, by: 5).map { $0...($0 == 85 ? AgePyramid.ageMax : $0 + 4) }
        let most = ages.map(model.pyramid.persons).max() ?? 0
        var bands = ages.map { range in
            let total = model.pyramid.persons(range)
            return Band(
                name: range.lowerBound == 85 ? "85+" : "\(range.lowerBound)–\(range.upperBound)",
                men: words.number(model.shown(range.reduce(0) { $0 + model.pyramid.men[$1] })),
                women: words.number(model.shown(range.reduce(0) { $0 + model.pyramid.women[$1] })),
                total: words.number(model.shown(total)),
                share: most == 0 ? "0" : SVG.coordinate(100 * Double(total) / Double(most)))
        }
        if model.pyramid.ageless > 0 {
            bands.append(
                Band(
                    name: words["signalAgeUnknown"], men: "—", women: "—",
                    total: words.number(model.shown(model.pyramid.ageless)), share: "0"))
        }
        return bands
    }

    /// Now, and the years to come: every year for five, then each fifth.
    private static func forecast(_ model: PopulationModel, _ words: Words) -> [Row] {
        guard !model.forecast.isEmpty else { return [] }
        func cells(_ persons: Double, _ demand: PopulationForecast.Demand) -> [String] {
            [
                persons, demand.births, demand.youngChildren, demand.elders, demand.obstetricBeds,
                demand.childcarePlaces, demand.careBeds,
            ].map { words.number(model.shown(Int($0.rounded()))) }
        }
        let now = Row(
            name: words.text("populationNow", ["year": "\(model.month.year)"]), href: nil,
            cells: cells(Double(model.pyramid.total), model.demands[0]))
        return [now]
            + model.forecast.filter { $0.ahead <= 5 || $0.ahead % 5 == 0 }.map { year in
                Row(
                    name: "\(model.month.year + year.ahead)", href: nil,
                    cells: cells(year.total, model.demands[year.ahead]))
            }
    }

    private static func decimal(_ value: Double, _ digits: Int) -> String {
        let scale = digits == 2 ? 100.0 : 10.0
        return "\((value * scale).rounded() / scale)"
    }
    private static func percent(_ share: Double?) -> String { share.map { decimal(100 * $0, 1) + "%" } ?? "—" }
    /// For who sees rounded counts a ratio of few births would tell them.
    private static func ratio(_ value: Double?, _ model: PopulationModel) -> String {
        guard let value, !model.isRounded || model.year.births >= 100 else { return "—" }
        return decimal(value, 1)
    }
    private static func chance(_ p: Double) -> String { p < 0.001 ? "< 0.001" : "= \((p * 1_000).rounded() / 1_000)" }
}
