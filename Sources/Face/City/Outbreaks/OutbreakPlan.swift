/// Which outbreaks a city has, where and when: `outbreaks.tsv`, and chance by the seed.
///
/// They lie in the last year, or in the last half of a shorter run. One that doesn't fit there isn't planted. Whom an outbreak
/// reaches is decided for each resident alone, so that a city of any size streams by.
struct OutbreakPlan: Sendable {
    let all: [Outbreak]
    private let seed: UInt64

    static let none = OutbreakPlan(all: [], seed: 0)

    private init(all: [Outbreak], seed: UInt64) {
        self.all = all
        self.seed = seed
    }

    init(
        _ options: CityOptions, start: CivilDay, end: CivilDay, seed: UInt64, places: Places, population: Population,
        diagnoses: [Diagnosis]
    ) throws(CityError) {
        self.seed = seed
        var random = SeededGenerator(seed: seed, purpose: .outbreaks)
        let earliest = max(start.adding(days: options.days / 2), end.adding(days: -364))
        let people = Double(places.districts.reduce(0) { $0 + $1.population })
        var all: [Outbreak] = []
        var taken: Set<Int> = []
        for (number, row) in try Table(named: "outbreaks.tsv").rows.enumerated() {
            let code = try row.text("code")
            guard let diagnosis = diagnoses.firstIndex(where: { $0.code == code }) else {
                throw row.fault("code", "a code of diagnoses.tsv")
            }
            guard let kind = Outbreak.Kind(rawValue: try row.text("kind")) else { throw row.fault("kind", "a kind") }
            guard let weights = OutbreakCourse.weights(try row.text("course")) else {
                throw row.fault("course", "percentages of days, wave:days, rise:days or generations:days:count")
            }
            // Drawn for every row, so that one that doesn't fit changes no other.
            var district: Int? = places.districtChoice.pick(&random)
            while let same = district, taken.contains(same), taken.count < places.districts.count {
                district = places.districtChoice.pick(&random)
            }
            let traveller = Story.allCases.count + random.below(max(options.residents / 8, 1))
            let draw = random.unit()
            if try row.text("place") == "city" { district = nil }
            guard let first = try Self.first(row, days: weights.count, in: earliest...end, draw) else { continue }
            if let district { taken.insert(district) }
            let ages = try row.integer("from_years")..<(try row.integer("to_years"))
            let share = district.map { Double(places.districts[$0].population) / people } ?? 1
            let reached = max(
                Double(options.residents) * share * Self.share(of: ages, in: population), 1e-9)
            let wanted = try row.number("cases") + row.number("per_1000") * Double(options.residents) / 1_000
            let risk = min(wanted / reached, try row.number("most"))
            all.append(
                Outbreak(
                    number: number, id: try row.text("id"), nameZh: try row.text("zh"), nameEn: try row.text("en"),
                    kind: kind, diagnosis: diagnosis, district: district, ages: ages,
                    risk: risk, wanted: risk * reached, first: first,
                    course: WeightedChoice(weights), days: weights.count, traveller: traveller))
        }
        self.all = all
    }

    /// The first day: so many days before the end, or one of a season by chance; nil where it doesn't fit.
    private static func first(
        _ row: Table.Row, days: Int, in span: ClosedRange<CivilDay>, _ draw: Double
    ) throws(CityError) -> CivilDay? {
        if try row.textIfAny("before_end") != nil {
            let first = span.upperBound.adding(days: -(try row.integer("before_end")))
            // Where people eat together they do so on workdays.
            let workday = first.weekday < 5 ? first : first.adding(days: 4 - first.weekday)
            return workday >= span.lowerBound ? workday : nil
        }
        let (from, to) = (try row.integer("from_day"), try row.integer("to_day"))
        guard from <= to else { throw row.fault("to_day", "a day of the year not before from_day") }
        let last = span.upperBound.adding(days: 1 - days)
        guard span.lowerBound <= last else { return nil }
        let fitting = (0...(last - span.lowerBound)).map { span.lowerBound.adding(days: $0) }
            .filter { (from...to).contains($0.dayOfYear) }
        return fitting.isEmpty ? nil : fitting[min(Int(draw * Double(fitting.count)), fitting.count - 1)]
    }

    private static func share(of ages: Range<Int>, in population: Population) -> Double {
        var share = 0.0
        for band in 0..<population.bands {
            let years = (band * Population.bandYears)..<((band + 1) * Population.bandYears)
            let part = Double(ages.clamped(to: years).count) / Double(Population.bandYears)
            share += part * (population.share(.male, band: band) + population.share(.female, band: band))
        }
        return share
    }

    /// The days on which outbreaks reach a resident, oldest first. The residents of the stories are spared.
    func cases(of person: Person, in household: Household, places: Places) -> [(day: CivilDay, outbreak: Outbreak)] {
        guard Story(rawValue: household.number) == nil else { return [] }
        var cases: [(day: CivilDay, outbreak: Outbreak)] = []
        for outbreak in all {
            if outbreak.kind == .imported, household.number == outbreak.traveller, person.member == 0 {
                cases.append((outbreak.first, outbreak))
                continue
            }
            var random = SeededGenerator(
                seed: scrambled(person.key ^ scrambled(UInt64(outbreak.number + 1))), purpose: .outbreaks)
            guard random.chance(outbreak.risk) else { continue }
            let day = outbreak.first.adding(days: outbreak.course.pick(&random))
            guard person.born <= day, outbreak.ages.contains(person.age(on: day)) else { continue }
            let home = places.streets[household.home(on: day).street].district
            if let district = outbreak.district, district != home { continue }
            cases.append((day, outbreak))
        }
        return cases.sorted { $0.day < $1.day }
    }
}

extension CityModel {
    /// The truth about what was planted.
    var planted: [PlantedOutbreak] {
        outbreaks.all.map { outbreak in
            PlantedOutbreak(
                id: outbreak.id, nameZh: outbreak.nameZh, nameEn: outbreak.nameEn,
                code: diagnoses[outbreak.diagnosis].code, illness: diagnoses[outbreak.diagnosis].name,
                district: outbreak.district.map { places.districts[$0].code }, first: outbreak.first.text,
                last: outbreak.first.adding(days: outbreak.days - 1).text,
                exposed: outbreak.first.adding(days: -streams.leadDays(of: outbreak.id)).text,
                isArtefact: outbreak.kind == .positives)
        }
    }
}

extension CivilDay {
    /// `yyyy-MM-dd`
    var text: String { String(decoding: fragment { $0.put(self) }, as: UTF8.self) }
}
