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
    struct Planned {
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
    struct Residue {
        var parameter: IndexedParameter
        var alternatives: [[[Condition]]]
    }

    /// A search ready to run.
    struct Plan {
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
        case .accurate?: total = try self.total(plan, limit: nil)
        case .estimate?: total = try self.total(plan, limit: Self.countedMax) ?? estimate(plan)
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
            subset: query.subset, entries: entries, total: total, next: next, selfParameters: query.understood,
            issues: query.warnings)
    }

    /// `FROM … x WHERE …` of every candidate; each may come more than once.
    func candidates(_ plan: Plan) -> Fragment {
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

    func total(_ plan: Plan, limit: Int?) throws -> Int? {
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
            "SELECT count(*) FROM (SELECT \(plan.distinct)x.rid \(rows.sql)\(bound)) AS t", rows.values
        ) {
            Int($0.int(0))
        }
        guard let count else { return nil }
        return limit.map { count > $0 ? nil : count } ?? count
    }

    /// Calls `body` with every match in the order of rids, until it says no. The version comes along when it had to be
    /// read anyway.
    func eachMatch(_ plan: Plan, after: Int64 = 0, _ body: (Int64, Version?) throws -> Bool) throws {
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
}
