public import Calendar
import Surveillance
public import Syndromes

/// Looks through the counts for what is unusual. Pure: counts in, findings out.
public struct SignalSearch: Sendable {
    private let list: WatchList
    private let options: SignalOptions

    /// A search by a list of conditions.
    public init(_ list: WatchList, _ options: SignalOptions = SignalOptions()) {
        self.list = list
        self.options = options
    }

    /// The days that a search on a day needs.
    public func days(until day: CivilDay) -> ClosedRange<CivilDay> {
        day.advanced(by: 1 - options.windowDays * options.historyPeriods)...day
    }

    private struct Key: Hashable {
        let condition: Int
        let district: Int
        /// nil: all ages.
        let age: AgeGroup?
    }

    /// What is unusual on a day, the events of rules first, then the least likely.
    ///
    /// - Parameters:
    ///   - cells: the counts of ``days(until:)``.
    ///   - day: the last day of the newest period.
    ///   - strictness: by how much the share of false signals allowed is divided, for a finding; 1 or more.
    public func findings(
        _ cells: [EventCounts.Cell], on day: CivilDay, strictness: (SignalFinding) -> Double = { _ in 1 }
    ) -> [SignalFinding] {
        let book = CountBook(cells, until: day, options)
        let window = day.advanced(by: 1 - options.windowDays)...day
        let statistics = StreamSignals(
            falseDiscoveryRate: options.falseDiscoveryRate, frequency: 365 / options.windowDays,
            guardBand: options.guardPeriods)
        let events = book.series.keys.sorted(by: Self.order).map { key in
            let streams = (book.series[key] ?? [:]).sorted { $0.key.rawValue < $1.key.rawValue }.map { source, counts in
                StreamSignals.Stream(
                    name: "\(source.rawValue)", counts: counts, countsPersons: source.countsPersons)
            }
            return StreamSignals.Event(
                what: "\(key.condition)", place: "\(key.district)", group: "\(key.age?.rawValue ?? -1)",
                streams: streams)
        }
        var found: [SignalFinding] = []
        for signal in statistics.signals(events) {
            guard let condition = Int(signal.event.what).flatMap(list.condition(numbered:)),
                let district = Int(signal.event.place)
            else { continue }
            let finding = SignalFinding(
                condition: condition, district: district,
                age: Int(signal.event.group).flatMap { AgeGroup(rawValue: $0) }, window: window,
                evidence: signal.evidence.compactMap(Self.evidence), p: signal.p,
                falseDiscoveryRate: signal.falseDiscoveryRate, rule: nil)
            let hasRisen = finding.evidence.contains { Double($0.observed) > $0.upper }
            guard hasRisen, finding.count >= options.leastCases, stands(finding, in: cells),
                signal.falseDiscoveryRate * strictness(finding) <= options.falseDiscoveryRate
            else { continue }
            found.append(finding)
        }
        return Self.told(events: ruled(cells, until: day), found)
    }

    /// Whether a rise that laboratory positives alone tell is still one without its highest day. A contaminated run and a batch that
    /// is sent late make one high day; an outbreak goes on, or is diagnosed. House default; event rules don't ask.
    private func stands(_ finding: SignalFinding, in cells: [EventCounts.Cell]) -> Bool {
        let risen = finding.evidence.filter { Double($0.observed) > $0.upper }
        guard let laboratory = risen.first, risen.count == 1, laboratory.source == .laboratory else { return true }
        var days: [CivilDay: Int] = [:]
        for cell in cells
        where cell.source == .laboratory && cell.condition == finding.condition.number
            && finding.window.contains(cell.day) && (finding.district == 0 || cell.district == finding.district)
            && (finding.age == nil || cell.age == finding.age)
        {
            days[cell.day, default: 0] += cell.count
        }
        return Double(laboratory.observed - (days.values.max() ?? 0)) > laboratory.upper
    }

    /// What the event rules alone tell on a day, which is little work and waits for nothing.
    ///
    /// - Parameter cells: gives the counts of a condition on some days.
    public func events(
        on day: CivilDay, _ cells: (WatchedCondition, ClosedRange<CivilDay>) throws -> [EventCounts.Cell]
    ) rethrows -> [SignalFinding] {
        try list.conditions.filter { $0.event != nil }.flatMap { condition in
            let days = condition.event?.days ?? options.windowDays
            return ruled(try cells(condition, day.advanced(by: 1 - days)...day), until: day)
        }
    }

    private static func order(_ one: Key, _ other: Key) -> Bool {
        (one.condition, one.district, one.age?.rawValue ?? -1)
            < (other.condition, other.district, other.age?.rawValue ?? -1)
    }

    private static func evidence(_ stream: StreamSignals.Evidence) -> SignalFinding.Evidence? {
        guard let source = Int(stream.name) else { return nil }
        return SignalFinding.Evidence(
            source: EventSource(rawValue: source), observed: Int(stream.observed), expected: stream.expected,
            upper: stream.upper, p: stream.p)
    }

    /// One finding for each condition and district: the rule's, else the least likely; what a district tells isn't told of
    /// the city again.
    private static func told(events: [SignalFinding], _ found: [SignalFinding]) -> [SignalFinding] {
        struct Place: Hashable {
            let condition: Int
            let district: Int
        }
        var seen: Set<Place> = []
        let single = (events + found).filter {
            seen.insert(Place(condition: $0.condition.number, district: $0.district)).inserted
        }
        let inDistricts = Set(single.filter { $0.district != 0 }.map(\.condition.number))
        return single.filter { $0.district != 0 || !inDistricts.contains($0.condition.number) }
    }

    /// What the event rules tell: so many persons of a condition in a district, by the source that counts most.
    private func ruled(_ cells: [EventCounts.Cell], until day: CivilDay) -> [SignalFinding] {
        var counts: [Key: [EventSource: Int]] = [:]
        for cell in cells {
            guard let rule = list.condition(numbered: cell.condition)?.event, cell.source.countsPersons,
                cell.day <= day,
                cell.day > day.advanced(by: -(rule.days ?? options.windowDays))
            else { continue }
            let key = Key(condition: cell.condition, district: cell.district, age: nil)
            counts[key, default: [:]][cell.source, default: 0] += cell.count
        }
        return counts.sorted { Self.order($0.key, $1.key) }.compactMap { key, sources in
            guard let condition = list.condition(numbered: key.condition), let rule = condition.event,
                let most = sources.values.max(), most >= rule.cases
            else { return nil }
            let evidence = sources.sorted { $0.key.rawValue < $1.key.rawValue }.map { source, count in
                SignalFinding.Evidence(
                    source: source, observed: count, expected: 0, upper: Double(rule.cases - 1), p: 0)
            }
            return SignalFinding(
                condition: condition, district: key.district, age: nil,
                window: day.advanced(by: 1 - (rule.days ?? options.windowDays))...day, evidence: evidence, p: 0,
                falseDiscoveryRate: 0, rule: rule)
        }
    }

    /// Counts in periods that end on the newest day.
    private struct CountBook {
        private(set) var series: [Key: [EventSource: [Double]]] = [:]

        /// - Parameter since: from when on sources are known to have counted, beside what the cells tell.
        init(
            _ cells: [EventCounts.Cell], since: [EventSource: CivilDay] = [:], until day: CivilDay,
            _ options: SignalOptions
        ) {
            func period(_ cell: EventCounts.Cell) -> Int { (day.number - cell.day.number) / options.windowDays }
            // A source counts from the first whole period in which anything of it was recorded.
            var lengths = since.mapValues {
                max(min((day.number - $0.number) / options.windowDays, options.historyPeriods), 0)
            }
            for cell in cells where cell.day <= day {
                lengths[cell.source] = max(lengths[cell.source] ?? 0, min(period(cell), options.historyPeriods))
            }
            for cell in cells where cell.day <= day {
                guard let length = lengths[cell.source], length > 0 else { continue }
                let back = period(cell)
                guard back < length else { continue }
                var keys = [Key(condition: cell.condition, district: 0, age: nil)]
                if cell.district != 0 {
                    keys.append(Key(condition: cell.condition, district: cell.district, age: nil))
                    if cell.source.countsPersons {
                        keys.append(Key(condition: cell.condition, district: cell.district, age: cell.age))
                    }
                }
                for key in keys {
                    series[key, default: [:]][cell.source, default: [Double](repeating: 0, count: length)][
                        length - 1 - back] += Double(cell.count)
                }
            }
        }
    }

    /// What was counted in the newest periods and what was usual then, for a curve; NaN where that can't be told. Where nothing was
    /// recorded before the newest period, that one alone.
    ///
    /// - Parameters:
    ///   - cells: the counts of one condition and place in ``days(until:)``, of one source.
    ///   - since: the first day of each source (``EventCounts/firstDays(_:)``): without counts of this condition it counted none.
    ///   - day: the last day of the newest period.
    ///   - periods: how many.
    public func course(
        _ cells: [EventCounts.Cell], since: [EventSource: CivilDay], on day: CivilDay, periods: Int
    ) -> [(from: CivilDay, observed: Double, expected: Double, upper: Double)] {
        let book = CountBook(cells.map(\.inOnePlace), since: since, until: day, options)
        guard let series = book.series.first(where: { $0.key.district == 0 })?.value.first?.value else {
            let from = day.advanced(by: 1 - options.windowDays)
            let newest = cells.filter { (from...day).contains($0.day) }.reduce(0) { $0 + $1.count }
            return cells.isEmpty ? [] : [(from, Double(newest), .nan, .nan)]
        }
        let statistics = StreamSignals(frequency: 365 / options.windowDays, guardBand: options.guardPeriods)
        let usual = statistics.course(series, last: periods)
        return zip(usual, series.suffix(usual.count)).enumerated().map { index, item in
            let back = (usual.count - index) * options.windowDays
            return (day.advanced(by: 1 - back), item.1, item.0.expected, item.0.upper)
        }
    }
}

extension EventCounts.Cell {
    fileprivate var inOnePlace: EventCounts.Cell {
        EventCounts.Cell(condition: condition, source: source, district: 0, age: age, day: day, count: count)
    }
}
