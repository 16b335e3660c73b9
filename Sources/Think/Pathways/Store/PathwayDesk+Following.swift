import Calendar
public import Records
import SQL
import Synchronization

/// Since when programmes are followed, read once from the store.
final class FollowingMemory: Sendable {
    private let isGiven: Bool
    private let known: Mutex<Following?>

    init(_ given: Following?) {
        isGiven = given != nil
        known = Mutex(given)
    }

    /// - Returns: nil where the store knows no day.
    func value(_ store: RecordStore) throws -> Following? {
        if let known = known.withLock({ $0 }) { return known }
        let read = try PathwayDesk.following(store)
        // Before the first day is noted, it is asked again.
        if !read.starts.isEmpty { known.withLock { $0 = read } }
        return read
    }

    /// Reads anew what the store says.
    func forget() {
        if !isGiven { known.withLock { $0 = nil } }
    }

    var given: Following? { isGiven ? known.withLock { $0 } : nil }
}

extension PathwayDesk {
    /// The same desk, by other days since when programmes are followed.
    public func following(_ following: Following) -> PathwayDesk {
        PathwayDesk(store, pathways, memberOf: memberOf, following: following, looksAtWhole: looksAtWhole)
    }

    /// Since when programmes are followed, as a store says.
    public static func following(_ store: RecordStore) throws -> Following {
        Following(
            try store.readSQL { db in
                try db.query("SELECT programme, area, since FROM pathway_following ORDER BY programme, area") { row in
                    CivilDay(row.text(2)).map { .init(programme: row.text(0), area: row.text(1), since: $0) }
                }
            }.compactMap { $0 })
    }

    /// Sets since when a programme is followed. What was asked for before stays as it was; everybody is looked at anew when the
    /// programmes are next taken up (``adopt()``).
    public static func follow(_ start: Following.Start, _ store: RecordStore) async throws {
        _ = try await store.write(
            size: 0,
            beside: { db, _ in
                try db.execute(
                    "INSERT INTO pathway_following (programme, area, since) VALUES (?, ?, ?) "
                        + "ON CONFLICT (programme, area) DO UPDATE SET since = excluded.since",
                    .text(start.programme), .text(start.area), .text(start.since.isoText))
            }, deciding: { _ in [] })
    }

    /// Takes up the pathways: a programme that was never followed is so since today, and stays so; where another definition or another
    /// day is in force than when persons were last looked at, everybody is looked at anew.
    ///
    /// - Returns: whether that is so.
    @discardableResult
    public func adopt() async throws -> Bool {
        following.forget()
        var followed = try following.given ?? Self.following(store)
        if following.given == nil {
            let today = CivilDay(milliseconds: store.now)
            let known = Set(followed.starts.filter(\.area.isEmpty).map(\.programme))
            for programme in Set(pathways.map(\.setting.id)).subtracting(known).sorted() {
                let start = Following.Start(programme: programme, since: today)
                try await Self.follow(start, store)
                followed.starts.append(start)
            }
            following.forget()
        }
        let days = followed.starts.map { "\($0.programme) \($0.area) \($0.since.isoText)" }.sorted()
        let wanted = pathways.map { pathway in
            let own = days.filter { $0.hasPrefix(pathway.setting.id + " ") || $0.hasPrefix(" ") }
            return (pathway.id, "\(pathway.fingerprint) \(own.joined(separator: ","))")
        }.sorted { $0.0 < $1.0 }
        let known = try store.readSQL { db in
            try db.query("SELECT pathway, canonical FROM pathway_definitions ORDER BY pathway") {
                ($0.text(0), $0.text(1))
            }
        }
        guard !wanted.elementsEqual(known, by: ==) else { return false }
        _ = try await store.write(
            size: 0,
            beside: { db, _ in
                try db.execute("DELETE FROM pathway_definitions")
                for (pathway, canonical) in wanted {
                    try db.execute(
                        "INSERT INTO pathway_definitions (pathway, canonical) VALUES (?, ?)", .text(pathway),
                        .text(canonical))
                }
                try db.execute(
                    "INSERT INTO pathway_touched (person, sequence, whole) SELECT person, 0, 1 FROM pathway_looks WHERE TRUE "
                        + "ON CONFLICT (person) DO UPDATE SET whole = 1")
            }, deciding: { _ in [] })
        return true
    }
}
