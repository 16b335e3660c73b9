/// How signals are looked for. Every default is the house's own, for a city to set.
public struct SignalOptions: Sendable, Hashable {
    /// The share of the signals told that may be false, on average.
    public var falseDiscoveryRate = 0.05
    /// Days that are counted together and judged as one period; a week evens out its days.
    public var windowDays = 7
    /// Periods of history that are learnt from, at most.
    public var historyPeriods = 261
    /// Periods before the newest one that nothing is learnt from, so that a slow rise isn't taken for usual.
    public var guardPeriods = 8
    /// Fewer persons than these are no signal, unless a rule says so.
    public var leastCases = 3
    /// Days after the end of a signal in which the same isn't told again, unless it has grown by half.
    public var quietDays = 14
    /// Within how many hours a signal is to be verified.
    public var verifyHours = 24
    /// The same for one that an event rule has told.
    public var verifyEventHours = 2
    /// Days in which a false alarm makes the list stricter for its stream and place: it halves the share allowed, less with each day.
    public var learningDays = 365
    /// How often the share allowed is halved at most, whatever the number of false alarms.
    public var learningMax = 3.0

    /// The defaults.
    public init() {}
}
