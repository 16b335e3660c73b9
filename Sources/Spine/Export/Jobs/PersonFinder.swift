import Access
import FHIR
import JSON
import Records

/// Says whom resources are about, and what tells these persons, by the resources themselves.
final class PersonFinder {
    private let store: RecordStore
    private let reader: LabelReader
    private var known: [String: Set<String>?] = [:]
    private var identifiers: [String: DirectIdentifiers] = [:]

    /// When more are remembered, all are forgotten.
    private static let keptMax = 20_000
    /// By way of so many resources a person is looked for.
    private static let stepsMax = 4

    init(_ store: RecordStore, _ definitions: Definitions) {
        self.store = store
        reader = LabelReader(definitions)
    }

    /// The ids of the patients that a resource is about; nil when somebody is unknown.
    func persons(of resource: JSONNode, steps: Int = 0) -> Set<String>? {
        var labels = reader.labels(of: resource)
        labels.resolve { reference in persons(behind: reference, steps + 1) }
        return labels.hasUnknownPersons ? nil : labels.persons
    }

    private func persons(behind reference: String, _ steps: Int) -> Set<String>? {
        if let found = known[reference] { return found }
        guard steps <= Self.stepsMax, let document = document(reference) else { return nil }
        let found = persons(of: document.root, steps: steps)
        if known.count >= Self.keptMax { known.removeAll() }
        known[reference] = .some(found)
        return found
    }

    /// The texts that tell a patient.
    func identifiers(of person: String) -> DirectIdentifiers {
        if let found = identifiers[person] { return found }
        let found = document("Patient/\(person)").map { DirectIdentifiers(of: $0.root) } ?? DirectIdentifiers()
        if identifiers.count >= Self.keptMax { identifiers.removeAll() }
        identifiers[person] = found
        return found
    }

    private func document(_ reference: String) -> JSONDocument? {
        guard let key = ResourceKey(reference: reference), let version = try? store.read(key) else { return nil }
        return try? JSONDocument(parsing: version.json(), limits: JSONLimits(bytesMax: .max, depthMax: 1000))
    }
}
