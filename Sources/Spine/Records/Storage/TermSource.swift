import SQL

/// Gives terms their numbers in a PostgreSQL database that several servers share.
///
/// A number is given in a small transaction of its own, outside the writer's lock, and is committed **durably** before
/// anyone uses it. An asynchronous commit would keep the order in the write-ahead log (a fact that uses the term is
/// synced behind it), but a server that remembers a number which a crash of the database has undone would go on using it
/// after another text was given the same one.
struct TermSource: Sendable {
    private let database: any SQLDatabase

    init(_ database: any SQLDatabase) { self.database = database }

    /// The number of a text; a new one when it has none.
    func number(of text: String) throws -> Int64 {
        if let known = try known(text) { return known }
        return try database.writeAside { db in
            try db.run(script: "SET LOCAL synchronous_commit = on")
            // A conflict waits until the other server has committed; its number is then seen by a new statement.
            let given = try db.first(
                "INSERT INTO term (text) VALUES (?) ON CONFLICT (text) DO NOTHING RETURNING id", [.text(text)]
            ) { $0.int(0) }
            if let given { return given }
            let known = try db.first("SELECT id FROM term WHERE text = ?", [.text(text)]) { $0.int(0) }
            guard let known else { throw SQLError(.statement, "A term has no number.") }
            return known
        }
    }

    /// The number of a text that has one.
    func known(_ text: String) throws -> Int64? {
        try database.readOnce { db in
            try db.first("SELECT id FROM term WHERE text = ?", [.text(text)]) { $0.int(0) }
        }
    }
}
