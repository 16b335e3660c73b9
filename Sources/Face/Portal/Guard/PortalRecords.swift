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
    /// What the page named by itself. That some of it is hidden is no attempt of the reader's, and told apart.
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
        let entries = Aside.told(trace.entries(at: gate.options.now()), aside)
        if !entries.isEmpty { try gate.journal.hand(entries) }
    }
}

/// What a page was refused beside what its reader asked for, as the log tells it.
enum Aside {
    /// What the reason of such an entry begins with.
    static let mark = "beside: "

    /// Puts refusals of what a page named by itself together, one entry for each reason; others stay as they are. What is
    /// not there was refused to nobody.
    /// - Parameter named: the references of what the page named by itself.
    static func told(_ entries: [AuditEntry], _ named: Set<String>) -> [AuditEntry] {
        var told: [AuditEntry] = []
        var places: [String: Int] = [:]
        for entry in entries {
            guard entry.outcome == .refused, case .resource(let reference, _)? = entry.entities.first,
                named.contains(reference)
            else {
                told.append(entry)
                continue
            }
            if entry.reason == "not-found" { continue }
            if let place = places[entry.reason] {
                told[place].entities += entry.entities.filter { !told[place].entities.contains($0) }
                told[place].patients += entry.patients.filter { !told[place].patients.contains($0) }
            } else {
                places[entry.reason] = told.count
                told.append(entry)
                told[told.count - 1].reason = mark + entry.reason
            }
        }
        return told
    }

    /// Whether an entry tells of a refusal beside a request.
    static func isTold(by entry: AuditEntry) -> Bool { entry.outcome == .refused && entry.reason.hasPrefix(mark) }
}
