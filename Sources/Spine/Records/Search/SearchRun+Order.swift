import SQL

/// The order of a search's matches, and its pages.
extension SearchRun {
    func ordered(_ plan: Plan) throws -> ([Version], String?) {
        if plan.isEmpty { return ([], nil) }
        if let sort = query.sorts.first {
            if query.sorts.count == 1, plan.residues.isEmpty, !plan.isSelective {
                switch sort.key {
                case .lastUpdated: return try byFeed(plan, isDescending: sort.isDescending)
                case .parameter(let code):
                    if let parameter = parts.indexer.parameter(code, of: query.type), parameter.tables == [.date] {
                        return try byDate(plan, parameter, isDescending: sort.isDescending)
                    }
                case .id: break
                }
            }
            return try sorted(plan)
        }
        // A walk that began in the order of resources goes on so.
        let isAlongDates = query.cursor.map { !$0.keys.isEmpty } ?? true
        if let driver = plan.driver, plan.residues.isEmpty, driver.isOfDates, isAlongDates {
            return try alongDates(plan, driver)
        }
        var known: [Int64: Version] = [:]
        var rids: [Int64] = []
        try eachMatch(plan, after: query.cursor?.rid ?? 0, wanted: query.count + 1) { rid, version in
            known[rid] = version
            rids.append(rid)
            return rids.count <= query.count
        }
        let shown = Array(rids.prefix(query.count))
        let versions =
            known.isEmpty ? try parts.current(db, rids: shown) : shown.compactMap { known[$0] }
        let next = rids.count > query.count ? Cursor(rid: rids[query.count - 1]).text : nil
        return (versions, next)
    }

    /// The first page and the total of a search whose rows come in no order of use, such as those of names that begin alike:
    /// all must be gone through for the page alone, so they are gone through once.
    ///
    /// - Returns: nil where rows come in an order, or are too many.
    func gathered(_ plan: Plan) throws -> (versions: [Version], next: String?, total: Int?)? {
        guard let driver = plan.driver, !driver.isOrdered, !driver.isOfDates, plan.residues.isEmpty,
            query.sorts.isEmpty, query.cursor == nil
        else { return nil }
        if let sieve = plan.sieve, let found = try gathered(plan, driver, sieve) { return found }
        let rows = select(plan, by: driver)
        var rids = try db.query("\(rows.sql) LIMIT \(Plan.manyRows)", rows.values) { $0.int(0) }
        guard rids.count < Plan.manyRows else { return nil }
        rids.sort()
        var total = 0
        for rid in rids where total == 0 || rids[total - 1] != rid {
            rids[total] = rid
            total += 1
        }
        let shown = Array(rids[..<min(total, query.count)])
        let next = total > query.count ? shown.last.map { Cursor(rid: $0).text } : nil
        return (try parts.current(db, rids: shown), next, total)
    }

    /// The rows of a walk, cut to the page.
    func page(
        _ rows: [(key: SortValue, rid: Int64)], labels: [Int64: SightVerdicts.Row]? = nil
    ) throws -> ([Version], String?) {
        let versions = try parts.current(db, rids: rows.prefix(query.count).map(\.rid), labels: labels)
        guard rows.count > query.count, query.count > 0 else { return (versions, nil) }
        let last = rows[query.count - 1]
        return (versions, Cursor(keys: [last.key], rid: last.rid).text)
    }

    /// A search by date alone goes along the date index: the pages follow the dates.
    private func alongDates(_ plan: Plan, _ driver: Planned) throws -> ([Version], String?) {
        var after: (low: Int64, rid: Int64)?
        if let cursor = query.cursor, case .integer(let low)? = cursor.keys.first { after = (low, cursor.rid) }
        let first = try alongDates(driver, testing: plan.tests, after: after, limit: query.count + 1)
        var rows: [(key: SortValue, rid: Int64)] = []
        for row in first where rows.last?.rid != row.rid { rows.append((.integer(row.low), row.rid)) }
        return try page(rows)
    }

    /// A row of the date index, with its label where that was asked for.
    struct DatedRow {
        var low: Int64
        var rid: Int64
        var label: SightVerdicts.Row?
    }

    /// The first of the rows of a condition on dates that satisfy tests, in the order of their dates.
    func alongDates(
        _ driver: Planned, testing tests: some Sequence<Fragment>, after: (low: Int64, rid: Int64)?, limit: Int,
        labelled: Bool = false
    ) throws -> [DatedRow] {
        let columns = "x.low AS low, x.rid AS rid" + (labelled ? ", \(SightVerdicts.Row.columns)" : "")
        let join = labelled ? "LEFT JOIN access_label l ON l.rid = x.rid" : ""
        var selects: [Fragment] = []
        for source in driver.sources {
            var select = source.select(columns, alias: "x", joining: join)
            for test in tests { select = select + Fragment("AND " + test.sql, test.values).of("x.rid") }
            // A resource with several dates in range stands at its earliest.
            for other in driver.sources where !driver.isDistinct {
                let earlier = other.and(Fragment("§.rid = x.rid AND §.low < x.low")).select("1", alias: "e")
                select = select + Fragment("AND NOT EXISTS (\(earlier.sql))", earlier.values)
            }
            if let after {
                select = select + Fragment("AND (x.low, x.rid) > (?, ?)", [.integer(after.low), .integer(after.rid)])
            }
            let first = "ORDER BY x.low, x.rid LIMIT \(limit)"
            selects.append(Fragment("SELECT * FROM (\(select.sql) \(first)) AS part", select.values))
        }
        // Each part comes in order from its index; to order them again is quicker here than in the database.
        let union = Fragment.joined(selects, " UNION ALL ")
        var rows: [DatedRow] = []
        try db.rows(union.sql, union.values) { row in
            let label = labelled ? SightVerdicts.Row(rid: row.int(1), row, at: 2) : nil
            rows.append(DatedRow(low: row.int(0), rid: row.int(1), label: label))
        }
        let isOrdered = zip(rows, rows.dropFirst()).allSatisfy { ($0.low, $0.rid) <= ($1.low, $1.rid) }
        if !isOrdered { rows.sort { ($0.low, $0.rid) < ($1.low, $1.rid) } }
        return Array(rows.prefix(limit))
    }

    /// Along the date index of the sort parameter, then what has no date.
    private func byDate(_ plan: Plan, _ parameter: IndexedParameter, isDescending: Bool) throws -> ([Version], String?)
    {
        let membership = try membership(plan)
        var rows: [(key: SortValue, rid: Int64)] = []
        let isInMissing = query.cursor?.keys.first == SortValue.none
        if !isInMissing {
            let (comparison, order) = isDescending ? ("<", "DESC") : (">", "ASC")
            let first = "ORDER BY low \(order), rid \(order) LIMIT \(query.count + 1)"
            let selects = [parameter.id, parameter.longDate].map { id -> Fragment in
                var select =
                    Fragment("SELECT x.low AS low, x.rid AS rid FROM index_date x WHERE x.param = ?", [.integer(id)])
                    + membership
                    + Fragment(
                        "AND NOT EXISTS (SELECT 1 FROM index_date o WHERE o.param IN (?, ?) AND o.rid = x.rid "
                            + "AND o.low \(isDescending ? ">" : "<") x.low)",
                        [.integer(parameter.id), .integer(parameter.longDate)])
                if let cursor = query.cursor, case .integer(let low)? = cursor.keys.first {
                    select =
                        select
                        + Fragment("AND (x.low, x.rid) \(comparison) (?, ?)", [.integer(low), .integer(cursor.rid)])
                }
                return Fragment("SELECT low, rid FROM (\(select.sql) \(first)) AS part", select.values)
            }
            let union = Fragment.joined(selects, " UNION ALL ")
            try db.rows("\(union.sql) \(first)", union.values) { row in
                if rows.last?.rid != row.int(1) { rows.append((.integer(row.int(0)), row.int(1))) }
            }
        }
        if rows.count <= query.count {
            let missing =
                Fragment("SELECT x.rid FROM resource x WHERE x.type = ? AND x.alive = 1", [.integer(typeNumber)])
                + membership
                + Fragment(
                    "AND NOT EXISTS (SELECT 1 FROM index_date o WHERE o.param IN (?, ?) AND o.rid = x.rid) AND x.rid > ?",
                    [
                        .integer(parameter.id), .integer(parameter.longDate),
                        .integer(isInMissing ? query.cursor?.rid ?? 0 : 0),
                    ])
            let wanted = query.count + 1 - rows.count
            rows += try db.query("\(missing.sql) ORDER BY x.rid LIMIT \(wanted)", missing.values) {
                (SortValue.none, $0.int(0))
            }
        }
        return try page(rows)
    }

    /// Along the change feed.
    private func byFeed(_ plan: Plan, isDescending: Bool) throws -> ([Version], String?) {
        let (comparison, order) = isDescending ? ("<", "DESC") : (">", "ASC")
        var select =
            Fragment(
                """
                SELECT v.sequence, x.rid FROM version v JOIN resource x ON x.rid = v.rid AND x.sequence = v.sequence
                WHERE v.type = ? AND x.alive = 1
                """, [.integer(typeNumber)]) + (try membership(plan))
        if let cursor = query.cursor, case .integer(let sequence)? = cursor.keys.first {
            select = select + Fragment("AND v.sequence \(comparison) ?", [.integer(sequence)])
        }
        let rows = try db.query(
            "\(select.sql) ORDER BY v.sequence \(order) LIMIT \(query.count + 1)", select.values
        ) { (key: SortValue.integer($0.int(0)), rid: $0.int(1)) }
        return try page(rows)
    }

    /// `AND …`: every clause as a test of `x.rid`.
    private func membership(_ plan: Plan) throws -> Fragment {
        let tests = (plan.driver.map { [$0.test] } ?? []) + plan.tests
        return Fragment(tests.map { "AND " + $0.sql }.joined(separator: " "), tests.flatMap(\.values)).of("x.rid")
    }

    /// Gathers every match with its keys and sorts them.
    private func sorted(_ plan: Plan) throws -> ([Version], String?) {
        let rids = try rids(plan, limit: Self.sortedMax + 1)
        guard rids.count <= Self.sortedMax else {
            throw RecordsError(
                .tooCostly, "More than \(Self.sortedMax) resources would have to be sorted; narrow the search.")
        }
        let keys = try SortKeys(db: db, parts: parts, type: query.type).values(of: rids, query.sorts)
        var rows = rids.map { (keys: keys[$0] ?? [], rid: $0) }
        rows.sort { query.precedes(($0.keys, $0.rid), ($1.keys, $1.rid)) }
        if let cursor = query.cursor {
            rows = Array(rows.drop { !query.precedes((cursor.keys, cursor.rid), ($0.keys, $0.rid)) })
        }
        let versions = try parts.current(db, rids: rows.prefix(query.count).map(\.rid))
        guard rows.count > query.count, query.count > 0 else { return (versions, nil) }
        let last = rows[query.count - 1]
        return (versions, Cursor(keys: last.keys, rid: last.rid).text)
    }
}

extension SearchQuery {
    /// Whether a match comes before another in the order asked for; what has no value comes last.
    func precedes(_ a: (keys: [SortValue], rid: Int64), _ b: (keys: [SortValue], rid: Int64)) -> Bool {
        for (index, sort) in sorts.enumerated() where index < a.keys.count && index < b.keys.count {
            let (left, right) = (a.keys[index], b.keys[index])
            if left == right { continue }
            if left == .none { return false }
            if right == .none { return true }
            let order = left.order(right)
            if order != 0 { return sort.isDescending ? order > 0 : order < 0 }
        }
        return a.rid < b.rid
    }
}
