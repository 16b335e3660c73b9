import Access
import AuditLog
import FHIR
import JSON
import SQL

/// The record store as somebody sees it: with the same methods and results, but what the rules refuse is not there, and what
/// they hide is masked. The one way by which clinical data leaves a store that people look at.
///
/// A refusal that is about a record is the same error as for a record that is not there. One that is about the role, the
/// purpose or the scopes is of category `forbidden`; where nobody is signed in, of `unauthorized`.
public struct SeenRecords: Sendable {
    /// The store.
    public let store: RecordStore
    /// Who looks; nil sees everything.
    public let sight: Sight?
    /// Gathers what is reached.
    public let trace: AccessTrace

    var parts: StoreParts { store.parts }
}

extension RecordStore {
    /// The store as somebody sees it.
    ///
    /// - Parameters:
    ///   - sight: who looks; nil for the house itself, which sees everything, and of which nothing is noted.
    ///   - trace: gathers what is reached and refused. What is written is noted in the writer's own transaction.
    public func seen(by sight: Sight?, trace: AccessTrace) -> SeenRecords {
        SeenRecords(store: self, sight: sight, trace: trace)
    }
}

extension SeenRecords {
    // MARK: Reading

    /// The current version.
    ///
    /// - Throws: ``RecordsError`` of category `notFound`, or `gone` when it is deleted.
    public func read(_ key: ResourceKey) throws(RecordsError) -> Version {
        guard let sight else { return try store.read(key) }
        return try store.reading { database in
            try database.readOnce { db in
                let (judge, found) = try find(key, sight, db)
                guard let found, let judgement = found.judgement else { throw try refused(found, key, .read, judge) }
                if found.version.verb == .delete {
                    trace.refuse(.read, nil, key: key, patients: judgement.persons)
                    throw RecordStore.gone(found.version)
                }
                let shown = try shown(found.version, judgement, sight, db)
                trace.reach(.read, [reached(shown, judgement)])
                return shown
            }
        }
    }

    /// A given version: its own content and the newest must both be for the one who asks to see.
    ///
    /// - Throws: ``RecordsError`` of category `notFound`, or `gone` when that version is a delete.
    public func version(_ key: ResourceKey, _ versionID: Int) throws(RecordsError) -> Version {
        guard let sight else { return try store.version(key, versionID) }
        return try store.reading { database in
            try database.read { db in
                let judge = try judge(sight, .read, db)
                let newest = try judge.find(key)
                guard let newest, newest.judgement != nil else { throw try refused(newest, key, .vread, judge) }
                let isNewest = newest.version.versionID == versionID
                let version = try isNewest ? newest.version : parts.version(db, key, versionID)
                guard let version, let judgement = try isNewest ? newest.judgement : judge.judge(old: version) else {
                    trace.refuse(.vread, nil, key: key)
                    throw RecordsError.hidden
                }
                if version.verb == .delete {
                    trace.refuse(.vread, nil, key: key, patients: judgement.persons)
                    throw RecordStore.gone(version)
                }
                let shown = try shown(version, judgement, sight, db)
                trace.reach(.vread, [reached(shown, judgement)])
                return shown
            }
        }
    }

    /// A page of a history. Of versions that are not for the one who asks to see there are fewer than ``HistoryPage/total``
    /// tells; of resources that are not, none is counted.
    public func history(_ scope: HistoryScope, _ query: HistoryQuery) throws(RecordsError) -> HistoryPage {
        guard let sight else { return try store.history(scope, query) }
        if case .type(let type) = scope { try require(.history, of: type, sight) }
        return try store.reading { database in
            try database.read { db in
                let judge: SightJudge
                if case .instance(let key) = scope {
                    judge = try self.judge(sight, .read, db)
                    let found = try judge.find(key)
                    guard found?.judgement != nil else { throw try refused(found, key, .history, judge) }
                } else {
                    judge = try self.judge(sight, .history, db)
                }
                let page = try parts.with(judge.plan).history(db, scope, query)
                let newest = try judge.judge(Array(Set(page.versions.map(\.key))))
                var versions: [Version] = []
                var found: [AccessTrace.Reached] = []
                for version in page.versions {
                    guard let judgement = try judge.judge(version, newest: newest[version.key]) else { continue }
                    let shown = try shown(version, judgement, sight, db)
                    versions.append(shown)
                    found.append(reached(shown, judgement))
                }
                trace.reach(.history, found)
                return HistoryPage(versions: versions, total: page.total, next: page.next)
            }
        }
    }

    /// A page of a search of one type.
    public func search(
        type: String, parameters: [(String, String)], lenient: Bool = false
    ) throws(RecordsError) -> SearchPage {
        try search(.type(type), parameters: parameters, lenient: lenient)
    }

    /// A page of a search. Where only counts are asked for, those who may count what they don't see get small ones hidden (the
    /// total is nil then), others rounded, and none by what points at somebody's record.
    public func search(
        _ scope: SearchScope, parameters: [(String, String)], lenient: Bool = false, base: String? = nil
    ) throws(RecordsError) -> SearchPage {
        guard let sight else {
            return try store.search(scope, parameters: parameters, lenient: lenient, base: base)
        }
        let asked = SearchScope.text(scope, parameters)
        let pinned = parts.with(parts.indexer)
        if case .type(let type) = scope { try require(.search, .count, of: type, sight, asked) }
        var queries = try ScopeReader(parts: pinned, lenient: lenient, now: store.options.now(), base: base)
            .queries(scope, parameters)
        let action: Action = queries[0].countsOnly ? .count : .search
        if case .type(let type) = scope { try require(action, of: type, sight, asked) }
        queries = queries.filter { sight.refusal(action, of: $0.type) == nil }
        guard let first = queries.first else {
            return SearchPage(
                subset: nil, entries: [], total: 0, next: nil, selfParameters: parameters, issues: [])
        }
        return try store.reading { database in
            try database.read { db in
                func page(_ queries: [SearchQuery], _ plan: SightPlan) throws -> SearchPage {
                    if case .type = scope {
                        return try SearchRun(db: db, parts: pinned.with(plan), query: first).page()
                    }
                    return try ScopeRun(db: db, parts: pinned.with(plan), queries: queries).page()
                }
                let judge = try judge(sight, action, db)
                let isStatistics =
                    try action == .count
                    && queries.contains { query in
                        try judge.plan.visibility(query.type, db, parts).clauses.contains(where: \.suppressesSmallCells)
                    }
                if isStatistics, queries.contains(where: \.isPointing) {
                    trace.reach(.search, query: asked, [])
                    return .pointing(parameters)
                }
                var found = try page(queries, judge.plan)
                if isStatistics {
                    let open = queries.filter { sight.refusal(.search, of: $0.type) == nil }
                    let seen = open.isEmpty ? 0 : try page(open, self.judge(sight, .search, db).plan).total ?? 0
                    found = found.hidingSmall(SmallCells(below: sight.policy.smallCellsBelow), seen: seen)
                }
                let shown = try self.shown(found, judge, sight)
                trace.reach(.search, query: asked, shown.reached)
                return shown.page
            }
        }
    }

    /// A page of everything that belongs to a patient or an encounter.
    public func everything(
        of type: String, id: String?, _ query: EverythingQuery
    ) throws(RecordsError) -> SearchPage {
        guard let sight else { return try store.everything(of: type, id: id, query) }
        try require(.operation("everything"), of: type, sight)
        if let id { _ = try read(ResourceKey(type: type, id: id)) }
        return try store.reading { database in
            try database.read { db in
                let judge = try judge(sight, .read, db)
                let page = try parts.with(judge.plan).everything(db, of: type, id: id, query)
                let shown = try self.shown(page, judge, sight)
                trace.reach(.operation, shown.reached)
                return shown.page
            }
        }
    }

    /// Some of the resources of a type, in the order of their numbers.
    ///
    /// - Parameters:
    ///   - type: the resource type.
    ///   - rid: the number after which it begins; 0 for the first.
    ///   - limit: how many at most.
    public func scan(type: String, after rid: Int64, limit: Int) throws(RecordsError) -> [ScannedResource] {
        guard let sight else { return try store.scan(type: type, after: rid, limit: limit) }
        try require(.search, of: type, sight)
        return try store.reading { database in
            try database.read { db in
                let judge = try judge(sight, .search, db)
                let versions = try parts.with(judge.plan).scan(db, type: type, after: rid, limit: limit)
                let judged = try judge.judge(versions.map(\.version.key))
                var found: [AccessTrace.Reached] = []
                let scanned = try versions.compactMap { rid, version -> ScannedResource? in
                    guard let judgement = judged[version.key] else { return nil }
                    let shown = try shown(version, judgement, sight, db)
                    found.append(reached(shown, judgement))
                    return ScannedResource(rid: rid, version: shown, document: try parts.document(shown.json()))
                }
                trace.reach(.search, found)
                return scanned
            }
        }
    }
}
