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

    /// A search ready to run.
    struct Plan {
        /// The clause whose rows are gone through; nil to go through all resources of the type.
        var driver: Planned?
        /// Without a driver: the clause with the fewest rows, too many to be sorted for the sake of one page. It is
        /// gone through when the first resources of the type hold too few matches.
        var fallback: Planned?
        /// Tests of `¤`, the fallback's among them.
        var tests: [Fragment] = []
        var residues: [Residue] = []
        /// What the last of the tests asks, where it is whether somebody sees the row.
        var sieve: SightPlan.Part?
        var isEmpty = false
        /// Whether the driver gives fewer rows than ``Plan/fewRows``.
        var isSelective = false
        static let fewRows = 1000
        static let manyRows = 20_000
    }

    /// At most this many matches are counted when nobody asked for a total.
    static let unaskedMax = 1000
    /// At most this many are counted when an estimate would do.
    static let countedMax = 5000
    /// At most this many matches are sorted by something no index gives in order.
    static let sortedMax = 2_000_000
    /// At most this many documents are read for clauses that only documents can answer.
    static let documentsMax = 100_000
    /// How many resources of a type are tried, in two steps, before the fallback is gone through.
    static let windows = [2_000, 20_000]

    /// The resources that match, at most `limit`; for conditional interactions.
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

    /// The numbers of the resources that match, at most `limit`, in no order.
    func rids(limit: Int) throws -> [Int64] { try rids(plan(), limit: limit) }

    func rids(_ plan: Plan, limit: Int) throws -> [Int64] {
        if plan.isEmpty { return [] }
        guard plan.residues.isEmpty else {
            var rids: [Int64] = []
            try eachMatch(plan) { rid, _ in
                rids.append(rid)
                return rids.count < limit
            }
            return rids
        }
        let rows = distinct(plan, limit: limit)
        return try db.query(rows.sql, rows.values) { $0.int(0) }
    }

    func page() throws -> SearchPage {
        if let walk = query.cursor?.walk, !query.countsOnly { return try page(of: walk) }
        let plan = try plan()
        if query.countsOnly {
            return try result(entries: [], total: total(plan, limit: nil), next: nil)
        }
        let whole = try sieved(plan) ?? gathered(plan)
        let (versions, next) = try whole.map { ($0.versions, $0.next) } ?? ordered(plan)
        var total = whole?.total
        switch query.total {
        case _ where total != nil && query.total != SearchQuery.Total.none: break
        case .accurate?: total = try self.total(plan, limit: nil)
        case .estimate?: total = try self.total(plan, limit: Self.countedMax) ?? estimate(plan)
        case SearchQuery.Total.none?: total = nil
        case nil:
            total =
                try next == nil && query.cursor == nil ? versions.count : self.total(plan, limit: Self.unaskedMax)
        }
        let walk = try next.map { _ in Cursor.Walk(head: try newest(), total: total ?? -1) }
        return try page(versions, total, next, walk)
    }

    private func page(of walk: Cursor.Walk) throws -> SearchPage {
        let plan = try plan()
        let isAlongDates = query.sorts.isEmpty && query.cursor?.keys.isEmpty == false
        let hasOrder = !isAlongDates || plan.driver?.isOfDates == true
        let (versions, next) = try walk.head < newest() || !hasOrder ? continued(walk.head) : ordered(plan)
        return try page(versions, walk.total < 0 ? nil : walk.total, next, walk)
    }

    private func page(
        _ versions: [Version], _ total: Int?, _ next: String?, _ walk: Cursor.Walk?
    ) throws -> SearchPage {
        let entries = versions.map { SearchPage.Entry(version: $0, mode: .match) }
        let included = try Includes(db: db, parts: parts, query: query).included(with: versions)
        let next = next.flatMap(Cursor.init).map { cursor in
            var cursor = cursor
            cursor.walk = walk
            return cursor.text
        }
        return try result(
            entries: entries + included.map { .init(version: $0, mode: .include) }, total: total, next: next)
    }

    private func result(entries: [SearchPage.Entry], total: Int?, next: String?) throws -> SearchPage {
        SearchPage(
            subset: query.subset, entries: entries, total: total, next: next, selfParameters: query.understood,
            issues: query.warnings)
    }

    var typeNumber: Int64 { parts.types.number(of: query.type) ?? 0 }

    /// `SELECT x.rid AS rid FROM … x WHERE …` of every candidate; each may come more than once.
    ///
    /// - Parameters:
    ///   - driver: whose rows to go through; nil for all resources of the type.
    ///   - more: further tests of `¤`.
    ///   - labelled: with the labels of the candidates; only where there is a driver.
    ///   - part: what of each source's rows is enough, such as `ORDER BY rid LIMIT 20`; nil for all. A database that
    ///     guesses wrongly how many rows there are would else read and sort all of all sources for one page.
    func select(
        _ plan: Plan, by driver: Planned?, _ more: [Fragment] = [], part: String? = nil, labelled: Bool = false
    ) -> Fragment {
        let tests = plan.tests + more
        guard let driver else {
            let all = Fragment(
                "SELECT x.rid AS rid FROM resource x WHERE x.type = ? AND x.alive = 1", [.integer(typeNumber)])
            return tests.reduce(all) { $0 + Fragment("AND " + $1.sql, $1.values).of("x.rid") }
        }
        return .joined(
            driver.sources.map { source in
                let rows = source.select(
                    "x.\(source.column) AS rid" + (labelled ? ", \(SightVerdicts.Row.columns)" : ""), alias: "x",
                    joining: labelled ? "LEFT JOIN access_label l ON l.rid = x.\(source.column)" : "")
                let tested = tests.reduce(rows) {
                    $0 + Fragment("AND " + $1.sql, $1.values).of("x.\(source.column)")
                }
                guard let part, driver.sources.count > 1 else { return tested }
                return Fragment("SELECT rid FROM (\(tested.sql) \(part)) AS part", tested.values)
            }, " UNION ALL ")
    }

    /// Every match that rows tell of, once, in no order.
    private func distinct(_ plan: Plan, limit: Int?) -> Fragment {
        let driver = plan.driver ?? plan.fallback
        // Where each source names a resource once, so many rows of one source are as many resources.
        let isEnough = driver?.sources.allSatisfy(\.isDistinct) ?? false
        var rows = select(plan, by: driver, part: isEnough ? limit.map { "LIMIT \($0)" } : nil)
        if let driver, !driver.isDistinct { rows.sql = "SELECT DISTINCT rid FROM (\(rows.sql)) AS found" }
        if let limit { rows.sql += " LIMIT \(limit)" }
        return rows
    }

    func total(_ plan: Plan, limit: Int?) throws -> Int? {
        if plan.isEmpty { return 0 }
        if plan.driver == nil, plan.tests.isEmpty, plan.residues.isEmpty {
            return try db.first("SELECT alive FROM resource_type WHERE id = ?", [.integer(typeNumber)]) {
                Int($0.int(0))
            }
        }
        if let count = try known(plan) { return count }
        var count = 0
        if !plan.residues.isEmpty {
            try eachMatch(plan) { _, _ in
                count += 1
                return limit.map { count <= $0 } ?? true
            }
            return limit.map { count > $0 ? nil : count } ?? count
        }
        if let limit, plan.fallback != nil {
            // The first resources of the type often tell that there are more than anybody counts.
            var end: Int64 = 0
            for window in Self.windows where count <= limit {
                guard let next = try windowEnd(after: end, window) else { break }
                let rows = select(plan, by: nil, [Self.within(after: end, upTo: next)])
                let part = "SELECT count(*) FROM (\(rows.sql) LIMIT \(limit + 1 - count)) AS found"
                count += try db.first(part, rows.values) { Int($0.int(0)) } ?? 0
                end = next
            }
            if count > limit { return nil }
        }
        if let limit, try exceeds(plan, limit) { return nil }
        let rows = distinct(plan, limit: limit.map { $0 + 1 })
        count = try db.first("SELECT count(*) FROM (\(rows.sql)) AS found", rows.values) { Int($0.int(0)) } ?? 0
        return limit.map { count > $0 ? nil : count } ?? count
    }

    /// Whether one of several sources alone names more resources.
    private func exceeds(_ plan: Plan, _ limit: Int) throws -> Bool {
        guard let driver = plan.driver ?? plan.fallback, driver.sources.count > 1 else { return false }
        return try driver.sources.contains { source in
            guard source.isDistinct else { return false }
            var one = driver
            one.sources = [source]
            let rows = select(plan, by: one)
            let count = "SELECT count(*) FROM (\(rows.sql) LIMIT \(limit + 1)) AS found"
            return try db.first(count, rows.values) { Int($0.int(0)) } ?? 0 > limit
        }
    }

    /// How many match when one code alone is asked for: a look-up.
    private func known(_ plan: Plan) throws -> Int? {
        guard plan.residues.isEmpty, plan.tests.count == (plan.driver == nil ? 1 : 0),
            let sources = (plan.driver ?? plan.fallback)?.sources
        else { return nil }
        var found: Int?
        for source in sources {
            guard let code = source.code, let count = try CodeCounts.count(code, db) else { return nil }
            if count == 0 { continue }
            // A resource may have rows of both.
            if found != nil { return nil }
            found = count
        }
        return found ?? 0
    }

    private static func within(after: Int64, upTo end: Int64) -> Fragment {
        Fragment("¤ > ? AND ¤ <= ?", [.integer(after), .integer(end)])
    }

    /// The number of the last of the next so many resources of the type; nil when there are none.
    private func windowEnd(after: Int64, _ size: Int) throws -> Int64? {
        try db.first(
            "SELECT max(rid) FROM (SELECT rid FROM resource WHERE type = ? AND alive = 1 AND rid > ? ORDER BY rid "
                + "LIMIT \(size)) AS part", [.integer(typeNumber), .integer(after)]
        ) { $0.intOrNil(0) } ?? nil
    }

    /// Calls `body` with every match in the order of rids, until it says no. The version comes along when it had to be
    /// read anyway.
    ///
    /// - Parameter wanted: how many `body` will ask for, as far as is known.
    func eachMatch(_ plan: Plan, after: Int64 = 0, wanted: Int = 500, _ body: (Int64, Version?) throws -> Bool) throws {
        if plan.isEmpty { return }
        var last = after
        var documents = 0
        /// False when `body` has enough.
        func give(_ rids: [Int64]) throws -> Bool {
            for rid in rids where rid > last {
                last = rid
                var version: Version?
                if !plan.residues.isEmpty {
                    documents += 1
                    guard documents <= Self.documentsMax else { throw Self.tooManyDocuments(plan.residues) }
                    version = try parts.current(db, rid: rid)
                    guard let version, try holds(plan.residues, version) else { continue }
                }
                guard try body(rid, version) else { return false }
            }
            return true
        }
        let isOrdered = plan.driver?.isOrdered ?? (plan.fallback == nil)
        if plan.fallback != nil {
            for window in Self.windows {
                guard let end = try windowEnd(after: last, window) else { return }
                let rows = select(plan, by: nil, [Self.within(after: last, upTo: end)])
                guard try give(db.query(rows.sql + " ORDER BY rid", rows.values) { $0.int(0) }) else { return }
                last = end
            }
        }
        var chunk = plan.residues.isEmpty && isOrdered ? max(wanted, 20) : 500
        while true {
            let first = "ORDER BY rid LIMIT \(chunk)"
            let rows = select(
                plan, by: plan.driver ?? plan.fallback, [Fragment("¤ > ?", [.integer(last)])],
                part: isOrdered ? first : nil)
            let rids = try db.query("\(rows.sql) \(first)", rows.values) { $0.int(0) }
            guard try give(rids), rids.count == chunk, let end = rids.last else { return }
            last = end
            chunk = min(chunk * 4, 32_000)
        }
    }

    private static func tooManyDocuments(_ residues: [Residue]) -> RecordsError {
        let codes = residues.map(\.parameter.definition.code).joined(separator: ", ")
        return RecordsError(
            .tooCostly,
            "More than \(documentsMax) resources would have to be read for \(codes); add a parameter that narrows the "
                + "search, such as patient or date.")
    }

    private func holds(_ residues: [Residue], _ version: Version) throws -> Bool {
        let document = try parts.document(version.stored.bytes)
        let match = ConditionMatch(parts: parts, db: db)
        return residues.allSatisfy { match.holds($0, in: document.root) }
    }
}
