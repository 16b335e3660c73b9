import FHIR
import SQL

/// Which clause gives the rows, and what is tested of each.
extension SearchRun {
    func plan() throws -> Plan {
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

    var typeNumber: Int64 { parts.types.number(of: query.type) ?? 0 }

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
            let rows = try db.first("SELECT count(*) FROM (\(select.sql) LIMIT \(bound)) AS t", select.values) {
                $0.int(0)
            }
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
}
