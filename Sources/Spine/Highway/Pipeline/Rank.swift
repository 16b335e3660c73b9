import Records
import SQL
import Synchronization

/// How much a statement about a resource counts: what was said of the whole thing more than what only names it; of two
/// snapshots the later, of two mentions the earlier. So the record does not depend on the order of arrival.
struct Rank: Comparable, Sendable, Hashable {
    var isSnapshot: Bool
    /// When it was so, in milliseconds since 1970 UTC.
    var at: Int64
    /// Tells apart what was so at the same time: control id, then content.
    var tie: String

    static func < (one: Rank, other: Rank) -> Bool {
        if one.isSnapshot != other.isSnapshot { return other.isSnapshot }
        if !one.isSnapshot { return (other.at, other.tie) < (one.at, one.tie) }
        return (one.at, one.tie) < (other.at, other.tie)
    }
}

/// The rank of what stands, as the highway wrote it.
struct StandingRank: Sendable {
    var rank: Rank
    /// The version that the highway wrote; 0 for a delete.
    var version: Int
}

/// The table of ranks.
enum RankTable {
    static func mark(_ key: ResourceKey) -> Int64 { Digest.mark(key.type, key.id) }

    /// The ranks of some resources; those that the highway has never written are left out.
    static func read(_ keys: some Collection<ResourceKey>, in db: SQLConnection) throws -> [ResourceKey: StandingRank] {
        var wanted: [String: ResourceKey] = [:]
        var marks: Set<Int64> = []
        for key in keys where wanted.updateValue(key, forKey: key.description) == nil { marks.insert(mark(key)) }
        var found: [ResourceKey: StandingRank] = [:]
        try db.rows(
            "SELECT name, snapshot, at, tie, version FROM highway_rank WHERE mark = ?", ofEach: marks.sorted()
        ) { row in
            guard let key = wanted[row.text(0)] else { return }
            found[key] = StandingRank(
                rank: Rank(isSnapshot: row.int(1) == 1, at: row.int(2), tie: row.text(3)), version: Int(row.int(4)))
        }
        return found
    }

    /// A rank to write.
    struct Row {
        var key: ResourceKey
        var standing: StandingRank
        var message: Int64
        /// Whether there was one.
        var isKnown: Bool
    }

    static func write(_ rows: [Row], in db: SQLConnection) throws {
        let rows = rows.map { (mark: mark($0.key), name: $0.key.description, row: $0) }
            .sorted { ($0.mark, $0.name) < ($1.mark, $1.name) }
        let known = rows.filter(\.row.isKnown)
        try db.delete(
            from: "highway_rank", columns: [.integers("mark", known.map(\.mark)), .texts("name", known.map(\.name))])
        try db.insert(
            into: "highway_rank",
            columns: [
                .integers("mark", rows.map(\.mark)), .texts("name", rows.map(\.name)),
                .integers("snapshot", rows.map { $0.row.standing.rank.isSnapshot ? 1 : 0 }),
                .integers("at", rows.map(\.row.standing.rank.at)), .texts("tie", rows.map(\.row.standing.rank.tie)),
                .integers("version", rows.map { Int64($0.row.standing.version) }),
                .integers("message", rows.map(\.row.message)),
            ])
    }
}

/// Ranks that were written or looked up lately: what counts less than these need not be made ready. Ranks only rise, so that
/// one from memory may be too low, never too high.
final class RankMemory: Sendable {
    private static let ranksMax = 200_000
    private let ranks = Mutex<[ResourceKey: Rank]>([:])

    func rank(of key: ResourceKey) -> Rank? { ranks.withLock { $0[key] } }

    func remember(_ found: [(ResourceKey, Rank)]) {
        ranks.withLock { ranks in
            if ranks.count + found.count > Self.ranksMax { ranks.removeAll(keepingCapacity: true) }
            for (key, rank) in found where ranks[key].map({ $0 < rank }) ?? true { ranks[key] = rank }
        }
    }

    func forget() { ranks.withLock { $0.removeAll() } }
}

/// Whether somebody else may have written since a search was made.
final class ForeignWrites: Sendable {
    private let state = Mutex<(epoch: Int, ownHead: Int64)>((0, -1))

    /// Read it before a search.
    var epoch: Int { state.withLock { $0.epoch } }

    /// Called before the first search: what was written until then is found by it.
    func begin(head: Int64) {
        state.withLock { state in
            state.epoch += 1
            state.ownHead = head
        }
    }

    /// Called inside of a transaction.
    /// - Returns: the epoch now; a search made in an earlier one must be made again.
    func look(head: Int64) -> Int {
        state.withLock { state in
            if head != state.ownHead {
                state.epoch += 1
                state.ownHead = head
            }
            return state.epoch
        }
    }

    /// Called when the highway has written inside of a transaction.
    func wrote(head: Int64) { state.withLock { $0.ownHead = max($0.ownHead, head) } }

    /// Called when a transaction of the highway's was not committed.
    func failed() {
        state.withLock { state in
            state.epoch += 1
            state.ownHead = -1
        }
    }
}
