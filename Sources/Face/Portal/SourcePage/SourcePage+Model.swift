import JSON
import Records

/// A source document and its history as plain data.
struct SourceModel: Sendable {
    /// A version in the history.
    struct Line: Sendable {
        let versionID: Int
        let at: Int64
        let verb: Verb
    }

    let key: ResourceKey
    /// The version shown; nil when the resource is deleted and no version was asked for.
    let document: JSONDocument?
    let versionID: Int?
    let at: Int64?
    /// Newest first.
    let history: [Line]
    /// The resident it belongs to.
    let resident: String?

    /// Versions listed, at most.
    static let historyMax = 50

    /// Reads a document and its history.
    /// - Parameter versionID: the version to show, nil for the current one.
    /// - Returns: nil when there never was such a document or version.
    static func load(_ records: any PortalRecords, key: ResourceKey, versionID: Int?) throws -> SourceModel? {
        do {
            let history = try records.history(.instance(key), HistoryQuery(count: historyMax))
            guard !history.versions.isEmpty else { return nil }
            let shown = try shown(records, key: key, versionID: versionID)
            let document = try shown.map { try JSONDocument(parsing: $0.json()) }
            return SourceModel(
                key: key, document: document, versionID: shown?.versionID, at: shown?.lastUpdated,
                history: history.versions.map { Line(versionID: $0.versionID, at: $0.lastUpdated, verb: $0.verb) },
                resident: document.flatMap { resident($0.root, key: key) })
        } catch let error as RecordsError where error.category == .notFound {
            return nil
        }
    }

    private static func shown(_ records: any PortalRecords, key: ResourceKey, versionID: Int?) throws -> Version? {
        do {
            if let versionID { return try records.version(key, versionID) }
            return try records.read(key)
        } catch {
            if error.category == .gone { return nil }
            throw error
        }
    }

    private static func resident(_ root: JSONNode, key: ResourceKey) -> String? {
        if key.type == "Patient" { return key.id }
        let reference = (root["subject"] ?? root["patient"])?["reference"]?.string
        let subject = reference.flatMap { ResourceKey(reference: $0) }
        return subject?.type == "Patient" ? subject?.id : nil
    }
}
