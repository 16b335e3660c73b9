import AuditLog
import SQL

/// The tables by which rows are chosen for somebody: whom each resource is about, who answers for it, how sensitive it is,
/// and what makes relations. `Docs/security/access.md` tells how conditions become SQL over them.
///
/// They are made when a store is first opened to be looked at by rules, and from then on written in each resource's own
/// transaction, by whichever server writes. A store that never was has none of them.
enum AccessTables {
    /// The setting that says that the tables are there, and how far they are filled: `place goal`, or `ready`.
    static let setting = "access"

    /// How far the tables are filled.
    enum State: Sendable, Equatable {
        /// There are none.
        case absent
        /// Resources up to `place` are in them; those up to `goal` are to be, later ones were written with them.
        case filling(place: Int64, goal: Int64)
        /// All are in them.
        case ready

        init(_ text: String?) {
            guard let text else {
                self = .absent
                return
            }
            let numbers = text.split(separator: " ").compactMap { Int64($0) }
            self = numbers.count == 2 ? .filling(place: numbers[0], goal: numbers[1]) : .ready
        }

        /// How much is filled, from 0 to 1; nil where there is nothing to fill.
        var ratio: Double? {
            switch self {
            case .absent: nil
            case .filling(let place, let goal): goal > 0 ? min(1, Double(place) / Double(goal)) : 0
            case .ready: 1
            }
        }

        var text: String {
            switch self {
            case .absent, .ready: "ready"
            case .filling(let place, let goal): "\(place) \(goal)"
            }
        }
    }

    static func state(_ db: SQLConnection) throws -> State {
        State(try db.first("SELECT value FROM setting WHERE name = '\(setting)'") { $0.text(0) })
    }

    static func save(_ state: State, _ db: SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO setting (name, value) VALUES ('\(setting)', ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, .text(state.text))
    }

    /// Makes the tables where there are none, and raises the layout, so that a program that would not write them is refused.
    static func create(_ db: SQLConnection) throws {
        // Came later than the others, and holds nothing that could be missing.
        try ApprovalTable.create(db)
        try StandIns.create(db)
        guard try state(db) == .absent else { return }
        let number = db.kind == .postgreSQL ? "INT4 NOT NULL" : "INTEGER NOT NULL"
        let time = db.kind == .postgreSQL ? "INT8 NOT NULL" : "INTEGER NOT NULL"
        func table(_ name: String, _ columns: [String], key: Int, _ indexes: [[String]] = []) throws {
            let names = columns.map { String($0.prefix { $0 != " " }) }
            try db.createTable(name, columns: columns, primaryKey: Array(names.prefix(key)))
            for (place, index) in indexes.enumerated() {
                try db.run(
                    script:
                        "CREATE INDEX IF NOT EXISTS \(name)_\(place + 1) ON \(name) (\(index.joined(separator: ", ")))")
            }
        }
        func numbers(_ names: String...) -> [String] { names.map { "\($0) \(number)" } }
        try table("access_label", numbers("rid", "person", "organisation", "marks"), key: 1, [["person", "rid"]])
        try table("access_person", numbers("rid", "person"), key: 2, [["person", "rid"]])
        try table("access_organisation", numbers("rid", "organisation"), key: 2)
        try table("access_place", numbers("rid", "division"), key: 1)
        try table("access_case", numbers("rid", "person", "marks"), key: 2, [["person", "marks"]])
        try table("access_dependency", numbers("rid", "target"), key: 2, [["target", "rid"]])
        try table(
            "care_relation",
            numbers("rid", "person", "organisation", "kind") + ["valid_from \(time)", "valid_until \(time)"], key: 3,
            [["person", "organisation", "kind", "valid_until", "valid_from"]])
        try table("access_link", numbers("rid", "related"), key: 2)
        try table("access_guardian", numbers("rid", "child"), key: 1)
        try table(
            "access_mandate",
            numbers("rid", "delegate", "patient", "sensitivities")
                + ["valid_from \(time)", "valid_until \(time)", "types TEXT NOT NULL"], key: 2, [["delegate"]])
        try table("access_consent", numbers("rid", "person"), key: 1, [["person"]])
        try table(
            "access_break_glass",
            ["account TEXT NOT NULL", "since \(time)", "patient TEXT NOT NULL", "reason TEXT NOT NULL"], key: 3)
        let newest = try db.first("SELECT max(rid) FROM resource") { $0.int(0) } ?? 0
        try save(newest == 0 ? .ready : .filling(place: 0, goal: newest), db)
        try Schema.raise(db)
        try AuditTrail.create(in: db)
    }
}
