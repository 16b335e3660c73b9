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
    var concern: Concern

    /// - Parameters:
    ///   - isFirst: whether there was nothing before it.
    ///   - person: the Patient's id.
    ///   - made: the types that pathways write.
    ///   - isOwn: whether the engine has written it just so at the last look: what its plan wanted then needn't be asked again, and it
    ///     concerns those alone that read it.
    init(_ document: JSONDocument, isFirst: Bool, person: String, made: Set<String>, isOwn: Bool = false) {
        let root = RecordReading.read(document, told: { _ in nil }).root
        type = root["resourceType"]?.string ?? ""
        self.root = root
        keys = isFirst ? Set(PersonRecord.keys(type, root)) : nil
        if type == "Patient" {
            concern = .everybody
        } else if isOwn || !made.contains(type) {
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
    /// Whether a plan may be another since a resource has changed.
    /// - Parameter read: what of the record it was made from.
    func isConcerned(by changed: ChangedResource, _ read: PlanReading) -> Bool {
        switch changed.concern {
        case .everybody: return true
        case .readers(let pathway): if pathway == id { return true }
        }
        guard let keys = changed.keys else {
            return read.types.contains(changed.type) || read.numbers.contains { reading.all[$0].type == changed.type }
        }
        return read.numbers.contains {
            reading.all[$0].type == changed.type && reading.all[$0].canMean(changed.root, keys)
        }
    }

    /// The types of what its own resources in a record stand on, whether or not its expressions read these: another definition may have
    /// asked for them.
    func typesReferred(_ record: PersonRecord) -> Set<String> {
        func type(_ reference: Substring) -> String? {
            reference.contains("/") ? reference.split(separator: "/").first.map(String.init) : nil
        }
        var found: Set<String> = []
        for key in (record.standing[id] ?? [:]).keys {
            guard let slash = key.firstIndex(of: "/"), let type = type(key[slash...].dropFirst()) else { continue }
            found.insert(type)
        }
        for (name, root) in record.grades where name == id {
            guard let basis = root["basis"]?[0]?["reference"]?.string, let type = type(basis[...]) else { continue }
            found.insert(type)
        }
        return found
    }
}
