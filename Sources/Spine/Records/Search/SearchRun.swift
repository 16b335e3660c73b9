import FHIR
import JSON
import SQL

/// One search on one snapshot: source → tests → order → page.
///
/// The most selective clause whose rows an index gives is the source; the others are tests of each row that comes.
struct SearchRun {
    let db: SQLConnection
    let parts: StoreParts
    let query: SearchQuery

    /// A clause that came out as SQL.
    private struct Planned {
        var sources: [RowSource]
        var test: Fragment
        /// Whether the clause can be the source.
        var canDrive: Bool

        /// Whether each resource comes once: one source with one row each, or the short and long spans of one date.
        var isDistinct: Bool {
            sources.allSatisfy(\.isDistinct)
                && (sources.count == 1 || (sources.count == 2 && sources.allSatisfy { $0.table == .date }))
        }
    }

    /// What must be looked up in documents.
    private struct Residue {
        var parameter: IndexedParameter
        var alternatives: [[[Condition]]]
    }

    /// A search ready to run.
    private struct Plan {
        /// `x` in the SQL: rows with at least a rid.
        var driver: Planned?
        var tests: [Fragment]
        var residues: [Residue]
        var isEmpty = false
        /// Whether the driver gives fewer rows than ``Plan/fewRows``.
        var isSelective: Bool
        /// What keeps a resource from coming twice.
        var distinct: String { driver?.isDistinct ?? true ? "" : "DISTINCT " }
        static let fewRows = 1000
        static let manyRows = 20_000
    }

    /// At most this many matches are counted when nobody asked for a total.
    static let countedMax = 5000
    /// At most this many matches are sorted by something no index gives in order.
    static let sortedMax = 2_000_000

    /// The rids that match, at most `limit`; for conditional interactions.
    func matches(limit: Int) throws -> [ResourceKey] {
        let plan = try plan()
        var keys: [ResourceKey] = []
        try eachMatch(plan) { rid, version in
            let found = try version ?? parts.current(db, rid: rid)
            if let found { keys.append(found.key) }
            return keys.count < limit
        }
        return keys
    }

    func page() throws -> SearchPage {
        let plan = try plan()
        if query.countsOnly {
            return try result(entries: [], total: total(plan, limit: nil), next: nil)
        }
        let (versions, next) = try ordered(plan)
        var total: Int?
        switch query.total {
        case .accurate?, .estimate?: total = try self.total(plan, limit: nil)
        case SearchQuery.Total.none?: total = nil
        case nil:
            total =
                try next == nil && query.cursor == nil ? versions.count : self.total(plan, limit: Self.countedMax)
        }
        let entries = versions.map { SearchPage.Entry(version: $0, mode: .match) }
        let included = try Includes(db: db, parts: parts, query: query).included(with: versions)
        return try result(
            entries: entries + included.map { .init(version: $0, mode: .include) }, total: total, next: next)
    }

    private func result(entries: [SearchPage.Entry], total: Int?, next: String?) throws -> SearchPage {
        SearchPage(
            entries: entries, total: total, next: next, selfParameters: query.understood, issues: query.warnings)
    }

    // MARK: Plan

    private func plan() throws -> Plan {
        var planned: [Planned] = []
        var residues: [Residue] = []
        /// The places in `planned` of conditions on dates.
        var ranges: [Int64: Int] = [:]
        let sql = ConditionSQL(parts: parts, db: db)
        for clause in query.clauses {
            switch clause.test {
            case .ids(let ids):
                let rids = try ids.compactMap { id in
                    try db.first(
                        "SELECT rid FROM resource WHERE type = ? AND id = ? AND alive = 1",
                        [.integer(typeNumber), .blob(IDCode.encode(QueryReader.unescaped(id)))]
                    ) { $0.int(0) }
                }
                guard !rids.isEmpty else { return empty }
                let marks = rids.map { _ in "?" }.joined(separator: ", ")
                planned.append(
                    Planned(
                        sources: [], test: Fragment("x.rid IN (\(marks))", rids.map { .integer($0) }),
                        canDrive: false))
            case .lastUpdated(let conditions):
                planned.append(Planned(sources: [], test: try lastUpdated(conditions), canDrive: false))
            case .missing(let parameter, let isMissing):
                let rows = Fragment.joined(
                    parameter.tables.sorted { $0.name < $1.name }.map { table in
                        Fragment(
                            "SELECT rid FROM \(table.name) WHERE param IN (?, ?)",
                            [.integer(parameter.id), .integer(parameter.longDate)])
                    }, " UNION ALL ")
                planned.append(
                    Planned(
                        sources: [],
                        test: Fragment("x.rid \(isMissing ? "NOT IN" : "IN") (\(rows.sql))", rows.values),
                        canDrive: false))
            case .none(let parameter, let conditions):
                let sources = try conditions.flatMap { try sql.sources($0, parameter) }
                for source in sources {
                    planned.append(
                        Planned(
                            sources: [], test: Fragment("NOT " + source.test.sql, source.test.values),
                            canDrive: false))
                }
            case .any(let parameter, let conditions):
                if parameter.definition.type == .composite {
                    guard let (clauses, residue) = try composite(parameter, conditions, sql) else { return empty }
                    planned += clauses
                    if let residue { residues.append(residue) }
                } else {
                    let sources = try conditions.flatMap { try sql.sources($0, parameter) }
                    guard !sources.isEmpty else { return empty }
                    if parameter.isSingle, let index = ranges[parameter.id], conditions.count == 1 {
                        // `date=ge2026-01-01&date=lt2026-02-01`: one row must satisfy both, so it is one range.
                        planned[index] = Self.planned(zip(planned[index].sources, sources).map { $0.and($1) })
                        continue
                    }
                    if conditions.count == 1, case .date? = conditions.first {
                        ranges[parameter.id] = planned.count
                    }
                    planned.append(Self.planned(sources))
                }
            }
        }
        let (driver, isSelective) = try choose(planned)
        let tests = planned.indices.filter { $0 != driver }.map { planned[$0].test }
        return Plan(
            driver: driver.map { planned[$0] }, tests: tests, residues: residues, isSelective: isSelective)
    }

    private var empty: Plan { Plan(driver: nil, tests: [], residues: [], isEmpty: true, isSelective: true) }

    private var typeNumber: Int64 { parts.types.number(of: query.type) ?? 0 }

    private static func planned(_ sources: [RowSource]) -> Planned {
        let tests = sources.map(\.test)
        return Planned(
            sources: sources,
            test: tests.count == 1
                ? tests[0] : Fragment("(" + Fragment.joined(tests, " OR ").sql + ")", tests.flatMap(\.values)),
            canDrive: true)
    }

    /// A composite: each component by its own parameter, and the same element by the document, but where the element is
    /// the resource itself and one component has one value.
    private func composite(
        _ parameter: IndexedParameter, _ conditions: [Condition], _ sql: ConditionSQL
    ) throws -> (clauses: [Planned], residue: Residue?)? {
        let alternatives = conditions.compactMap { condition -> [[Condition]]? in
            if case .composite(let components) = condition { return components }
            return nil
        }
        var clauses: [Planned] = []
        if alternatives.count == 1, let components = alternatives.first {
            for (component, conditions) in zip(parameter.components, components) {
                guard let own = parts.indexer.parameter(component.code, of: query.type) else { continue }
                let sources = try conditions.flatMap { try sql.sources($0, own) }
                guard !sources.isEmpty else { return nil }
                clauses.append(Self.planned(sources))
            }
        }
        if parameter.isOfResource, clauses.count == parameter.components.count { return (clauses, nil) }
        return (clauses, Residue(parameter: parameter, alternatives: alternatives))
    }

    /// The clause with the fewest rows, as far as counting tells; counting further when all are many.
    private func choose(_ planned: [Planned]) throws -> (Int?, Bool) {
        let drivers = planned.indices.filter { planned[$0].canDrive }
        guard !drivers.isEmpty else { return (nil, false) }
        var best: (index: Int, count: Int, rank: Int)?
        for bound in [Plan.fewRows, Plan.manyRows] {
            best = nil
            for index in drivers {
                let count = try count(planned[index].sources, upTo: bound)
                let rank = planned[index].sources.map(\.rank).max() ?? 9
                if let held = best, (held.count, held.rank) <= (count, rank) { continue }
                best = (index, count, rank)
                if count < 50 { break }
            }
            if drivers.count == 1 || (best?.count ?? 0) < bound { break }
        }
        return (best?.index, (best?.count ?? 0) < Plan.fewRows)
    }

    private func count(_ sources: [RowSource], upTo bound: Int) throws -> Int {
        var count = 0
        for source in sources where count < bound {
            let select = source.select("1")
            let rows = try db.first("SELECT count(*) FROM (\(select.sql) LIMIT \(bound))", select.values) { $0.int(0) }
            count += Int(rows ?? 0)
        }
        return count
    }

    /// Change times grow with the feed, so a range of time is a range of places.
    private func lastUpdated(_ conditions: [DateCondition]) throws -> Fragment {
        let tests = try conditions.map { condition -> Fragment in
            let from = try db.sequence(atOrAfter: condition.low)
            let after = try db.sequence(atOrAfter: condition.high + 1)
            return switch condition.prefix {
            case .eq, .ap: Fragment("r.sequence >= ? AND r.sequence < ?", [.integer(from), .integer(after)])
            case .ne: Fragment("(r.sequence < ? OR r.sequence >= ?)", [.integer(from), .integer(after)])
            case .gt, .sa: Fragment("r.sequence >= ?", [.integer(after)])
            case .ge: Fragment("r.sequence >= ?", [.integer(from)])
            case .lt, .eb: Fragment("r.sequence < ?", [.integer(from)])
            case .le: Fragment("r.sequence < ?", [.integer(after)])
            }
        }
        let any = Fragment.joined(tests, " OR ")
        return Fragment(
            "EXISTS (SELECT 1 FROM resource r WHERE r.rid = x.rid AND (\(any.sql)))", any.values)
    }

    // MARK: Rows

    /// `FROM … x WHERE …` of every candidate; each may come more than once.
    private func candidates(_ plan: Plan) -> Fragment {
        var from: Fragment
        if let driver = plan.driver {
            if driver.sources.count == 1, let source = driver.sources.first {
                let condition = source.condition
                from = Fragment(
                    "FROM \(source.table.name) x WHERE \(condition.sql.replacing("c.", with: "x."))", condition.values)
            } else {
                let union = Fragment.joined(driver.sources.map { $0.select("c.rid AS rid") }, " UNION ALL ")
                from = Fragment("FROM (\(union.sql)) x WHERE 1 = 1", union.values)
            }
        } else {
            from = Fragment("FROM resource x WHERE x.type = ? AND x.alive = 1", [.integer(typeNumber)])
        }
        for test in plan.tests { from = from + Fragment("AND " + test.sql, test.values) }
        return from
    }

    private func total(_ plan: Plan, limit: Int?) throws -> Int? {
        if plan.isEmpty { return 0 }
        if plan.driver == nil, plan.tests.isEmpty, plan.residues.isEmpty {
            return try db.first("SELECT alive FROM resource_type WHERE id = ?", [.integer(typeNumber)]) {
                Int($0.int(0))
            }
        }
        if !plan.residues.isEmpty {
            var count = 0
            try eachMatch(plan) { _, _ in
                count += 1
                return limit.map { count <= $0 } ?? true
            }
            return limit.map { count > $0 ? nil : count } ?? count
        }
        let rows = candidates(plan)
        let bound = limit.map { " LIMIT \($0 + 1)" } ?? ""
        let count = try db.first(
            "SELECT count(*) FROM (SELECT \(plan.distinct)x.rid \(rows.sql)\(bound))", rows.values
        ) {
            Int($0.int(0))
        }
        guard let count else { return nil }
        return limit.map { count > $0 ? nil : count } ?? count
    }

    /// Calls `body` with every match in the order of rids, until it says no. The version comes along when it had to be
    /// read anyway.
    private func eachMatch(_ plan: Plan, after: Int64 = 0, _ body: (Int64, Version?) throws -> Bool) throws {
        if plan.isEmpty { return }
        let rows = candidates(plan)
        let chunk = 500
        var last = after
        while true {
            let rids = try db.query(
                "SELECT \(plan.distinct)x.rid \(rows.sql) AND x.rid > ? ORDER BY x.rid LIMIT \(chunk)",
                rows.values + [.integer(last)]
            ) { $0.int(0) }
            for rid in rids {
                var version: Version?
                if !plan.residues.isEmpty {
                    version = try parts.current(db, rid: rid)
                    guard let version, try holds(plan.residues, version) else { continue }
                }
                guard try body(rid, version) else { return }
            }
            guard rids.count == chunk, let end = rids.last else { return }
            last = end
        }
    }

    private func holds(_ residues: [Residue], _ version: Version) throws -> Bool {
        let document = try parts.document(version.stored.bytes)
        let match = ConditionMatch(parts: parts)
        return residues.allSatisfy { residue in
            residue.alternatives.contains { match.matches(document.root, residue.parameter, $0) }
        }
    }

    // MARK: Order

    private func ordered(_ plan: Plan) throws -> ([Version], String?) {
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
        if let driver = plan.driver, plan.residues.isEmpty, driver.sources.allSatisfy({ $0.table == .date }),
            driver.sources.count == 2
        {
            return try alongDates(plan, driver)
        }
        var versions: [Version] = []
        var rids: [Int64] = []
        try eachMatch(plan, after: query.cursor?.rid ?? 0) { rid, version in
            if rids.count < query.count, let found = try version ?? parts.current(db, rid: rid) {
                versions.append(found)
            }
            rids.append(rid)
            return rids.count <= query.count
        }
        let next = rids.count > query.count ? Cursor(rid: rids[query.count - 1]).text : nil
        return (versions, next)
    }

    /// The rows of a walk, cut to the page.
    private func page(_ rows: [(key: SortValue, rid: Int64)]) throws -> ([Version], String?) {
        let versions = try rows.prefix(query.count).compactMap { try parts.current(db, rid: $0.rid) }
        guard rows.count > query.count, query.count > 0 else { return (versions, nil) }
        let last = rows[query.count - 1]
        return (versions, Cursor(keys: [last.key], rid: last.rid).text)
    }

    /// A search by date alone goes along the date index: the pages follow the dates.
    private func alongDates(_ plan: Plan, _ driver: Planned) throws -> ([Version], String?) {
        var selects: [Fragment] = []
        for source in driver.sources {
            var select = Fragment(
                "SELECT x.low AS low, x.rid AS rid FROM index_date x WHERE "
                    + source.condition.sql.replacing("c.", with: "x."), source.condition.values)
            for test in plan.tests { select = select + Fragment("AND " + test.sql, test.values) }
            // A resource with several dates in range stands at its earliest.
            for other in driver.sources where !driver.isDistinct {
                select =
                    select
                    + Fragment(
                        "AND NOT EXISTS (SELECT 1 FROM index_date c WHERE \(other.condition.sql) "
                            + "AND c.rid = x.rid AND c.low < x.low)", other.condition.values)
            }
            if let cursor = query.cursor, case .integer(let low)? = cursor.keys.first {
                select = select + Fragment("AND (x.low, x.rid) > (?, ?)", [.integer(low), .integer(cursor.rid)])
            }
            selects.append(select)
        }
        let union = Fragment.joined(selects, " UNION ALL ")
        var rows: [(key: SortValue, rid: Int64)] = []
        try db.rows("\(union.sql) ORDER BY low, rid LIMIT \(query.count + 1)", union.values) { row in
            let rid = row.int(1)
            if rows.last?.rid != rid { rows.append((.integer(row.int(0)), rid)) }
        }
        return try page(rows)
    }

    /// Along the date index of the sort parameter, then what has no date.
    private func byDate(_ plan: Plan, _ parameter: IndexedParameter, isDescending: Bool) throws -> ([Version], String?)
    {
        let membership = try membership(plan)
        var rows: [(key: SortValue, rid: Int64)] = []
        let isInMissing = query.cursor?.keys.first == SortValue.none
        if !isInMissing {
            let (comparison, order) = isDescending ? ("<", "DESC") : (">", "ASC")
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
                return select
            }
            let union = Fragment.joined(selects, " UNION ALL ")
            try db.rows(
                "\(union.sql) ORDER BY low \(order), rid \(order) LIMIT \(query.count + 1)", union.values
            ) { row in
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
        return Fragment(tests.map { "AND " + $0.sql }.joined(separator: " "), tests.flatMap(\.values))
    }

    /// Gathers every match with its keys and sorts them.
    private func sorted(_ plan: Plan) throws -> ([Version], String?) {
        var rids: [Int64] = []
        try eachMatch(plan) { rid, _ in
            rids.append(rid)
            guard rids.count <= Self.sortedMax else {
                throw RecordsError(
                    .tooCostly, "More than \(Self.sortedMax) resources would have to be sorted; narrow the search.")
            }
            return true
        }
        let keys = try SortKeys(db: db, parts: parts, type: query.type).values(of: rids, query.sorts)
        var rows = rids.map { (keys: keys[$0] ?? [], rid: $0) }
        rows.sort { precedes(($0.keys, $0.rid), ($1.keys, $1.rid)) }
        if let cursor = query.cursor {
            rows = Array(rows.drop { !precedes((cursor.keys, cursor.rid), ($0.keys, $0.rid)) })
        }
        let versions = try rows.prefix(query.count).compactMap { try parts.current(db, rid: $0.rid) }
        guard rows.count > query.count, query.count > 0 else { return (versions, nil) }
        let last = rows[query.count - 1]
        return (versions, Cursor(keys: last.keys, rid: last.rid).text)
    }

    private func precedes(_ a: (keys: [SortValue], rid: Int64), _ b: (keys: [SortValue], rid: Int64)) -> Bool {
        for (index, sort) in query.sorts.enumerated() where index < a.keys.count && index < b.keys.count {
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
