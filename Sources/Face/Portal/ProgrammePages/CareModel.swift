import Calendar
import FHIR
import Forms
import JSON
import Pathways
import Records
import Timeline

/// Where a person stands on the programmes, from what its reader may see of the record.
struct CareModel {
    /// A time on a pathway.
    struct Enrolment {
        let pathway: String
        let title: FormText
        let status: String
        let stage: String?
        let start: Int64
        let end: Int64?
        /// Why it ended: the code of the kind of leaving.
        let left: String?
        var isActive: Bool { status == "active" }
    }

    /// The grades of one kind, the latest first.
    struct Grade {
        struct Point {
            let at: Int64
            let system: String
            let code: String
            let display: String
            let why: String
            let basis: String?
        }
        let pathway: String
        let title: FormText
        var points: [Point]
    }

    let person: Person
    let enrolments: [Enrolment]
    let grades: [Grade]
    /// Every task of a pathway that may be seen.
    let tasks: [CareTask]
    /// Measured values; those with a goal first.
    let trends: [ResidentModel.Trend]
    /// Goals by the code of what is measured.
    let goals: [String: PathwayGoal.Range]
    /// What the codes of grades are called: system, code, words.
    let names: [String: [String: FormText]]

    /// Values that are drawn.
    static let trendsMax = 8

    /// Reads a person's page; nil where there is nobody whom the reader may see.
    static func load(_ visit: Portal.CareVisit, _ id: String) throws -> CareModel? {
        guard let version = try visit.read("Patient", id) else { return nil }
        let patient = try JSONDocument(parsing: version.json())
        let subject = "Patient/\(id)"
        func identified(_ root: JSONNode, _ name: String) -> String? {
            let system = "\(CareTask.base)/NamingSystem/\(name)"
            return root["identifier"]?.elements.first { $0["system"]?.equals(system) == true }?["value"]?.string.flatMap
            {
                $0.split(separator: "/").first.map(String.init)
            }
        }
        func extended(_ root: JSONNode, _ name: String) -> String? {
            let url = "\(CareTask.base)/StructureDefinition/\(name)"
            return root["extension"]?.elements.first { $0["url"]?.equals(url) == true }?["valueCode"]?.string
        }
        func time(_ node: JSONNode?) -> Int64? { node?.string.flatMap { FHIRDateTime($0)?.lowMilliseconds } }
        let enrolments = try visit.search("CarePlan", [("subject", subject)]).compactMap { version -> Enrolment? in
            let root = try JSONDocument(parsing: version.json()).root
            guard let pathway = identified(root, "pathway-enrolment"), let status = root["status"]?.string,
                status != "entered-in-error"
            else { return nil }
            return Enrolment(
                pathway: pathway, title: FormText(named: "title", of: root) ?? FormText(pathway), status: status,
                stage: extended(root, "pathway-stage"), start: time(root["period"]?["start"]) ?? 0,
                end: time(root["period"]?["end"]), left: extended(root, "pathway-leave-reason"))
        }.sorted { ($0.isActive ? 0 : 1, $1.start) < ($1.isActive ? 0 : 1, $0.start) }
        var grades: [String: Grade] = [:]
        var systems: Set<String> = []
        for version in try visit.search("RiskAssessment", [("subject", subject)]) {
            let root = try JSONDocument(parsing: version.json()).root
            guard let pathway = identified(root, "pathway-grade"), root["status"]?.equals("final") == true,
                let risk = root["prediction"]?[0], let coding = risk["qualitativeRisk"]?["coding"]?[0],
                let code = coding["code"]?.string, let kind = root["code"]?["coding"]?[0]?["code"]?.string
            else { continue }
            let system = coding["system"]?.string ?? ""
            systems.insert(system)
            let point = Grade.Point(
                at: time(root["occurrenceDateTime"]) ?? 0, system: system, code: code,
                display: risk["qualitativeRisk"]?["text"]?.string ?? coding["display"]?.string ?? code,
                why: risk["rationale"]?.string ?? "", basis: root["basis"]?[0]?["reference"]?.string)
            let title = root["code"].flatMap { FormText(named: "text", of: $0) } ?? FormText(kind)
            grades[kind, default: Grade(pathway: pathway, title: title, points: [])].points.append(point)
        }
        let active = Set(enrolments.filter(\.isActive).map(\.pathway))
        let goals = visit.desk.pathways.filter { active.contains($0.id) }.flatMap {
            $0.goals(for: patient, now: visit.now)
        }
        let byCode = Dictionary(goals.map { ($0.code, $0) }) { one, _ in one }
        let records = try visit.records()
        let reader = DocumentReader(records)
        var facts: [ClinicalFact] = []
        if let resident = try records.number(of: ResourceKey(type: "Patient", id: id)) {
            facts = try Timeline(store: visit.desk.store).entries(
                of: resident, kinds: [.observation], limit: ResidentModel.observationsMax
            ).entries.compactMap(reader.fact)
        }
        let trends = ResidentModel.trends(facts, limit: 40)
        let aimed = trends.filter { $0.name.code.map { byCode[$0] != nil } ?? false }
        let others = trends.filter { $0.name.code.map { byCode[$0] == nil } ?? true }
        return CareModel(
            person: Person(patient.root), enrolments: enrolments,
            grades: grades.values.map { grade in
                var grade = grade
                grade.points.sort { $0.at > $1.at }
                return grade
            }.sorted { ($1.points.first?.at ?? 0, $0.title.zh) < ($0.points.first?.at ?? 0, $1.title.zh) },
            tasks: try visit.search("Task", [("patient", subject)]).compactMap { try CareTask($0) },
            trends: Array((aimed + others).prefix(trendsMax)), goals: byCode, names: try visit.names(of: systems))
    }

    func name(_ point: Grade.Point, _ words: Words) -> String {
        point.display != point.code ? point.display : names[point.system]?[point.code].map(words.form) ?? point.code
    }

    /// Open tasks by urgency, what comes later by its day, and what has ended, the latest first; steps of escalation left out.
    func split(now: Int64) -> (open: [CareTask], later: [CareTask], ended: [CareTask]) {
        let mains = tasks.filter { $0.kind == nil }
        let open = mains.filter { $0.isOpen(at: now) }.sorted {
            ($0.isLate(at: now) ? 0 : 1, TodayModel.rank(level($0)), $0.due, $0.id)
                < ($1.isLate(at: now) ? 0 : 1, TodayModel.rank(level($1)), $1.due, $1.id)
        }
        let later = mains.filter { $0.isAlive && !$0.isOpen(at: now) }.sorted {
            (max($0.opens, $0.deferred), $0.id) < (max($1.opens, $1.deferred), $1.id)
        }
        let ended = mains.filter { !$0.isAlive && $0.status != "cancelled" }.sorted {
            ($0.ended ?? 0) > ($1.ended ?? 0)
        }
        return (open, later, ended)
    }

    /// How far a task was escalated.
    func level(_ task: CareTask) -> EscalationRule.Kind? {
        tasks.filter { $0.main == task.id && $0.isAlive }.compactMap(\.kind).min {
            TodayModel.rank($0) < TodayModel.rank($1)
        }
    }
}

extension Portal.CareVisit {
    /// What the codes of code systems of programmes are called.
    func names(of systems: Set<String>) throws -> [String: [String: FormText]] {
        var found: [String: [String: FormText]] = [:]
        for system in systems where !system.isEmpty {
            guard let version = try search("CodeSystem", [("url", system)], limit: 1).first else { continue }
            var names: [String: FormText] = [:]
            func read(_ concepts: JSONNode?) {
                guard let concepts else { return }
                for concept in concepts.elements {
                    if let code = concept["code"]?.string, let display = concept["display"]?.string {
                        let english = concept["designation"]?.elements.first {
                            ($0["language"]?.string ?? "").hasPrefix("en")
                        }?["value"]?.string
                        names[code] = FormText(display, english ?? FormText(named: "display", of: concept)?.en)
                    }
                    read(concept["concept"])
                }
            }
            read(try JSONDocument(parsing: version.json()).root["concept"])
            found[system] = names
        }
        return found
    }
}
