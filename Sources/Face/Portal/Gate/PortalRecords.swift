public import JSON
public import Records

/// What a page reaches of the records, with the methods of `RecordStore`. A record that the reader may not see is answered
/// like one that is not there.
public protocol PortalRecords: Sendable {
    /// The current version.
    func read(_ key: ResourceKey) throws(RecordsError) -> Version
    /// The current version of the resource that a number stands for.
    func read(number: Int64) throws(RecordsError) -> Version
    /// The number that a resource has in the store's tables; nil when there never was such a resource.
    func number(of key: ResourceKey) throws(RecordsError) -> Int64?
    /// One version.
    func version(_ key: ResourceKey, _ versionID: Int) throws(RecordsError) -> Version
    /// Versions, newest first.
    func history(_ scope: HistoryScope, _ query: HistoryQuery) throws(RecordsError) -> HistoryPage
    /// A page of a search.
    func search(type: String, parameters: [(String, String)]) throws(RecordsError) -> SearchPage
    /// Creates a resource under a new id.
    func create(type: String, _ body: JSONDocument) async throws(RecordsError) -> ResourceKey
    /// Hands what was reached to the audit log. Nothing of it leaves before this has returned.
    func finish() throws
}

/// All records, as an open portal shows them.
struct OpenRecords: PortalRecords {
    let store: RecordStore

    func read(_ key: ResourceKey) throws(RecordsError) -> Version { try store.read(key) }
    func read(number: Int64) throws(RecordsError) -> Version { try store.read(number: number) }
    func number(of key: ResourceKey) throws(RecordsError) -> Int64? { try store.number(of: key) }
    func version(_ key: ResourceKey, _ versionID: Int) throws(RecordsError) -> Version {
        try store.version(key, versionID)
    }
    func history(_ scope: HistoryScope, _ query: HistoryQuery) throws(RecordsError) -> HistoryPage {
        try store.history(scope, query)
    }
    func search(type: String, parameters: [(String, String)]) throws(RecordsError) -> SearchPage {
        try store.search(type: type, parameters: parameters)
    }
    func create(type: String, _ body: JSONDocument) async throws(RecordsError) -> ResourceKey {
        try await store.create(type: type, body).version.key
    }
    func finish() {}
}
