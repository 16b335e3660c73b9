import FHIR
import SQL

/// The numbers that stand for resource types in the tables.
struct ResourceTypes: Sendable {
    private let numbers: [String: Int64]
    /// The names by their numbers.
    let names: [Int64: String]

    init(_ db: SQLConnection, definitions: Definitions) throws {
        var rows = try db.query("SELECT id, name FROM resource_type") { ($0.int(0), $0.text(1)) }
        let known = Set(rows.map(\.1))
        var next = (rows.map(\.0).max() ?? 0) + 1
        for name in definitions.resourceTypes where !known.contains(name) {
            try db.execute("INSERT INTO resource_type (id, name) VALUES (?, ?)", .integer(next), .text(name))
            rows.append((next, name))
            next += 1
        }
        numbers = Dictionary(uniqueKeysWithValues: rows.map { ($0.1, $0.0) })
        names = Dictionary(uniqueKeysWithValues: rows)
    }

    func number(of name: String) -> Int64? { numbers[name] }
    func name(of number: Int64) -> String { names[number] ?? "" }
}
