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
        let through = try rids(among: taken, sieve)
        let rids = taken.lazy.map(\.rid).filter(through.contains)
        let total = rids.count
        let versions = try parts.current(db, rids: Array(rids.prefix(query.count)))
        let isMore = total > query.count && query.count > 0
        return (versions, isMore ? Cursor(rid: Array(rids)[query.count - 1]).text : nil, total)
    }

    private func sievedAlongDates(
        _ plan: Plan, _ driver: Planned, _ sieve: SightPlan.Part
    ) throws -> (versions: [Version], next: String?, total: Int?)? {
        var seen: [(key: SortValue, rid: Int64)] = []
        var after: (low: Int64, rid: Int64)?
        var chunk = Self.sievedFirst
        while true {
            let taken = try alongDates(
                driver, testing: plan.tests.dropLast(), after: after, limit: chunk, labelled: true)
            let through = try rids(among: taken.compactMap(\.label), sieve)
            for row in taken where through.contains(row.rid) && seen.last?.rid != row.rid {
                seen.append((.integer(row.low), row.rid))
            }
            let isAll = taken.count < chunk
            if isAll || seen.count > query.count {
                let (versions, next) = try page(seen)
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
