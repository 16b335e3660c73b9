import JSON

// When a person enters and leaves.
extension Planner {
    /// A moment of an action whose timing shifts it.
    struct Shifted {
        let part: PathwayPart
        let found: Evaluation.Found
        let moment: Moment
        var key: String { "\(part.id)/\(found.key)" }
    }

    /// The moments of an action that have come, shifted; those to come are looked at when they come.
    /// - Parameter isFirstEnough: whether nobody asks for more than the earliest.
    mutating func shifted(
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

    mutating func enrol() {
        let entries = pathway.parts.filter { $0.kind == .entry }.flatMap { shifted($0, entered: nil) }.filter {
            !isAfterDeath($0.moment)
        }.sorted {
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
            guard let leaving, leaving.part.reason != "death" else { return }
            left = leaving.moment
        }
    }

    /// When somebody died; nil where they live, or nobody says when.
    private var death: Moment? { record.patient["deceasedDateTime"].flatMap { ClinicalDate.moment($0) } }

    /// Whether somebody had died before: the dead enter nothing.
    private func isAfterDeath(_ moment: Moment) -> Bool { death.map { moment.isLater(than: $0) } ?? false }

    /// Nobody who has died is invited any more.
    mutating func endInvitations() {
        guard let death, death.milliseconds <= now else { return }
        withdraw("已去世")
    }

    /// Withdraws what stands open before the entry: invitations.
    private mutating func withdraw(_ note: String) {
        for index in plan.occurrences.indices where plan.occurrences[index].state.isAlive {
            plan.occurrences[index].state = .cancelled
            plan.occurrences[index].outcome = .withdrawn
            plan.occurrences[index].escalations = []
            plan.occurrences[index].note = note
        }
    }

    /// The first entrance among moments: by itself, or by an invitation that was accepted.
    mutating func entrance(_ entries: [Shifted]) -> (Moment, String)? {
        let first = entries.first { !$0.part.isInvitation }
        var found = first.map { ($0.moment, $0.key) }
        for part in pathway.parts where part.isInvitation {
            let own = entries.filter { $0.part.id == part.id }
            guard let accepted = invite(part, own) else { continue }
            if found.map({ accepted.0 < $0.0 }) ?? true { found = accepted }
        }
        if let found {
            // Who has entered otherwise isn't invited any more.
            withdraw("已进入路径")
            return found
        }
        return nil
    }

    /// Invites a person to enter, one invitation after the other, until one is accepted.
    /// - Returns: when, and by which.
    mutating func invite(_ part: PathwayPart, _ entries: [Shifted]) -> (Moment, String)? {
        var silentUntil: Moment?
        var left = Array(entries.reversed())
        var asked = 0
        while let entry = left.popLast() {
            if let silentUntil, silentUntil.isLater(than: entry.moment) { continue }
            guard !isAfterDeath(entry.moment) else { return nil }
            guard asked < Self.askedAgainMax else { return nil }
            asked += 1
            let scope = Evaluation.Scope(moment: entry.moment, basis: entry.found.basis)
            let occurrence = occurrence(
                part, key: entry.key, moment: entry.moment, basis: entry.found.reference, scope,
                span: nil, due: evaluation.span(part.within, scope, part.id) ?? Self.invitationSpan)
            // Of invitations that ended before the programme was followed here, the newest is made; an answer from then holds.
            if standing[entry.key] == nil, occurrence.since != nil,
                !occurrence.state.isAlive || left.contains(where: { hasBegun($0.key, $0.moment.milliseconds) })
            {
                guard occurrence.outcome == .completed else { continue }
                return (max(entry.moment, occurrence.doneAt ?? entry.moment), entry.key)
            }
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
}
