public import FHIR
import JSON
public import Records
public import SQL
import Synchronization

/// Keeps a table for each stored ViewDefinition that has a name, fresh from the change feed.
///
/// Storing a ViewDefinition makes the table `view_` + its name, changing it makes the table anew, deleting it drops it.
/// A change of a resource replaces the resource's rows, in the transaction that moves the projection's place. What was
/// there before the view is filled in by ``ViewFilling``, in small steps beside the writers.
///
/// Tables:
/// - `registered_views (id, name, definition, filled, error)`: one row a ViewDefinition. `filled` is the number of the
///   last resource that was filled in, -1 when all are; `error` says why a view has no rows.
/// - `view_…` (`_rid`, `_row`, then the view's columns): booleans as 0 and 1, integers, decimals as REAL, everything else
///   as text, lists as JSON text.
public final class ViewTables: Projection {
    /// One ViewDefinition as it is registered.
    struct Registered: Sendable {
        let id: String
        var name: String
        var definition: String
        var filled: Int64
        var error: String?
        /// Nil when it has an error.
        var table: ViewTable?
    }

    /// The registered views have changed by another hand, and a batch was read without their resources. It comes again.
    struct Stale: Error, CustomStringConvertible {
        let description = "The registered views have changed; the changes are read again."
    }

    private let definitions: Definitions
    private let known = Mutex<[String: Registered]>([:])

    /// - Parameter definitions: what views are compiled against.
    public init(definitions: Definitions) { self.definitions = definitions }

    /// `registered_views`
    public var name: String { "registered_views" }
    /// Raised whenever the form of the tables changes.
    public var revision: Int { 1 }
    /// ViewDefinition and what the registered views are about.
    public var interest: Set<String>? { Self.interest(in: known.withLock { $0 }) }

    private static func interest(in views: [String: Registered]) -> Set<String> {
        Set(views.values.compactMap { $0.table?.view.definition.resource }).union(["ViewDefinition"])
    }

    /// Creates the table of views, and reads what it holds.
    public func createTables(_ db: SQLConnection) throws {
        try db.createTable(
            "registered_views",
            columns: [
                "id TEXT NOT NULL", "name TEXT NOT NULL", "definition TEXT NOT NULL", "filled INTEGER NOT NULL",
                "error TEXT",
            ], primaryKey: ["id"])
        let views = try load(db)
        known.withLock { $0 = views }
    }

    /// Drops the tables of all views.
    public func dropTables(_ db: SQLConnection) throws {
        try createTables(db)
        for view in known.withLock({ Array($0.values) }) where !view.name.isEmpty { try ViewTable.drop(view.name, db) }
        try db.run(script: "DROP TABLE IF EXISTS registered_views")
        known.withLock { $0 = [:] }
    }

    /// Registers views, and replaces the rows of what has changed.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        let read = interest ?? []
        var views = try load(db)
        guard Self.interest(in: views).isSubset(of: read) else {
            known.withLock { [views] in $0 = views }
            throw Stale()
        }
        for change in changes {
            if change.key.type == "ViewDefinition" { try register(change, &views, db) }
            for view in views.values { try replace(change, view, &views, db) }
        }
        known.withLock { [views] in $0 = views }
    }

    /// The registered views, compiled; those whose text is the same are taken as they are known.
    func load(_ db: SQLConnection) throws -> [String: Registered] {
        let before = known.withLock { $0 }
        let rows = try db.query("SELECT id, name, definition, filled, error FROM registered_views ORDER BY id") {
            Registered(
                id: $0.text(0), name: $0.text(1), definition: $0.text(2), filled: $0.int(3), error: $0.textOrNil(4))
        }
        var views: [String: Registered] = [:]
        for var view in rows {
            if view.error == nil {
                if let same = before[view.id], same.definition == view.definition, same.name == view.name {
                    view.table = same.table
                }
                if view.table == nil { view.table = try? table(view.definition, view.name) }
            }
            views[view.id] = view
        }
        return views
    }

    private func table(_ definition: String, _ name: String) throws -> ViewTable {
        let document = try JSONDocument(parsing: Array(definition.utf8))
        let view = try View(ViewDefinition(document.root, definitions: definitions), definitions: definitions)
        let asksForMeta = ["meta", "children", "descendants", "%resource", "$this", "%context"].contains(
            where: definition.contains)
        return try ViewTable(view, name: name, asksForMeta: asksForMeta)
    }

    // MARK: Views come and go

    private func register(_ change: Change, _ views: inout [String: Registered], _ db: SQLConnection) throws {
        let id = change.key.id
        if let old = views.removeValue(forKey: id) {
            if old.error == nil { try ViewTable.drop(old.name, db) }
            try db.execute("DELETE FROM registered_views WHERE id = ?", .text(id))
        }
        guard let document = change.document, let name = document.root["name"]?.string, !name.isEmpty else { return }
        let definition = String(decoding: document.compactText(), as: UTF8.self)
        var view = Registered(id: id, name: name, definition: definition, filled: 0)
        do {
            if let other = views.values.first(where: { $0.error == nil && $0.name.lowercased() == name.lowercased() }) {
                throw ViewError("name", "ViewDefinition/\(other.id) has this name already.")
            }
            let table = try table(definition, name)
            try table.create(db)
            view.table = table
        } catch let error as ViewError {
            view.error = error.description
        } catch let error as JSONError {
            view.error = "\(error)"
        }
        try db.execute(
            "INSERT INTO registered_views (id, name, definition, filled, error) VALUES (?, ?, ?, ?, ?)",
            [.text(id), .text(name), .text(definition), .integer(0), view.error.map { .text($0) } ?? .null])
        views[id] = view
    }

    private func replace(
        _ change: Change, _ view: Registered, _ views: inout [String: Registered], _ db: SQLConnection
    ) throws {
        guard let table = view.table, table.view.definition.resource == change.key.type else { return }
        do {
            // What is derived from versions stands outside of the stored text.
            let document = table.asksForMeta ? try change.resource() : change.document
            try table.replace(change.rid, with: document.map { try table.rows(of: $0.root) } ?? [], db)
        } catch let error as ViewError {
            views[view.id] = try spoil(view, error, db)
        }
    }

    /// A view that can't be run on a resource has no rows: some of them would be taken for all.
    func spoil(_ view: Registered, _ error: ViewError, _ db: SQLConnection) throws -> Registered {
        var view = view
        view.error = error.description
        view.table = nil
        try ViewTable.drop(view.name, db)
        try db.execute(
            "UPDATE registered_views SET error = ? WHERE id = ?", .text(error.description), .text(view.id))
        return view
    }
}
