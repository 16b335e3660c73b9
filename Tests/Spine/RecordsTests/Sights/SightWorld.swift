import Access
import FHIR
import Foundation
import JSON
import Records
import Synchronization

/// A small random city: what stands in the store, told by its documents alone, and what the rules say of each.
struct SightWorld {
    static let patients = ["p0", "p1", "p2", "p3"]
    static let organisations = ["o0", "o0d", "o1"]
    static let day: Int64 = 86_400_000
    /// 2026-01-01T00:00:00Z, where the clock of tests stands.
    static let start: Int64 = 1_767_225_600_000

    /// What stands now, by key; of what was deleted its last content is in `gone`.
    private(set) var documents: [ResourceKey: JSONDocument] = [:]
    private(set) var gone: [ResourceKey: JSONDocument] = [:]
    /// When each was last written.
    private(set) var written: [ResourceKey: Int64] = [:]
    var breakGlass: [BreakGlass] = []
    let reader: LabelReader
    private var memory = Memory()

    /// What has been worked out of documents that have not changed since.
    private final class Memory: Sendable {
        let labels = Mutex<[String: ResourceLabels]>([:])
        let permitted = Mutex<[String: [ResourceKey: Masking]]>([:])
        let care = Mutex<[CareRelation]?>(nil)
    }

    init(_ definitions: Definitions) { reader = LabelReader(definitions) }

    mutating func put(_ key: ResourceKey, _ document: JSONDocument, at time: Int64) {
        // What is written as it stands is no new version.
        if documents[key]?.text != document.text { written[key] = time }
        documents[key] = document
        gone[key] = nil
        memory = Memory()
    }

    mutating func delete(_ key: ResourceKey) {
        if let document = documents.removeValue(forKey: key) { gone[key] = document }
        memory = Memory()
    }

    // MARK: What the rules say

    /// The patients of a reference, by its document; nil when somebody is unknown. A circle knows nobody.
    private func persons(of reference: String, _ path: Set<String> = []) -> Set<String>? {
        guard let key = ResourceKey(reference: reference), !path.contains(reference),
            let document = documents[key] ?? gone[key]
        else { return nil }
        var labels = reader.labels(of: document.root)
        let deeper = path.union([reference])
        labels.resolve { persons(of: $0, deeper) }
        return labels.hasUnknownPersons ? nil : labels.persons
    }

    func labels(_ key: ResourceKey, _ subject: Subject) -> ResourceLabels {
        let name = "\(key) \((subject.scopes?.parameters(of: key.type) ?? []).sorted())"
        if let known = memory.labels.withLock({ $0[name] }) { return known }
        let found = read(key, subject)
        memory.labels.withLock { $0[name] = found }
        return found
    }

    private func read(_ key: ResourceKey, _ subject: Subject) -> ResourceLabels {
        guard let document = documents[key] ?? gone[key] else { return ResourceLabels(type: key.type, id: key.id) }
        var labels = reader.labels(
            of: document.root, parameters: subject.scopes?.parameters(of: key.type) ?? [])
        labels.resolve { persons(of: $0, [key.description]) }
        if key.type == "Patient" {
            labels.cases = Set(
                documents.filter { LabelReader.caseTypes.contains($0.key.type) }.compactMap { other, document in
                    var found = reader.labels(of: document.root)
                    found.resolve { persons(of: $0, [other.description]) }
                    return !found.diseases.isEmpty && found.persons.contains(key.id) ? found.sensitivities : nil
                })
        } else {
            let homes = labels.persons.map { id in
                documents[ResourceKey(type: "Patient", id: id)].map { reader.labels(of: $0.root).divisions } ?? []
            }
            labels.divisions = homes.contains([]) ? [] : homes.reduce(into: []) { $0.formUnion($1) }
        }
        return labels
    }

    var care: [CareRelation] {
        if let known = memory.care.withLock({ $0 }) { return known }
        let found = readCare()
        memory.care.withLock { $0 = found }
        return found
    }

    private func readCare() -> [CareRelation] {
        documents.flatMap { key, document -> [CareRelation] in
            var labels = reader.labels(of: document.root)
            labels.resolve { persons(of: $0, [key.description]) }
            return CareRelation.reading(document.root, labels, written: written[key] ?? 0)
        }
    }

    var consents: [ConsentDirective] { documents.values.compactMap { ConsentDirective($0.root) } }

    /// How somebody stands to patients, read from the documents in plain words.
    func relations(of subject: Subject) -> Relations {
        var relations = Relations(care: care)
        guard subject.role == .resident, let own = subject.patient else {
            relations.breakGlass = subject.purpose == .emergency ? breakGlass : []
            return relations
        }
        for document in documents.values where document.root["resourceType"]?.equals("Consent") == true {
            let root = document.root
            let provision = root["provision"]
            guard root["status"]?.equals("active") == true, provision?["actor"] != nil,
                provision?["actor"]?.firstElement?["reference"]?["reference"]?.equals("Patient/\(own)") == true,
                let end = provision?["period"]?["end"]?.string.flatMap({ FHIRDateTime($0) })
            else { continue }
            let type = provision?["class"]?.firstElement?["code"]?.string
            relations.delegations.append(
                Delegation(
                    patient: root["patient"]?["reference"]?.string.map { String($0.dropFirst(8)) } ?? "",
                    types: type.map { [$0] }, sensitivities: provision?["securityLabel"] == nil ? [] : [.hiv],
                    from: .min, until: end.highMilliseconds, source: "Consent"))
        }
        let links = documents[ResourceKey(type: "Patient", id: own)]?.root["link"].map { Array($0.elements) } ?? []
        for link in links {
            guard let reference = link["other"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
                let related = documents[reference]?.root, related["relationship"] != nil,
                let child = related["patient"]?["reference"]?.string.map({ String($0.dropFirst(8)) }),
                let born = documents[ResourceKey(type: "Patient", id: child)]?.root["birthDate"]?.string
            else { continue }
            let allowed = relations.delegations.filter { $0.patient == child && $0.holds(at: Self.start) }
            relations.guardianships.append(
                Guardianship(
                    child: child, birthDate: born,
                    sensitivitiesAllowed: allowed.reduce(into: []) { $0.formUnion($1.sensitivities) }))
        }
        return relations
    }

    /// What the rules say of everything that stands: how it is masked, where it may be seen.
    func permitted(_ subject: Subject, _ action: Action = .search) -> [ResourceKey: Masking] {
        let name = "\(subject) \(action)"
        if let known = memory.permitted.withLock({ $0[name] }) { return known }
        let relations = relations(of: subject)
        let consents = consents
        var found: [ResourceKey: Masking] = [:]
        for key in documents.keys {
            let decision = AccessPolicy().decide(
                subject, action, on: .resource(labels(key, subject)), relations: relations, consents: consents,
                at: Self.start)
            found[key] = decision.obligations?.masking
        }
        memory.permitted.withLock { [found] in $0[name] = found }
        return found
    }

    /// What a search by some parameters reaches.
    func reached(
        _ subject: Subject, _ type: String, by parameters: Set<String>, _ action: Action = .search
    ) -> Set<String> {
        let policy = AccessPolicy()
        let relations = relations(of: subject)
        let visible = policy.visibility(
            of: subject, type, for: action, relations: relations, consents: consents, at: Self.start)
        let isInCare = policy.careLookup(relations, Self.start)
        return Set(
            documents.keys.filter { $0.type == type }.filter { key in
                visible.clause(for: labels(key, subject), searching: parameters, isInCare: isInCare) != nil
            }.map(\.id))
    }

    func root(_ type: String, _ id: String) -> JSONNode? { documents[ResourceKey(type: type, id: id)]?.root }

    func ids(_ type: String, where holds: (JSONNode) -> Bool = { _ in true }) -> Set<String> {
        Set(documents.filter { $0.key.type == type && holds($0.value.root) }.map(\.key.id))
    }
}

extension JSONNode {
    /// The first element of an array.
    var firstElement: JSONNode? { elements.first { _ in true } }
}
