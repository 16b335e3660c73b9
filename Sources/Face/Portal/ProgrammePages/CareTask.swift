import Calendar
import FHIR
import Forms
import JSON
import Pathways
import Records

/// A Task of a pathway as pages show it, read from its document.
struct CareTask {
    let id: String
    let version: Int
    let root: JSONNode
    let pathway: String
    let action: String
    /// The id of the Task that it is a step of escalation of.
    let main: String?
    let kind: EscalationRule.Kind?
    let title: FormText
    let why: FormText
    /// The Patient's id.
    let person: String
    let status: String
    /// What the engine wrote last: waiting, open, overdue, done or cancelled.
    let state: String
    let opens: Int64
    let due: Int64
    let deferred: Int64
    let owner: String
    let ownerRole: String
    /// The id of the Questionnaire that is to be filled.
    let form: String?
    let visit: String?
    let visitDay: CivilDay?
    let authored: Int64
    let ended: Int64?
    /// Why it was declined or couldn't be done.
    let reason: String
    let notes: [(at: Int64, text: String)]
    /// What it was asked for, and what shows that it was done.
    let basis: [String]

    init?(_ version: Version) throws {
        let root = try JSONDocument(parsing: version.json()).root
        guard let person = root["for"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
            person.type == "Patient"
        else { return nil }
        func list(_ node: JSONNode?) -> [JSONNode] { node.map { Array($0.elements) } ?? [] }
        func named(_ name: String) -> String? {
            list(root["identifier"]).first { $0["system"]?.equals("\(Self.base)/NamingSystem/\(name)") == true }?[
                "value"]?
                .string
        }
        func time(_ node: JSONNode?) -> Int64? {
            node?.string.flatMap { FHIRDateTime($0)?.lowMilliseconds }
        }
        func extended(_ url: String) -> JSONNode? {
            list(root["extension"]).first { $0["url"]?.equals(url) == true }
        }
        let step = named("pathway-escalation")
        guard let name = step ?? named("pathway-occurrence") else { return nil }
        let parts = name.split(separator: "/", maxSplits: 2).map(String.init)
        id = version.key.id
        self.version = version.versionID
        self.root = root
        pathway = parts.first ?? ""
        action = parts.count > 1 ? parts[1] : ""
        main = step == nil ? nil : root["partOf"]?[0]?["reference"]?.string.flatMap { ResourceKey(reference: $0) }?.id
        kind = step == nil ? nil : EscalationRule.Kind(rawValue: root["code"]?["coding"]?[0]?["code"]?.string ?? "")
        title = FormText(named: "description", of: root) ?? FormText(action)
        why = root["reasonCode"].flatMap { FormText(named: "text", of: $0) } ?? FormText("")
        self.person = person.id
        status = root["status"]?.string ?? ""
        state = root["businessStatus"]?["coding"]?[0]?["code"]?.string ?? ""
        let period = root["restriction"]?["period"]
        opens = time(period?["start"]) ?? 0
        due = time(period?["end"]) ?? .max
        deferred = time(extended(WorkTask.deferredUntil)?["valueDateTime"]) ?? 0
        owner = root["owner"]?["reference"]?.string ?? ""
        ownerRole = root["owner"]?["display"]?.string ?? ""
        form = list(root["input"]).lazy.compactMap { $0["valueCanonical"]?.string }.first.flatMap {
            $0.split(separator: "|").first?.split(separator: "/").last.map(String.init)
        }
        visit = root["groupIdentifier"]?["value"]?.string
        visitDay = extended("\(Self.base)/StructureDefinition/visit-day")?["valueDate"]?.string.flatMap { CivilDay($0) }
        authored = time(root["authoredOn"]) ?? 0
        ended =
            WorkTask.alive.contains(status)
            ? nil : time(root["executionPeriod"]?["end"]) ?? time(root["lastModified"])
        reason = root["statusReason"]?["text"]?.string ?? ""
        notes = list(root["note"]).compactMap { note in
            note["text"]?.string.map { (time(note["time"]) ?? 0, $0) }
        }
        basis =
            ([root["reasonReference"]?["reference"]?.string]
            + list(root["output"]).map { $0["valueReference"]?["reference"]?.string }).compactMap { $0 }
    }

    static let base = "https://healthbrain.dev/fhir"

    var isAlive: Bool { WorkTask.alive.contains(status) }
    /// Whether it is to be answered now.
    func isOpen(at now: Int64) -> Bool { isAlive && status != "draft" && opens <= now && deferred <= now }
    func isLate(at now: Int64) -> Bool { isAlive && due < now }
    /// Whether a person has answered it, so that the answer may be taken back.
    var isAnswered: Bool {
        ["completed", "rejected", "failed"].contains(status) && state != "done" && state != "cancelled"
    }
}

extension Words {
    /// A programme's words in the reader's language.
    func said(_ text: Pathways.Words) -> String { language == .en ? text.en : text.zh }

    /// The reason of a task in single sentences, the first ones first.
    func reasons(_ why: FormText) -> [String] {
        let text = form(why)
        return text.components(by: language == .en ? "; " : "；").filter { !$0.isEmpty }
    }

    /// By when something is to be done, counted from today: `逾期 12 天（9月2日到期）`.
    func dueText(_ due: Int64, now: Int64) -> String {
        guard due != .max else { return self["workNoDue"] }
        let (day, today) = (CivilDay(milliseconds: due), CivilDay(milliseconds: now))
        let days = day.number - today.number
        let date = day.components.0 == today.components.0 ? shortDate(day) : date(day)
        if due < now { return counted("workLate", max(1, -days), ["date": date]) }
        return days == 0 ? self["workDueToday"] : counted("workDueIn", days, ["date": date])
    }

    /// Whether a task is late, and how far it was escalated, as a word; nil where nothing is to be told.
    func level(_ level: EscalationRule.Kind?) -> String? { level.map { said($0.title) } }
}

extension String {
    /// The parts between a separator, without blanks around them.
    func components(by separator: String) -> [String] {
        var (rest, parts) = (self[...], [String]())
        while let found = rest.firstRange(of: separator) {
            parts.append(String(rest[..<found.lowerBound]).trimmed)
            rest = rest[found.upperBound...]
        }
        return parts + [String(rest).trimmed]
    }
}
