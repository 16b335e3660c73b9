/// A connection inside a read or a write, valid only within that closure.
///
/// SQL text is the portable subset: `?` for each bound value, and nothing that only one database knows.
/// What differs between databases goes through a method of this class, as ``createTable(_:columns:primaryKey:)`` does.
public class SQLConnection {
    init() {}

    /// Which database this is, for the few who must know.
    public var kind: SQLKind { .sqlite }

    /// A prepared statement, kept for the life of the connection. Reset it before each use.
    public func statement(_ sql: String) throws(SQLError) -> SQLStatement {
        throw SQLError(.statement, "This connection prepares no statements.", sql: sql)
    }

    /// Runs one or more statements that take no values and give no rows.
    public func run(script: String) throws(SQLError) {
        throw SQLError(.statement, "This connection runs no scripts.", sql: script)
    }

    /// Creates a table whose rows are stored in the order of their primary key.
    ///
    /// - Parameters:
    ///   - name: the table.
    ///   - columns: definitions such as `"day INTEGER NOT NULL"`; types are INTEGER, REAL, TEXT or BLOB.
    ///   - primaryKey: the columns of the key, in order.
    public func createTable(_ name: String, columns: [String], primaryKey: [String]) throws(SQLError) {
        let definition = (columns + ["PRIMARY KEY (\(primaryKey.joined(separator: ", ")))"]).joined(separator: ", ")
        try run(script: "CREATE TABLE IF NOT EXISTS \(name) (\(definition))\(clusteredSuffix)")
    }

    /// Refreshes the statistics that the query planner uses; worth it after a bulk load.
    public func analyze() throws(SQLError) { try run(script: "ANALYZE") }

    /// Sends a message to every server that listens on this database; it comes with the commit. On a database that only one
    /// process opens there is nobody to tell.
    public func notify(_ channel: String, _ payload: String) throws(SQLError) {}

    /// Runs a statement over whole columns, where the database has such; false where it has not.
    func runBulk(_ sql: String, _ columns: [SQLColumn], _ count: Int) throws(SQLError) -> Bool { false }

    /// What follows a table definition so that the primary key is the table.
    var clusteredSuffix: String { "" }

    /// Runs a statement once.
    public func execute(_ sql: String, _ values: SQLValue...) throws(SQLError) {
        try execute(sql, values)
    }

    /// Runs a statement once.
    public func execute(_ sql: String, _ values: [SQLValue]) throws(SQLError) {
        let statement = try statement(sql)
        try statement.run(values)
    }

    /// Calls `each` with every row.
    public func rows(_ sql: String, _ values: [SQLValue] = [], _ each: (SQLRow) throws -> Void) throws {
        let statement = try statement(sql)
        try statement.bind(values)
        defer { statement.reset() }
        while try statement.step() { try each(SQLRow(statement: statement)) }
    }

    /// Every row, mapped.
    public func query<T>(_ sql: String, _ values: [SQLValue] = [], map: (SQLRow) throws -> T) throws -> [T] {
        var result: [T] = []
        try rows(sql, values) { result.append(try map($0)) }
        return result
    }

    /// The first row, mapped; nil when there is none.
    public func first<T>(_ sql: String, _ values: [SQLValue] = [], map: (SQLRow) throws -> T) throws -> T? {
        let statement = try statement(sql)
        try statement.bind(values)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return try map(SQLRow(statement: statement))
    }

    /// Calls `body` with the rows that belong to many keys, in no order: in one round trip where the database is elsewhere.
    ///
    /// - Parameters:
    ///   - sql: the rows of one key, which stands in it as `?`, once.
    ///   - keys: the keys.
    public func rows(_ sql: String, ofEach keys: [Int64], _ body: (SQLRow) throws -> Void) throws {
        guard kind == .postgreSQL, keys.count > 1 else {
            let statement = try statement(sql)
            for key in keys {
                try statement.bind(1, key)
                defer { statement.reset() }
                while try statement.step() { try body(SQLRow(statement: statement)) }
            }
            return
        }
        let each = sql.replacing("?", with: "k.key", maxReplacements: 1)
        let statement = try statement("SELECT f.* FROM unnest(?) AS k(key) CROSS JOIN LATERAL (\(each) OFFSET 0) AS f")
        try statement.bind(1, integers: keys)
        defer { statement.reset() }
        while try statement.step() { try body(SQLRow(statement: statement)) }
    }

    /// Does the work in a savepoint: an error undoes this work alone and is thrown on.
    public func savepoint<T>(_ body: () throws -> T) throws -> T {
        try run(script: "SAVEPOINT work")
        do {
            let result = try body()
            try run(script: "RELEASE work")
            return result
        } catch {
            try run(script: "ROLLBACK TO work; RELEASE work")
            throw error
        }
    }
}

/// The row a statement stands on; valid until the next step.
public struct SQLRow {
    let statement: SQLStatement

    /// The integer in a column (0 for null).
    public func int(_ column: Int) -> Int64 { statement.int(column) }
    /// The number in a column (0 for null).
    public func real(_ column: Int) -> Double { statement.real(column) }
    /// The text in a column (empty for null).
    public func text(_ column: Int) -> String { statement.text(column) }
    /// The bytes in a column (none for null).
    public func blob(_ column: Int) -> [UInt8] { statement.withBlob(column) { Array($0) } }
    /// Whether a column is null.
    public func isNull(_ column: Int) -> Bool { statement.isNull(column) }
    /// The integer in a column, nil for null.
    public func intOrNil(_ column: Int) -> Int64? { isNull(column) ? nil : int(column) }
    /// The text in a column, nil for null.
    public func textOrNil(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
    /// The bytes in a column, without a copy; they are valid within the closure.
    public func withBlob<R>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try statement.withBlob(column, body)
    }
}

/// The databases that stand behind ``SQLDatabase``.
public enum SQLKind: Sendable {
    case sqlite, postgreSQL
}
