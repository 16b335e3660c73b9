import JSON

/// A person's plan as a CarePlan with all that it asks for contained, as `$apply` answers it. Nothing of it is stored.
public struct ProposedPlan {
    let pathway: Pathway
    let record: PersonRecord
    let owners: OwnerDirectory
    let now: Int64

    /// - Parameters:
    ///   - record: from which the plan was made.
    ///   - owners: who holds the roles.
    ///   - now: milliseconds since 1970 UTC.
    public init(_ pathway: Pathway, _ record: PersonRecord, _ owners: OwnerDirectory, now: Int64) {
        self.pathway = pathway
        self.record = record
        self.owners = owners
        self.now = now
    }

    private var person: String { "Patient/\(record.id)" }

    /// The CarePlan: its activity is a RequestGroup, whose actions are Tasks; grades are its supporting information.
    public func carePlan(_ plan: PersonPlan) -> [UInt8] {
        let asked = plan.occurrences.filter(\.state.isAlive).sorted { ($0.due, $0.key) < ($1.due, $1.key) }
        let names = asked.indices.map { "task-\($0 + 1)" }
        let grades = Dictionary(grouping: plan.grades, by: \.part).compactMap { $0.value.last }.sorted {
            $0.part < $1.part
        }
        let instant = Moment(milliseconds: now).instantText
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "CarePlan")
        var contained: [[UInt8]] = []
        if !asked.isEmpty { contained.append(group(asked, names, instant)) }
        for (name, occurrence) in zip(names, asked) { contained.append(task(name, occurrence, instant)) }
        for (index, one) in grades.enumerated() { contained.append(grade("grade-\(index + 1)", one)) }
        if !contained.isEmpty {
            writer.key("contained")
            writer.beginArray()
            for one in contained { writer.raw(one) }
            writer.endArray()
        }
        canonical(&writer)
        writer.member("status", string: "draft")
        writer.member("intent", string: "proposal")
        writer.words("title", pathway.title)
        writer.reference("subject", person)
        if let enrolment = plan.enrolments.last {
            writer.period("period", enrolment.entered.text, enrolment.left.map { max($0, enrolment.entered).text })
        }
        writer.member("created", string: instant)
        writer.references("supportingInfo", grades.indices.map { "#grade-\($0 + 1)" })
        writer.array("activity", asked.isEmpty ? [] : ["#plan"]) { $0.reference("reference", $1) }
        writer.array("note", notes(plan)) { $0.words("text", $1) }
        writer.endObject()
        return writer.bytes
    }

    private func notes(_ plan: PersonPlan) -> [Words] {
        var notes: [Words] = []
        if plan.enrolments.isEmpty {
            notes.append(
                Words(zh: "不符合进入条件，或受邀后尚未同意", en: "Not on the pathway: not eligible, or invited and not yet accepted"))
        } else if plan.current == nil {
            notes.append(Words(zh: "已离开路径", en: "Has left the pathway"))
        }
        if let stage = plan.stage.flatMap({ pathway.part($0) }) {
            notes.append(Words(zh: "阶段：\(stage.title.zh)", en: "Stage: \(stage.title.en)"))
        }
        return notes + plan.faults.map { Words(zh: "无法算出：\($0)", en: "Couldn't be worked out: \($0)") }
    }

    private func canonical(_ writer: inout JSONWriter) {
        guard !pathway.url.isEmpty else { return }
        writer.key("instantiatesCanonical")
        writer.beginArray()
        writer.string(pathway.canonical)
        writer.endArray()
    }

    private func group(_ asked: [Occurrence], _ names: [String], _ instant: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "RequestGroup")
        writer.member("id", string: "plan")
        canonical(&writer)
        writer.member("status", string: "draft")
        writer.member("intent", string: "proposal")
        writer.reference("subject", person)
        writer.member("authoredOn", string: instant)
        writer.array("action", zip(names, asked).map { ($0, $1) }) { writer, pair in
            let (name, occurrence) = pair
            guard let part = pathway.part(occurrence.part) else { return }
            writer.words("title", part.title)
            if let description = part.description { writer.words("description", description) }
            writer.key("code")
            writer.beginArray()
            writer.action(pathway, part)
            writer.endArray()
            writer.array("documentation", part.sources) { writer, label in
                writer.member("type", string: "justification")
                writer.member("label", string: label)
                if let title = pathway.setting.sources[label] { writer.member("display", string: title) }
            }
            let window = Self.window(occurrence)
            writer.period("timingPeriod", window.0, window.1)
            writer.reference("resource", "#\(name)")
        }
        writer.endObject()
        return writer.bytes
    }

    private static func window(_ occurrence: Occurrence) -> (String, String) {
        (
            Moment(milliseconds: occurrence.opens).instantText,
            Moment(milliseconds: max(occurrence.opens, occurrence.due)).instantText
        )
    }

    private func task(_ name: String, _ occurrence: Occurrence, _ instant: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Task")
        writer.member("id", string: name)
        writer.identifier(StandingTask.system, "\(pathway.id)/\(occurrence.key)")
        if !pathway.url.isEmpty { writer.member("instantiatesCanonical", string: pathway.canonical) }
        writer.member("status", string: "draft")
        writer.key("businessStatus")
        writer.concept(StandingTask.stateSystem, occurrence.state.rawValue, occurrence.state.title)
        writer.member("intent", string: "proposal")
        if let part = pathway.part(occurrence.part) {
            if let priority = part.priority { writer.member("priority", string: priority) }
            writer.key("code")
            writer.action(pathway, part)
            writer.words("description", part.title)
            writer.inputs(part, keeping: nil)
            if let role = part.role.flatMap({ pathway.setting.roles[$0] }),
                let owner = owners.holder(role.reach, record, basis: occurrence.basis)
            {
                writer.reference("owner", owner, display: role.title.zh)
            }
        }
        if let basis = occurrence.basis { writer.reference("focus", basis) }
        writer.reference("for", person)
        writer.member("authoredOn", string: instant)
        writer.key("reasonCode")
        writer.text(pathway.why(occurrence, record))
        writer.restriction(occurrence.opens, occurrence.due)
        writer.endObject()
        return writer.bytes
    }

    private func grade(_ name: String, _ grade: PersonPlan.Grade) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "RiskAssessment")
        writer.member("id", string: name)
        writer.member("status", string: "final")
        if let part = pathway.part(grade.part) {
            writer.key("code")
            writer.action(pathway, part)
        }
        writer.reference("subject", person)
        writer.member("occurrenceDateTime", string: grade.moment.text)
        writer.references("basis", [grade.basis].compactMap { $0 })
        writer.array("prediction", [grade]) { writer, grade in
            writer.key("qualitativeRisk")
            writer.concept(grade.system, grade.code, grade.display.isEmpty ? nil : Words(zh: grade.display))
            if !grade.rationale.isEmpty { writer.member("rationale", string: grade.rationale) }
        }
        writer.endObject()
        return writer.bytes
    }
}
