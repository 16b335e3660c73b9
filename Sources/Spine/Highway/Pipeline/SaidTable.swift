import Foundation
import Records
import SQL

/// The table of elements that another statement has said than that which counts most, or that were taken away
/// (``Statement/exceptions``). Most resources have no row.
enum SaidTable {
    private struct Entry: Codable {
        var path: String
        var at: Int64
        var tie: String
    }

    static func read(_ keys: some Collection<ResourceKey>, in db: SQLConnection) throws -> [ResourceKey: [String: Rank]]
    {
        let wanted = Dictionary(keys.map { ($0.description, $0) }) { one, _ in one }
        var found: [ResourceKey: [String: Rank]] = [:]
        try db.rows(
            "SELECT name, said FROM highway_said WHERE mark = ?", ofEach: Set(keys.map(RankTable.mark)).sorted()
        ) { row in
            guard let key = wanted[row.text(0)] else { return }
            let entries = try JSONDecoder().decode([Entry].self, from: Data(row.text(1).utf8))
            found[key] = Dictionary(entries.map { ($0.path, Rank(isSnapshot: true, at: $0.at, tie: $0.tie)) }) {
                one, _ in
                one
            }
        }
        return found
    }

    /// Writes those of some resources in the place of what was there.
    static func write(_ said: [ResourceKey: [String: Rank]], in db: SQLConnection) throws {
        let all = said.map { (mark: RankTable.mark($0.key), name: $0.key.description, ranks: $0.value) }
            .sorted { ($0.mark, $0.name) < ($1.mark, $1.name) }
        if all.isEmpty { return }
        try db.delete(
            from: "highway_said", columns: [.integers("mark", all.map(\.mark)), .texts("name", all.map(\.name))])
        let rows = all.filter { !$0.ranks.isEmpty }
        if rows.isEmpty { return }
        let texts = try rows.map { row in
            let entries = row.ranks.map { Entry(path: $0.key, at: $0.value.at, tie: $0.value.tie) }
            return String(decoding: try JSONEncoder().encode(entries.sorted { $0.path < $1.path }), as: UTF8.self)
        }
        try db.insert(
            into: "highway_said",
            columns: [.integers("mark", rows.map(\.mark)), .texts("name", rows.map(\.name)), .texts("said", texts)])
    }
}
