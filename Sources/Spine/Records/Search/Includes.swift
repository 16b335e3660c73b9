import JSON
import SQL

/// What a search sends along: `_include` follows references, `_revinclude` follows them back.
struct Includes {
    let db: SQLConnection
    let parts: StoreParts
    let query: SearchQuery

    /// At most this many resources come along with one page.
    static let includedMax = 10_000

    func included(with matches: [Version]) throws -> [Version] {
        guard !query.includes.isEmpty || !query.reverseIncludes.isEmpty else { return [] }
        var seen = Set(matches.map(\.key))
        var result: [Version] = []
        func add(_ version: Version?) throws {
            guard let version, seen.insert(version.key).inserted else { return }
            guard result.count < Self.includedMax else {
                throw RecordsError(
                    .tooCostly,
                    "More than \(Self.includedMax) resources would come along with this page; ask for a smaller _count."
                )
            }
            result.append(version)
        }
        for match in matches {
            for include in query.includes where include.source == match.key.type {
                let document = try parts.document(match.stored.bytes)
                for key in parameters(include).flatMap({ parts.indexer.references($0, in: document.root) })
                where include.target == nil || include.target == key.type {
                    if !seen.contains(key) { try add(parts.current(db, key)) }
                }
            }
        }
        for include in query.reverseIncludes where include.target == nil || include.target == query.type {
            for match in matches {
                guard let rid = try parts.rid(db, match.key) else { continue }
                for parameter in parameters(include) {
                    let rids = try db.query(
                        "SELECT rid FROM index_reference WHERE param = ? AND target = ? ORDER BY rid LIMIT ?",
                        [.integer(parameter.id), .integer(rid), .int(Self.includedMax + 1)]
                    ) { $0.int(0) }
                    for rid in rids { try add(parts.current(db, rid: rid)) }
                }
            }
        }
        return result
    }

    private func parameters(_ include: SearchQuery.Include) -> [IndexedParameter] {
        let codes = include.code.map { [$0] } ?? parts.indexer.codes(of: include.source)
        return codes.compactMap { parts.indexer.parameter($0, of: include.source) }
            .filter { $0.tables.contains(.reference) }
    }
}
