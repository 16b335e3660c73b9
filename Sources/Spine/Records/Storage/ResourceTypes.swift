import FHIR
import SQL

/// The numbers that stand for resource types in the tables.
struct ResourceTypes: Sendable {
    private let numbers: [String: Int64]
    private let names: [Int64: String]

    init(_ db: SQLConnection, definitions: Definitions) throws {
        for name in definitions.resourceTypes {
            try db.execute("INSERT INTO resource_type (name) VALUES (?) ON CONFLICT DO NOTHING", .text(name))
        }
        let rows = try db.query("SELECT id, name FROM resource_type") { ($0.int(0), $0.text(1)) }
        numbers = Dictionary(uniqueKeysWithValues: rows.map { ($0.1, $0.0) })
        names = Dictionary(uniqueKeysWithValues: rows)
    }

    func number(of name: String) -> Int64? { numbers[name] }
    func name(of number: Int64) -> String { names[number] ?? "" }
}
