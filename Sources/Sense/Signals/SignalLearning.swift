import Foundation
public import Syndromes

/// Why a signal was a false alarm.
public enum FalseAlarmReason: String, Sendable, CaseIterable {
    /// Entered wrongly, sent late or twice, a contaminated run.
    case data
    /// Known beforehand: a screening, a campaign, a new clinic.
    case known
    /// No more than people and seasons do.
    case natural
    /// Told by another signal already.
    case duplicate
    case other

    /// Whether it says that the threshold was too low; a duplicate was right, only told twice.
    public var teaches: Bool { self != .duplicate }
}

/// What false alarms have taught of one stream in one place: how much less likely the next must be.
///
/// The rule is the house's own. Each false alarm of the same condition, district and source, as what it was told by or as a related
/// condition that it told too, counts 1 on the day it was judged and falls
/// evenly to 0 within ``SignalOptions/learningDays``; the share of false signals allowed is divided by two to the power of the sum,
/// which goes no further than ``SignalOptions/learningMax``. Events of rules are told whatever was learnt. Taking the lesson
/// of a signal back (``Signal/isUntaught``) takes its part out at once.
public struct SignalLearning: Sendable, Hashable {
    /// The condition.
    public let condition: WatchedCondition
    /// GB/T 2260 code of the district; 0 for the whole city.
    public let district: Int
    /// The source that counted most.
    public let source: EventSource
    /// The false alarms that teach now, the newest first.
    public let alarms: [Signal]
    /// The sum of their parts, limited.
    public let halvings: Double

    /// By how much the share of false signals allowed is divided.
    public var strictness: Double { Self.strictness(halvings) }

    /// The same of so many halvings.
    public static func strictness(_ halvings: Double) -> Double { pow(2, halvings) }

    /// The part of a signal at a moment, from 0 to 1.
    public static func part(of signal: Signal, at now: Int64, _ options: SignalOptions) -> Double {
        guard signal.stage == .falseAlarm, signal.cause == .counts, !signal.isUntaught,
            (signal.reason ?? .other).teaches, let ended = signal.endedAt
        else { return 0 }
        let days = Double(now - ended) / 86_400_000
        return days < 0 ? 0 : max(0, 1 - days / Double(options.learningDays))
    }

    /// What is learnt, the strictest first.
    public static func all(_ signals: [Signal], at now: Int64, _ options: SignalOptions) -> [SignalLearning] {
        struct Stream: Hashable {
            let condition: WatchedCondition
            let district: Int
            let source: EventSource
        }
        var streams: [Stream: [Signal]] = [:]
        for signal in signals where part(of: signal, at: now, options) > 0 {
            let told = [(signal.condition, signal.source)] + signal.parts.map { ($0.condition, $0.source) }
            for (condition, source) in told {
                let stream = Stream(condition: condition, district: signal.district, source: source)
                streams[stream, default: []].append(signal)
            }
        }
        return streams.map { stream, alarms in
            let sum = alarms.reduce(0) { $0 + part(of: $1, at: now, options) }
            return SignalLearning(
                condition: stream.condition, district: stream.district, source: stream.source,
                alarms: alarms.sorted { ($0.endedAt ?? 0, $0.id) > ($1.endedAt ?? 0, $1.id) },
                halvings: min(sum, options.learningMax))
        }.sorted {
            ($1.halvings, $0.condition.number, $0.district, $0.source.rawValue)
                < ($0.halvings, $1.condition.number, $1.district, $1.source.rawValue)
        }
    }

    /// Whether it is about what a finding tells.
    func isAbout(_ finding: SignalFinding) -> Bool {
        condition.id == finding.condition.id && district == finding.district && source == finding.source
    }
}
