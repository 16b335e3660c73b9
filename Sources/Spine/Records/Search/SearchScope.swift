import FHIR
import SQL

/// Where a search looks.
public enum SearchScope: Sendable, Equatable {
    /// At the resources of one type.
    case type(String)
    /// At the resources of every type, or of those that `_type` names.
    case system
    /// At what belongs to a patient, an encounter, a practitioner, a related person or a device: of one type, or of all.
    case compartment(ResourceKey, type: String?)
}

extension RecordStore {
    /// A page of a search of one type, of a compartment, or of everything.
    ///
    /// - Parameters:
    ///   - scope: where to look.
    ///   - parameters: as of ``search(type:parameters:lenient:)``; every type that is searched must have them. `_type`
    ///     chooses types where the scope does not.
    ///   - lenient: whether what is not understood is passed over with a warning instead of being refused.
    ///   - base: where clients find this store. Absolute references that begin so mean resources here.
    public func search(
        _ scope: SearchScope, parameters: [(String, String)], lenient: Bool = false, base: String? = nil
    ) throws(RecordsError) -> SearchPage {
        let parts = parts.with(parts.indexer)
        let reader = ScopeReader(parts: parts, lenient: lenient, now: options.now(), base: base)
        let queries = try reader.queries(scope, parameters)
        return try reading { database in
            try database.read { db in
                if case .type = scope, queries.count == 1 {
                    return try SearchRun(db: db, parts: parts, query: queries[0]).page()
                }
                return try ScopeRun(db: db, parts: parts, queries: queries).page()
            }
        }
    }
}

/// Reads the parameters of a search for each type of its scope.
struct ScopeReader {
    let parts: StoreParts
    let lenient: Bool
    let now: Int64
    var base: String?

    /// At least one query.
    func queries(_ scope: SearchScope, _ parameters: [(String, String)]) throws(RecordsError) -> [SearchQuery] {
        switch scope {
        case .type(let type): return [try reader(type).read(parameters)]
        case .system:
            let (types, rest) = try types(parameters, of: parts.definitions.resourceTypes)
            return try each(types, rest, all: parameters)
        case .compartment(let centre, let type):
            guard let compartment = parts.definitions.compartment(centre.type) else {
                let names = parts.definitions.compartments.map(\.name).joined(separator: ", ")
                throw RecordsError(
                    .notSupported, "\(centre.type) has no compartment in FHIR R4. Those that have: \(names).")
            }
            let members = compartment.parameters.filter { !$0.value.isEmpty }.keys
            let all = Set(members).union([centre.type]).sorted()
            if let type, !all.contains(type) {
                throw RecordsError(
                    .notSupported,
                    "\(type) is not part of the compartment of a \(centre.type). These types are: "
                        + all.joined(separator: ", ") + ".")
            }
            var (types, rest) = ([String](), parameters)
            if let type { types = [type] } else { (types, rest) = try self.types(parameters, of: all) }
            return try each(types, rest, all: parameters).map { query in
                let codes = compartment.parameters[query.type] ?? []
                var query = query
                query.clauses.append(
                    Clause(
                        test: .member(
                            of: centre, by: codes.compactMap { parts.indexer.parameter($0, of: query.type) },
                            includesItself: query.type == centre.type)))
                return query
            }
        }
    }

    private func reader(_ type: String) -> QueryReader {
        QueryReader(type: type, parts: parts, lenient: lenient, now: now, base: base)
    }

    /// The types that `_type` names, and the other parameters.
    private func types(
        _ parameters: [(String, String)], of all: [String]
    ) throws(RecordsError) -> ([String], [(String, String)]) {
        let wanted = parameters.filter { $0.0 == "_type" }.flatMap { $0.1.split(separator: ",").map(String.init) }
        for name in wanted where !all.contains(name) {
            throw RecordsError(.invalid, "“\(name)” in _type is not a resource type that can be searched here.")
        }
        return (wanted.isEmpty ? all : Set(wanted).sorted(), parameters.filter { $0.0 != "_type" })
    }

    private func each(
        _ types: [String], _ parameters: [(String, String)], all: [(String, String)]
    ) throws(RecordsError) -> [SearchQuery] {
        var queries: [SearchQuery] = []
        for type in types {
            do {
                var query = try reader(type).read(parameters)
                query.understood = all.filter { given in
                    given.0 == "_type" || query.understood.contains { $0 == given }
                }
                queries.append(query)
            } catch {
                guard types.count > 1, let issue = error.issues.first else { throw error }
                throw RecordsError(
                    error.category,
                    "A search of several types takes what all of them have; name the types with _type. "
                        + issue.diagnostics)
            }
        }
        return queries
    }
}

/// One search of several types on one snapshot: each type is searched by itself, and the matches are merged.
struct ScopeRun {
    let db: SQLConnection
    let parts: StoreParts
    /// The same search for each type; at least one.
    let queries: [SearchQuery]

    private struct Match {
        var keys: [SortValue]
        var rid: Int64
        var version: Version
    }

    func page() throws -> SearchPage {
        let query = queries[0]
        let newest = try SearchRun(db: db, parts: parts, query: query).newest()
        let walk = query.countsOnly ? nil : query.cursor?.walk
        let head = walk?.head ?? newest
        let present = Set(
            try db.query(
                """
                SELECT t.name FROM resource_type t WHERE t.alive > 0
                OR EXISTS (SELECT 1 FROM version v WHERE v.type = t.id AND v.sequence > ?)
                """, [.integer(head)]
            ) { $0.text(0) })
        let runs = try queries.filter { present.contains($0.type) }.map { query in
            let run = SearchRun(db: db, parts: parts, query: query)
            return (run: run, plan: try run.plan())
        }
        func total(_ limit: Int?) throws -> Int? {
            var sum = 0
            for (run, plan) in runs {
                guard let count = try run.total(plan, limit: limit) else { return nil }
                sum += count
            }
            return sum
        }
        if query.countsOnly { return try page([], total: total(nil), next: nil) }
        var matches: [Match] = []
        var hasMore = false
        for (run, plan) in runs {
            if head < newest {
                let (versions, next) = try run.continued(head)
                hasMore = hasMore || next != nil
                matches += try versions.map { version in
                    Match(
                        keys: try run.sortKeys(of: version, query.sorts), rid: try parts.rid(db, version.key) ?? 0,
                        version: version)
                }
            } else if query.sorts.isEmpty {
                var count = 0
                try run.eachMatch(plan, after: query.cursor?.rid ?? 0, wanted: query.count + 1) { rid, version in
                    if let found = try version ?? parts.current(db, rid: rid) {
                        matches.append(Match(keys: [], rid: rid, version: found))
                        count += 1
                    }
                    return count <= query.count
                }
            } else {
                let (versions, next) = try run.ordered(plan)
                hasMore = hasMore || next != nil
                let rids = try versions.map { try parts.rid(db, $0.key) ?? 0 }
                let keys = try SortKeys(db: db, parts: parts, type: run.query.type).values(of: rids, query.sorts)
                matches += zip(rids, versions).map { Match(keys: keys[$0] ?? [], rid: $0, version: $1) }
            }
        }
        matches.sort { query.precedes(($0.keys, $0.rid), ($1.keys, $1.rid)) }
        hasMore = hasMore || matches.count > query.count
        let found = matches.prefix(query.count)
        var next = hasMore ? found.last.map { Cursor(keys: $0.keys, rid: $0.rid) } : nil
        if let walk {
            next?.walk = walk
            return try page(found.map(\.version), total: walk.total < 0 ? nil : walk.total, next: next?.text)
        }
        let count: Int? =
            switch query.total {
            case .accurate?: try total(nil)
            case .estimate?:
                try runs.reduce(0) { sum, each in
                    let (run, plan) = each
                    return try sum + (run.total(plan, limit: SearchRun.countedMax) ?? run.estimate(plan) ?? 0)
                }
            case SearchQuery.Total.none?: nil
            case nil: next == nil && query.cursor == nil ? found.count : try total(SearchRun.unaskedMax)
            }
        next?.walk = Cursor.Walk(head: head, total: count ?? -1)
        return try page(found.map(\.version), total: count, next: next?.text)
    }

    private func page(_ versions: [Version], total: Int?, next: String?) throws -> SearchPage {
        let included = try Includes(db: db, parts: parts, query: queries[0]).included(with: versions)
        return SearchPage(
            subset: queries[0].subset,
            entries: versions.map { .init(version: $0, mode: .match) }
                + included.map { .init(version: $0, mode: .include) },
            total: total, next: next, selfParameters: queries[0].understood, issues: queries[0].warnings)
    }
}
