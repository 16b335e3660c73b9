import AuditLog
import Gate
import JSON
import Records
import Synchronization

/// What a page reaches of the records. A record that the reader may not see is answered like one that is not there.
protocol PortalRecords: Sendable {
    /// The current version.
    func read(_ key: ResourceKey) throws(RecordsError) -> Version
    /// The current version of something that the page names by itself, beside what was asked for.
    func readAside(_ key: ResourceKey) throws(RecordsError) -> Version
    /// The same of the resource that a number stands for.
    func readAside(number: Int64) throws(RecordsError) -> Version
    /// The number that a resource has in the store's tables; nil when there never was such a resource.
    func number(of key: ResourceKey) throws(RecordsError) -> Int64?
    /// One version.
    func version(_ key: ResourceKey, _ versionID: Int) throws(RecordsError) -> Version
    /// Versions, newest first.
    func history(_ scope: HistoryScope, _ query: HistoryQuery) throws(RecordsError) -> HistoryPage
    /// A page of a search.
    func search(type: String, parameters: [(String, String)]) throws(RecordsError) -> SearchPage
}

/// All records, as an open portal shows them.
struct OpenRecords: PortalRecords {
    let store: RecordStore

    func read(_ key: ResourceKey) throws(RecordsError) -> Version { try store.read(key) }
    func readAside(_ key: ResourceKey) throws(RecordsError) -> Version { try store.read(key) }
    func readAside(number: Int64) throws(RecordsError) -> Version { try store.read(number: number) }
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
}

/// The records as somebody sees them, for one page.
final class SeenPage: PortalRecords {
    let records: SeenRecords
    private let trace: AccessTrace
    private let gate: Gate
    /// What the page named by itself. That some of it is hidden is no attempt of the reader's, and no refusal in the log.
    private let aside = Mutex<Set<String>>([])

    init(records: SeenRecords, trace: AccessTrace, gate: Gate) {
        self.records = records
        self.trace = trace
        self.gate = gate
    }

    func read(_ key: ResourceKey) throws(RecordsError) -> Version { try records.read(key) }

    func readAside(_ key: ResourceKey) throws(RecordsError) -> Version {
        _ = aside.withLock { $0.insert(key.description) }
        return try records.read(key)
    }

    func readAside(number: Int64) throws(RecordsError) -> Version {
        try readAside(records.store.read(number: number).key)
    }

    func number(of key: ResourceKey) throws(RecordsError) -> Int64? { try records.store.number(of: key) }

    func version(_ key: ResourceKey, _ versionID: Int) throws(RecordsError) -> Version {
        try records.version(key, versionID)
    }

    func history(_ scope: HistoryScope, _ query: HistoryQuery) throws(RecordsError) -> HistoryPage {
        try records.history(scope, query)
    }

    func search(type: String, parameters: [(String, String)]) throws(RecordsError) -> SearchPage {
        try records.search(type: type, parameters: parameters)
    }

    /// Hands what was reached and refused to the audit log. Nothing of it leaves before this has returned.
    func finish() throws {
        let aside = aside.withLock { $0 }
        let entries = trace.entries(at: gate.options.now()).filter { entry in
            guard entry.outcome == .refused, case .resource(let reference, _)? = entry.entities.first else {
                return true
            }
            return !aside.contains(reference)
        }
        if !entries.isEmpty { try gate.journal.hand(entries) }
    }
}
