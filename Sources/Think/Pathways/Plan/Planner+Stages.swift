import FHIRPath
import JSON

// Where a person stands: stages, grades, milestones.
extension Planner {
    mutating func stage(_ current: PersonPlan.Enrolment) {
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

    mutating func grade(_ part: PathwayPart, _ current: PersonPlan.Enrolment) {
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

    static func text(_ value: FHIRPathValue) -> String {
        let bytes = (value.system ?? value).json()
        guard let document = try? JSONDocument(parsing: bytes) else { return "" }
        return document.root.string ?? String(decoding: bytes, as: UTF8.self)
    }

    mutating func milestone(_ part: PathwayPart) {
        let entered = plan.enrolments.last?.entered
        var milestone = PersonPlan.Milestone(part: part.id, isReached: false)
        if entered == nil, part.conditions.contains(where: \.needsEntry) {
            // Whatever its moments are, they don't count.
        } else if part.triggers.isEmpty, part.high == nil {
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
    func belongs(_ found: Evaluation.Found, _ current: PersonPlan.Enrolment) -> Bool {
        found.reference == nil || !current.entered.isLater(than: found.moment)
    }
}
