import FHIR
import SQL

/// Which clause gives the rows, and what is tested of each.
extension SearchRun {
    func plan() throws -> Plan {
        var planned: [Planned] = []
        var residues: [Residue] = []
        /// The places in `planned` of conditions on dates.
        var ranges: [Int64: Int] = [:]
        let planner = ClausePlanner(db: db, parts: parts, type: query.type)
        for clause in query.clauses {
            guard let result = try planner.plan(clause) else { return Plan(isEmpty: true, isSelective: true) }
            if let residue = result.residue { residues.append(residue) }
            if case .any(let parameter, let conditions) = clause.test, parameter.isSingle, conditions.count == 1,
                case .date? = conditions.first, let dates = result.planned.first, dates.isOfDates
            {
                if let place = ranges[parameter.id] {
                    // `date=ge2026-01-01&date=lt2026-02-01`: one row must satisfy both, so it is one range.
                    let both = zip(planned[place].sources, dates.sources).map { $0.and($1.condition) }
                    planned[place] = Planned(both, depth: planner.depth)
                    continue
                }
                ranges[parameter.id] = planned.count
            }
            planned += result.planned
        }
        var sieve: SightPlan.Part?
        if let seen = parts.seen {
            let sorts = query.sorts.compactMap { sort -> String? in
                guard case .parameter(let code) = sort.key else { return nil }
                return parts.indexer.parameter(code, of: query.type)?.shownCode ?? code
            }
            switch try planner.seen(seen, searching: query.codes.union(sorts)) {
            case .nothing: return Plan(isEmpty: true, isSelective: true)
            case .all: break
            case .part(let part, let rows):
                planned.append(part)
                if !part.canDrive { sieve = rows }
            }
        }
        var plan = try choose(planned, residues)
        plan.sieve = sieve
        return plan
    }

    /// The clause with the fewest rows, as far as counting tells; counting further when all are many.
    private func choose(_ planned: [Planned], _ residues: [Residue]) throws -> Plan {
        var plan = Plan(tests: planned.map(\.test), residues: residues)
        let drivers = planned.indices.filter { planned[$0].canDrive }
        if let only = drivers.first, drivers.count == 1, query.sorts.isEmpty,
            planned[only].isOrdered || planned[only].isOfDates
        {
            // Its rows come in the order of the page: however many there are, there is nothing to choose.
            plan.driver = planned[only]
            plan.tests.remove(at: only)
            return plan
        }
        var best: (index: Int, count: Int, rank: Int)?
        // One alone is not compared with others, so that it is counted once.
        for bound in drivers.count == 1 ? [Plan.manyRows] : [Plan.fewRows, Plan.manyRows] {
            best = nil
            for index in drivers {
                let count = try db.count(planned[index].sources, upTo: bound)
                // Among the many, rows that come in order are worth more than fewer rows.
                let rank = (planned[index].sources.map(\.rank).max() ?? 9) + (planned[index].isOrdered ? 0 : 10)
                if let held = best, (held.count, held.rank) <= (count, rank) { continue }
                best = (index, count, rank)
                if count < 50 { break }
            }
            if drivers.count == 1, let best, planned[best.index].isOrdered || planned[best.index].isOfDates { break }
            if (best?.count ?? 0) < bound { break }
        }
        guard let best else { return plan }
        plan.isSelective = best.count < Plan.fewRows
        if best.count >= Plan.manyRows, !planned[best.index].isOrdered, !planned[best.index].isOfDates {
            plan.fallback = planned[best.index]
        } else {
            plan.driver = planned[best.index]
            plan.tests.remove(at: best.index)
        }
        return plan
    }
}
