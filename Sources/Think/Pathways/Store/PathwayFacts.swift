import Calendar
import JSON
import Records

/// What a person's plans want to stand in the record, and how that differs from what stands. It never touches what a person has
/// answered.
struct PathwayFacts {
    /// A resource that is to be written.
    struct Fact {
        let key: ResourceKey
        let document: JSONDocument
    }

    static let base = "https://healthbrain.dev/fhir"
    static let escalationSystem = "\(base)/NamingSystem/pathway-escalation"
    static let enrolmentSystem = "\(base)/NamingSystem/pathway-enrolment"
    static let gradeSystem = "\(base)/NamingSystem/pathway-grade"
    static let outputSystem = "\(base)/NamingSystem/pathway-output"

    let record: PersonRecord
    let owners: OwnerDirectory
    let now: Int64
    /// The same as a text.
    private let instant: String
    let visits: [String: NamedVisit]
    private(set) var facts: [Fact] = []

    init(_ record: PersonRecord, _ owners: OwnerDirectory, now: Int64, _ visits: [String: NamedVisit]) {
        self.record = record
        self.owners = owners
        self.now = now
        instant = Moment(milliseconds: now).instantText
        self.visits = visits
    }

    /// Adds what a plan wants otherwise than it stands.
    mutating func add(_ pathway: Pathway, _ plan: PersonPlan) throws {
        for enrolment in plan.enrolments {
            try carePlan(pathway, plan, enrolment)
        }
        // What is of an enrolment that the record no longer tells of was a mistake.
        try withdraw(pathway, plan)
        for grade in plan.grades { try self.grade(pathway, plan, grade) }
        try withdrawMerged(pathway)
        for occurrence in plan.occurrences {
            let id = FactID.of(record.id, pathway.id, "task", occurrence.key)
            try task(pathway, plan, occurrence, id)
            try escalations(pathway, occurrence, id)
            try outputs(pathway, plan, occurrence)
        }
    }

    private func enrolmentID(_ pathway: Pathway, _ enrolment: PersonPlan.Enrolment) -> String {
        FactID.of(record.id, pathway.id, "enrolment", enrolment.key)
    }

    private func carePlanReference(_ pathway: Pathway, _ plan: PersonPlan) -> String? {
        plan.enrolments.last.map { "CarePlan/\(enrolmentID(pathway, $0))" }
    }

    /// Writes a resource if it differs from what stands in the members that are the house's; other members stay.
    ///
    /// - Parameters:
    ///   - owned: members that are the house's though they may be absent.
    ///   - write: writes the members; it is given `lastModified`.
    private mutating func put(
        _ type: String, _ id: String, owned: Set<String>, _ write: (inout JSONWriter, _ modified: String) -> Void
    ) throws {
        let standing = record.entry("\(type)/\(id)")?.root
        func begin(_ modified: String) -> JSONWriter {
            var writer = JSONWriter(reservingCapacity: standing.map { $0.rawText.count + 64 } ?? 2048)
            writer.beginObject()
            writer.member("resourceType", string: type)
            writer.member("id", string: id)
            write(&writer, modified)
            return writer
        }
        var others: [(name: String, value: JSONNode)] = []
        if let standing {
            // When it was written says nothing of what it is.
            var probe = begin(standing["lastModified"]?.string ?? instant)
            probe.endObject()
            // Mostly nobody has touched it, and text and text are the same.
            if standing.isText(probe.bytes) { return }
            let wanted = try JSONDocument(parsing: probe.bytes).root
            let names = Set(wanted.members.compactMap { $0.key.string })
            let absent = owned.subtracting(names)
            let differs =
                wanted.members.contains { key, value in
                    guard let name = key.string, name != "lastModified" else { return false }
                    return standing[JSONKey(name)].map { !$0.isEqualJSON(to: value) } ?? true
                } || standing.members.contains { absent.contains($0.key.string ?? "") }
            guard differs else { return }
            for (key, value) in standing.members {
                guard let name = key.string, !names.contains(name), !owned.contains(name), name != "meta" else {
                    continue
                }
                others.append((name, value))
            }
        }
        var writer = begin(instant)
        for other in others { writer.member(other.name, node: other.value) }
        writer.endObject()
        facts.append(Fact(key: ResourceKey(type: type, id: id), document: try JSONDocument(parsing: writer.bytes)))
    }

    // MARK: - Enrolments and grades

    private mutating func carePlan(_ pathway: Pathway, _ plan: PersonPlan, _ enrolment: PersonPlan.Enrolment) throws {
        let isCurrent = enrolment == plan.enrolments.last
        let status = enrolment.left == nil ? "active" : enrolment.reason == "finished" ? "completed" : "revoked"
        let owned: Set = ["extension"]
        let person = "Patient/\(record.id)"
        try put("CarePlan", enrolmentID(pathway, enrolment), owned: owned) { writer, _ in
            var extensions: [(String, String)] = []
            if isCurrent, let stage = plan.stage { extensions.append(("pathway-stage", stage)) }
            if let reason = enrolment.reason { extensions.append(("pathway-leave-reason", reason)) }
            writer.array("extension", extensions) { writer, one in
                writer.member("url", string: "\(Self.base)/StructureDefinition/\(one.0)")
                writer.member("valueCode", string: one.1)
            }
            writer.identifier(Self.enrolmentSystem, "\(pathway.id)/\(enrolment.key)")
            writer.key("instantiatesCanonical")
            writer.beginArray()
            writer.string(pathway.canonical)
            writer.endArray()
            writer.member("status", string: status)
            writer.member("intent", string: "plan")
            writer.words("title", pathway.title)
            writer.reference("subject", person)
            writer.period("period", enrolment.entered.text, enrolment.left.map { max($0, enrolment.entered).text })
        }
    }

    private mutating func withdraw(_ pathway: Pathway, _ plan: PersonPlan) throws {
        let ids = Set(plan.enrolments.map { enrolmentID(pathway, $0) })
        for root in record.roots("CarePlan") {
            guard let id = root["id"]?.string, !ids.contains(id), root.isNamed(Self.enrolmentSystem, pathway.id) else {
                continue
            }
            try status(root, "entered-in-error")
        }
        // A grade that stood on something that was taken back goes with it.
        for (name, root) in record.grades where name == pathway.id {
            guard let id = root["id"]?.string, let basis = root["basis"]?[0]?["reference"]?.string,
                record.entry(basis) == nil,
                !plan.grades.contains(where: { FactID.of(record.id, pathway.id, "grade", $0.key) == id })
            else { continue }
            try status(root, "entered-in-error")
        }
    }

    /// Tasks that came with a record that was merged into this one: the person's own stand for them.
    private mutating func withdrawMerged(_ pathway: Pathway) throws {
        for task in record.tasks[pathway.id] ?? [] {
            guard !["completed", "rejected", "failed", "cancelled"].contains(task.status),
                let id = task.root["id"]?.string,
                id != FactID.of(record.id, pathway.id, "task", String(task.name.dropFirst(pathway.id.utf8.count + 1)))
            else { continue }
            try status(task.root, "cancelled")
        }
    }

    /// The same resource with another status.
    private mutating func status(_ root: JSONNode, _ status: String) throws {
        guard let type = root["resourceType"]?.string, let id = root["id"]?.string,
            root["status"]?.equals(status) != true
        else { return }
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in root.members {
            guard let name = key.string, name != "meta" else { continue }
            if name == "status" {
                writer.member(name, string: status)
            } else if name == "businessStatus", status == "cancelled" {
                writer.key(name)
                writer.concept(
                    StandingTask.stateSystem, Occurrence.State.cancelled.rawValue, Occurrence.State.cancelled.title)
            } else {
                writer.member(name, node: value)
            }
        }
        writer.endObject()
        facts.append(Fact(key: ResourceKey(type: type, id: id), document: try JSONDocument(parsing: writer.bytes)))
    }

    private mutating func grade(_ pathway: Pathway, _ plan: PersonPlan, _ grade: PersonPlan.Grade) throws {
        let id = FactID.of(record.id, pathway.id, "grade", grade.key)
        let plan = carePlanReference(pathway, plan)
        let part = pathway.part(grade.part)
        let person = "Patient/\(record.id)"
        try put("RiskAssessment", id, owned: []) { writer, _ in
            writer.identifier(Self.gradeSystem, "\(pathway.id)/\(grade.key)")
            if let plan { writer.reference("basedOn", plan) }
            writer.member("status", string: "final")
            writer.key("code")
            writer.concept("\(Self.base)/CodeSystem/pathway-action", "\(pathway.id).\(grade.part)", part?.title)
            writer.reference("subject", person)
            writer.member("occurrenceDateTime", string: grade.moment.text)
            if let basis = grade.basis { writer.references("basis", [basis]) }
            writer.key("prediction")
            writer.beginArray()
            writer.beginObject()
            writer.key("qualitativeRisk")
            writer.concept(grade.system, grade.code, grade.display.isEmpty ? nil : Words(zh: grade.display))
            if !grade.rationale.isEmpty { writer.member("rationale", string: grade.rationale) }
            writer.endObject()
            writer.endArray()
        }
    }

    // MARK: - Tasks

    /// Members of a Task that are the house's.
    private static let owned: Set = [
        "groupIdentifier", "partOf", "statusReason", "owner", "output", "executionPeriod", "priority", "basedOn",
        "focus",
        "reasonReference",
    ]

    /// What a person writes when they have begun.
    private static let begun: Set = ["received", "accepted", "ready", "in-progress", "on-hold"]

    private mutating func task(
        _ pathway: Pathway, _ plan: PersonPlan, _ occurrence: Occurrence, _ id: String
    ) throws {
        let name = "\(pathway.id)/\(occurrence.key)"
        let standing = record.entry("Task/\(id)")?.root
        if occurrence.isAnswered { return }
        if standing == nil, occurrence.state == .cancelled || occurrence.isPast { return }
        guard let part = pathway.part(occurrence.part) else {
            // The action is no longer there: only the state changes.
            if let standing, !occurrence.state.isAlive { try status(standing, "cancelled") }
            return
        }
        let began = standing?["status"]?.string.flatMap { Self.begun.contains($0) ? $0 : nil }
        let status: String =
            switch occurrence.state {
            case .waiting: began ?? "draft"
            case .open, .overdue: began ?? "requested"
            case .done: "completed"
            case .cancelled: "cancelled"
            }
        let role = part.role.flatMap { pathway.setting.roles[$0] }
        let holder = role.flatMap { owners.holder($0.reach, record, basis: occurrence.basis) }
        // Who has begun it keeps it.
        let owner = began == nil ? holder : standing?["owner"]?["reference"]?.string ?? holder
        let visit = occurrence.state.isAlive ? visits[name] : nil
        let carePlan = carePlanReference(pathway, plan)
        let request = part.outputs.first.map { "\($0)/\(outputID(pathway, occurrence, $0))" }
        let why = pathway.why(occurrence, record)
        // A Task that is kept as it was asked for still names the definition that asked.
        let kept = pathway.migration == .keepOpenTasks && occurrence.state.isAlive
        let canonical = (kept ? standing?["instantiatesCanonical"]?.string : nil) ?? pathway.canonical
        let (person, instant) = (record.id, instant)
        try put("Task", id, owned: Self.owned.union(visit == nil && standing?.hasVisit == true ? ["extension"] : [])) {
            writer, modified in
            writer.taskExtensions(visit, keeping: standing)
            writer.identifier(StandingTask.system, name)
            writer.member("instantiatesCanonical", string: canonical)
            if let carePlan { writer.references("basedOn", [carePlan]) }
            if let visit {
                writer.key("groupIdentifier")
                writer.beginObject()
                writer.member("system", string: NamedVisit.system)
                writer.member("value", string: visit.name)
                writer.endObject()
            }
            writer.member("status", string: status)
            if !occurrence.note.isEmpty {
                writer.key("statusReason")
                writer.text(occurrence.note)
            }
            writer.key("businessStatus")
            writer.concept(StandingTask.stateSystem, occurrence.state.rawValue, occurrence.state.title)
            writer.member("intent", string: "order")
            if let priority = part.priority { writer.member("priority", string: priority) }
            writer.key("code")
            writer.concept("\(Self.base)/CodeSystem/pathway-action", "\(pathway.id).\(part.id)", part.title)
            writer.words("description", part.title)
            if let focus = request ?? occurrence.basis { writer.reference("focus", focus) }
            writer.reference("for", "Patient/\(person)")
            if occurrence.state == .done {
                let at = (occurrence.doneAt ?? occurrence.moment).text
                writer.key("executionPeriod")
                writer.beginObject()
                writer.member("end", string: at)
                writer.endObject()
            }
            writer.member(
                "authoredOn", string: standing?["authoredOn"]?.string ?? instant)
            writer.member("lastModified", string: modified)
            if let owner { writer.reference("owner", owner, display: role?.title.zh) }
            writer.key("reasonCode")
            writer.text(why)
            if let basis = occurrence.basis { writer.reference("reasonReference", basis) }
            writer.restriction(occurrence.opens, occurrence.due)
            writer.inputs(part, keeping: standing)
            writer.array("output", occurrence.evidence.prefix(20)) { writer, reference in
                writer.key("type")
                writer.text("依据")
                writer.reference("valueReference", reference)
            }
        }
    }

    /// The steps that follow an overdue Task; those of one that is settled are withdrawn.
    private mutating func escalations(_ pathway: Pathway, _ occurrence: Occurrence, _ main: String) throws {
        let made = record.parts["Task/\(main)"] ?? []
        guard !occurrence.escalations.isEmpty || !made.isEmpty, let part = pathway.part(occurrence.part) else { return }
        var wanted: Set<String> = []
        let (person, instant) = (record.id, instant)
        for step in occurrence.escalations {
            let id = FactID.of(record.id, pathway.id, "escalation", occurrence.key, "\(step.step)")
            wanted.insert(id)
            let standing = record.entry("Task/\(id)")?.root
            let status = standing?["status"]?.string
            // Once made it is its owner's to answer.
            if let status, status != "cancelled" { continue }
            let role = pathway.setting.roles[step.rule.role]
            let owner = role.flatMap { owners.holder($0.reach, record, basis: occurrence.basis) }
            let kind = step.rule.kind
            let title = Words(
                zh: "\(kind.title.zh)：\(part.title.zh)逾期未完成", en: "\(kind.title.en): \(part.title.en) is overdue")
            let due = CivilDay(milliseconds: occurrence.due).isoText
            let priority = kind == .reminder ? "routine" : kind == .prompt ? "urgent" : "asap"
            try put("Task", id, owned: Self.owned) { writer, modified in
                writer.identifier(
                    Self.escalationSystem, "\(pathway.id)/\(occurrence.key)/\(kind.rawValue)-\(step.step)")
                writer.member("instantiatesCanonical", string: pathway.canonical)
                writer.references("partOf", ["Task/\(main)"])
                writer.member("status", string: "requested")
                writer.key("businessStatus")
                writer.concept(StandingTask.stateSystem, "open", Occurrence.State.open.title)
                writer.member("intent", string: "order")
                writer.member("priority", string: priority)
                writer.key("code")
                writer.concept("\(Self.base)/CodeSystem/escalation", kind.rawValue, kind.title)
                writer.words("description", title)
                writer.reference("focus", "Task/\(main)")
                writer.reference("for", "Patient/\(person)")
                writer.member("authoredOn", string: instant)
                writer.member("lastModified", string: modified)
                if let owner { writer.reference("owner", owner, display: role?.title.zh) }
                writer.key("reasonCode")
                writer.text(
                    Words(
                        zh: "应于\(due)前完成，逾期\(step.rule.after.textZh)仍未完成；\(pathway.title.zh) 第 \(pathway.version) 版",
                        en: "Due by \(due), and not done \(step.rule.after.text) later; \(pathway.title.en), version "
                            + pathway.version))
                writer.restriction(step.at, step.due)
            }
        }
        for root in made.map({ record.entries[$0].root }) {
            guard let id = root["id"]?.string, !wanted.contains(id),
                root.isNamed(Self.escalationSystem, pathway.id), let status = root["status"]?.string,
                !["completed", "rejected", "failed", "cancelled"].contains(status)
            else { continue }
            try self.status(root, "cancelled")
        }
    }

    // MARK: - What is made besides

    private func outputID(_ pathway: Pathway, _ occurrence: Occurrence, _ type: String) -> String {
        FactID.of(record.id, pathway.id, type, occurrence.key)
    }

    /// A proposal of a request, a message or an appointment; once somebody has taken it up it is theirs.
    private mutating func outputs(_ pathway: Pathway, _ plan: PersonPlan, _ occurrence: Occurrence) throws {
        guard let part = pathway.part(occurrence.part) else { return }
        for type in part.outputs {
            let id = outputID(pathway, occurrence, type)
            let standing = record.entry("\(type)/\(id)")?.root
            let isAlive = occurrence.state.isAlive
            if standing == nil, !isAlive || occurrence.isPast { continue }
            let (fresh, done, undone): (String, String, String)
            switch type {
            case "ServiceRequest": (fresh, done, undone) = ("draft", "completed", "revoked")
            case "Communication": (fresh, done, undone) = ("preparation", "completed", "not-done")
            case "Appointment": (fresh, done, undone) = ("proposed", "cancelled", "cancelled")
            case "Flag": (fresh, done, undone) = ("active", "inactive", "inactive")
            default: continue
            }
            let status = standing?["status"]?.string
            if let status, status != fresh, status != done, status != undone { continue }
            let wanted = isAlive ? fresh : occurrence.state == .done ? done : undone
            if let standing {
                // What somebody has finished stays so.
                if status == fresh { try self.status(standing, wanted) }
                continue
            }
            let carePlan = carePlanReference(pathway, plan)
            let person = "Patient/\(record.id)"
            try put(type, id, owned: []) { writer, _ in
                writer.identifier(Self.outputSystem, "\(pathway.id)/\(occurrence.key)")
                writer.output(
                    type, status: wanted, part, occurrence, person: person, carePlan: carePlan)
            }
        }
    }
}

extension Occurrence.State {
    /// Its name.
    public var title: Words {
        switch self {
        case .waiting: Words(zh: "未到期", en: "Not yet due")
        case .open: Words(zh: "待办", en: "To do")
        case .overdue: Words(zh: "逾期", en: "Overdue")
        case .done: Words(zh: "已完成", en: "Done")
        case .cancelled: Words(zh: "已取消", en: "Cancelled")
        }
    }
}

extension JSONNode {
    /// Whether it has an identifier of a system that begins with the pathway's id.
    fileprivate func isNamed(_ system: String, _ pathway: String) -> Bool {
        list("identifier").contains {
            $0["system"]?.equals(system) == true && ($0["value"]?.string ?? "").hasPrefix(pathway + "/")
        }
    }

    /// Whether it stands, but for `meta`, in exactly this text.
    fileprivate func isText(_ text: [UInt8]) -> Bool {
        guard let meta = self["meta"] else { return rawText.elementsEqual(text) }
        let (whole, inner) = (rawText, meta.rawText)
        let key = #","meta":"#.utf8
        let start = inner.startIndex - key.count
        guard start > whole.startIndex, whole[start..<inner.startIndex].elementsEqual(key),
            whole.count == text.count + key.count + inner.count
        else { return false }
        let head = start - whole.startIndex
        return whole[..<start] == text[..<head] && whole[inner.endIndex...] == text[head...]
    }

    fileprivate var hasVisit: Bool { extensionValue("\(PathwayFacts.base)/StructureDefinition/visit-day") != nil }
}
