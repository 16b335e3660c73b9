import Calendar
import FHIRPath
import JSON

/// Answers whether a code is in a value set: system, code, value set; nil where that isn't known.
public typealias ValueSetMembership = @Sendable (String?, String, String) -> Bool?

extension Pathway {
    /// Where a person stands: a pure function of what stands in the record, this definition and the time. Facts that came late or in
    /// another order give the same plan.
    ///
    /// - Parameters:
    ///   - record: what stands in the person's record, the house's own Tasks included: they hold people's answers.
    ///   - now: milliseconds since 1970 UTC.
    ///   - memberOf: answers `memberOf()` of value sets.
    ///   - following: since when the programme is followed; nil: it always was.
    public func plan(
        _ record: PersonRecord, now: Int64, memberOf: ValueSetMembership? = nil, following: Following? = nil
    ) -> PersonPlan {
        planned(record, now: now, memberOf: memberOf, following: following).plan
    }

    /// A plan, and what of the record it was made from, what is written of it included; nil where that isn't known.
    func planned(
        _ record: PersonRecord, now: Int64, memberOf: ValueSetMembership?, following: Following?
    ) -> (plan: PersonPlan, read: PlanReading?) {
        let start = following?.since(setting.id, city: record.city)
        var planner = Planner(self, record, now, memberOf, start: start.map { Moment($0) })
        planner.run()
        return (planner.plan, planner.read)
    }
}

/// Makes one plan.
struct Planner {
    /// Times on a pathway that one record can tell of at most.
    static let enrolmentsMax = 50
    /// How often one who has refused is asked again at most.
    static let askedAgainMax = 20

    /// How long an invitation waits for an answer unless the definition says: ours, not a published rule.
    static let invitationSpan = Span(30, .day)

    let pathway: Pathway
    let record: PersonRecord
    let now: Int64
    let evaluation: Evaluation
    /// The house's Tasks of this pathway that stand, by the key of the occurrence.
    let standing: [String: StandingTask]
    /// Since when the programme is followed here; nil: it always was.
    let start: Moment?
    var plan: PersonPlan

    var workdays: WorkingDays { pathway.setting.workdays }

    init(
        _ pathway: Pathway, _ record: PersonRecord, _ now: Int64, _ memberOf: ValueSetMembership?, start: Moment?
    ) {
        self.start = start
        self.pathway = pathway
        self.record = record
        self.now = now
        evaluation = Evaluation(pathway, record, now: now, memberOf)
        plan = PersonPlan(pathway: pathway.id, canonical: pathway.canonical)
        standing = record.standing[pathway.id] ?? [:]
    }

    mutating func run() {
        enrol()
        endInvitations()
        if let current = plan.current {
            stage(current)
            for part in pathway.parts where part.stage == nil || part.stage == plan.stage {
                switch part.kind {
                case .activity: activity(part, current)
                case .grade: grade(part, current)
                default: break
                }
            }
        }
        for part in pathway.parts where part.kind == .milestone { milestone(part) }
        past()
        lookAtParameters()
        if let day = evaluation.dosesChange { look(day.startMilliseconds) }
        plan.faults = evaluation.faults
    }

    /// What of the record the plan was made from; nil where that isn't known.
    var read: PlanReading? {
        guard pathway.reading.isKnown, plan.faults.isEmpty else { return nil }
        var read = PlanReading()
        read.add(evaluation.read.indices.filter { evaluation.read[$0] })
        // A Task tells what its moment was made from.
        for part in Set(plan.occurrences.map(\.part)) { read.add(pathway.momentReadings[part] ?? []) }
        read.types = pathway.typesReferred(record)
        return read
    }

    /// Something changes at an instant by time alone.
    mutating func look(_ at: Int64) {
        guard at > now else { return }
        plan.nextLook = min(plan.nextLook ?? .max, at)
    }

    private mutating func lookAtParameters() {
        guard plan.current != nil else { return }
        for parameter in pathway.setting.parameters.values {
            for value in parameter.values where record.city.hasPrefix(value.city) {
                if let from = value.from { look(from.startMilliseconds) }
            }
        }
    }

    // MARK: - What is no longer asked for

    /// Tasks that stand though the plan no longer asks for them: done where the evidence says so, else withdrawn.
    private mutating func past() {
        let asked = Set(plan.occurrences.map(\.key))
        for (key, task) in standing.sorted(by: { $0.key < $1.key }) where !asked.contains(key) {
            let names = key.split(separator: "/", maxSplits: 1).map(String.init)
            guard names.count == 2, let opens = task.opens, let due = task.due else { continue }
            let entry = record.entry(names[1])
            let moment = entry?.moment ?? Moment(names[1]) ?? Moment(milliseconds: opens)
            var occurrence = Occurrence(
                part: names[0], key: key, moment: moment, basis: entry?.reference, opens: opens, due: due, state: .open)
            occurrence.isPast = true
            let nextLook = plan.nextLook
            let keeps =
                pathway.migration == .keepOpenTasks && task.canonical != pathway.canonical && plan.current != nil
                && pathway.part(names[0]) != nil
            if let part = pathway.part(names[0]) {
                var scope = Evaluation.Scope(
                    moment: moment, basis: entry?.value, entered: plan.enrolments.last?.entered)
                (scope.opens, scope.due) = (opens, due)
                settle(&occurrence, part, scope, task, isDayDue: true)
            } else if let outcome = task.outcome {
                occurrence.isAnswered = true
                occurrence.state = outcome == .completed ? .done : .cancelled
                occurrence.outcome = outcome
                occurrence.doneAt = task.answeredAt
            }
            if occurrence.state.isAlive, !keeps {
                plan.nextLook = nextLook
                occurrence.state = .cancelled
                occurrence.outcome = .withdrawn
                occurrence.escalations = []
                let reason = plan.current == nil ? plan.enrolments.last?.leaving : nil
                occurrence.note = reason.flatMap { pathway.part($0)?.title.zh }.map { "已离开路径：\($0)" } ?? "不再需要"
            }
            plan.occurrences.append(occurrence)
        }
    }
}

extension Occurrence.State {
    /// Whether something is still to be done.
    public var isAlive: Bool { self == .waiting || self == .open || self == .overdue }
}
