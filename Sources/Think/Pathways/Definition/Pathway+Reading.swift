import JSON

/// A resource of a record that has changed since the record was looked at.
struct ChangedResource: Sendable {
    /// The pathways' own resources: what the ids of each are made with, by the system of the identifier.
    private static let own: [String: String] = [
        StandingTask.system: "task", PathwayFacts.enrolmentSystem: "enrolment", PathwayFacts.gradeSystem: "grade",
        PathwayFacts.outputSystem: "", PathwayFacts.escalationSystem: "escalation",
    ]

    /// What it concerns by what it is.
    enum Concern: Sendable, Equatable {
        /// Those that read it, and the pathway that has made it.
        case readers(and: String?)
        /// Every pathway.
        case everybody
    }

    let type: String
    let root: JSONNode
    /// By what it is found among those of its type (``PersonRecord/keys(_:_:)``); nil where it may have been found by others before.
    let keys: Set<String>?
    let concern: Concern

    /// - Parameters:
    ///   - isFirst: whether there was nothing before it.
    ///   - person: the Patient's id.
    ///   - made: the types that pathways write.
    init(_ document: JSONDocument, isFirst: Bool, person: String, made: Set<String>) {
        let root = RecordReading.read(document, told: { _ in nil }).root
        type = root["resourceType"]?.string ?? ""
        self.root = root
        keys = isFirst ? Set(PersonRecord.keys(type, root)) : nil
        if type == "Patient" {
            concern = .everybody
        } else if !made.contains(type) {
            concern = .readers(and: nil)
        } else {
            concern = Self.concern(root, type, isFirst: isFirst, person)
        }
    }

    /// What a pathway has written has an id that follows from its name. What has a name and another id came with another record;
    /// of what has none and was something before nobody knows what that was.
    private static func concern(_ root: JSONNode, _ type: String, isFirst: Bool, _ person: String) -> Concern {
        var pathway: String?
        for identifier in root.list("identifier") {
            guard let system = identifier["system"]?.string, let kind = own[system] else { continue }
            let names = (identifier["value"]?.string ?? "").split(separator: "/", maxSplits: 1).map(String.init)
            guard names.count == 2, pathway == nil,
                root["id"]?.string == id(person, names[0], kind.isEmpty ? type : kind, names[1])
            else { return .everybody }
            pathway = names[0]
        }
        return pathway == nil && !isFirst ? .everybody : .readers(and: pathway)
    }

    private static func id(_ person: String, _ pathway: String, _ kind: String, _ key: String) -> String? {
        guard kind == "escalation" else { return FactID.of(person, pathway, kind, key) }
        // `action/moment/reminder-0`
        guard let slash = key.lastIndex(of: "/"), let dash = key[slash...].lastIndex(of: "-") else { return nil }
        return FactID.of(person, pathway, kind, String(key[..<slash]), String(key[key.index(after: dash)...]))
    }
}

extension Pathway {
    /// What the expressions and the questionnaires of a pathway can find in a record, by type; nil where nobody can tell, or where a
    /// plan may change though neither the record nor what it waits for does.
    static func reading(
        _ expressions: [PathwayExpression], _ parts: [PathwayPart]
    ) -> [String: [SelectionReading]]? {
        var found: [String: [SelectionReading]] = [:]
        for expression in expressions {
            if expression.names.contains("record") { return nil }
            if expression.text.contains(/\b(resolve|memberOf|today|now|timeOfDay)\s*\(/) { return nil }
            for reading in expression.readings { found[reading.type, default: []].append(reading) }
        }
        for part in parts where part.evidence.isEmpty {
            guard let form = part.questionnaire?.split(separator: "|").first else { continue }
            found["QuestionnaireResponse", default: []].append(SelectionReading(questionnaire: String(form)))
        }
        return found
    }

    /// Whether its plan may be another since a resource has changed.
    func isConcerned(by changed: ChangedResource) -> Bool {
        guard let reading else { return true }
        switch changed.concern {
        case .everybody: return true
        case .readers(let pathway): if pathway == id { return true }
        }
        guard let wanted = reading[changed.type] else { return false }
        guard let keys = changed.keys else { return true }
        return wanted.contains { $0.canMean(changed.root, keys) }
    }

    /// Whether all that its own resources stand on is of types that it reads: what another definition asked for may stand on others.
    func readsAll(_ record: PersonRecord) -> Bool {
        guard let reading else { return false }
        func isRead(_ reference: Substring) -> Bool {
            guard let type = reference.split(separator: "/").first, reference.contains("/") else { return true }
            return reading[String(type)] != nil
        }
        for key in (record.standing[id] ?? [:]).keys {
            guard let slash = key.firstIndex(of: "/"), isRead(key[slash...].dropFirst()) else { return false }
        }
        for (name, root) in record.grades where name == id {
            guard let basis = root["basis"]?[0]?["reference"]?.string, !isRead(basis[...]) else { continue }
            return false
        }
        return true
    }
}
