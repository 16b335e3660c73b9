public import Signals

/// How long the steps from signal to close take.
public struct Timeliness: Sendable {
    /// A step of the loop, in its order.
    public enum Step: String, Sendable, CaseIterable {
        /// Somebody was named to verify it.
        case assigned
        /// It was judged: real, or a false alarm.
        case verified
        /// The investigation led to a response.
        case responded
        /// The first measure was done.
        case measured
        /// The first notice went out.
        case noticed
        /// It ended.
        case ended
    }

    /// How long a step took over many signals, in hours from the detection.
    public struct Span: Sendable, Hashable {
        /// The step.
        public let step: Step
        /// Signals that came so far.
        public let count: Int
        /// The median.
        public let median: Double
        /// A quarter was quicker.
        public let quarter: Double
        /// Three quarters were quicker.
        public let threeQuarters: Double
        /// Nine in ten were quicker.
        public let ninety: Double
    }

    /// The steps that any signal has come to.
    public let spans: [Span]
    /// Signals that were judged within the hours of ``SignalOptions``, of those that were judged or whose time is over.
    public let inTime: (count: Int, of: Int)

    /// - Parameters:
    ///   - signals: the signals.
    ///   - measures: what was done about them.
    ///   - notices: what was told about them.
    ///   - now: milliseconds since 1970 UTC.
    public init(
        _ signals: [Signal], _ measures: [Measure], _ notices: [Notice], _ options: SignalOptions, now: Int64
    ) {
        var firstMeasure: [String: Int64] = [:]
        for measure in measures {
            if let at = measure.doneAt { firstMeasure[measure.signal] = min(firstMeasure[measure.signal] ?? at, at) }
        }
        var firstNotice: [String: Int64] = [:]
        for notice in notices {
            if let at = notice.sentAt { firstNotice[notice.signal] = min(firstNotice[notice.signal] ?? at, at) }
        }
        var hours: [Step: [Double]] = [:]
        var (quick, due) = (0, 0)
        for signal in signals {
            for step in Step.allCases {
                let at: Int64? =
                    switch step {
                    case .assigned: signal.first(.verifying)
                    case .verified: signal.first(.investigating) ?? signal.first(.falseAlarm)
                    case .responded: signal.first(.responding)
                    case .measured: firstMeasure[signal.id]
                    case .noticed: firstNotice[signal.id]
                    case .ended: signal.endedAt
                    }
                if let at { hours[step, default: []].append(Double(at - signal.detectedAt) / 3_600_000) }
            }
            let limit =
                signal.detectedAt + Int64(signal.isRuled ? options.verifyEventHours : options.verifyHours) * 3_600_000
            if let judged = signal.first(.investigating) ?? signal.first(.falseAlarm) {
                due += 1
                quick += judged <= limit ? 1 : 0
            } else if limit < now {
                due += 1
            }
        }
        spans = Step.allCases.compactMap { step in
            guard let sorted = hours[step]?.sorted(), !sorted.isEmpty else { return nil }
            return Span(
                step: step, count: sorted.count, median: Self.quantile(sorted, 0.5),
                quarter: Self.quantile(sorted, 0.25),
                threeQuarters: Self.quantile(sorted, 0.75), ninety: Self.quantile(sorted, 0.9))
        }
        inTime = (quick, due)
    }

    /// A quantile of sorted numbers, with straight lines between them (type 7 of Hyndman and Fan 1996, R's default).
    static func quantile(_ sorted: [Double], _ p: Double) -> Double {
        let place = p * Double(sorted.count - 1)
        let low = Int(place)
        guard low + 1 < sorted.count else { return sorted.last ?? .nan }
        return sorted[low] + (place - Double(low)) * (sorted[low + 1] - sorted[low])
    }
}

extension Signal {
    /// When it first came to stand somewhere.
    fileprivate func first(_ stage: SignalStage) -> Int64? { steps.first { $0.stage == stage }?.at }
}
