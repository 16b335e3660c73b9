import Calendar
import Containment
public import Records
public import Signals
import Syndromes

/// Tells sites at which a limit is passed, persons are ill, or a share has risen: as signals, with what is to be done and when it is
/// looked at again. It may be repeated at any time.
public struct HazardDesk: Sendable {
    /// What a run has done: ids of Tasks.
    public struct Report: Sendable, Hashable {
        /// Signals raised or grown.
        public var signals: [String] = []
        /// Measures laid down for them.
        public var measures: [String] = []
        /// Measures that a later result has answered.
        public var answered: [String] = []

        /// Whether it did nothing.
        public var isEmpty: Bool { signals.isEmpty && measures.isEmpty && answered.isEmpty }
    }

    /// The store.
    public let store: RecordStore
    /// What is measured.
    public let list: HazardList
    /// The results.
    public let results: HazardResults
    let signals: SignalDesk

    /// - Parameters:
    ///   - store: one that runs ``HazardResultsProjection`` with the same list.
    ///   - signals: the desk that is told.
    public init(_ store: RecordStore, _ list: HazardList, _ signals: SignalDesk) {
        self.store = store
        self.list = list
        self.signals = signals
        results = HazardResults(store)
    }

    /// What is told of a site.
    struct Finding: Hashable {
        let kind: HazardKind
        let site: HazardResults.Site
        let days: ClosedRange<CivilDay>
        let count: Int
    }

    /// Looks once.
    /// - Parameter now: milliseconds since 1970 UTC.
    /// - Throws: `RecordsError` when the store can't be read or written.
    public func run(now: Int64) async throws -> Report {
        var report = Report()
        let today = CivilDay(milliseconds: now)
        var findings: [Finding] = []
        for kind in list.kinds { findings += try self.findings(kind, on: today) }
        var known = try signals.signals(open: false)
        for finding in findings {
            // What has been judged isn't told again until there is a newer result.
            let isJudged = known.contains {
                !$0.stage.isOpen && $0.cause == .site(finding.site.name) && $0.condition.id == finding.kind.condition.id
                    && $0.district == finding.site.district && $0.window.upperBound >= finding.days.upperBound
            }
            if isJudged { continue }
            let told = try await signals.raise(
                .site(finding.site.name), finding.kind.condition, district: finding.site.district,
                window: finding.days, count: finding.count, within: finding.kind.verifyHours, among: known, now: now)
            guard let told else { continue }
            report.signals.append(told.id)
            known.removeAll { $0.id == told.id }
            known.append(told)
        }
        for signal in known where signal.stage.isOpen {
            guard case .site(let name) = signal.cause, let kind = list.kind(of: signal.condition) else { continue }
            let site = HazardResults.Site(name: name, district: signal.district)
            let measures = try measures(of: signal)
            if measures.isEmpty {
                let plans: [(kind: Measure.Kind, text: HazardKind.Text, days: Int)] = [
                    (.supervision, kind.act, kind.actDays), (.retest, kind.retest, kind.retestDays),
                ]
                for plan in plans {
                    let measure = try Measure(
                        of: signal, plan.kind, text: plan.text.zh, who: kind.department.zh,
                        due: now + Int64(plan.days) * 86_400_000, by: "", now: now)
                    let document = try measure.task()
                    report.measures.append(try await store.create(type: "Task", document).version.key.id)
                }
            } else if kind.tells == .exceeding, !findings.contains(where: { $0.kind == kind && $0.site == site }) {
                try await answer(measures, of: signal, kind, site, now, &report)
            }
        }
        return report
    }

    /// The retest is done where a newer result of the site stands and nothing is over any more.
    private func answer(
        _ measures: [Measure], of signal: Signal, _ kind: HazardKind, _ site: HazardResults.Site, _ now: Int64,
        _ report: inout Report
    ) async throws {
        let newer = try results.results(kind, of: site).filter { $0.day > signal.window.upperBound }
        guard let last = newer.map(\.day).max() else { return }
        for var measure in measures where measure.kind == .retest && measure.stage == .planned {
            do {
                try measure.end(.done, by: "", text: "复测合格 \(last.isoText)（\(newer.count)）", now: now)
                let key = ResourceKey(type: "Task", id: measure.id)
                _ = try await store.update(key, try measure.task(), ifMatch: measure.version)
                report.answered.append(measure.id)
            } catch is Measure.Refusal {} catch let error as RecordsError
                where error.category == .preconditionFailed
            {}
        }
    }

    private func measures(of signal: Signal) throws -> [Measure] {
        try store.search(type: "Task", parameters: Measure.search(signal: signal.id, count: 50)).entries
            .compactMap { try Measure($0.version) }
    }

    /// What is to be told of a kind on a day.
    func findings(_ kind: HazardKind, on day: CivilDay) throws -> [Finding] {
        let days = day.advanced(by: 1 - kind.lookBackDays)...day
        switch kind.tells {
        case .exceeding:
            let sites = Dictionary(grouping: try results.exceeding(kind, days)) { $0.site }
            return Self.sorted(
                sites.compactMap { site, over in
                    guard let first = over.map(\.day).min(), let last = over.map(\.day).max() else { return nil }
                    return Finding(kind: kind, site: site, days: first...last, count: over.count)
                })
        case .cases:
            return Self.sorted(
                try results.spans(kind, days, overOnly: true).map {
                    Finding(kind: kind, site: $0.key, days: $0.value.days, count: $0.value.count)
                })
        case .rise:
            guard let rise = kind.rise else { return [] }
            let year = day.components.year
            let (this, last) = (HazardResults.days(of: year), HazardResults.days(of: year - 1))
            let (before, spans) = (try results.sites(kind, last), try results.spans(kind, this, overOnly: false))
            return Self.sorted(
                try results.sites(kind, this).compactMap { site, share in
                    guard let old = before[site], share.all >= rise.least, old.all >= rise.least,
                        let now = share.percent(kind), let then = old.percent(kind), now - then >= rise.points,
                        let span = spans[site]
                    else { return nil }
                    return Finding(kind: kind, site: site, days: span.days, count: share.over)
                })
        }
    }

    private static func sorted(_ findings: [Finding]) -> [Finding] {
        findings.sorted { ($0.site.district, $0.site.name) < ($1.site.district, $1.site.name) }
    }
}
