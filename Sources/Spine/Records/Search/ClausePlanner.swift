import FHIR
import SQL

/// Makes SQL of clauses, of those at the other end of references as well.
///
/// Each clause comes out twice: as the set of resources for which it holds, found from the far end of a chain, and as a
/// test of one resource, which goes along the chain from the near end. The search takes the set of the clause that has
/// the fewest, and tests the others.
struct ClausePlanner {
    let db: SQLConnection
    let parts: StoreParts
    let type: String
    /// How many references lie between the resource looked for and this one.
    var depth = 1

    /// What came out of a clause.
    struct Result {
        /// All must hold.
        var planned: [Planned] = []
        /// What only the document tells.
        var residue: Residue?
    }

    /// At most this many resources are found by their documents at the other end of a reference.
    static let documentsMax = 10_000

    private var sql: ConditionSQL { ConditionSQL(parts: parts, db: db) }

    /// Nil when the clause can't hold for anything stored.
    func plan(_ clause: Clause) throws -> Result? {
        switch clause.test {
        case .ids(let ids): return Result(try self.ids(ids))
        case .lastUpdated(let conditions): return Result(planned: [try lastUpdated(conditions)])
        case .missing(let parameter, let isMissing): return Result(planned: [missing(parameter, isMissing)])
        case .none(let parameter, let conditions):
            if conditions.contains(where: { !$0.isDecidedByRows }) {
                return Result(residue: Residue(parameter: parameter, test: .none(conditions)))
            }
            let sources = try conditions.flatMap { try sql.sources($0, parameter) }
            return Result(
                planned: sources.map { source in
                    let test = source.test(depth)
                    return Planned(test: Fragment("NOT " + test.sql, test.values))
                })
        case .any(let parameter, let conditions):
            if parameter.definition.type == .composite { return try composite(parameter, conditions) }
            let sources = try conditions.flatMap { try sql.sources($0, parameter) }
            if conditions.contains(where: { !$0.isDecidedByRows }) {
                return Result(
                    planned: sources.isEmpty ? [] : [Planned(sources, depth: depth)],
                    residue: Residue(parameter: parameter, test: .any(conditions)))
            }
            return sources.isEmpty ? nil : Result(planned: [Planned(sources, depth: depth)])
        case .chain(let parameter, let links): return Result(try chain(parameter, links))
        case .has(let parameter, let link): return Result(try has(parameter, link))
        case .listed(let lists): return Result(try listed(lists))
        case .member(let centre, let parameters, let includesItself):
            return Result(try member(of: centre, by: parameters, includesItself))
        }
    }

    /// The clause as one condition of SQL, documents looked up; nil when it can't hold.
    private func inner(_ link: Link) throws -> Planned? {
        let planner = ClausePlanner(db: db, parts: parts, type: link.type, depth: depth + 1)
        guard let result = try planner.plan(link.clause) else { return nil }
        guard result.residue == nil else { return try planner.byDocument(link.clause) }
        var planned = result.planned
        if let seen = parts.seen {
            switch try planner.seen(seen, searching: link.clause.codes.union(link.through)) {
            case .nothing: return nil
            case .all: break
            case .part(let part, _): planned.append(part)
            }
        }
        return try planner.all(planned)
    }

    /// What of the type somebody reaches.
    enum Seen {
        case nothing
        case all
        case part(Planned, SightPlan.Part)
    }

    /// What of the type somebody reaches by these parameters: a test, and where it is about few persons the rows as well.
    func seen(_ plan: SightPlan, searching codes: Set<String>) throws -> Seen {
        switch try plan.reached(type, searching: codes, db, parts) {
        case .nothing: return .nothing
        case .everything: return .all
        case .rows(let rows):
            var part = Planned(test: rows.test)
            let numbers = try rows.persons?.sorted().compactMap {
                try parts.access.number(of: ResourceKey(type: "Patient", id: $0), db, parts)
            }
            if let numbers, !numbers.isEmpty, numbers.count <= Self.personsMax {
                let there = Planned.isThere(typeNumber, depth)
                part.sources = ["access_label", "access_person"].map { table in
                    RowSource(
                        table: table,
                        condition: .padded("§.person", numbers)
                            + Fragment("AND") + Fragment.all([there, rows.test]).of("§.rid"),
                        isSeekable: true, isDistinct: table == "access_label", rank: 2)
                }
            }
            return .part(part, rows)
        }
    }

    /// The rows of at most so many persons are gone through to find what somebody sees.
    static let personsMax = 32

    /// All of several conditions as one: the rows of the rarest, tested for the others.
    func all(_ planned: [Planned]) throws -> Planned {
        if planned.isEmpty { return Planned(test: Fragment("1 = 1")) }
        guard planned.count != 1 else { return planned[0] }
        var best: (index: Int, count: Int)?
        for (index, part) in planned.enumerated() where part.canDrive {
            let count = try db.count(part.sources, upTo: best?.count ?? SearchRun.Plan.manyRows)
            if best == nil || count < best?.count ?? 0 { best = (index, count) }
        }
        let tests = planned.map(\.test)
        var whole = Planned(test: .all(tests), isAnchored: planned.contains(where: \.isAnchored))
        if let best {
            let others = planned.indices.filter { $0 != best.index }.map { planned[$0].test }
            whole.sources = planned[best.index].sources.map { source in
                source.and(Fragment.all(others).of("§.\(source.column)"))
            }
        }
        return whole
    }

    /// Finds the resources by their documents, where rows can't tell.
    private func byDocument(_ clause: Clause) throws -> Planned? {
        var query = SearchQuery(type: type)
        query.clauses = [clause]
        let rids = try SearchRun(db: db, parts: parts, query: query).rids(limit: Self.documentsMax + 1)
        guard rids.count <= Self.documentsMax else {
            throw RecordsError(
                .tooCostly,
                "More than \(Self.documentsMax) resources of type \(type) would have to be read for one part of the "
                    + "chain. Search for \(type) by itself, or narrow that part.")
        }
        return Planned(ids: rids, typeNumber, depth)
    }

    private var typeNumber: Int64 { parts.types.number(of: type) ?? 0 }

    private func ids(_ ids: [String]) throws -> Planned? {
        let rids = try ids.compactMap { id in
            try db.first(
                "SELECT rid FROM resource WHERE type = ? AND id = ? AND alive = 1",
                [.integer(typeNumber), .blob(IDCode.encode(QueryReader.unescaped(id)))]
            ) { $0.int(0) }
        }
        return Planned(ids: rids, typeNumber, depth)
    }

    /// Change times grow with the feed, so a range of time is a range of places.
    private func lastUpdated(_ conditions: [DateCondition]) throws -> Planned {
        let tests = try conditions.map { condition -> Fragment in
            let from = try db.sequence(atOrAfter: condition.low)
            let after = try db.sequence(atOrAfter: condition.high + 1)
            return switch condition.prefix {
            case .eq, .ap: Fragment("§.sequence >= ? AND §.sequence < ?", [.integer(from), .integer(after)])
            case .ne: Fragment("(§.sequence < ? OR §.sequence >= ?)", [.integer(from), .integer(after)])
            case .gt, .sa: Fragment("§.sequence >= ?", [.integer(after)])
            case .ge: Fragment("§.sequence >= ?", [.integer(from)])
            case .lt, .eb: Fragment("§.sequence < ?", [.integer(from)])
            case .le: Fragment("§.sequence < ?", [.integer(after)])
            }
        }
        let any = Fragment.any(tests)
        return Planned(
            test: Fragment("EXISTS (SELECT 1 FROM resource § WHERE §.rid = ¤ AND \(any.sql))", any.values)
                .alias("c\(depth)"))
    }

    private func missing(_ parameter: IndexedParameter, _ isMissing: Bool) -> Planned {
        let tests = parameter.tables.sorted { $0.name < $1.name }.flatMap { table in
            parameter.rows(in: table).map { id -> Fragment in
                let ids: [SQLValue] = table == .date ? [.integer(id), .integer(-id)] : [.integer(id)]
                var rows = Fragment("SELECT §.rid FROM \(table.name) § WHERE") + .within("§.param", ids)
                if table == .uri, let filter = parameter.targetFilter {
                    rows = rows + Fragment("AND §.value LIKE ?", [.text("%/\(filter)/%")])
                }
                guard table.hasRowsByResource else {
                    return Fragment("+¤ IN (\(rows.sql))", rows.values)
                }
                var found = rows + Fragment("AND §.rid = ¤")
                if table == .reference, let filter = parameter.targetFilter {
                    let number = parts.types.number(of: filter) ?? 0
                    found =
                        found
                        + Fragment(
                            "AND EXISTS (SELECT 1 FROM resource t WHERE t.rid = §.target AND t.type = ?)",
                            [.integer(number)])
                }
                return Fragment("EXISTS (\(found.sql))", found.values)
            }
        }
        let any = Fragment.any(tests).alias("c\(depth)")
        return Planned(test: isMissing ? Fragment("NOT \(any.sql)", any.values) : any)
    }

    /// A composite: each component by its own parameter, and the same element by the document, but where the element is
    /// the resource itself and one component has one value.
    private func composite(_ parameter: IndexedParameter, _ conditions: [Condition]) throws -> Result? {
        let residue = Residue(parameter: parameter, test: .any(conditions))
        var planned: [Planned] = []
        var isDecided = parameter.isOfResource
        for case .composite(let components) in conditions {
            var parts: [Planned] = []
            var isPossible = true
            for (component, conditions) in zip(parameter.components, components) {
                guard let own = component.own.first ?? self.parts.indexer.parameter(component.code, of: type),
                    own.components.isEmpty,
                    own.definition.type == component.type
                else {
                    isDecided = false
                    continue
                }
                let sources = try conditions.flatMap { try sql.sources($0, own) }
                if sources.isEmpty { isPossible = false } else { parts.append(Planned(sources, depth: depth)) }
            }
            guard isPossible else { continue }
            // Without a condition on rows every resource must be read.
            guard !parts.isEmpty else { return Result(residue: residue) }
            if conditions.count == 1 { return Result(planned: parts, residue: isDecided ? nil : residue) }
            planned.append(try all(parts))
        }
        guard !planned.isEmpty else { return nil }
        var either = Planned(test: .any(planned.map(\.test)), isAnchored: true)
        either.sources = planned.flatMap(\.sources)
        return Result(planned: [either], residue: isDecided ? nil : residue)
    }

    private func chain(_ parameter: IndexedParameter, _ links: [Link]) throws -> Planned? {
        var sources: [RowSource] = []
        var canDrive = true
        for link in links {
            guard let inner = try inner(link) else { continue }
            let count = try inner.canDrive ? db.count(inner.sources, upTo: SearchRun.Plan.manyRows) : 1
            if count == 0 { continue }
            var test = inner.test
            if !inner.isAnchored, let number = parts.types.number(of: link.type) {
                test = .all([Planned.isThere(number, depth), test])
            }
            test = test.of("§.target")
            for row in parameter.rowIDs {
                let param = Fragment("§.param = ? AND", [.integer(row)])
                var source = RowSource(
                    table: IndexTable.reference.name, condition: param + test, tested: param + test,
                    isSeekable: true, isDistinct: parameter.isSingle, rank: 1)
                if inner.canDrive {
                    let set = inner.set(depth + 1)
                    source.condition = param + Fragment("§.target IN (\(set.sql))", set.values)
                    source.isBroad = count >= SearchRun.Plan.manyRows
                } else {
                    canDrive = false
                }
                sources.append(source)
            }
        }
        guard !sources.isEmpty else { return nil }
        var planned = Planned(sources, depth: depth)
        if !canDrive { planned.sources = [] }
        return planned
    }

    private func has(_ parameter: IndexedParameter, _ link: Link) throws -> Planned? {
        var link = link
        link.through = [parameter.shownCode]
        guard parameter.accepts(type), let inner = try inner(link) else { return nil }
        let count = try inner.canDrive ? db.count(inner.sources, upTo: SearchRun.Plan.manyRows) : 1
        if count == 0 { return nil }
        let test = inner.test.of("§.rid")
        let sources = parameter.rowIDs.map { row -> RowSource in
            let param = Fragment("§.param = ? AND", [.integer(row)])
            let set = inner.set(depth + 1)
            return RowSource(
                table: IndexTable.reference.name, column: "target",
                condition: param
                    + .all([
                        Fragment("§.rid IN (\(set.sql))", set.values),
                        Planned.isThere(typeNumber, depth).of("§.target"),
                    ]),
                tested: param + test, isSeekable: true, isBroad: count >= SearchRun.Plan.manyRows, rank: 1)
        }
        var planned = Planned(sources, depth: depth, isAnchored: false)
        if !inner.canDrive { planned.sources = [] }
        return planned
    }

    private func listed(_ lists: [ResourceKey]) throws -> Planned? {
        guard let items = parts.indexer.parameter("item", of: "List") else { return nil }
        var rids = try lists.compactMap { try parts.rid(db, $0) }
        if let seen = parts.seen { rids = try SightJudge(db: db, parts: parts, plan: seen).visible(rids) }
        guard !rids.isEmpty else { return nil }
        let sources = items.rowIDs.map { row in
            let condition = Fragment("§.param = ? AND", [.integer(row)]) + .within("§.rid", rids.map { .integer($0) })
            return RowSource(
                table: IndexTable.reference.name, column: "target",
                condition: .all([condition, Planned.isThere(typeNumber, depth).of("§.target")]), tested: condition,
                isSeekable: true, isDistinct: rids.count == 1, rank: 0)
        }
        return Planned(sources, depth: depth, isAnchored: false)
    }

    private func member(
        of centre: ResourceKey, by parameters: [IndexedParameter], _ includesItself: Bool
    ) throws -> Planned? {
        guard let rid = try parts.rid(db, centre) else { return nil }
        let rows = Set(parameters.filter { $0.accepts(centre.type) }.flatMap(\.rowIDs)).sorted()
        var sources = rows.map { row in
            RowSource(
                table: IndexTable.reference.name,
                condition: Fragment("§.param = ? AND §.target = ?", [.integer(row), .integer(rid)]),
                isSeekable: true, isOrdered: true, isDistinct: true, rank: 0)
        }
        if includesItself, centre.type == type { sources += Planned(ids: [rid], typeNumber, depth)?.sources ?? [] }
        return sources.isEmpty ? nil : Planned(sources, depth: depth)
    }
}

extension ClausePlanner.Result {
    /// One condition; nil when it is nil.
    fileprivate init?(_ planned: Planned?) {
        guard let planned else { return nil }
        self.init(planned: [planned])
    }
}

extension Planned {
    /// Living resources of a type by their numbers; nil when there are none.
    fileprivate init?(ids rids: [Int64], _ type: Int64, _ depth: Int) {
        guard !rids.isEmpty else { return nil }
        let condition =
            Fragment.within("§.rid", rids.map { .integer($0) })
            + Fragment("AND §.type = ? AND §.alive = 1", [.integer(type)])
        self.init(
            [
                RowSource(
                    table: "resource", condition: condition, isSeekable: true, isOrdered: true, isDistinct: true,
                    rank: 0)
            ], depth: depth)
    }

    /// A test that `¤` is a living resource of a type.
    static func isThere(_ type: Int64, _ depth: Int) -> Fragment {
        Fragment(
            "EXISTS (SELECT 1 FROM resource a\(depth) WHERE a\(depth).rid = ¤ AND a\(depth).type = ? "
                + "AND a\(depth).alive = 1)", [.integer(type)])
    }
}

extension SQLConnection {
    /// How many rows there are, counted up to a bound; rows known to be many are not counted.
    func count(_ sources: [RowSource], upTo bound: Int) throws -> Int {
        var count = 0
        for source in sources where count < bound {
            if source.isBroad { return bound }
            if let code = source.code, let known = try CodeCounts.count(code, self) {
                count += min(known, bound)
                continue
            }
            let select = source.select("1", alias: "c1")
            let rows = try first("SELECT count(*) FROM (\(select.sql) LIMIT \(bound)) AS counted", select.values) {
                $0.int(0)
            }
            count += Int(rows ?? 0)
        }
        return count
    }
}
