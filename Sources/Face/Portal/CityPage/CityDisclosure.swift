import Access
import Calendar
import DailyCounts

/// Which of the city's numbers may be shown to somebody who sees numbers and no persons: none from 1 to 4, and none by
/// which one of those could be computed from the others.
///
/// What a day's visits come to is one table, districts by kinds with their sums, so that the page of the city and those of
/// its districts hide the same. Numbers of diagnoses, births and deaths are hidden each by itself.
struct CityDisclosure {
    private let small: SmallCells?
    private let districts: [Int]
    private let kinds: [DailyCountKind]
    private let days: [CivilDay: SmallCells.Table]
    private let visits: [Int: Int?]
    private let residents: [Int: Int?]
    private let residentsSum: Int?
    private let hasSmallDays: [Int: Bool]
    private let chosen: Int?

    /// - Parameter small: nil to show everything.
    init(_ model: CityModel, small: SmallCells?) {
        self.small = small
        chosen = model.choice.district
        guard let small, let lastDay = model.lastDay, let period = model.period else {
            (districts, kinds, days, visits, residents, residentsSum, hasSmallDays) = ([], [], [:], [:], [:], nil, [:])
            return
        }
        let districts = Set(model.visits.map(\.district)).sorted()
        let kinds = Set(model.visits.map(\.kind)).sorted { $0.rawValue < $1.rawValue }
        var days: [CivilDay: SmallCells.Table] = [:]
        for day in [lastDay, lastDay.advanced(by: -7)] {
            var counts = districts.map { _ in kinds.map { _ in 0 } }
            for count in model.visits where count.day == day {
                guard let row = districts.firstIndex(of: count.district), let column = kinds.firstIndex(of: count.kind)
                else { continue }
                counts[row][column] += count.count
            }
            days[day] = small.hidden(in: counts.isEmpty ? [[0]] : counts)
        }
        var sums = Dictionary(uniqueKeysWithValues: districts.map { ($0, 0) })
        var daily: [Int: [CivilDay: Int]] = [:]
        for count in model.visits where period.contains(count.day) {
            sums[count.district, default: 0] += count.count
            daily[count.district, default: [:]][count.day, default: 0] += count.count
        }
        let shown = small.hidden(in: [districts.map { sums[$0] ?? 0 }])
        let homes = model.residents.keys.sorted()
        let people = small.hidden(in: [homes.map { model.residents[$0] ?? 0 }])
        self.districts = districts
        self.kinds = kinds
        self.days = days
        visits = Dictionary(uniqueKeysWithValues: zip(districts, shown.cells.first ?? []))
        residents = Dictionary(uniqueKeysWithValues: zip(homes, people.cells.first ?? []))
        residentsSum = people.sum
        hasSmallDays = daily.mapValues { days in days.values.contains(where: small.isSmall) }
    }

    /// A count that is shown by itself; nil when it is hidden.
    func alone(_ count: Int) -> Int? { small.map { $0.shown(count) } ?? count }

    /// Visits on the last day or a week before, of one kind or of all, in the chosen district or in all.
    func visits(_ model: CityModel, on day: CivilDay, kind: DailyCountKind? = nil) -> Int? {
        guard small != nil else { return model.visits(on: day, kind: kind) }
        guard let table = days[day] else { return nil }
        let column = kind.flatMap { kinds.firstIndex(of: $0) }
        if kind != nil, column == nil { return 0 }
        guard let chosen else { return column.map { table.columnSums[$0] } ?? table.sum }
        guard let row = districts.firstIndex(of: chosen) else { return 0 }
        return column.map { table.cells[row][$0] } ?? table.rowSums[row]
    }

    /// Residents of the chosen district, or of all.
    func residents(_ model: CityModel) -> Int? {
        guard small != nil, model.lastDay != nil else { return alone(model.residentsTotal) }
        return chosen.map { residents[$0] ?? 0 } ?? residentsSum
    }

    /// A district's visits over the period; nil when they are hidden.
    func visits(of row: CityModel.DistrictRow) -> Int? {
        small == nil ? row.visits : visits[row.district] ?? 0
    }

    /// Whether visits are shown day by day. In one district only where no district has a small day: the others' days and
    /// the city's would tell it.
    func showsDays(_ model: CityModel) -> Bool {
        guard let small else { return true }
        guard !model.dailyVisits.contains(where: small.isSmall) else { return false }
        guard let chosen else { return true }
        return !hasSmallDays.values.contains(true) && (visits[chosen] ?? .some(0)) != nil
    }
}
