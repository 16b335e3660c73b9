public import FHIR

/// A search parameter that a SearchParameter resource has added, on all of its types.
public struct AddedParameterState: Sendable {
    /// The logical id of the SearchParameter.
    public let id: String
    /// The name in a query.
    public let code: String
    /// The resource types that can be searched by it.
    public let types: [String]
    /// Whether it can be searched by.
    public let isReady: Bool
    /// How much of what was there before it is indexed, from 0 to 1.
    public let indexedRatio: Double
}

/// A search parameter of one type that a SearchParameter resource has added, and that can be searched by.
public struct AddedParameter: Sendable {
    /// What it means.
    public let definition: SearchParameter
    /// Its canonical URL.
    public let url: String
}

extension RecordStore {
    /// A number that changes whenever ``addedParameters`` does.
    public var parametersRevision: Int64 { parts.indexer.catalogue.revision }

    /// The search parameters that SearchParameter resources have added, and that can be searched by.
    public var addedParameters: [AddedParameter] {
        parts.indexer.catalogue.entries.filter { $0.state == .ready }.map {
            AddedParameter(definition: $0.definition, url: $0.url)
        }
    }

    /// Returns when everything is indexed by all search parameters, or the store is closing.
    public func settleParameters() async {
        while parts.indexer.catalogue.entries.contains(where: { $0.state == .indexing }) {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }
}

extension ParameterRegistry {
    /// How far the added parameters are, one row a SearchParameter, by code.
    var states: [AddedParameterState] {
        let counts = progress
        let living = current.catalogue.entries.filter { $0.state != .leaving }
        return Dictionary(grouping: living, by: \.source).compactMap { source, entries in
            guard let first = entries.first else { return nil }
            let open = entries.filter { $0.state == .indexing }
            let known = open.compactMap { counts[$0.number] }
            let total = known.reduce(0) { $0 + $1.total }
            let done = Double(known.reduce(0) { $0 + $1.done })
            let ratio = total > 0 ? min(0.99, done / Double(total)) : 0
            return AddedParameterState(
                id: source, code: first.definition.code, types: entries.map(\.definition.resource),
                isReady: open.isEmpty, indexedRatio: open.isEmpty ? 1 : ratio)
        }.sorted { ($0.code, $0.id) < ($1.code, $1.id) }
    }
}
