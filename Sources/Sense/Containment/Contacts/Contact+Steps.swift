public import Calendar
public import Signals

extension Contact {
    /// What a form asks of a step.
    public struct Action: Sendable, Hashable {
        /// What.
        public var what: ContactAction
        /// Who acts, for the record.
        public var by: String
        /// What was found, or why.
        public var text = ""
        /// When a follow-up was made, in milliseconds since 1970 UTC; nil: now.
        public var at: Int64?
        /// What a follow-up has found.
        public var outcome: ContactOutcome?
        /// Measured at it, in degrees Celsius.
        public var temperature: Double?
        /// The day of the last exposure, or of onset.
        public var day: CivilDay?
        /// Of a case: `Patient/…` in the line list.
        public var person: String?

        /// A step.
        public init(_ what: ContactAction, by: String) {
            self.what = what
            self.by = by
        }
    }

    /// Why a step or a new contact was refused.
    public enum Refusal: String, Error, Sendable, CaseIterable {
        /// The contact doesn't stand where that step begins.
        case stage
        /// The reason is missing.
        case text
        /// The name is missing.
        case name
        /// The way of exposure is none of the rules.
        case kind
        /// The time of the follow-up is later than now, or before the exposure.
        case time
        /// What the follow-up found is missing.
        case outcome
        /// No temperature of a living person.
        case temperature
        /// The day is missing, in the future, or before the first exposure.
        case day
        /// The exposure begins after it ends, or ends in the future.
        case exposure
        /// Days of observation out of reach.
        case days
        /// The case isn't one of this signal.
        case source
        /// Not reached yet on the last day of observation or after it.
        case early
        /// The last word is symptoms or a positive test.
        case unwell
        /// Fewer negative tests than asked.
        case tests
    }

    /// A contact of a signal that is to be listed.
    /// - Parameters:
    ///   - owner: `Organization/…` that looks after them.
    ///   - isByCity: whether somebody of the city's centre lists them: it then sees them in place of the one that investigates, where
    ///     another district looks after them. A Task has two who answer for it.
    ///   - by: who lists them.
    ///   - now: milliseconds since 1970 UTC.
    public init(
        of signal: Signal, name: String, phone: String = "", address: String = "", district: Int, kind: String,
        exposedTo: String? = nil, exposedToName: String = "", exposure: ClosedRange<CivilDay>, days: Int,
        testsNeeded: Int = 0, owner: String?, isByCity: Bool = false, by: String, text: String = "", now: Int64
    ) {
        self.init(
            id: "", version: 0, signal: signal.id, condition: signal.leading, name: name, phone: phone,
            address: address, district: district, kind: kind, exposedTo: exposedTo, exposedToName: exposedToName,
            exposure: exposure, days: days, testsNeeded: testsNeeded, stage: .listed, onset: nil, person: nil,
            owner: owner ?? signal.owner,
            requester: isByCity || owner == nil || owner == signal.owner
                ? signal.requester ?? signal.owner : signal.owner,
            steps: [Step(what: .listed, at: now, by: by, text: text, temperature: nil)])
    }

    /// What is wrong with a contact that is to be listed; nil when nothing is.
    public func problem(_ rules: ContactRules, today: CivilDay) -> Refusal? {
        if name.isEmpty { return .name }
        if rules.kind(kind) == nil { return .kind }
        if exposure.upperBound > today { return .exposure }
        if !(1...ContactRules.daysMax).contains(days) || !(0...9).contains(testsNeeded) { return .days }
        return nil
    }

    /// Takes a step.
    /// - Parameter now: milliseconds since 1970 UTC.
    /// - Throws: ``Refusal``; the contact is then as it was.
    public mutating func take(_ action: Action, now: Int64) throws(Refusal) {
        guard stage.actions.contains(action.what) else { throw .stage }
        guard !action.what.asksReason || !action.text.isEmpty else { throw .text }
        let today = CivilDay(milliseconds: now)
        var what = Step.What.done(action.what)
        var at = now
        switch action.what {
        case .follow:
            guard let outcome = action.outcome else { throw .outcome }
            at = action.at ?? now
            guard at <= now, at >= exposure.lowerBound.startMilliseconds else { throw .time }
            if let degrees = action.temperature, !(30...45).contains(degrees) { throw .temperature }
            what = .followed(outcome)
            if outcome.isReached { stage = .watched }
        case .expose:
            guard let day = action.day, day <= today, day >= exposure.lowerBound else { throw .day }
            exposure = exposure.lowerBound...max(day, exposure.upperBound)
        case .release:
            guard awaitsRelease else { throw .early }
            guard !isAlarming else { throw .unwell }
            guard negatives >= testsNeeded else { throw .tests }
            stage = .released
        case .convert:
            guard let day = action.day, day <= today, day >= exposure.lowerBound else { throw .day }
            (stage, onset, person) = (.converted, day, action.person)
        case .lose: stage = .lost
        case .exclude: stage = .excluded
        case .reopen: (stage, onset, person) = (lastReached == nil ? .listed : .watched, nil, nil)
        }
        steps.append(Step(what: what, at: at, by: action.by, text: action.text, temperature: action.temperature))
    }
}
