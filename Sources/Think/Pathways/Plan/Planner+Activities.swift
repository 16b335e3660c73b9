import Calendar
import FHIRPath
import JSON

// What somebody must do, and by when.
extension Planner {
    mutating func activity(_ part: PathwayPart, _ current: PersonPlan.Enrolment) {
        var moments = evaluation.moments(part, .init(moment: current.entered, entered: current.entered))
        if part.triggers.isEmpty {
            moments = [
                .init(key: "entry-\(current.entered.text)", moment: current.entered, basis: nil, reference: nil)
            ]
        }
        // The newest first: of what began before the programme was followed here, no more than the newest is asked for.
        var groups: [[Occurrence]] = []
        var isNewest = true
        for found in moments.reversed() where belongs(found, current) {
            let (key, moment) = ("\(part.id)/\(found.key)", found.moment)
            let scope = Evaluation.Scope(moment: moment, basis: found.basis, entered: current.entered)
            let isKnown = standing[key] != nil
            if !isNewest, !isKnown, isFixed(part.low), isFixed(part.high),
                isOver(key, window(moment, span(part.low, scope, part), span(part.high, scope, part)).due)
            {
                continue
            }
            guard evaluation.holds(part.conditions, scope, part.id) else { continue }
            let (low, high) = (span(part.low, scope, part), span(part.high, scope, part))
            let window = window(moment, low, high)
            if isOver(key, window.due), !isNewest, !isKnown { continue }
            var occurrence = occurrence(
                part, key: key, moment: moment, basis: found.reference, scope, span: low, due: high)
            occurrence.words = found.words
            if hasBegun(key, window.opens) { isNewest = false }
            // What was done in time before is history.
            if isOver(key, window.due), !isKnown, !occurrence.state.isAlive { continue }
            groups.append([occurrence] + askAgain(part, after: occurrence, scope))
        }
        plan.occurrences += groups.reversed().joined()
    }

    private func span(_ length: PathwayPart.Length?, _ scope: Evaluation.Scope, _ part: PathwayPart) -> Span? {
        evaluation.span(length, scope, part.id)
    }

    /// Whether a length is the same for every moment.
    private func isFixed(_ length: PathwayPart.Length?) -> Bool {
        if case .computed(let expression)? = length { return pathway.fixed.contains(expression.id) }
        return true
    }

    // MARK: - Windows

    /// The window that a moment opens.
    private func window(_ moment: Moment, _ low: Span?, _ high: Span?) -> (opens: Int64, due: Int64) {
        (
            low?.opening(from: moment, workdays) ?? moment.milliseconds,
            high?.limit(from: moment, workdays) ?? moment.day.endMilliseconds
        )
    }

    /// Whether a window had begun when the programme was first followed here. What was asked for before is as it was asked for.
    func hasBegun(_ key: String, _ opens: Int64) -> Bool {
        guard let start, opens < start.milliseconds else { return false }
        return standing[key]?.authored.map { $0 >= start.milliseconds } ?? true
    }

    /// Whether a window had ended when the programme was first followed here, and nobody had been asked.
    func isOver(_ key: String, _ due: Int64) -> Bool { hasBegun(key, due) }

    /// The longest window that is given anew [ours]: what may be done for many years has its own last day.
    private static let renewedMost = Span(1, .year)

    /// The window of what had begun already when the programme was first followed here: a whole one from that day on, of a year at
    /// most, and never shorter than it was.
    private func shifted(
        _ opens: Int64, _ due: Int64, low: Span?, high: Span?, from start: Moment
    ) -> (opens: Int64, due: Int64) {
        let whole = low == nil ? window(start, nil, high).due : start.milliseconds + due - opens
        let renewed = min(
            Moment(milliseconds: whole).day.endMilliseconds, Self.renewedMost.after(start).day.endMilliseconds)
        return (start.milliseconds, max(due, renewed))
    }

    /// What was declined or couldn't be done is asked for again after its own time, unless the definition gives another: one answer
    /// doesn't end the chain. What somebody says was done, and no evidence shows, is where the definition says so.
    private mutating func askAgain(
        _ part: PathwayPart, after first: Occurrence, _ scope: Evaluation.Scope
    ) -> [Occurrence] {
        var last = first
        var asked: [Occurrence] = []
        for _ in 0..<Self.askedAgainMax {
            let again = last.state == .cancelled ? part.again ?? part.high : part.proof
            guard last.isAnswered, last.outcome != .withdrawn, let span = evaluation.span(again, scope, part.id) else {
                break
            }
            let answered = max(standing[last.key]?.answeredAt ?? last.moment, last.moment)
            let at = span.after(answered, workdays)
            let key = "\(first.key)+again-\(at.text)"
            // The evidence has come: what was asked for again meanwhile is done by it too.
            if last.state == .done, !last.isByWord, standing[key] == nil { break }
            guard at > answered else { break }
            guard at.milliseconds <= now else {
                look(at.milliseconds)
                break
            }
            var scope = scope
            scope.moment = at
            last = occurrence(
                part, key: key, moment: at, basis: first.basis, scope, span: nil,
                due: evaluation.span(part.high, scope, part.id))
            asked.append(last)
        }
        return asked
    }

    mutating func occurrence(
        _ part: PathwayPart, key: String, moment: Moment, basis: String?, _ scope: Evaluation.Scope, span low: Span?,
        due high: Span?
    ) -> Occurrence {
        let task = standing[key]
        let window = window(moment, low, high)
        var occurrence = Occurrence(
            part: part.id, key: key, moment: moment, basis: basis, opens: window.opens, due: window.due, state: .open)
        if pathway.migration == .keepOpenTasks, let task, task.canonical != pathway.canonical,
            let opens = task.opens, let due = task.due
        {
            (occurrence.opens, occurrence.due) = (opens, due)
        }
        let isDayDue = high.map { !$0.unit.isClock } ?? true
        var later: (opens: Int64, due: Int64)?
        if let start, occurrence.opens < start.milliseconds, !hasBegun(key, occurrence.opens), let task,
            let opens = task.opens, let due = task.due
        {
            (occurrence.opens, occurrence.due) = (opens, isDayDue ? Moment(milliseconds: due).day.endMilliseconds : due)
        } else if let start, hasBegun(key, occurrence.opens) {
            later = shifted(occurrence.opens, occurrence.due, low: low, high: high, from: start)
        }
        settle(&occurrence, part, scope, task, isDayDue: isDayDue || later != nil, later: later)
        return occurrence
    }

    /// Works out how far an occurrence is, from the evidence, the answer to its Task, and the time.
    mutating func settle(
        _ occurrence: inout Occurrence, _ part: PathwayPart, _ scope: Evaluation.Scope, _ task: StandingTask?,
        isDayDue: Bool, later: (opens: Int64, due: Int64)? = nil
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
        if let later {
            (occurrence.opens, occurrence.due) = later
            occurrence.since = start
        }
        if let task, let outcome = task.outcome {
            occurrence.isAnswered = true
            occurrence.doneAt = occurrence.doneAt ?? task.answeredAt
            if occurrence.state != .done {
                occurrence.state = outcome == .completed ? .done : .cancelled
                occurrence.outcome = outcome
                occurrence.isByWord = outcome == .completed
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

    mutating func escalate(_ occurrence: inout Occurrence, _ part: PathwayPart, isDayDue: Bool) {
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
    func evidence(
        _ part: PathwayPart, _ scope: Evaluation.Scope, _ occurrence: Occurrence
    ) -> (references: [String], at: Moment?)? {
        if part.evidence.isEmpty { return answers(part, occurrence) }
        var found: [(reference: String, at: Moment?)] = []
        // Mostly it is what stands in the record, in the order of time.
        var places: [Int] = []
        var isTrue = false
        for expression in part.evidence {
            for value in evaluation.values(expression, scope, part.id) {
                if let place = record.place(value) {
                    places.append(place)
                } else if let node = value.node, node.isObject, let type = node["resourceType"]?.string,
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
        guard isTrue || !found.isEmpty || !places.isEmpty else { return nil }
        if found.isEmpty, !places.contains(0) {
            if zip(places, places.dropFirst()).contains(where: >) { places.sort() }
            return (places.map { record.entries[$0].reference }, places.first.flatMap { record.entries[$0].moment })
        }
        found += places.map { (record.entries[$0].reference, record.entries[$0].moment) }
        found.sort { ($0.at?.milliseconds ?? .max, $0.reference) < ($1.at?.milliseconds ?? .max, $1.reference) }
        return (found.map(\.reference), found.first?.at)
    }

    /// The questionnaire's answers since the moment.
    func answers(_ part: PathwayPart, _ occurrence: Occurrence) -> (references: [String], at: Moment?)? {
        guard let wanted = part.form else { return nil }
        evaluation.note(pathway.reading.numbers(form: wanted))
        for entry in record.entries where entry.type == "QuestionnaireResponse" && entry.reference != occurrence.basis {
            guard let moment = entry.moment, !occurrence.moment.isLater(than: moment),
                entry.root["questionnaire"]?.string?.split(separator: "|").first.map(String.init) == wanted,
                let status = entry.root["status"]?.string, status == "completed" || status == "amended"
            else { continue }
            return ([entry.reference], moment)
        }
        return nil
    }
}
