import Access
import Calendar
import DailyCounts

/// The city's page as its template reads it.
struct CityView {
    struct Figures {
        struct Item {
            let name: String
            let value: String
            let note: String
        }
        let items: [Item]
    }

    struct Option {
        let value: String
        let text: String
        let isChosen: Bool
    }

    struct Visits {
        struct Row {
            let iso: String
            let day: String
            let count: String
            let mean: String
        }
        let title: String
        let chartName: String
        let wideChart: String
        let narrowChart: String
        let source: String
        let periods: [Option]
        let districtChoices: [Option]
        let rows: [Row]
        /// Whether the days are shown; false where some are too small.
        let isShown: Bool
    }

    struct Districts {
        struct Row {
            let name: String
            let code: String
            let href: String?
            let visits: String
            let change: String
            let spark: String
            let isChosen: Bool
        }
        struct Step {
            let step: Int
            let text: String
        }
        let title: String
        let tableCaption: String
        let map: String?
        let legend: [Step]
        let rows: [Row]
    }

    struct Diagnoses {
        struct Row {
            let name: String
            let code: String
            let count: String
            let change: String
            let share: String
        }
        let title: String
        let caption: String
        let hasRows: Bool
        let rows: [Row]
    }

    let place: String
    let answer: String
    let answerSource: String
    let empty: Bool
    let figures: Figures?
    let visits: Visits?
    let districts: Districts?
    let diagnoses: Diagnoses?
    let feed: PulseView
    /// Whether small numbers are hidden.
    let hidesSmall: Bool
}

/// Where the page's city is, and what its districts are called.
struct CityPlace: Sendable {
    /// GB/T 2260 code of the city; 0 when none was given.
    let code: Int
    let names: PlaceNames
    /// The boundaries, nil when none were given.
    let map: DistrictMap?

    /// The name of a district, in words even when it is not known.
    func name(_ district: Int, _ words: Words) -> String {
        if let name = names.name(district, words.language), name != "\(district)" { return name }
        if let outline = map?.districts.first(where: { $0.code == district }) { return outline.name }
        return district == 0 ? words["districtUnknown"] : "\(district)"
    }

    /// The name of the city.
    func cityName(_ words: Words) -> String { names.name(code, words.language) ?? words["cityUnnamed"] }
}

extension CityView {
    /// Puts the numbers into words.
    /// - Parameter small: hides small numbers; nil to show all.
    init(_ model: CityModel, place: CityPlace, words: Words, small: SmallCells? = nil) {
        let shown = CityDisclosure(model, small: small)
        hidesSmall = small != nil
        let city = place.cityName(words)
        let chosen = model.choice.district.map { place.name($0, words) }
        self.place = chosen.map { words.text("placeInCity", ["city": city, "district": $0]) } ?? city
        empty = model.lastDay == nil && model.residentsTotal == 0
        feed = PulseView(model.pulse, words: words)
        answerSource = words.text(
            "answerSource",
            ["time": words.dateTime(milliseconds: model.pulse.at), "n": words.number(Int(model.pulse.head))])
        guard let lastDay = model.lastDay, let period = model.period else {
            answer =
                empty
                ? words.text("answerEmpty", ["place": self.place])
                : words.shown("answerNoVisits", shown.residents(model), ["place": self.place])
            figures = nil
            visits = nil
            districts = nil
            diagnoses = nil
            return
        }
        answer = Self.answer(model, shown, lastDay: lastDay, place: self.place, words: words)
        figures = Self.figures(model, shown, lastDay: lastDay, words: words)
        visits = Self.visits(
            model, shown, period: period, placeName: self.place, place: place, words: words)
        districts = Self.districts(model, shown, period: period, place: place, words: words)
        diagnoses = Self.diagnoses(model, shown, period: period, placeName: self.place, words: words)
    }

    /// “杭州市有 2,000 位居民。11 月 20 日(周五)就诊 132 人次,比一周前多 12 人次(+10%)。”
    static func answer(
        _ model: CityModel, _ shown: CityDisclosure, lastDay: CivilDay, place: String, words: Words
    ) -> String {
        let now = shown.visits(model, on: lastDay)
        let before = shown.visits(model, on: lastDay.advanced(by: -7))
        let comparison: String
        if let now, let before {
            if now == before {
                comparison = words["answerSame"]
            } else {
                let key = now > before ? "answerMore" : "answerFewer"
                let percent = words.percentChange(from: before, to: now).map { words.text("inBrackets", ["text": $0]) }
                comparison = words.counted(key, abs(now - before), ["percent": percent ?? ""])
            }
        } else {
            comparison = words["answerNotCompared"]
        }
        return words.shown("answerResidents", shown.residents(model), ["place": place])
            + words.shown("answerVisits", now, ["day": words.dateWithWeekday(lastDay), "comparison": comparison])
    }

    private static func figures(
        _ model: CityModel, _ shown: CityDisclosure, lastDay: CivilDay, words: Words
    ) -> Figures {
        let note = words.dateWithWeekday(lastDay)
        func visits(_ kind: DailyCountKind, _ key: String) -> Figures.Item {
            let now = shown.visits(model, on: lastDay, kind: kind)
            let before = shown.visits(model, on: lastDay.advanced(by: -7), kind: kind)
            guard let now, let before else {
                return Figures.Item(name: words[key], value: words.number(now), note: note)
            }
            let change = words.text("comparedToWeek", ["change": words.difference(now - before)])
            return Figures.Item(name: words[key], value: words.number(now), note: note + words["comma"] + change)
        }
        let period = words.text("lastDays", ["n": "\(model.choice.days)"])
        return Figures(items: [
            visits(.ambulatoryVisits, "figureAmbulatory"),
            visits(.emergencyVisits, "figureEmergency"),
            visits(.inpatientVisits, "figureInpatient"),
            Figures.Item(
                name: words["figureBirths"], value: words.number(shown.alone(model.births)), note: period),
            Figures.Item(
                name: words["figureDeaths"], value: words.number(shown.alone(model.deaths)), note: period),
        ])
    }

    private static func visits(
        _ model: CityModel, _ shown: CityDisclosure, period: ClosedRange<CivilDay>, placeName: String,
        place: CityPlace, words: Words
    ) -> Visits {
        let isShown = shown.showsDays(model)
        let values = model.dailyVisits.map(Double.init)
        let means = LineChart.sevenDayMeans(values)
        let title = words.text("visitsTitle", ["place": placeName, "n": "\(model.choice.days)"])
        let days = (0..<model.choice.days).map { period.lowerBound.advanced(by: $0) }
        let chart = LineChart(values: values, means: means, labels: labels(days, words: words), name: title)
        return Visits(
            title: title, chartName: title, wideChart: isShown ? chart.svg(.wide) : "",
            narrowChart: isShown ? chart.svg(.narrow) : "",
            source: words.text(
                "visitsSource",
                ["from": words.date(period.lowerBound), "to": words.date(period.upperBound)]),
            periods: CityModel.Choice.periods.map {
                Option(value: "\($0)", text: words.text("lastDays", ["n": "\($0)"]), isChosen: $0 == model.choice.days)
            },
            districtChoices: districtChoices(model, place: place, words: words),
            rows: !isShown
                ? []
                : days.indices.reversed().map { index in
                    Visits.Row(
                        iso: days[index].isoText, day: words.dateWithWeekday(days[index]),
                        count: words.number(Int(values[index])),
                        mean: means[index].map { SVG.coordinate($0) } ?? words["none"])
                }, isShown: isShown)
    }

    private static func districtChoices(_ model: CityModel, place: CityPlace, words: Words) -> [Option] {
        var codes = Set(place.map?.districts.map(\.code) ?? [])
        codes.formUnion(model.visits.map(\.district).filter { $0 != 0 })
        if let chosen = model.choice.district { codes.insert(chosen) }
        let all = Option(value: "", text: words["districtAll"], isChosen: model.choice.district == nil)
        return [all]
            + codes.sorted().map {
                Option(value: "\($0)", text: place.name($0, words), isChosen: $0 == model.choice.district)
            }
    }

    /// A word under the axis at each Monday of a short period, at the first of each month of a long one.
    private static func labels(_ days: [CivilDay], words: Words) -> [(index: Int, text: String)] {
        days.enumerated().compactMap { index, day in
            if days.count <= 45 { return day.weekday == 0 ? (index, words.shortDate(day)) : nil }
            return day.components.day == 1 ? (index, words.shortDate(day)) : nil
        }
    }

    private static func districts(
        _ model: CityModel, _ shown: CityDisclosure, period: ClosedRange<CivilDay>, place: CityPlace, words: Words
    ) -> Districts {
        let rows = model.districtRows(known: place.map?.districts.map(\.code) ?? [])
        let scale = MapScale(rows.filter { $0.district != 0 }.compactMap { shown.visits(of: $0) })
        let title = words.text("districtsTitle", ["n": "\(model.choice.days)"])
        let drawn = place.map.map { map in
            map.svg(
                name: words["mapName"],
                steps: Dictionary(
                    uniqueKeysWithValues: rows.map { ($0.district, scale.step(shown.visits(of: $0) ?? 0)) }),
                chosen: model.choice.district,
                titles: Dictionary(
                    uniqueKeysWithValues: rows.map {
                        (
                            $0.district,
                            words.shown(
                                "mapTitle", shown.visits(of: $0), ["district": place.name($0.district, words)])
                        )
                    }),
                labels: Dictionary(uniqueKeysWithValues: rows.map { ($0.district, place.name($0.district, words)) }))
        }
        return Districts(
            title: title,
            tableCaption: words.text(
                "districtsCaption", ["from": words.date(period.lowerBound), "to": words.date(period.upperBound)]),
            map: drawn,
            legend: scale.ranges.map { range in
                let text =
                    range.low == range.high
                    ? words.number(range.low) : words.number(range.low) + "–" + words.number(range.high)
                return Districts.Step(step: range.step, text: text)
            },
            rows: rows.map { row in
                Districts.Row(
                    name: place.name(row.district, words), code: "\(row.district)",
                    href: row.district == 0
                        ? nil : Address.make("/", [("days", "\(model.choice.days)"), ("district", "\(row.district)")]),
                    visits: words.number(shown.visits(of: row)),
                    change: shown.visits(of: row).flatMap { words.percentChange(from: row.visitsBefore, to: $0) }
                        ?? words["none"],
                    spark: shown.visits(of: row) == nil ? "" : Sparkline.svg(weekly(row.daily)),
                    isChosen: row.district == model.choice.district)
            })
    }

    /// Sums of seven days, so that a small line shows a course and not the weekends.
    private static func weekly(_ daily: [Int]) -> [Double] {
        let weeks = daily.count / 7
        guard weeks >= 4 else { return daily.map(Double.init) }
        let tail = daily.suffix(weeks * 7)
        return (0..<weeks).map { week in
            Double(tail.dropFirst(week * 7).prefix(7).reduce(0, +))
        }
    }

    private static func diagnoses(
        _ model: CityModel, _ shown: CityDisclosure, period: ClosedRange<CivilDay>, placeName: String, words: Words
    ) -> Diagnoses {
        let highest = model.diagnoses.map(\.count).max() ?? 1
        return Diagnoses(
            title: words.text("diagnosesTitle", ["place": placeName, "n": "\(model.choice.days)"]),
            caption: words.text(
                "diagnosesCaption", ["from": words.date(period.lowerBound), "to": words.date(period.upperBound)]),
            hasRows: !model.diagnoses.isEmpty,
            rows: model.diagnoses.map {
                Diagnoses.Row(
                    name: $0.display, code: $0.code == $0.display ? "" : $0.code,
                    count: words.number(shown.alone($0.count)),
                    change: shown.alone($0.count).flatMap { [before = $0.countBefore] now in
                        words.percentChange(from: before, to: now)
                    } ?? words["none"],
                    share: SVG.coordinate(Double(shown.alone($0.count) ?? 0) / Double(highest) * 100))
            })
    }
}
