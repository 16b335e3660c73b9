import FHIR
import JSON
import SQL

/// Pages that stay consistent while others write: a walk sees the matches as of its first page.
///
/// The cursor carries the place that the feed had then. What came into being since is passed over. What was changed or
/// deleted since is taken out of the index's answer, and its version of that time is held against the search and put in
/// its order instead. So nothing comes twice, and nothing that was there is lost, by whatever the pages are sorted.
extension SearchRun {
    /// At most this many resources may have changed between two pages of a walk.
    static let changedMax = 20_000

    /// The newest place of the feed.
    func newest() throws -> Int64 {
        try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0
    }

    /// What was there at `head` and has changed since, as it was then, where it matched.
    func before(_ head: Int64) throws -> [Version] {
        // A first version is new since; every other one replaces what may have been there.
        let rids = try db.query(
            """
            SELECT DISTINCT v.rid FROM version v WHERE v.type = ? AND v.sequence > ? AND v.number > 1
            LIMIT \(Self.changedMax + 1)
            """, [.integer(typeNumber), .integer(head)]
        ) { $0.int(0) }
        guard rids.count <= Self.changedMax else {
            throw RecordsError(
                .gone, "More than \(Self.changedMax) resources have changed since the first page; search again.")
        }
        return try rids.compactMap { rid in
            let version = try db.first(
                """
                SELECT \(StoreParts.versionColumns) FROM version v JOIN resource r ON r.rid = v.rid
                WHERE v.rid = ? AND v.sequence <= ? ORDER BY v.sequence DESC LIMIT 1
                """, [.integer(rid), .integer(head)]
            ) { try parts.version($0) }
            guard let version, version.verb != .delete, try matches(version, rid) else { return nil }
            guard let seen = parts.seen else { return version }
            // It must be seen as it was and as it is.
            let judge = SightJudge(db: db, parts: parts, plan: seen)
            return try judge.visible([rid]).isEmpty || judge.judge(old: version) == nil ? nil : version
        }
    }

    private func matches(_ version: Version, _ rid: Int64) throws -> Bool {
        let document = try parts.document(version.stored.bytes)
        let rows = parts.indexer.rows(of: document, type: query.type)
        let match = ConditionMatch(parts: parts, db: db)
        func any(_ parameter: IndexedParameter, _ conditions: [Condition]) -> Bool {
            conditions.contains { condition in
                switch condition {
                case .composite, .conceptText, .typedIdentifier:
                    match.holds(Residue(parameter: parameter, test: .any([condition])), in: document.root)
                case .words(let terms): terms.allSatisfy { rows.has($0, parameter, parts.indexer) }
                case .tokens(let groups): rows.of(parameter).have(groups, parts.terms)
                default: match.matches(condition, rows.of(parameter))
                }
            }
        }
        return try query.clauses.allSatisfy { clause in
            switch clause.test {
            case .ids(let ids): return ids.contains { QueryReader.unescaped($0) == version.key.id }
            case .lastUpdated(let conditions):
                return conditions.contains {
                    match.matches($0, low: version.lastUpdated, high: version.lastUpdated)
                }
            case .missing(let parameter, let isMissing): return (rows.of(parameter).count == 0) == isMissing
            case .none(let parameter, let conditions): return !any(parameter, conditions)
            case .any(let parameter, let conditions): return any(parameter, conditions)
            case .member(let centre, let parameters, let includesItself):
                return includesItself && version.key == centre
                    || parameters.contains { parameter in
                        parameter.accepts(centre.type)
                            && rows.of(parameter).references.contains { $0.target == centre }
                    }
            case .chain, .has, .listed:
                // What others say of it is told as it stands now.
                guard let result = try ClausePlanner(db: db, parts: parts, type: query.type).plan(clause) else {
                    return false
                }
                let tests = Fragment.all(result.planned.map(\.test)).of("\(rid)")
                guard !result.planned.isEmpty else { return true }
                return try db.first("SELECT 1 WHERE \(tests.sql)", tests.values) { _ in true } ?? false
            }
        }
    }

    /// The order of a search by one date alone, whose pages follow that date.
    private var impliedSorts: [SearchQuery.Sort] {
        for clause in query.clauses {
            if case .any(let parameter, _) = clause.test, parameter.tables == [.date] {
                return [.init(key: .parameter(parameter.definition.code), isDescending: false)]
            }
        }
        return []
    }

    /// The next page of a walk, as of its first page.
    func continued(_ head: Int64) throws -> (versions: [Version], next: String?) {
        var query = query
        // A walk goes on along what it began with, whatever else would be quicker by now.
        if query.sorts.isEmpty, query.cursor?.keys.isEmpty == false { query.sorts = impliedSorts }
        let run = SearchRun(db: db, parts: parts, query: query)
        var plan = try run.plan()
        plan.tests.append(
            Fragment("EXISTS (SELECT 1 FROM resource s WHERE s.rid = ¤ AND s.sequence <= ?)", [.integer(head)]))
        let (versions, next) = try run.ordered(plan)
        let changed = try before(head)
        guard !changed.isEmpty else { return (versions, next) }
        let rids = try versions.map { try parts.rid(db, $0.key) ?? 0 }
        let keys = try SortKeys(db: db, parts: parts, type: query.type).values(of: rids, query.sorts)
        var rows = zip(rids, versions).map { (keys: keys[$0] ?? [], rid: $0, version: $1) }
        for version in changed {
            let row = (
                keys: try sortKeys(of: version, query.sorts), rid: try parts.rid(db, version.key) ?? 0,
                version: version
            )
            if let cursor = query.cursor, !query.precedes((cursor.keys, cursor.rid), (row.keys, row.rid)) { continue }
            rows.append(row)
        }
        rows.sort { query.precedes(($0.keys, $0.rid), ($1.keys, $1.rid)) }
        guard rows.count > query.count || next != nil else { return (rows.map(\.version), nil) }
        let page = rows.prefix(query.count)
        return (page.map(\.version), page.last.map { Cursor(keys: $0.keys, rid: $0.rid).text })
    }

    /// The values that a version is sorted by.
    func sortKeys(of version: Version, _ sorts: [SearchQuery.Sort]) throws -> [SortValue] {
        let rows = try parts.indexRows(of: version)
        return try sorts.map { sort in
            switch sort.key {
            case .id: return .text(version.key.id)
            case .lastUpdated: return .integer(version.sequence)
            case .parameter(let code):
                guard let parameter = parts.indexer.parameter(code, of: query.type) else { return .none }
                let values = try rows.of(parameter).sortValues(db)
                let best = values.min { sort.isDescending ? $0.order($1) > 0 : $0.order($1) < 0 }
                return best ?? .none
            }
        }
    }
}

extension IndexRows {
    /// The rows of one parameter.
    func of(_ parameter: IndexedParameter) -> IndexRows {
        let ids = Set(parameter.rowIDs + [parameter.id])
        func isOwn(_ param: Int64) -> Bool { ids.contains(param) || ids.contains(-param) }
        return IndexRows(
            texts: texts.filter { isOwn($0.param) }, tokens: tokens.filter { isOwn($0.param) },
            identifiers: identifiers.filter { isOwn($0.param) },
            references: references.filter { isOwn($0.param) && parameter.accepts($0.target.type) },
            strings: strings.filter { isOwn($0.param) }, dates: dates.filter { isOwn($0.param) },
            numbers: numbers.filter { isOwn($0.param) }, quantities: quantities.filter { isOwn($0.param) },
            uris: uris.filter { isOwn($0.param) })
    }

    /// Whether some code is one of the groups'.
    fileprivate func have(_ groups: [Condition.CodeGroup], _ terms: TermTable) -> Bool {
        groups.contains { group in
            let system = terms.known(group.system)
            let codes = Set(group.codes.compactMap { terms.known($0) })
            return tokens.contains { $0.system == system && codes.contains($0.code) }
        }
    }

    /// Whether a term stands in the texts that the parameter looks at.
    func has(_ term: TextTerm, _ parameter: IndexedParameter, _ indexer: Indexer) -> Bool {
        let narrative = indexer.narrative(ofContent: parameter.id)
        return texts.contains { row in
            (row.param == parameter.id || row.param == narrative) && " \(row.text) ".contains(term.pattern)
        }
    }

    /// What the rows of one parameter are sorted by.
    fileprivate func sortValues(_ db: SQLConnection) throws -> [SortValue] {
        var values: [SortValue] = []
        for row in tokens {
            let text = try db.first("SELECT text FROM term WHERE id = ?", [.integer(row.code)]) { $0.text(0) }
            if let text { values.append(.text(text)) }
        }
        values += identifiers.map { .text($0.value) } + strings.map { .text($0.value) } + uris.map { .text($0.value) }
        values += dates.map { .integer($0.low) } + numbers.map { .real($0.value) } + quantities.map { .real($0.value) }
        return values + references.map { .text($0.target.id) }
    }
}
