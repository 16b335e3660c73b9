import FHIR
import JSON
import SQL

/// What a search sends along: `_include` follows references, `_revinclude` follows them back (search.html#include).
///
/// Only the matches of the page are followed, and with `:iterate` what came along before. A resource comes along once,
/// and never when it is a match itself.
struct Includes {
    let db: SQLConnection
    let parts: StoreParts
    let query: SearchQuery

    /// At most this many resources come along with one page.
    static let includedMax = 30_000

    func included(with matches: [Version]) throws -> [Version] {
        guard !query.includes.isEmpty || !query.reverseIncludes.isEmpty else { return [] }
        var seen = Set(matches.map(\.key))
        var result: [Version] = []
        var round = matches
        var isFirst = true
        while !round.isEmpty {
            var found: [Version] = []
            func add(_ version: Version?) throws {
                guard let version, seen.insert(version.key).inserted else { return }
                guard result.count + found.count < Self.includedMax else { throw Self.tooMany }
                found.append(version)
            }
            let forward = query.includes.filter { isFirst || $0.iterates }
            let backward = query.reverseIncludes.filter { isFirst || $0.iterates }
            if !forward.isEmpty { try follow(forward, from: round, seen: { seen.contains($0) }, add) }
            if !backward.isEmpty { try followBack(backward, to: round, add) }
            if let seen = parts.seen {
                let judged = try SightJudge(db: db, parts: parts, plan: seen).judge(found.map(\.key))
                found = found.filter { judged[$0.key] != nil }
            }
            result += found
            round = found
            isFirst = false
        }
        return result
    }

    private static let tooMany = RecordsError(
        .tooCostly,
        "More than \(includedMax) resources would come along with this page; ask for a smaller _count, or for fewer "
            + "kinds of references.")

    private func follow(
        _ includes: [SearchQuery.Include], from versions: [Version], seen: (ResourceKey) -> Bool,
        _ add: (Version?) throws -> Void
    ) throws {
        /// What to follow from each type, looked up once.
        var plans: [String: [(parameter: IndexedParameter, target: String?)]] = [:]
        for version in versions {
            let type = version.key.type
            let plan =
                plans[type]
                ?? includes.filter { $0.source == nil || $0.source == type }.flatMap { include in
                    parameters(include.code, of: type).map { ($0, include.target) }
                }
            plans[type] = plan
            guard !plan.isEmpty else { continue }
            let resource = try parts.document(version.stored.bytes).root
            for (parameter, target) in plan {
                for key in parts.indexer.references(parameter, in: resource)
                where (target == nil || target == key.type) && !seen(key) {
                    try add(parts.current(db, key))
                }
                for canonical in canonicals(parameter, in: resource) {
                    for found in try resources(canonical, parameter, target) { try add(found) }
                }
            }
        }
    }

    private func followBack(
        _ includes: [SearchQuery.Include], to versions: [Version], _ add: (Version?) throws -> Void
    ) throws {
        let present = Set(try db.query("SELECT name FROM resource_type WHERE alive > 0") { $0.text(0) })
        var plans: [String: [IndexedParameter]] = [:]
        for version in versions {
            let type = version.key.type
            let plan =
                plans[type]
                ?? includes.filter { $0.target == nil || $0.target == type }.flatMap { include in
                    (include.source.map { [$0] } ?? parts.definitions.resourceTypes).filter { present.contains($0) }
                        .flatMap { parameters(include.code, of: $0) }
                        .filter { $0.targetTypes(parts.definitions).contains(type) }
                }
            plans[type] = plan
            guard !plan.isEmpty, let rid = try parts.rid(db, version.key) else { continue }
            for row in Set(plan.filter { $0.tables.contains(.reference) }.flatMap(\.rowIDs)).sorted() {
                let rids = try db.query(
                    "SELECT rid FROM index_reference WHERE param = ? AND target = ? ORDER BY rid LIMIT ?",
                    [.integer(row), .integer(rid), .int(Self.includedMax + 1)]
                ) { $0.int(0) }
                for rid in rids { try add(parts.current(db, rid: rid)) }
            }
            let canonical = plan.filter { $0.isCanonical }
            guard !canonical.isEmpty, let url = try parts.document(version.stored.bytes).root["url"]?.string else {
                continue
            }
            for parameter in canonical {
                let sources = try ConditionSQL(parts: parts, db: db).sources(.uri(url, mode: .canonical), parameter)
                for rid in try rids(sources) { try add(parts.current(db, rid: rid)) }
            }
        }
    }

    private func rids(_ sources: [RowSource]) throws -> [Int64] {
        guard !sources.isEmpty else { return [] }
        let rows = Planned(sources, depth: 1).set(1)
        return try db.query(
            "SELECT DISTINCT rid FROM (\(rows.sql)) AS found ORDER BY rid LIMIT \(Self.includedMax + 1)", rows.values
        ) { $0.int(0) }
    }

    private func canonicals(_ parameter: IndexedParameter, in resource: JSONNode) -> [String] {
        guard parameter.isCanonical else { return [] }
        var found: [String] = []
        parameter.each(in: resource) { node, type in
            if type != "Reference", let text = node.string { found.append(text) }
        }
        return found
    }

    /// The stored resources that a canonical means: all versions when it names none.
    private func resources(_ canonical: String, _ parameter: IndexedParameter, _ target: String?) throws -> [Version] {
        let halves = canonical.split(separator: "|", maxSplits: 1)
        guard let url = halves.first else { return [] }
        var found: [Version] = []
        for type in parameter.targetTypes(parts.definitions) where target == nil || target == type {
            guard let address = parts.indexer.parameter("url", of: type) else { continue }
            let sources = try ConditionSQL(parts: parts, db: db).sources(.uri(String(url), mode: .exact), address)
            for rid in try rids(sources) {
                guard let version = try parts.current(db, rid: rid) else { continue }
                if halves.count == 2 {
                    let resource = try parts.document(version.stored.bytes).root
                    guard resource["version"]?.equals(String(halves[1])) == true else { continue }
                }
                found.append(version)
            }
        }
        return found
    }

    private func parameters(_ code: String?, of type: String) -> [IndexedParameter] {
        let codes = code.map { [$0] } ?? parts.indexer.codes(of: type)
        return codes.compactMap { parts.indexer.parameter($0, of: type) }.filter { $0.definition.type == .reference }
    }
}

extension IndexedParameter {
    /// Whether some of its values name a resource by its canonical URL.
    var isCanonical: Bool {
        definition.type == .reference && ["canonical", "uri"].contains { has(type: $0) }
    }

    /// Whether some of its values may name a resource otherwise than by a Reference.
    var mayBeCanonical: Bool {
        paths.contains { $0.type != "Reference" } || evaluation.map { $0.types != ["Reference"] } ?? false
    }
}
