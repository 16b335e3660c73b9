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
    public func plan(_ record: PersonRecord, now: Int64, memberOf: ValueSetMembership? = nil) -> PersonPlan {
        var planner = Planner(self, record, now, memberOf)
        planner.run()
        return planner.plan
    }
}

/// Makes one plan.
struct Planner {
    /// Times on a pathway that one record can tell of at most.
    private static let enrolmentsMax = 50
    /// How often one who has refused is asked again at most.
    private static let askedAgainMax = 20

    /// How long an invitation waits for an answer unless the definition says: ours, not a published rule.
    private static let invitationSpan = Span(30, .day)

    let pathway: Pathway
    let record: PersonRecord
    let now: Int64
    let evaluation: Evaluation
    /// The house's Tasks of this pathway that stand, by the key of the occurrence.
    let standing: [String: StandingTask]
    var plan: PersonPlan

    private var workdays: WorkingDays { pathway.setting.workdays }

    init(_ pathway: Pathway, _ record: PersonRecord, _ now: Int64, _ memberOf: ValueSetMembership?) {
        self.pathway = pathway
        self.record = record
        self.now = now
        evaluation = Evaluation(pathway, record, now: now, memberOf)
        plan = PersonPlan(pathway: pathway.id, canonical: pathway.canonical)
        standing = record.standing[pathway.id] ?? [:]
    }

    mutating func run() {
        enrol()
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
        plan.faults = evaluation.faults
    }

    /// Something changes at an instant by time alone.
    private mutating func look(_ at: Int64) {
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

    // MARK: - Entering and leaving

    /// A moment of an action whose timing shifts it.
    private struct Shifted {
        let part: PathwayPart
        let found: Evaluation.Found
        let moment: Moment
        var key: String { "\(part.id)/\(found.key)" }
    }

    /// The moments of an action that have come, shifted; those to come are looked at when they come.
    /// - Parameter isFirstEnough: whether nobody asks for more than the earliest.
    private mutating func shifted(
        _ part: PathwayPart, entered: Moment?, from start: Moment? = nil, isFirstEnough: Bool = false
    ) -> [Shifted] {
        var isInOrder = isFirstEnough
        if case .computed? = part.high { isInOrder = false }
        var result: [Shifted] = []
        var moments = evaluation.moments(part, .init(moment: entered, entered: entered))
        if part.triggers.isEmpty, let first = entered ?? record.entries.first?.moment {
            moments = [.init(key: first.text, moment: first, basis: nil, reference: nil)]
        }
        for found in moments {
            let scope = Evaluation.Scope(moment: found.moment, basis: found.basis, entered: entered)
            var moment = found.moment
            if let span = evaluation.span(part.high, scope, part.id) { moment = span.after(moment, workdays) }
            guard moment.milliseconds <= now else {
                look(moment.milliseconds)
                continue
            }
            if let start, start.isLater(than: moment) { continue }
            var at = scope
            at.moment = moment
            if evaluation.holds(part.conditions, at, part.id) {
                result.append(Shifted(part: part, found: found, moment: moment))
                if isInOrder { break }
            }
        }
        return result.sorted { ($0.moment.milliseconds, $0.found.key) < ($1.moment.milliseconds, $1.found.key) }
    }

    private mutating func enrol() {
        let entries = pathway.parts.filter { $0.kind == .entry }.flatMap { shifted($0, entered: nil) }.sorted {
            ($0.moment.milliseconds, $0.key) < ($1.moment.milliseconds, $1.key)
        }
        let leaves = pathway.parts.filter { $0.kind == .leave }
        var left: Moment?
        for _ in 0..<Self.enrolmentsMax {
            let later = entries.filter { entry in left.map { entry.moment.isLater(than: $0) } ?? true }
            guard let (entered, key) = entrance(later) else { return }
            var enrolment = PersonPlan.Enrolment(entered: entered, key: key)
            let leaving = leaves.flatMap { shifted($0, entered: entered, from: entered, isFirstEnough: true) }.min {
                $0.moment.milliseconds < $1.moment.milliseconds
            }
            if let leaving {
                enrolment.left = max(leaving.moment, entered)
                enrolment.leaving = leaving.part.id
                enrolment.reason = leaving.part.reason ?? leaving.part.id
            }
            plan.enrolments.append(enrolment)
            guard let leaving else { return }
            left = leaving.moment
        }
    }

    /// The first entrance among moments: by itself, or by an invitation that was accepted.
    private mutating func entrance(_ entries: [Shifted]) -> (Moment, String)? {
        let first = entries.first { !$0.part.isInvitation }
        var found = first.map { ($0.moment, $0.key) }
        for part in pathway.parts where part.isInvitation {
            let own = entries.filter { $0.part.id == part.id }
            guard let accepted = invite(part, own) else { continue }
            if found.map({ accepted.0 < $0.0 }) ?? true { found = accepted }
        }
        if let found {
            // Who has entered otherwise isn't invited any more.
            for index in plan.occurrences.indices where plan.occurrences[index].state.isAlive {
                plan.occurrences[index].state = .cancelled
                plan.occurrences[index].outcome = .withdrawn
                plan.occurrences[index].escalations = []
                plan.occurrences[index].note = "已进入路径"
            }
            return found
        }
        return nil
    }

    /// Invites a person to enter, one invitation after the other, until one is accepted.
    /// - Returns: when, and by which.
    private mutating func invite(_ part: PathwayPart, _ entries: [Shifted]) -> (Moment, String)? {
        var silentUntil: Moment?
        var left = Array(entries.reversed())
        var asked = 0
        while let entry = left.popLast() {
            if let silentUntil, silentUntil.isLater(than: entry.moment) { continue }
            guard asked < Self.askedAgainMax else { return nil }
            asked += 1
            let scope = Evaluation.Scope(moment: entry.moment, basis: entry.found.basis)
            let occurrence = occurrence(
                part, key: entry.key, moment: entry.moment, basis: entry.found.reference, scope,
                span: nil, due: evaluation.span(part.within, scope, part.id) ?? Self.invitationSpan)
            plan.occurrences.append(occurrence)
            switch occurrence.outcome {
            case .completed?: return (max(entry.moment, occurrence.doneAt ?? entry.moment), entry.key)
            case .declined?, .notPossible?, .withdrawn?:
                let refused = max(occurrence.doneAt ?? entry.moment, entry.moment)
                guard let span = evaluation.span(part.again, scope, part.id) else { return nil }
                let again = span.after(refused, workdays)
                silentUntil = again
                guard again.milliseconds <= now else {
                    look(again.milliseconds)
                    return nil
                }
                if !left.contains(where: { !again.isLater(than: $0.moment) }) {
                    left.append(
                        Shifted(
                            part: part,
                            found: .init(
                                key: "again-\(again.text)", moment: again, basis: entry.found.basis,
                                reference: entry.found.reference), moment: again))
                }
            case nil: return nil
            }
        }
        return nil
    }

    // MARK: - Stages, grades, milestones

    private mutating func stage(_ current: PersonPlan.Enrolment) {
        let entered = current.entered
        for part in pathway.parts where part.kind == .stage {
            let holds: Bool
            if part.triggers.isEmpty, part.high == nil {
                holds = evaluation.holds(part.conditions, .init(moment: entered, entered: entered), part.id)
            } else {
                holds = !shifted(part, entered: entered, from: entered, isFirstEnough: true).isEmpty
            }
            // The later ones are still gone through for when they come.
            if holds, plan.stage == nil { plan.stage = part.id }
        }
    }

    private mutating func grade(_ part: PathwayPart, _ current: PersonPlan.Enrolment) {
        for entry in shifted(part, entered: current.entered) where belongs(entry.found, current) {
            let scope = Evaluation.Scope(moment: entry.moment, basis: entry.found.basis, entered: current.entered)
            guard let risk = part.risk, let value = evaluation.values(risk, scope, part.id).first else { continue }
            var grade = PersonPlan.Grade(
                part: part.id, key: entry.key, moment: entry.moment, basis: entry.found.reference, system: "", code: "",
                display: "", rationale: "")
            if let node = value.node, node.isObject {
                let coding = node["coding"]?[0] ?? node
                grade.system = coding["system"]?.string ?? ""
                grade.code = coding["code"]?.string ?? ""
                grade.display = coding["display"]?.string ?? node["text"]?.string ?? ""
            } else {
                (grade.system, grade.code) = (part.gradeSystem, Self.text(value))
            }
            guard !grade.code.isEmpty else { continue }
            let words = part.rationale.map { evaluation.values($0, scope, part.id) } ?? []
            grade.rationale = words.map { Self.text($0) }.joined(separator: "；")
            plan.grades.append(grade)
        }
    }

    private static func text(_ value: FHIRPathValue) -> String {
        let bytes = (value.system ?? value).json()
        guard let document = try? JSONDocument(parsing: bytes) else { return "" }
        return document.root.string ?? String(decoding: bytes, as: UTF8.self)
    }

    private mutating func milestone(_ part: PathwayPart) {
        let entered = plan.enrolments.last?.entered
        var milestone = PersonPlan.Milestone(part: part.id, isReached: false)
        if part.triggers.isEmpty, part.high == nil {
            // The moment is the entry: who hasn't entered has none.
            if let entered {
                let scope = Evaluation.Scope(moment: entered, entered: entered)
                milestone.isReached = evaluation.holds(part.conditions, scope, part.id)
                milestone.at = milestone.isReached && part.conditions.isEmpty ? entered : nil
            }
        } else if !part.triggers.isEmpty || entered != nil,
            let first = shifted(part, entered: entered, isFirstEnough: true).first
        {
            milestone.isReached = true
            milestone.at = first.moment
        }
        plan.milestones.append(milestone)
    }

    /// Whether a moment belongs to a time on the pathway: what happened before it asks for nothing. Dates that the definition
    /// works out, as from a birth, belong to any.
    private func belongs(_ found: Evaluation.Found, _ current: PersonPlan.Enrolment) -> Bool {
        found.reference == nil || !current.entered.isLater(than: found.moment)
    }

    // MARK: - Activities

    private mutating func activity(_ part: PathwayPart, _ current: PersonPlan.Enrolment) {
        var moments = evaluation.moments(part, .init(moment: current.entered, entered: current.entered))
        if part.triggers.isEmpty {
            moments = [
                .init(key: "entry-\(current.entered.text)", moment: current.entered, basis: nil, reference: nil)
            ]
        }
        for found in moments where belongs(found, current) {
            let scope = Evaluation.Scope(moment: found.moment, basis: found.basis, entered: current.entered)
            guard evaluation.holds(part.conditions, scope, part.id) else { continue }
            let occurrence = occurrence(
                part, key: "\(part.id)/\(found.key)", moment: found.moment, basis: found.reference, scope,
                span: evaluation.span(part.low, scope, part.id), due: evaluation.span(part.high, scope, part.id))
            plan.occurrences.append(occurrence)
            askAgain(part, after: occurrence, scope)
        }
    }

    /// What was declined or couldn't be done is asked for again after its own time, unless the definition gives another: one answer
    /// doesn't end the chain.
    private mutating func askAgain(_ part: PathwayPart, after first: Occurrence, _ scope: Evaluation.Scope) {
        var last = first
        for _ in 0..<Self.askedAgainMax {
            guard last.state == .cancelled, last.outcome == .declined || last.outcome == .notPossible,
                let span = evaluation.span(part.again ?? part.high, scope, part.id)
            else { return }
            let answered = max(last.doneAt ?? last.moment, last.moment)
            let at = span.after(answered, workdays)
            guard at > answered else { return }
            guard at.milliseconds <= now else {
                look(at.milliseconds)
                return
            }
            var scope = scope
            scope.moment = at
            last = occurrence(
                part, key: "\(first.key)+again-\(at.text)", moment: at, basis: first.basis, scope, span: nil,
                due: evaluation.span(part.high, scope, part.id))
            plan.occurrences.append(last)
        }
    }

    private mutating func occurrence(
        _ part: PathwayPart, key: String, moment: Moment, basis: String?, _ scope: Evaluation.Scope, span low: Span?,
        due high: Span?
    ) -> Occurrence {
        let task = standing[key]
        var occurrence = Occurrence(
            part: part.id, key: key, moment: moment, basis: basis,
            opens: low?.opening(from: moment, workdays) ?? moment.milliseconds,
            due: high?.limit(from: moment, workdays) ?? moment.day.endMilliseconds, state: .open)
        if pathway.migration == .keepOpenTasks, let task, task.canonical != pathway.canonical,
            let opens = task.opens, let due = task.due
        {
            (occurrence.opens, occurrence.due) = (opens, due)
        }
        settle(&occurrence, part, scope, task, isDayDue: high.map { !$0.unit.isClock } ?? true)
        return occurrence
    }

    /// Works out how far an occurrence is, from the evidence, the answer to its Task, and the time.
    private mutating func settle(
        _ occurrence: inout Occurrence, _ part: PathwayPart, _ scope: Evaluation.Scope, _ task: StandingTask?,
        isDayDue: Bool
    ) {
        var scope = scope
        scope.opens = occurrence.opens
        scope.due = occurrence.due
        if let found = evidence(part, scope, occurrence) {
            occurrence.state = .done
            occurrence.outcome = .completed
            occurrence.evidence = found.references
            occurrence.doneAt = found.at
        }
        if let task, let outcome = task.outcome {
            occurrence.isAnswered = true
            occurrence.doneAt = occurrence.doneAt ?? task.answeredAt
            if occurrence.state != .done {
                occurrence.state = outcome == .completed ? .done : .cancelled
                occurrence.outcome = outcome
                occurrence.note = task.reason
            }
        }
        guard occurrence.state != .done, occurrence.state != .cancelled else { return }
        if let until = task?.deferredUntil { occurrence.due = max(occurrence.due, until.day.endMilliseconds) }
        occurrence.state = now < occurrence.opens ? .waiting : now <= occurrence.due ? .open : .overdue
        look(occurrence.opens)
        look(occurrence.due + 1)
        escalate(&occurrence, part, isDayDue: isDayDue)
    }

    private mutating func escalate(_ occurrence: inout Occurrence, _ part: PathwayPart, isDayDue: Bool) {
        let rules = part.escalation ?? pathway.setting.escalation
        let due = Moment(milliseconds: occurrence.due, isDay: isDayDue)
        func start(_ rule: EscalationRule) -> Int64 {
            max(rule.after.opening(from: due, workdays), occurrence.due + 1)
        }
        for (step, rule) in rules.enumerated() {
            let at = start(rule)
            guard at <= now else {
                // A waiting one is looked at when it is due.
                if occurrence.state == .overdue { look(at) }
                continue
            }
            // It is to be answered before the next step is taken; after the last one there is as much time again.
            let next = step + 1 < rules.count ? start(rules[step + 1]) - 1 : at
            let own = rule.after.limit(from: Moment(milliseconds: at, isDay: isDayDue), workdays)
            occurrence.escalations.append(.init(step: step, rule: rule, at: at, due: next > at ? next : own))
        }
    }

    /// What shows that it was done; nil where nothing does.
    private func evidence(
        _ part: PathwayPart, _ scope: Evaluation.Scope, _ occurrence: Occurrence
    ) -> (references: [String], at: Moment?)? {
        if part.evidence.isEmpty { return answers(part, occurrence) }
        var found: [(reference: String, at: Moment?)] = []
        var isTrue = false
        for expression in part.evidence {
            for value in evaluation.values(expression, scope, part.id) {
                if let node = value.node, node.isObject, let type = node["resourceType"]?.string,
                    let id = node["id"]?.string
                {
                    let reference = "\(type)/\(id)"
                    found.append((reference, record.entry(reference)?.moment))
                } else if case .boolean(let truth)? = value.system {
                    isTrue = isTrue || truth
                } else {
                    isTrue = true
                }
            }
        }
        guard isTrue || !found.isEmpty else { return nil }
        found.sort { ($0.at?.milliseconds ?? .max, $0.reference) < ($1.at?.milliseconds ?? .max, $1.reference) }
        return (found.map(\.reference), found.first?.at)
    }

    /// The questionnaire's answers since the moment.
    private func answers(_ part: PathwayPart, _ occurrence: Occurrence) -> (references: [String], at: Moment?)? {
        guard let wanted = part.questionnaire?.split(separator: "|").first.map(String.init) else { return nil }
        for entry in record.entries where entry.type == "QuestionnaireResponse" && entry.reference != occurrence.basis {
            guard let moment = entry.moment, !occurrence.moment.isLater(than: moment),
                entry.root["questionnaire"]?.string?.split(separator: "|").first.map(String.init) == wanted,
                let status = entry.root["status"]?.string, status == "completed" || status == "amended"
            else { continue }
            return ([entry.reference], moment)
        }
        return nil
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
