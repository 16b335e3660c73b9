import AuditLog
import Foundation
import SQL

/// Entries of every shape, from a seed.
enum Entries {
    static func random(_ generator: inout SeededGenerator, at: Int64? = nil) -> AuditEntry {
        func pick(_ texts: [String]) -> String { texts.randomElement(using: &generator) ?? "" }
        let start = Int64.random(in: -1_000_000...1_900_000_000_000, using: &generator)
        let patients = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
            "Patient/\(Int.random(in: 0..<20, using: &generator))"
        }
        let entities = (0..<Int.random(in: 0...2, using: &generator)).map { _ -> AuditEntity in
            Bool.random(using: &generator)
                ? .resource(pick(["Observation/1", "Encounter/e-7", "Patient/王"]), version: pick(["", "1", "27"]))
                : .query(
                    (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    })
        }
        return AuditEntry(
            at: at ?? start, action: AuditAction.allCases.randomElement(using: &generator) ?? .read,
            outcome: AuditOutcome.allCases.randomElement(using: &generator) ?? .success,
            reason: pick(["", "no-care-relation", "急救"]),
            agent: AuditAgent(
                account: pick(["", "a-1", "a-2", "a-3"]), person: pick(["", "Practitioner/9"]),
                role: pick(["", "clinician"]), organization: pick(["", "hospital-1"]), client: pick(["", "app"])),
            network: pick(["", "10.1.2.3", "2001:db8::7", "hash:ab12"]), session: pick(["", "s-1"]),
            purpose: pick(["", "TREAT", "ETREAT"]), request: pick(["", "req-\(generator.next())"]),
            period: Int.random(in: 0..<8, using: &generator) == 0 ? start..<start + 5000 : nil,
            patients: Array(Set(patients)).sorted(), entities: entities)
    }

    /// Entries of a day, in about the order of time.
    static func day(_ count: Int, seed: UInt64, from: Int64 = 1_760_000_000_000) -> [AuditEntry] {
        var generator = SeededGenerator(seed)
        return (0..<count).map { offset in
            random(&generator, at: from + Int64(offset) * 20_000 + Int64.random(in: 0..<5000, using: &generator))
        }
    }
}

/// The databases that the same tests run on: PostgreSQL where `Scripts/with-postgres` runs the tests.
enum TestDatabase: String, CaseIterable {
    case sqlite, postgreSQL

    static var available: [TestDatabase] { postgreSQLURL == nil ? [.sqlite] : [.sqlite, .postgreSQL] }

    private static var postgreSQLURL: String? { ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"] }

    /// A database with the tables of a log, gone at the end.
    func with<T>(_ body: (any SQLDatabase) throws -> T) throws -> T {
        switch self {
        case .sqlite:
            return try withFolder { folder throws in
                let database = try SQLiteDatabase(path: folder + "/test.db")
                defer { try? database.close() }
                try database.write { db in try AuditTrail.create(in: db) }
                return try body(database)
            }
        case .postgreSQL:
            let whole = try PostgreSQLAddress(Self.postgreSQLURL ?? "")
            let address = whole.with(schema: "test_" + UUID().uuidString.lowercased())
            defer {
                let keeper = try? PostgreSQLDatabase(whole)
                try? keeper?.write { db in try db.run(script: "DROP SCHEMA IF EXISTS \"\(address.schema)\" CASCADE") }
                try? keeper?.close()
            }
            let database = try PostgreSQLDatabase(address)
            defer { try? database.close() }
            try database.write { db in try AuditTrail.create(in: db) }
            return try body(database)
        }
    }
}

/// A folder of its own, gone at the end.
func withFolder<T>(_ body: (String) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}
