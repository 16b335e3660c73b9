import SQL

/// The rows by which entries are found: each patient's entries, and each account's blocks.
///
/// Texts stand there as numbers, the first eight bytes of their SHA-256; whoever reads compares the text itself.
struct AuditIndex {
    private struct Row: Hashable {
        var key: Int64
        var place: Int64
    }

    private var patients: [Row] = []
    private var accounts: Set<Row> = []
    private var known: [String: Int64] = [:]

    mutating func add(_ entry: AuditTrail.Encoded, at place: Int64, block: Int64) {
        let from = patients.count
        for patient in entry.patients {
            let row = Row(key: key(patient), place: place)
            if !patients[from...].contains(row) { patients.append(row) }
        }
        if !entry.account.isEmpty { accounts.insert(Row(key: key(entry.account), place: block)) }
    }

    private mutating func key(_ text: String) -> Int64 {
        if let known = known[text] { return known }
        let key = Self.key(text)
        known[text] = key
        return key
    }

    /// The number that stands for a text.
    static func key(_ text: String) -> Int64 {
        let hash = MerkleHasher().digest(Array(text.utf8))
        return hash.bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    func insert(in db: SQLConnection) throws {
        try insert(into: "audit_patient", "patient", "entry", patients, in: db)
        try insert(into: "audit_account", "account", "block", accounts, in: db)
    }

    private func insert(
        into table: String, _ key: String, _ place: String, _ rows: some Sequence<Row>, in db: SQLConnection
    ) throws {
        let rows = rows.sorted { ($0.key, $0.place) < ($1.key, $1.place) }
        try db.insert(into: table, columns: [.integers(key, rows.map(\.key)), .integers(place, rows.map(\.place))])
    }

    /// Every row that must be there: table, key and place.
    var rows: [(table: String, key: Int64, place: Int64)] {
        patients.map { ("audit_patient", $0.key, $0.place) } + accounts.map { ("audit_account", $0.key, $0.place) }
    }
}
