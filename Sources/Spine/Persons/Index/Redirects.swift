import SQL

extension SQLConnection {
    /// What a query finds of each of some ids, which are asked for many at a time. `sql` ends with `IN`.
    func ofEach<T>(_ ids: some Collection<String>, _ sql: String, _ read: (SQLRow) throws -> T) throws -> [T] {
        let width = 32
        var rest = ids.sorted()[...]
        var found: [T] = []
        while !rest.isEmpty {
            var values = rest.prefix(width).map { SQLValue.text($0) }
            rest = rest.dropFirst(width)
            // One statement for all, whatever the number.
            while values.count < width { values.append(values[0]) }
            let marks = String(repeating: ", ?", count: width - 1)
            found += try query("\(sql) (?\(marks))", values, map: read)
        }
        return found
    }
}

/// Who stands for whom since persons were merged.
final class Redirects {
    private let db: SQLConnection
    private var known: [String: String] = [:]

    init(_ db: SQLConnection) { self.db = db }

    func survivor(of person: String) throws -> String {
        if let known = known[person] { return known }
        var survivor = person
        while let next = try db.first(
            "SELECT survivor FROM person_redirect WHERE person = ?", [.text(survivor)],
            map: {
                $0.text(0)
            })
        { survivor = next }
        known[person] = survivor
        return survivor
    }

    /// A person's Patients: the survivor and all that were merged into it, sorted.
    static func tree(of survivor: String, _ db: SQLConnection) throws -> [String] {
        var found = [survivor]
        var next = 0
        while next < found.count {
            found += try db.query("SELECT person FROM person_redirect WHERE survivor = ?", [.text(found[next])]) {
                $0.text(0)
            }
            next += 1
        }
        return found.sorted()
    }

    /// Of some Patients those that stand for others or are stood for, with who stands for them.
    static func standing(_ patients: some Collection<String>, _ db: SQLConnection) throws -> [String: String] {
        var found = Set(try db.ofEach(patients, "SELECT person FROM person_redirect WHERE person IN") { $0.text(0) })
        found.formUnion(
            try db.ofEach(patients, "SELECT survivor FROM person_redirect WHERE survivor IN") { $0.text(0) })
        let redirects = Redirects(db)
        return try Dictionary(uniqueKeysWithValues: found.map { ($0, try redirects.survivor(of: $0)) })
    }
}
