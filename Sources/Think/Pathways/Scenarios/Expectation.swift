import Calendar
import JSON

/// One thing that a story expects, held against how things stand.
struct Expectation {
    /// What is instead; nil where it is as expected.
    let instead: String?

    init(_ node: JSONNode, _ story: ScenarioStory, _ pathways: [Pathway], _ look: PathwayDesk.Look) throws {
        instead = Self.instead(node, story, pathways, look)
    }

    /// The occurrences of an action, of the story's pathway unless another is named.
    static func occurrences(
        _ name: String, _ pathway: String?, _ story: ScenarioStory, _ pathways: [Pathway], _ look: PathwayDesk.Look
    ) -> [(Pathway, Occurrence)] {
        zip(pathways, look.plans).filter { $0.0.id == pathway ?? story.pathway }.flatMap { pathway, plan in
            plan.occurrences.filter { $0.part == name }.map { (pathway, $0) }
        }
    }

    private static func instead(
        _ node: JSONNode, _ story: ScenarioStory, _ pathways: [Pathway], _ look: PathwayDesk.Look
    ) -> String? {
        let id = node["pathway"]?.string ?? story.pathway
        guard let (pathway, plan) = zip(pathways, look.plans).first(where: { $0.0.id == id }) else {
            return "there is no pathway \(id)"
        }
        if let task = node["task"]?.string { return Self.task(task, node, pathway, plan, look) }
        if let stage = node["stage"] {
            let wanted = stage.string.flatMap { $0 == "none" ? nil : $0 }
            return plan.stage == wanted ? nil : plan.stage.map { "stage \($0)" } ?? "no stage"
        }
        if let grade = node["grade"]?.string { return Self.grade(grade, node, plan, look, pathway) }
        if let name = node["escalation"]?.string { return escalation(name, node, pathway, plan, look) }
        if let enrolled = node["enrolled"] {
            guard (plan.current != nil) != (enrolled.kind == .true) else {
                let on = node["on"]?.string.flatMap { CivilDay($0) }
                guard let on, let entered = plan.current?.entered.day, entered != on else { return nil }
                return "entered on \(entered.isoText)"
            }
            return plan.current.map { "on the pathway since \($0.entered.day.isoText)" } ?? "not on the pathway"
        }
        if let left = node["left"]?.string {
            guard let last = plan.enrolments.last, last.left != nil else {
                return plan.current == nil ? "never on the pathway" : "still on the pathway"
            }
            return last.reason == left || last.leaving == left ? nil : "left: \(last.reason ?? "")"
        }
        if let name = node["milestone"]?.string {
            guard let milestone = plan.milestones.first(where: { $0.part == name }) else { return "no such milestone" }
            let wanted = node["is"]?.kind != .false
            return milestone.isReached == wanted ? nil : "milestone \(name): \(milestone.isReached)"
        }
        if node["visit"] != nil { return visit(node, pathways, look) }
        return "an expectation that nobody knows"
    }

    private static func task(
        _ name: String, _ node: JSONNode, _ pathway: Pathway, _ plan: PersonPlan, _ look: PathwayDesk.Look
    ) -> String? {
        let all = plan.occurrences.filter { $0.part == name }
        let told = all.map { one in
            "\(one.moment.day.isoText): \(one.state.rawValue)\(one.outcome.map { " (\($0.rawValue))" } ?? ""), "
                + "\(Moment(milliseconds: one.opens).day.isoText) to \(moment(one.due).text)"
                + (one.note.isEmpty ? "" : ", \(one.note)")
        }.joined(separator: "; ")
        let instead = all.isEmpty ? "no “\(name)”" : "“\(name)” \(told)"
        if node["state"]?.equals("none") == true { return all.contains(where: \.state.isAlive) ? instead : nil }
        let role = pathway.part(name)?.role
        if let owner = node["owner"]?.string, owner != role { return "the owner is \(role ?? "nobody")" }
        let found = all.filter { one in
            if let state = node["state"]?.string, state != one.state.rawValue, state != one.outcome?.rawValue {
                return false
            }
            if let outcome = node["outcome"]?.string, outcome != one.outcome?.rawValue { return false }
            return isAt(node["due"], one.due) && isAt(node["opens"], one.opens)
                && isAt(node["on"], one.moment.milliseconds)
        }
        guard !found.isEmpty else { return instead }
        // It must stand in the record too, with its owner.
        for one in found {
            let id = FactID.of(look.record.id, pathway.id, "task", one.key)
            guard let task = look.record.entry("Task/\(id)")?.root else { continue }
            let isSettled = ["completed", "rejected", "failed", "cancelled"].contains(task["status"]?.string ?? "")
            guard isSettled != one.state.isAlive else { continue }
            if task["owner"] == nil { return "the Task has no owner" }
            return nil
        }
        return "it doesn't stand so in the record"
    }

    /// Whether an instant is what is wanted: a day, or a moment to the minute.
    private static func isAt(_ node: JSONNode?, _ milliseconds: Int64) -> Bool {
        guard let wanted = node?.string.flatMap({ Moment($0) }) else { return node == nil }
        if wanted.isDay { return wanted.day == CivilDay(milliseconds: milliseconds) }
        return wanted.milliseconds / 60_000 == milliseconds / 60_000
    }

    private static func moment(_ due: Int64) -> Moment {
        let moment = Moment(milliseconds: due)
        return due == moment.day.endMilliseconds ? Moment(moment.day) : moment
    }

    private static func grade(
        _ name: String, _ node: JSONNode, _ plan: PersonPlan, _ look: PathwayDesk.Look, _ pathway: Pathway
    ) -> String? {
        let all = plan.grades.filter { $0.part == name && isAt(node["on"], $0.moment.milliseconds) }
        guard let last = all.last else {
            return node["is"]?.equals("none") == true ? nil : "no grade “\(name)”"
        }
        let wanted = node["is"]?.string ?? node["is"]?.numberText
        guard last.code == wanted else { return "“\(name)” is \(last.code) on \(last.moment.day.isoText)" }
        let id = FactID.of(look.record.id, pathway.id, "grade", last.key)
        return look.record.entry("RiskAssessment/\(id)") == nil ? "it doesn't stand in the record" : nil
    }

    private static func escalation(
        _ name: String, _ node: JSONNode, _ pathway: Pathway, _ plan: PersonPlan, _ look: PathwayDesk.Look
    ) -> String? {
        let kind = node["kind"]?.string
        let all = plan.occurrences.filter { $0.part == name }
        let steps = all.flatMap { one in one.escalations.map { (one, $0) } }
        if kind == "none" {
            return steps.isEmpty ? nil : steps.map(\.1.rule.kind.rawValue).joined(separator: ", ")
        }
        let found = steps.first { _, step in
            (kind == nil || step.rule.kind.rawValue == kind)
                && (node["to"]?.string.map { $0 == step.rule.role } ?? true) && isAt(node["due"], step.due)
        }
        guard let (one, step) = found else {
            return steps.isEmpty
                ? "nothing has followed"
                : steps.map { "\($0.1.rule.kind.rawValue) to \($0.1.rule.role)" }.joined(separator: ", ")
        }
        let id = FactID.of(look.record.id, pathway.id, "escalation", one.key, "\(step.step)")
        return look.record.entry("Task/\(id)") == nil ? "it doesn't stand in the record" : nil
    }

    /// `{visit: [follow-up, other-pathway/check], on: 2026-06-02}`: these tasks are one visit.
    private static func visit(_ node: JSONNode, _ pathways: [Pathway], _ look: PathwayDesk.Look) -> String? {
        let windows = zip(pathways, look.plans).flatMap { CommonVisit.windows($0, $1) }
        let visits = Set(CommonVisit.byKey(windows).values)
        let names = node.list("visit").compactMap(\.string)
        let found = visits.first { visit in
            names.allSatisfy { name in
                visit.keys.contains { $0.hasPrefix(name + "/") || $0.contains("/\(name)/") }
            } && isAt(node["on"], visit.day.startMilliseconds)
        }
        guard found == nil else { return nil }
        return visits.isEmpty
            ? "no visit serves several"
            : visits.map { "\($0.day.isoText): \($0.keys.joined(separator: ", "))" }.sorted().joined(separator: "; ")
    }
}
