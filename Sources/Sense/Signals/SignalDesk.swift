public import Calendar
import Foundation
import JSON
public import Records
public import Syndromes

/// Looks for signals in the counts of a store and keeps them there as Tasks.
public struct SignalDesk: Sendable {
    /// What a run has done.
    public struct Report: Sendable, Hashable {
        /// The last day that was counted.
        public let day: CivilDay
        /// Signals that are new.
        public var new: [Signal] = []
        /// Open signals that were found again.
        public var grown: [Signal] = []
        /// Findings that were told not long ago and have ended.
        public var quiet = 0
    }

    /// The store.
    public let store: RecordStore
    /// What is watched.
    public let list: WatchList
    /// How.
    public let options: SignalOptions
    /// The counts.
    public let counts: EventCounts
    private static let signalsMax = 1000

    /// - Parameter store: one that runs ``EventCountsProjection`` with the same list.
    public init(_ store: RecordStore, _ list: WatchList, _ options: SignalOptions = SignalOptions()) {
        self.store = store
        self.list = list
        self.options = options
        counts = EventCounts(store: store)
    }

    /// The search for signals.
    public var search: SignalSearch { SignalSearch(list, options) }

    /// Signals of the store, the latest changed first; up to 1,000.
    public func signals(open: Bool) throws -> [Signal] {
        var found: [Signal] = []
        var cursor: String?
        repeat {
            let page = try store.search(
                type: "Task",
                parameters: Signal.search(open: open, count: 200) + (cursor.map { [("_cursor", $0)] } ?? []))
            found += try page.entries.compactMap { try Signal($0.version, list) }
            cursor = page.next
        } while cursor != nil && found.count < Self.signalsMax
        return found
    }

    /// Looks through the counts and writes what is new: a finding of an open signal makes that one grow.
    ///
    /// - Parameters:
    ///   - day: the last day that is counted.
    ///   - now: milliseconds since 1970 UTC.
    /// - Throws: ``RecordsError`` when the store can't be read or written.
    public func run(until day: CivilDay, now: Int64) async throws -> Report {
        let signals = try signals(open: false)
        return try await keep(
            try findings(among: signals, until: day, now: now), among: signals, on: day, now: now)
    }

    /// Looks for what the event rules tell, and for nothing else: little work, for each time the counts have moved.
    ///
    /// - Parameters:
    ///   - day: the last day that is counted.
    ///   - now: milliseconds since 1970 UTC.
    /// - Throws: ``RecordsError`` when the store can't be read or written.
    public func runEvents(until day: CivilDay, now: Int64) async throws -> Report {
        let findings = try search.events(on: day) { condition, days in
            try counts.cells(days, condition: condition.number)
        }
        guard !findings.isEmpty else { return Report(day: day) }
        return try await keep(findings, among: try signals(open: false), on: day, now: now)
    }

    /// What a run would tell, and write nothing of it.
    public func look(until day: CivilDay, now: Int64) throws -> Report {
        let signals = try signals(open: false)
        return plan(try findings(among: signals, until: day, now: now), among: signals, on: day, now: now).report
    }

    private func findings(among signals: [Signal], until day: CivilDay, now: Int64) throws -> [SignalFinding] {
        let learnt = SignalLearning.all(signals, at: now, options)
        return search.findings(try counts.cells(search.days(until: day)), on: day) { finding in
            learnt.first { $0.isAbout(finding) }?.strictness ?? 1
        }
    }

    /// What becomes of findings: a signal each, or a part of one that tells the same persons already.
    private struct Plan {
        /// Signals that are new or have grown, and how they stood before; nil: new.
        var changes: [(signal: Signal, before: Signal?)]
        var quiet = 0
        let day: CivilDay

        var report: Report {
            Report(
                day: day, new: changes.filter { $0.before == nil }.map(\.signal),
                grown: changes.filter { $0.before != nil }.map(\.signal), quiet: quiet)
        }
    }

    /// What says most comes first, so that a syndrome joins the disease that it covers.
    private func plan(_ findings: [SignalFinding], among signals: [Signal], on day: CivilDay, now: Int64) -> Plan {
        let told = signals.filter { $0.cause == .counts }
        var open = told.filter(\.stage.isOpen).map { (signal: $0, before: Optional($0)) }
        var touched: Set<Int> = []
        var quiet = 0
        let ordered = findings.enumerated().sorted { one, other in
            func rank(_ item: (offset: Int, element: SignalFinding)) -> (Int, Int, Int) {
                (item.element.rule == nil ? 1 : 0, list.breadth(of: item.element.condition), item.offset)
            }
            return rank(one) < rank(other)
        }.map(\.element)
        for finding in ordered {
            let id = finding.condition.id
            func isPlace(_ signal: Signal) -> Bool { signal.district == finding.district }
            if let own = open.firstIndex(where: { isPlace($0.signal) && $0.signal.condition.id == id }) {
                open[own].signal.grow(finding)
                touched.insert(own)
            } else if finding.rule == nil,
                let host = open.firstIndex(where: {
                    isPlace($0.signal) && $0.signal.parts.contains { $0.condition.id == id }
                }) ?? open.firstIndex(where: { $0.signal.takes(finding, list) })
            {
                open[host].signal.join(finding, now: now)
                touched.insert(host)
            } else if let last = told.filter({
                isPlace($0) && !$0.stage.isOpen && now - ($0.endedAt ?? 0) < Int64(options.quietDays) * 86_400_000
            }).compactMap({ $0.count(of: finding.condition) }).max(), Double(finding.count) < 1.5 * Double(last) {
                quiet += 1
            } else {
                touched.insert(open.count)
                open.append((Signal(finding, now: now, options), nil))
            }
        }
        return Plan(changes: touched.sorted().map { open[$0] }, quiet: quiet, day: day)
    }

    /// Writes what is new among findings, and lets open signals grow.
    private func keep(
        _ findings: [SignalFinding], among signals: [Signal], on day: CivilDay, now: Int64
    ) async throws -> Report {
        var plan = plan(findings, among: signals, on: day, now: now)
        let centres = plan.changes.isEmpty ? DiseaseControlCentres() : try DiseaseControlCentres(store)
        for index in plan.changes.indices {
            var (signal, before) = plan.changes[index]
            if let before {
                guard signal.isWorthTelling(after: before) else { continue }
                let key = ResourceKey(type: "Task", id: signal.id)
                _ = try await store.update(key, try signal.task(), ifMatch: signal.version)
            } else {
                signal.owner = centres.ofDistrict[signal.district] ?? centres.ofCity
                signal.requester = centres.ofCity
                let query = "identifier=\(Signal.identifierSystem)%7C\(signal.identifier)"
                let outcome = try await store.create(type: "Task", try signal.task(), ifNoneExist: query)
                (signal.id, signal.version) = (outcome.version.key.id, outcome.version.versionID)
                plan.changes[index].signal = signal
            }
        }
        return plan.report
    }

    /// Tells of something that was found beside the counts: a rule within a unit, reports past their time, a limit passed at a site, a change of the population. An open signal of
    /// the same cause, condition and district grows instead; one that ended less than ``SignalOptions/quietDays`` ago is told
    /// again only when it has grown by half.
    ///
    /// - Parameters:
    ///   - cause: what tells it.
    ///   - condition: of what.
    ///   - district: GB/T 2260 code; 0 where it isn't known.
    ///   - window: the days it is about.
    ///   - count: persons, cards, or results.
    ///   - hours: within which it is to be verified; nil: as an event that a rule tells.
    ///   - expected: how many are usual, where that is known.
    ///   - p: how probable it is by chance, where that is known.
    ///   - known: the signals of the store, where the caller has just read them.
    ///   - now: milliseconds since 1970 UTC.
    /// - Returns: the signal, new or grown; nil where it is quiet or nothing has changed.
    @discardableResult
    public func raise(
        _ cause: Signal.Cause, _ condition: WatchedCondition, district: Int, window: ClosedRange<CivilDay>, count: Int,
        within hours: Int? = nil, expected: Double = 0, p: Double = 0, among known: [Signal]? = nil, now: Int64
    ) async throws -> Signal? {
        let same = try (known ?? signals(open: false)).filter {
            $0.cause == cause && $0.condition.id == condition.id && $0.district == district
        }
        if var open = same.first(where: \.stage.isOpen) {
            let days =
                min(open.window.lowerBound, window.lowerBound)...max(open.window.upperBound, window.upperBound)
            guard open.count != count || open.window != days else { return nil }
            (open.window, open.count, open.peak) = (days, count, max(open.peak, count))
            (open.expected, open.p) = (expected, p)
            let key = ResourceKey(type: "Task", id: open.id)
            open.version = try await store.update(key, try open.task(), ifMatch: open.version).version.versionID
            return open
        }
        let lately = same.filter { now - ($0.endedAt ?? 0) < Int64(options.quietDays) * 86_400_000 }
        if let last = lately.map(\.peak).max(), Double(count) < 1.5 * Double(last) { return nil }
        let centres = try DiseaseControlCentres(store)
        var signal = Signal(
            id: "", version: 0, condition: condition, district: district, age: nil, window: window, count: count,
            peak: count, expected: expected, upper: 0, p: p, isRuled: hours == nil, cause: cause, source: .diagnosis,
            stage: .detected, assignee: "", due: now + Int64(hours ?? options.verifyEventHours) * 3_600_000,
            owner: centres.ofDistrict[district] ?? centres.ofCity, requester: centres.ofCity,
            steps: [Signal.Step(stage: .detected, at: now, by: "", text: "")])
        let query = "identifier=\(Signal.identifierSystem)%7C\(signal.identifier)"
        // One that has ended may have begun on the same day.
        let outcome = try await store.create(
            type: "Task", try signal.task(), ifNoneExist: same.isEmpty ? query : nil)
        (signal.id, signal.version) = (outcome.version.key.id, outcome.version.versionID)
        return signal
    }
}

extension Signal {
    fileprivate init(_ finding: SignalFinding, now: Int64, _ options: SignalOptions) {
        let hours = finding.rule == nil ? options.verifyHours : options.verifyEventHours
        self.init(
            id: "", version: 0, condition: finding.condition, district: finding.district, age: finding.age,
            window: finding.window, count: finding.count, peak: finding.count, expected: finding.expected,
            upper: finding.upper, p: finding.p, isRuled: finding.rule != nil,
            source: finding.source, stage: .detected,
            assignee: "", due: now + Int64(hours) * 3_600_000, owner: nil, requester: nil,
            steps: [Step(stage: .detected, at: now, by: "", text: "")])
    }
}
