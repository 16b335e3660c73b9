import Calendar
import Population
import Signals
import Syndromes

/// This season beside the five before, as the template reads it.
struct SeasonsView {
    struct Choice {
        let code: String
        let text: String
        let isChosen: Bool
    }

    struct Week {
        let name: String
        let counts: [String]
    }

    /// Seasons before this one.
    static let before = 5
    /// Months in which a season may begin.
    static let months = [1, 7]

    let title: String
    let answer: String
    /// Of the persons who live there; nil where that isn't known.
    let rate: String?
    let wideChart: String
    let narrowChart: String
    let heads: [String]
    let weeks: [Week]
    let hasData: Bool
    let conditions: [Choice]
    let districts: [Choice]
    let sources: [Choice]
    let starts: [Choice]
    let csvHref: String
    let pictureHref: String
    let saved: SavedViews

    /// What is asked for.
    struct Question {
        let condition: WatchedCondition
        /// 0 for the whole city.
        let district: Int
        let source: EventSource
        let startMonth: Int

        /// The address of the page that answers it.
        var href: String {
            "/signals/seasons?condition=\(condition.id)&district=\(district)&source=\(source.rawValue)&start=\(startMonth)"
        }
    }

    init(
        _ seasons: Seasons, _ asked: Question, population: (persons: Int, month: CivilMonth)?,
        conditions: [WatchedCondition], districts: [Int], sources: [EventSource],
        saved: SavedViews, place: CityPlace, words: Words
    ) {
        title = Self.title(asked, place, words)
        let labels = seasons.seasons.map { season in
            let year = season.start.components.year
            return asked.startMonth == 1 ? "\(year)" : "\(year)/\(String("\(year + 1)".suffix(2)))"
        }
        heads = labels
        if let last = seasons.lastWeek, let now = seasons.seasons.first?.total(through: last) {
            let before = seasons.seasons.dropFirst().compactMap { $0.total(through: last) }.sorted()
            if let least = before.first, let most = before.last {
                let half = before.count / 2
                let median = before.count % 2 == 1 ? before[half] : (before[half - 1] + before[half]) / 2
                answer = words.text(
                    "seasonsAnswer",
                    [
                        "week": "\(last + 1)", "n": words.number(now), "seasons": "\(before.count)",
                        "median": words.number(median), "least": words.number(least), "most": words.number(most),
                        "change": words.percentChange(from: median, to: now) ?? "—",
                    ])
            } else {
                answer = words.text("seasonsAlone", ["week": "\(last + 1)", "n": words.number(now)])
            }
        } else {
            answer = words["seasonsNothing"]
        }
        rate = population.flatMap { population in
            guard population.persons > 0, asked.source.countsPersons, let last = seasons.lastWeek,
                let now = seasons.seasons.first?.total(through: last)
            else { return nil }
            let rate = 100_000 * Double(now) / Double(population.persons)
            return words.text(
                "seasonsRate",
                [
                    "rate": words.usual(rate), "n": words.number(population.persons),
                    "month": words.monthOfYear(population.month.first),
                ])
        }
        hasData = seasons.lastWeek != nil
        let chart = SeasonChart(seasons: seasons)
        wideChart = chart.svg(.wide, name: title, words: words)
        narrowChart = chart.svg(.narrow, name: title, words: words)
        weeks = (0..<Seasons.weeksOfSeason).map { week in
            let day = seasons.seasons.first?.start.advanced(by: 7 * week)
            return Week(
                name: words.text("seasonsWeek", ["n": "\(week + 1)", "day": day.map { words.shortDate($0) } ?? ""]),
                counts: seasons.seasons.map { $0.weeks[week].map { words.number($0) } ?? "—" })
        }
        self.conditions = conditions.map {
            Choice(code: $0.id, text: words.condition($0), isChosen: $0.id == asked.condition.id)
        }
        self.districts = districts.map {
            Choice(
                code: "\($0)", text: $0 == 0 ? place.cityName(words) : place.name($0, words),
                isChosen: $0 == asked.district)
        }
        self.sources = sources.map {
            Choice(code: "\($0.rawValue)", text: words.source($0), isChosen: $0 == asked.source)
        }
        starts = Self.months.map {
            Choice(code: "\($0)", text: words["seasonsStart\($0)"], isChosen: $0 == asked.startMonth)
        }
        csvHref = asked.href + "&format=csv"
        pictureHref = asked.href + "&format=png"
        self.saved = saved
    }

    private static func title(_ asked: Question, _ place: CityPlace, _ words: Words) -> String {
        let area = asked.district == 0 ? place.cityName(words) : place.name(asked.district, words)
        return words.text("seasonsTitle", ["name": words.condition(asked.condition), "place": area])
    }

    /// The chart as a picture.
    static func picture(_ seasons: Seasons, _ asked: Question, place: CityPlace, words: Words, now: Int64)
        -> ChartPicture
    {
        let title = title(asked, place, words)
        return ChartPicture(
            title: title,
            legend: [
                (.thick, words["seasonsNow"]), (.band, words["seasonsRange"]), (.second, words["seasonsMedian"]),
            ],
            chart: SeasonChart(seasons: seasons).svg(.wide, name: title, words: words),
            width: LineChart.Frame.wide.width,
            height: LineChart.Frame.wide.height, foot: words.madeAt(now))
    }

    /// Weeks by season, with the first days of the newest season's weeks.
    static func csv(_ seasons: Seasons) -> String {
        let rows = (0..<Seasons.weeksOfSeason).map { week in
            ["\(week + 1)"] + seasons.seasons.map { $0.weeks[week].map { "\($0)" } ?? "" }
        }
        return SignalTable.text([["week"] + seasons.seasons.map(\.start.isoText)] + rows)
    }
}
