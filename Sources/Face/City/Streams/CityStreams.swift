/// What districts count beside their patients: medicines sold, absences from school, emergency calls, vectors, water and air.
///
/// Each district's centre for disease control gives one Observation a day with what was counted, and one a week with what was
/// sampled; `streams.tsv` says what is usual and which planted outbreaks show in it.
struct CityStreams: Sendable {
    private struct Stream: Sendable {
        enum When: String { case daily, term, weekly }
        let code: String
        let name: String
        /// Of counts: a day for each 1,000 residents. Of levels: the usual value.
        let base: Double
        /// Standard deviation of a level; nil for a count.
        let spread: Double?
        let season: Int?
        let when: When
        let samples: Int
        /// By outbreak: what each of its cases adds to a count; what it adds to a level while it lasts.
        let added: [(outbreak: String, amount: Double)]
        /// `"code":…` of a component.
        let head: [UInt8]
    }

    private let streams: [Stream]
    private static let leadDays = 14
    private static let firstSerial = 1_000_000

    init(seasons: Seasons) throws(CityError) {
        var streams: [Stream] = []
        for row in try Table(named: "streams.tsv").rows {
            guard let when = Stream.When(rawValue: try row.text("when")) else { throw row.fault("when", "a rhythm") }
            var added: [(outbreak: String, amount: Double)] = []
            for part in try row.text("outbreaks").parts(",") {
                let fields = part.parts(":")
                guard fields.count == 2, let amount = Double(fields[1]) else {
                    throw row.fault("outbreaks", "outbreak:amount")
                }
                added.append((fields[0], amount))
            }
            let isLevel = try row.text("kind") == "level"
            let code = try row.text("code")
            let name = try row.text("zh")
            streams.append(
                Stream(
                    code: code, name: name, base: try row.number("base"),
                    spread: isLevel ? try row.number("spread") : nil,
                    season: try row.textIfAny("season").map { name throws(CityError) in try seasons.index(name) },
                    when: when, samples: try row.integer("samples"), added: added,
                    head: fragment { $0.put(#""code":"#) }
                        + Codes.concept(
                            system: Codes.house + "/CodeSystem/surveillance-stream", code: code, display: name)))
        }
        self.streams = streams
    }

    /// How many days before an outbreak its cause shows in samples.
    func leadDays(of outbreak: String) -> Int {
        streams.contains { $0.spread != nil && $0.added.contains { $0.outbreak == outbreak } } ? Self.leadDays : 0
    }

    /// Writes the Observations of one district.
    func write(district: Int, model: CityModel, to bundle: inout BundleWriter) {
        guard let centre = model.network.institutions.first(where: { $0.kind == .cdc && $0.district == district })
        else { return }
        let people = Double(model.places.districts.reduce(0) { $0 + $1.population })
        let share = Double(model.places.districts[district].population) / people
        let thousands = Double(model.options.residents) * share / 1_000
        var random = SeededGenerator(seed: centre.key, purpose: .streams)
        for offset in 0..<model.options.days {
            let day = model.start.adding(days: offset)
            for isWeekly in day.weekday == 0 ? [false, true] : [false] {
                var values: [(stream: Stream, scaled: Int, decimals: Int)] = []
                for stream in streams where (stream.when == .weekly) == isWeekly {
                    if stream.when == .term, !Self.isSchoolDay(day) { continue }
                    for _ in 0..<stream.samples {
                        if let spread = stream.spread {
                            let level = level(stream, spread, on: day, district, model, &random)
                            values.append((stream, Int((level * 100).rounded()), 2))
                        } else {
                            let count = count(stream, on: day, district, share, thousands, model, &random)
                            if count > 0 { values.append((stream, count, 0)) }
                        }
                    }
                }
                guard !values.isEmpty else { continue }
                let id = ResourceID(owner: centre.key, serial: Self.firstSerial + offset * 2 + (isWeekly ? 1 : 0))
                bundle.add("Observation", id) { text in
                    text.put(#","status":"final","code":"#)
                    text.put(isWeekly ? Self.sampled : Self.counted)
                    text.put(#","effectiveDateTime":""#)
                    text.put(day)
                    text.put(#"","performer":["#)
                    text.put(centre.reference)
                    text.put(#"],"component":["#)
                    for (place, value) in values.enumerated() {
                        text.put(place == 0 ? "{" : ",{")
                        text.put(value.stream.head)
                        text.put(#","valueQuantity":{"value":"#)
                        text.put(scaled: value.scaled, decimals: value.decimals)
                        text.put("}}")
                    }
                    text.put("]")
                }
            }
        }
    }

    private static let counted = Codes.concept(
        system: Codes.house + "/CodeSystem/surveillance-report", code: "daily-counts", display: "每日监测汇总")
    private static let sampled = Codes.concept(
        system: Codes.house + "/CodeSystem/surveillance-report", code: "weekly-samples", display: "每周采样结果")

    /// Monday to Friday but for July, August and four weeks around the Spring Festival. Our default.
    private static func isSchoolDay(_ day: CivilDay) -> Bool {
        let month = day.civil.month
        return day.weekday < 5 && month != 7 && month != 8 && !(19...46).contains(day.dayOfYear)
    }

    private func factor(_ stream: Stream, on day: CivilDay, _ model: CityModel) -> Double {
        stream.season.map { model.seasons.factor($0, on: day, seed: model.seed) } ?? 1
    }

    private func count(
        _ stream: Stream, on day: CivilDay, _ district: Int, _ share: Double, _ thousands: Double, _ model: CityModel,
        _ random: inout SeededGenerator
    ) -> Int {
        var mean = thousands * stream.base * factor(stream, on: day, model)
        for (name, amount) in stream.added {
            for outbreak in model.outbreaks.all where outbreak.id == name && (outbreak.district ?? district) == district
            {
                mean += amount * outbreak.expected(on: day) * (outbreak.district == nil ? share : 1)
            }
        }
        return random.count(mean: mean)
    }

    private func level(
        _ stream: Stream, _ spread: Double, on day: CivilDay, _ district: Int, _ model: CityModel,
        _ random: inout SeededGenerator
    ) -> Double {
        var level = stream.base * factor(stream, on: day, model) + spread * random.deviate()
        for (name, amount) in stream.added {
            for outbreak in model.outbreaks.all where outbreak.id == name && outbreak.district == district {
                let from = outbreak.first.adding(days: -Self.leadDays)
                if day >= from, day - outbreak.first < outbreak.days { level += amount }
            }
        }
        return max(level, 0)
    }
}

extension Outbreak {
    /// How many of its cases fall on a day, on average.
    func expected(on day: CivilDay) -> Double {
        let offset = day - first
        guard offset >= 0, offset < days else { return 0 }
        return wanted * course.share(of: offset)
    }
}

extension SeededGenerator {
    /// A whole number around a mean, roughly Poisson's: 24 throws where it is small, else a rounded deviate.
    mutating func count(mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        guard mean < 12 else { return max(0, Int((mean + mean.squareRoot() * deviate()).rounded())) }
        let attempts = 24
        var count = 0
        for _ in 0..<attempts where chance(mean / Double(attempts)) { count += 1 }
        return count
    }
}
