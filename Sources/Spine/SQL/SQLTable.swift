/// A table by its definition: to make it, and to carry its rows elsewhere.
public struct SQLTable: Sendable {
    /// A column.
    public struct Column: Sendable, Hashable {
        /// What values are.
        public enum Kind: String, Sendable {
            case integer = "INTEGER"
            case real = "REAL"
            case text = "TEXT"
            case blob = "BLOB"
        }

        /// Its name.
        public let name: String
        /// What its values are.
        public let kind: Kind
    }

    /// The table's name.
    public let name: String
    /// Its columns.
    public let columns: [Column]
    /// The columns of its key, in order.
    public let primaryKey: [String]
    private let definitions: [String]

    /// - Parameters:
    ///   - name: the table.
    ///   - definitions: such as `"day INTEGER NOT NULL"`; types are INTEGER, REAL, TEXT or BLOB.
    ///   - primaryKey: the columns of the key, in order.
    public init(_ name: String, _ definitions: [String], primaryKey: [String]) {
        self.name = name
        self.definitions = definitions
        self.primaryKey = primaryKey
        columns = definitions.map { definition in
            let words = definition.split(separator: " ").map(String.init)
            guard words.count >= 2, let kind = Column.Kind(rawValue: words[1]) else {
                preconditionFailure("\(definition) defines no column")
            }
            return Column(name: words[0], kind: kind)
        }
    }

    /// Makes the table where it is absent.
    public func create(in db: SQLConnection) throws(SQLError) {
        try db.createTable(name, columns: definitions, primaryKey: primaryKey)
    }

    /// How many rows there are.
    public func count(in db: SQLConnection) throws -> Int64 {
        try db.first("SELECT count(*) FROM \(name)") { $0.int(0) } ?? 0
    }

    /// Calls `each` with every row, its values in the order of the columns.
    public func rows(in db: SQLConnection, _ each: ([SQLValue]) throws -> Void) throws {
        let names = columns.map(\.name).joined(separator: ", ")
        try db.rows("SELECT \(names) FROM \(name) ORDER BY \(primaryKey.joined(separator: ", "))") { row in
            try each(
                columns.enumerated().map { place, column in
                    if row.isNull(place) { return .null }
                    return switch column.kind {
                    case .integer: .integer(row.int(place))
                    case .real: .real(row.real(place))
                    case .text: .text(row.text(place))
                    case .blob: .blob(row.blob(place))
                    }
                })
        }
    }

    /// Inserts a row, its values in the order of the columns.
    public func insert(_ row: [SQLValue], in db: SQLConnection) throws(SQLError) {
        let names = columns.map(\.name).joined(separator: ", ")
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        try db.execute("INSERT INTO \(name) (\(names)) VALUES (\(places))", row)
    }

    /// Removes every row.
    public func clear(in db: SQLConnection) throws(SQLError) { try db.execute("DELETE FROM \(name)") }
}
