import JSON
public import Records
import SQL

/// Fills the tables of new views with what was stored before them.
///
/// Rows are made outside of the write transaction. Within it a resource is left out when it has changed meanwhile: that
/// change comes by the feed.
public struct ViewFilling: Sendable {
    /// Resources that are taken at a time.
    private static let resourcesAtOnce = 500

    private let store: RecordStore
    private let tables: ViewTables

    /// - Parameters:
    ///   - store: a store that runs the projection.
    ///   - tables: the projection.
    public init(_ store: RecordStore, _ tables: ViewTables) {
        self.store = store
        self.tables = tables
    }

    /// Fills until nothing is left to fill.
    public func finish() async throws {
        while try await step() {}
    }

    /// Takes one step; false when there is nothing to fill.
    public func step() async throws -> Bool {
        let views = try store.readSQL { db in try tables.load(db) }
        guard let view = views.values.first(where: { $0.filled >= 0 && $0.error == nil }), let table = view.table else {
            return false
        }
        let resources = try store.scan(
            type: table.view.definition.resource, after: view.filled, limit: Self.resourcesAtOnce)
        var rows: [(rid: Int64, sequence: Int64, rows: [[SQLValue]])] = []
        var failure: ViewError?
        do {
            for resource in resources {
                rows.append((resource.rid, resource.version.sequence, try table.rows(of: resource.document.root)))
            }
        } catch {
            failure = error
        }
        let (found, spoiled, filled) = (rows, failure, resources.last?.rid ?? -1)
        try await store.writeSQL { [tables] db in
            let now = try db.first(
                "SELECT filled FROM registered_views WHERE id = ? AND definition = ? AND error IS NULL",
                [.text(view.id), .text(view.definition)]
            ) { $0.int(0) }
            // Another server has gone on, or the view has changed: the next step begins from there.
            guard now == view.filled else { return }
            if let spoiled {
                _ = try tables.spoil(view, spoiled, db)
                return
            }
            for row in found {
                let current = try db.first(
                    "SELECT sequence FROM resource WHERE rid = ? AND alive = 1", [.integer(row.rid)]
                ) { $0.int(0) }
                if current == row.sequence { try table.replace(row.rid, with: row.rows, db) }
            }
            try db.execute("UPDATE registered_views SET filled = ? WHERE id = ?", .integer(filled), .text(view.id))
        }
        return true
    }
}
