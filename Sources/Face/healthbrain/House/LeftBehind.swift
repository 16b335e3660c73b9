import SQL

/// What a store holds that neither copies nor backups take along, so that whoever makes one learns it before the first is gone.
enum LeftBehind {
    private static let tables = [
        ("person_redirect", "merges of Patients (the records show them; they can't be taken back at the other place)"),
        ("person_review", "pairs at the identity desk, decided or not"),
        ("highway_waiting", "messages of the highway that wait to be worked on"),
        ("highway_dead", "dead letters of the highway"),
        ("highway_message", "messages of the highway as they came"),
        ("subscription_out", "subscriptions' places (they go on with what is written after the first start there)"),
    ]

    /// Lines such as `not taken along: 3 dead letters of the highway`; none where there is nothing.
    static func lines(_ place: HouseArchive.Place) throws -> [String] {
        let (log, accounts, _) = try place.open(creating: false)
        defer {
            try? log.close()
            try? accounts?.close()
        }
        return try log.read { db in
            try tables.compactMap { (table, words) -> String? in
                let known: Bool =
                    switch db.kind {
                    case .sqlite:
                        try db.first("SELECT 1 FROM sqlite_master WHERE name = ?", [.text(table)]) { $0.int(0) } != nil
                    case .postgreSQL:
                        try db.first("SELECT to_regclass('\(table)') IS NOT NULL") { $0.int(0) == 1 } ?? false
                    }
                guard known else { return nil }
                let count = try db.first("SELECT count(*) FROM \(table)") { $0.int(0) } ?? 0
                return count > 0 ? "not taken along: \(count) \(words)" : nil
            }
        }
    }

    /// Says it on the terminal.
    static func say(_ lines: [String]) {
        for line in lines { Terminal.complain(line) }
    }
}
