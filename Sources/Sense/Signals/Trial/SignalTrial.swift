public import Calendar
import DailyCounts
public import FHIR
public import JSON
import Records
import Synchronization
public import Syndromes

/// Runs the search for signals night by night over records that are brought in on the day on which the platform learns of them,
/// as the nights would have seen them: a store, its feed, the counts, the search and the signals' Tasks are the real ones.
///
/// Nothing but the records goes in. An open signal that isn't found again for some nights is closed, without a word on whether
/// it was true, so that the trial teaches the search nothing.
public struct SignalTrial: Sendable {
    /// A signal on the night it was told first, or on which a related condition joined it.
    public struct Told: Sendable, Hashable {
        /// The last day that was counted.
        public let day: CivilDay
        /// What was told.
        public let signal: Signal
        /// What joined an open signal that night; nil for a signal that is new.
        public var joined: Signal.Part?

        /// A signal, or what joined it.
        public init(day: CivilDay, signal: Signal, joined: Signal.Part? = nil) {
            self.day = day
            self.signal = signal
            self.joined = joined
        }

        /// A condition that was told that night for the first time.
        struct News {
            let condition: WatchedCondition
            let source: EventSource
            let isRuled: Bool
        }

        var news: [News] {
            if let joined { return [News(condition: joined.condition, source: joined.source, isRuled: false)] }
            return [News(condition: signal.condition, source: signal.source, isRuled: signal.isRuled)]
                + signal.parts.map { News(condition: $0.condition, source: $0.source, isRuled: false) }
        }
    }

    /// The store refused a day's records.
    public struct Refused: Error {
        /// The day on which they were brought in.
        public let day: CivilDay
        /// Why.
        public let reason: String
    }

    private struct Delivery {
        let type: String
        let id: String
        let text: [UInt8]
    }

    private let list: WatchList
    private let options: SignalOptions
    private let delays: ReportingDelays
    private let seed: UInt64
    /// Nights without it until an open signal is closed. House default.
    private static let quietNights = 7
    private static let entriesMax = 500
    private var standing: [Delivery] = []
    private var days: [Int: [Delivery]] = [:]

    /// - Parameters:
    ///   - list: what is watched.
    ///   - options: how it is looked for.
    ///   - delays: how many days pass until the platform learns of a record.
    ///   - seed: of the delays.
    public init(
        _ list: WatchList, _ options: SignalOptions = SignalOptions(), delays: ReportingDelays = ReportingDelays(),
        seed: UInt64
    ) {
        self.list = list
        self.options = options
        self.delays = delays
        self.seed = seed
    }

    /// Takes a record in, to be brought to the platform on its day: people and institutions before all else, what counts when it
    /// is known. What counts for nothing is left out, as the counts would leave it.
    public mutating func add(_ resource: JSONNode) {
        guard let type = resource["resourceType"]?.string, let id = resource["id"]?.string else { return }
        let delivery = Delivery(type: type, id: id, text: Array(resource.rawText))
        switch type {
        case "Patient", "Organization", "Location": standing.append(delivery)
        default:
            let facts = EventFact.facts(of: resource, type: type, list).facts
            guard let source = facts.first?.source, let happened = Self.day(of: resource, type) else { return }
            let delay = delays.days(of: EventSource(rawValue: Int(source)), id, seed)
            days[happened + delay, default: []].append(delivery)
        }
    }

    /// The day on which a record was made.
    private static func day(of resource: JSONNode, _ type: String) -> Int? {
        switch type {
        case "Encounter": Recorded.day(of: resource["period"]?["start"])
        case "Condition": Recorded.day(of: resource["recordedDate"]) ?? Recorded.day(of: resource["onsetDateTime"])
        default: Recorded.day(of: resource["issued"]) ?? Recorded.day(of: resource["effectiveDateTime"])
        }
    }

    /// The nights.
    /// - Parameters:
    ///   - nights: the days at whose end is looked; what is known before them is brought in first.
    ///   - progress: called after each night.
    /// - Returns: the signals, and what joined them, in the order in which they were told.
    /// - Throws: ``Refused``, or `RecordsError` when the store fails.
    public func run(
        _ nights: ClosedRange<CivilDay>, _ definitions: Definitions, progress: (CivilDay) -> Void = { _ in }
    ) async throws -> [Told] {
        let clock = Mutex(nights.lowerBound.startMilliseconds - 1)
        let store = try RecordStore(
            RecordStoreOptions(now: { clock.withLock { $0 } }, validates: false), definitions: definitions,
            projections: [EventCountsProjection(list)])
        do {
            let desk = SignalDesk(store, list, options)
            let history = days.keys.filter { $0 < nights.lowerBound.number }.sorted()
            try await bring(standing + history.flatMap { days[$0] ?? [] }, on: nights.lowerBound, to: store)
            var told: [Told] = []
            for number in nights.lowerBound.number...nights.upperBound.number {
                let day = CivilDay(number: number)
                // Records come in by the evening; the search runs an hour before midnight.
                clock.withLock { $0 = day.startMilliseconds + 20 * 3_600_000 }
                try await bring(days[number] ?? [], on: day, to: store)
                await store.settle()
                let now = clock.withLock { time in
                    time = day.startMilliseconds + 23 * 3_600_000
                    return time
                }
                let report = try await desk.run(until: day, now: now)
                told += report.new.map { Told(day: day, signal: $0) }
                told += report.grown.flatMap { signal in
                    signal.parts.filter { $0.since == now }.map { Told(day: day, signal: signal, joined: $0) }
                }
                try await closeQuiet(desk, on: day, now: now)
                progress(day)
            }
            await store.close()
            return told
        } catch {
            await store.close()
            throw error
        }
    }

    private func bring(_ deliveries: [Delivery], on day: CivilDay, to store: RecordStore) async throws {
        for start in stride(from: 0, to: deliveries.count, by: Self.entriesMax) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("resourceType", string: "Bundle")
            writer.member("type", string: "transaction")
            writer.key("entry")
            writer.beginArray()
            for delivery in deliveries[start..<min(start + Self.entriesMax, deliveries.count)] {
                writer.beginObject()
                writer.key("resource")
                writer.raw(delivery.text[...])
                writer.key("request")
                writer.beginObject()
                writer.member("method", string: "PUT")
                writer.member("url", string: "\(delivery.type)/\(delivery.id)")
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            do { _ = try await store.process(bundle: try JSONDocument(parsing: writer.bytes)) } catch {
                throw Refused(day: day, reason: "\(error)")
            }
        }
    }

    private func closeQuiet(_ desk: SignalDesk, on day: CivilDay, now: Int64) async throws {
        for var signal in try desk.signals(open: true)
        where day.number - signal.window.upperBound.number >= Self.quietNights {
            for (stage, text) in [(SignalStage.verifying, ""), (.investigating, "-"), (.closed, "-")] {
                let due = stage.isOpen ? now + 1 : nil
                try signal.take(Signal.Action(stage, by: "", text: text, assignee: "-", due: due), now: now)
            }
            let key = ResourceKey(type: "Task", id: signal.id)
            _ = try await desk.store.update(key, try signal.task(), ifMatch: signal.version)
        }
    }
}

/// How many days pass between a record's day and the evening on which the platform has it. House defaults, no statistics.
public struct ReportingDelays: Sendable, Hashable {
    /// Percentages of 0, 1, 2 … days.
    public var complaints = [85, 15]
    /// The same for diagnoses.
    public var diagnoses = [55, 30, 15]
    /// The same for results of laboratories.
    public var laboratory = [50, 35, 15]
    /// The same for everything else.
    public var others = [60, 40]

    /// The defaults.
    public init() {}

    /// The delay of a record: the same for the same id and seed.
    func days(of source: EventSource, _ id: String, _ seed: UInt64) -> Int {
        var hash = seed &+ 14_695_981_039_346_656_037
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        hash = (hash ^ (hash >> 31)) &* 0x94D0_49BB_1331_11EB
        var rest = Int((hash >> 33) % 100)
        let percentages =
            switch source {
            case .complaint: complaints
            case .diagnosis: diagnoses
            case .laboratory: laboratory
            default: others
            }
        for (days, percentage) in percentages.enumerated() {
            rest -= percentage
            if rest < 0 { return days }
        }
        return max(percentages.count - 1, 0)
    }
}
