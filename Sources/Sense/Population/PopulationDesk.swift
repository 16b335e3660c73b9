public import Calendar
import Records
public import Signals
public import Syndromes

/// Watches the population of a city and its districts, and tells what is unusual as signals.
public struct PopulationDesk: Sendable {
    /// What is read.
    public let book: PopulationBook
    /// The city.
    public let city: PopulationArea
    /// What projections assume.
    public let assumptions: ForecastAssumptions
    private let signals: SignalDesk
    private let watch: PopulationWatch

    /// - Parameters:
    ///   - signals: of a store that runs ``PopulationProjection``.
    ///   - cityCode: GB/T 2260 code of the city; 0 for everywhere.
    /// - Throws: ``DefinitionFault`` when the assumptions of the house can't be read.
    public init(
        _ signals: SignalDesk, cityCode: Int, _ options: PopulationWatch.Options = PopulationWatch.Options()
    ) throws(DefinitionFault) {
        self.signals = signals
        book = PopulationBook(store: signals.store)
        city = PopulationArea(cityCode)
        assumptions = try ForecastAssumptions()
        watch = PopulationWatch(options)
    }

    /// The last month that is over on a day.
    public static func lastMonth(before day: CivilDay) -> CivilMonth { CivilMonth(day).advanced(by: -1) }

    /// What is to be told of an area on a day.
    public func warnings(of area: PopulationArea, on day: CivilDay, asOf known: CivilDay? = nil) throws
        -> [PopulationWatch.Warning]
    {
        let last = Self.lastMonth(before: day)
        let movements = try book.movements(last.advanced(by: 1 - watch.monthsNeeded)...last, asOf: known)
        return warnings(of: area, movements, last: last)
    }

    private func warnings(
        of area: PopulationArea, _ movements: [PopulationMovement], last: CivilMonth
    ) -> [PopulationWatch.Warning] {
        let first = last.advanced(by: 1 - watch.monthsNeeded)
        var births = [Int](repeating: 0, count: watch.monthsNeeded)
        for one in movements where one.change == .birth && area.contains(one.district) {
            births[one.month.number - first.number] += one.count
        }
        let year = VitalFigures(movements, in: area, last.advanced(by: -11)...last, ends: (0, 0))
        return watch.warnings(births: births, year: year, last: last)
    }

    /// Tells as signals what is unusual in the months that are over: of the city, and of each district what the city doesn't tell. A month is told once.
    /// - Parameters:
    ///   - day: today.
    ///   - now: milliseconds since 1970 UTC.
    /// - Returns: the signals that are new or have grown.
    /// - Throws: ``RecordsError`` when the store can't be read or written.
    public func run(on day: CivilDay, now: Int64) async throws -> [Signal] {
        let last = Self.lastMonth(before: day)
        let movements = try book.movements(last.advanced(by: 1 - watch.monthsNeeded)...last)
        let districts = Set(movements.map(\.district)).filter(city.contains).sorted()
        let known = try signals.signals(open: false).filter { $0.cause == .population }
        var told: Set<PopulationWatch.Warning.Kind> = []
        var raised: [Signal] = []
        for area in [city] + districts.map({ PopulationArea($0) }) {
            let isCity = area == city
            for warning in warnings(of: area, movements, last: last) where isCity || !told.contains(warning.kind) {
                guard let condition = signals.list[warning.kind.rawValue] else { continue }
                if isCity { told.insert(warning.kind) }
                let district = isCity ? 0 : area.code
                let window = warning.months.lowerBound.first...warning.months.upperBound.last
                let isTold = known.contains {
                    $0.condition.id == condition.id && $0.district == district
                        && $0.window.upperBound == window.upperBound
                }
                guard !isTold else { continue }
                let signal = try await signals.raise(
                    .population, condition, district: district, window: window, count: warning.observed,
                    within: signals.options.verifyHours,
                    expected: warning.limit, p: warning.p, among: known, now: now)
                if let signal { raised.append(signal) }
            }
        }
        return raised
    }
}
