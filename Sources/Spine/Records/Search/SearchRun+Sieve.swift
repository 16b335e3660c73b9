import SQL

/// Rows with their labels, judged in memory: for somebody who sees a part of what matches, that costs less than a look-up for
/// each row in the database.
extension SearchRun {
    /// So many rows are taken at first; where they are all, they tell the total as well.
    private static let sievedFirst = 256
    private static let sievedMax = 4_096

    /// Where that many matches are all, whoever sees them, they are judged one by one.
    private static let fewMax = 64

    /// The first page of a search in the order of the rows of its driver.
    ///
    /// - Returns: nil where it can't be had so; the total where all rows were taken.
    func sieved(_ plan: Plan) throws -> (versions: [Version], next: String?, total: Int?)? {
        guard let sieve = plan.sieve, let driver = plan.driver, plan.residues.isEmpty, query.sorts.isEmpty,
            query.cursor == nil
        else { return nil }
        if driver.isOfDates { return try sievedAlongDates(plan, driver, sieve) }
        return driver.isOrdered ? try sievedFew(plan, driver, sieve) : nil
    }

    private func sievedFew(
        _ plan: Plan, _ driver: Planned, _ sieve: SightPlan.Part
    ) throws -> (versions: [Version], next: String?, total: Int?)? {
        var unseen = plan
        unseen.tests.removeLast()
        let first = "ORDER BY rid LIMIT \(Self.fewMax + 1)"
        let rows = select(unseen, by: driver, part: first)
        var taken: [SightVerdicts.Row] = []
        var count = 0
        try db.rows(
            """
            SELECT f.rid, \(SightVerdicts.Row.columns) FROM (\(rows.sql) \(first)) AS f
            LEFT JOIN access_label l ON l.rid = f.rid ORDER BY f.rid
            """, rows.values
        ) { row in
            count += 1
            let rid = row.int(0)
            if rid != taken.last?.rid, let label = SightVerdicts.Row(rid: rid, row, at: 1) { taken.append(label) }
        }
        guard count <= Self.fewMax else { return nil }
        return try firstPage(taken, sieve)
    }

    /// The first page of what a driver without an order gives, where that is no more than ``sievedMax`` rows.
    func gathered(
        _ plan: Plan, _ driver: Planned, _ sieve: SightPlan.Part
    ) throws -> (versions: [Version], next: String?, total: Int?)? {
        var unseen = plan
        unseen.tests.removeLast()
        let rows = select(unseen, by: driver, labelled: true)
        var taken: [SightVerdicts.Row] = []
        var count = 0
        try db.rows("\(rows.sql) LIMIT \(Self.sievedMax + 1)", rows.values) { row in
            count += 1
            if let label = SightVerdicts.Row(rid: row.int(0), row, at: 1) { taken.append(label) }
        }
        guard count <= Self.sievedMax else { return nil }
        taken.sort { $0.rid < $1.rid }
        var last: Int64?
        taken.removeAll { row in
            defer { last = row.rid }
            return row.rid == last
        }
        return try firstPage(taken, sieve)
    }

    /// The first page of the rows, in order and each once, that are in a part.
    private func firstPage(
        _ rows: [SightVerdicts.Row], _ sieve: SightPlan.Part
    ) throws -> (versions: [Version], next: String?, total: Int?) {
        let through = try rids(among: rows, sieve)
        let shown = rows.filter { through.contains($0.rid) }
        let first = shown.prefix(query.count)
        let labels = Dictionary(first.map { ($0.rid, $0) }) { known, _ in known }
        let versions = try parts.current(db, rids: first.map(\.rid), labels: labels)
        let next = shown.count > query.count ? first.last.map { Cursor(rid: $0.rid).text } : nil
        return (versions, next, shown.count)
    }

    private func sievedAlongDates(
        _ plan: Plan, _ driver: Planned, _ sieve: SightPlan.Part
    ) throws -> (versions: [Version], next: String?, total: Int?)? {
        var seen: [(key: SortValue, rid: Int64)] = []
        var labels: [Int64: SightVerdicts.Row] = [:]
        var after: (low: Int64, rid: Int64)?
        var chunk = Self.sievedFirst
        while true {
            let taken = try alongDates(
                driver, testing: plan.tests.dropLast(), after: after, limit: chunk, labelled: true)
            let through = try rids(among: taken.compactMap(\.label), sieve)
            for row in taken where through.contains(row.rid) && seen.last?.rid != row.rid {
                seen.append((.integer(row.low), row.rid))
                if seen.count <= query.count { labels[row.rid] = row.label }
            }
            let isAll = taken.count < chunk
            if isAll || seen.count > query.count {
                let (versions, next) = try page(seen, labels: labels)
                return (versions, next, isAll ? seen.count : nil)
            }
            after = taken.last.map { ($0.low, $0.rid) }
            chunk = min(chunk * 4, Self.sievedMax)
        }
    }

    /// The numbers of those rows that are in a part.
    private func rids(among rows: [SightVerdicts.Row], _ part: SightPlan.Part) throws -> Set<Int64> {
        var (through, unknown) = part.verdicts.through(rows)
        for start in stride(from: 0, to: unknown.count, by: 256) {
            let asked = unknown[start..<min(start + 256, unknown.count)]
            let within = Fragment.padded("l.rid", asked.map(\.rid))
            var found: Set<Int64> = []
            try db.rows(
                "SELECT l.rid FROM access_label l WHERE \(within.sql) AND \(part.condition.sql)",
                within.values + part.condition.values
            ) { found.insert($0.int(0)) }
            for row in asked {
                part.verdicts.keep(.init(place: found.contains(row.rid) ? 0 : -1, persons: []), row)
            }
            through.formUnion(found)
        }
        return through
    }
}
