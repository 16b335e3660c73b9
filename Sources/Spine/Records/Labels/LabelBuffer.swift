import Access
import SQL

/// Collects the rows of access of a group of writes.
struct LabelBuffer {
    private var rows: [LabelRows] = []
    /// Resources whose rows go before the new ones come, by their types.
    private var replaced: [String: [Int64]] = [:]

    var isEmpty: Bool { rows.isEmpty && replaced.isEmpty }

    mutating func add(_ row: LabelRows, of type: String, replaces: Bool) {
        if replaces { replaced[type, default: []].append(row.rid) }
        rows.append(row)
    }

    /// Takes away what a deleted resource no longer says of others. Whom it was about stays, for its history.
    mutating func delete(_ rid: Int64, of type: String, _ db: SQLConnection) throws {
        try flush(db)
        for table in Self.tables(of: type) where !Self.kept.contains(table) {
            try db.execute("DELETE FROM \(table) WHERE rid = ?", .integer(rid))
        }
    }

    /// What stays of a deleted resource.
    private static let kept: Set<String> = [
        "access_label", "access_person", "access_organisation", "access_dependency",
    ]

    /// The tables in which a resource of a type may have rows.
    private static func tables(of type: String) -> [String] {
        var tables = ["access_label", "access_person", "access_organisation", "access_dependency"]
        if LabelReader.caseTypes.contains(type) { tables.append("access_case") }
        switch type {
        case "Patient": tables += ["access_place", "access_link"]
        case "RelatedPerson": tables.append("access_guardian")
        case "Consent": tables += ["access_mandate", "access_consent"]
        case "Appointment", "CareTeam", "Encounter", "EpisodeOfCare", "ServiceRequest", "Task":
            tables.append("care_relation")
        default: break
        }
        return tables
    }

    /// Writes what has come together, removals first.
    mutating func flush(_ db: SQLConnection) throws {
        for (type, rids) in replaced {
            for table in Self.tables(of: type) { try db.delete(from: table, columns: [.integers("rid", rids)]) }
        }
        // Of several rows of one resource the last one stands.
        var last: [Int64: Int] = [:]
        for (place, row) in rows.enumerated() { last[row.rid] = place }
        let rows = last.count == rows.count ? rows : rows.enumerated().filter { last[$1.rid] == $0 }.map(\.1)
        try write(rows, db)
        self = LabelBuffer()
    }

    private func write(_ rows: [LabelRows], _ db: SQLConnection) throws {
        func insert(_ table: String, _ columns: [SQLColumn]) throws { try db.insert(into: table, columns: columns) }
        func pairs(_ table: String, _ column: String, _ values: (LabelRows) -> [Int64]) throws {
            let found = rows.flatMap { row in values(row).map { (row.rid, $0) } }
            try insert(table, [.integers("rid", found.map(\.0)), .integers(column, found.map(\.1))])
        }
        try insert(
            "access_label",
            [
                .integers("rid", rows.map(\.rid)), .integers("person", rows.map(\.person)),
                .integers("organisation", rows.map(\.organisation)), .integers("marks", rows.map(\.marks)),
            ])
        try pairs("access_person", "person") { $0.persons }
        try pairs("access_organisation", "organisation") { $0.organisations }
        try pairs("access_dependency", "target") { $0.dependencies }
        try pairs("access_place", "division") { $0.division.map { [$0] } ?? [] }
        try pairs("access_link", "related") { $0.links }
        try pairs("access_guardian", "child") { $0.child.map { [$0] } ?? [] }
        try pairs("access_consent", "person") { $0.consentPerson.map { [$0] } ?? [] }
        let cases = rows.flatMap { row in row.cases.map { (row.rid, $0, row.marks & ~LabelRows.caseMark) } }
        try insert(
            "access_case",
            [
                .integers("rid", cases.map(\.0)), .integers("person", cases.map(\.1)),
                .integers("marks", cases.map(\.2)),
            ])
        let care = rows.flatMap { row in row.care.map { (row.rid, $0) } }
        try insert(
            "care_relation",
            [
                .integers("rid", care.map(\.0)), .integers("person", care.map(\.1.person)),
                .integers("organisation", care.map(\.1.organisation)), .integers("kind", care.map(\.1.kind.number)),
                .integers("valid_from", care.map(\.1.from)), .integers("valid_until", care.map { $0.1.until ?? .max }),
            ])
        let mandates = rows.flatMap { row in row.mandates.map { (row.rid, $0) } }
        try insert(
            "access_mandate",
            [
                .integers("rid", mandates.map(\.0)), .integers("delegate", mandates.map(\.1.delegate)),
                .integers("patient", mandates.map(\.1.patient)),
                .integers(
                    "sensitivities", mandates.map { $0.1.mandate.sensitivities.reduce(0) { $0 | $1.mark } }),
                .integers("valid_from", mandates.map(\.1.mandate.period.lowerBound)),
                .integers("valid_until", mandates.map(\.1.mandate.period.upperBound)),
                .texts("types", mandates.map { $0.1.mandate.types?.joined(separator: " ") ?? "*" }),
            ])
    }
}
